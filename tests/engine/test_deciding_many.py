"""Marks and decisions on many conflicts: sets that a filter or a likeness chooses, steps that can be taken back."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from inspector.engine import ConflictFilter, Engine, choose_everywhere, follow_suggestion
from inspector.model.matching import Alike
from inspector.model.plan import Decision
from inspector.model.records import Conflict


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with Engine(tmp_path / "state", home=tmp_path / "home") as opened:
        yield opened


@pytest.fixture
def everything(engine: Engine, tmp_path: Path) -> ConflictFilter:
    """A storage with three empty files in two folders and a picture that is there three times."""
    root = tmp_path / "Pictures"
    for name in ("a/one.jpg", "a/two.jpg", "b/three.jpg"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    for name in ("p.png", "q.png", "a/r.png"):
        Image.new("RGB", (9, 9), (1, 2, 3)).save(root / name)
    storage = asyncio.run(engine.open(root))
    asyncio.run(engine.scan([storage.id]))
    return ConflictFilter((storage.id,))


def listed(engine: Engine, chosen: ConflictFilter) -> list[Conflict]:
    return list(engine.all_conflicts(chosen))


def labels(engine: Engine) -> set[str]:
    return {one.label for one in listed(engine, engine.deciding.marked())}


def called(engine: Engine, chosen: ConflictFilter, label: str) -> Conflict:
    return next(one for one in listed(engine, chosen) if one.label == label)


def staged(engine: Engine) -> dict[str, str]:
    return {conflict.label: decision.choice for conflict, decision in engine.repairs.staged()}


@pytest.mark.parametrize(
    ("alike", "expected"),
    [
        (Alike.KIND, {"a/one.jpg", "a/two.jpg", "b/three.jpg"}),
        (Alike.FOLDER, {"a/one.jpg", "a/two.jpg", "a/r.png"}),
        (Alike.EVIDENCE, {"a/one.jpg", "a/two.jpg", "b/three.jpg"}),
        (Alike.SESSION, {"a/one.jpg"}),
    ],
)
def test_marking_all_alike_marks_what_is_like_this_one_in_that(
    engine: Engine, everything: ConflictFilter, alike: Alike, expected: set[str]
) -> None:
    count = engine.deciding.mark_alike(called(engine, everything, "a/one.jpg"), alike, everything)
    found = labels(engine)
    assert found >= expected - {"a/r.png"}
    assert not found - expected
    assert count == len(found)


def test_marking_all_alike_stays_within_the_list(engine: Engine, everything: ConflictFilter) -> None:
    within = replace(everything, query=engine.query("path:a/"))
    engine.deciding.mark_alike(called(engine, everything, "a/one.jpg"), Alike.KIND, within)
    assert labels(engine) == {"a/one.jpg", "a/two.jpg"}


def test_marks_are_inverted_taken_away_and_brought_back(engine: Engine, everything: ConflictFilter) -> None:
    all_of_them = {one.label for one in listed(engine, everything)}
    engine.deciding.mark([called(engine, everything, "a/one.jpg").id])
    assert engine.deciding.invert_marks(everything) == len(all_of_them) - 1
    assert labels(engine) == all_of_them - {"a/one.jpg"}
    engine.deciding.clear_marks()
    assert labels(engine) == set()
    engine.deciding.mark_again()
    assert labels(engine) == all_of_them - {"a/one.jpg"}


def test_a_filter_can_ask_for_what_is_marked(engine: Engine, everything: ConflictFilter) -> None:
    one = called(engine, everything, "a/one.jpg")
    engine.deciding.mark([one.id])
    marked = engine.deciding.aware(replace(everything, query=engine.query("is:marked")))
    assert [found.id for found in listed(engine, marked)] == [one.id]
    others = engine.deciding.aware(replace(everything, query=engine.query("-is:marked")))
    assert one.id not in {found.id for found in listed(engine, others)}


def test_marks_of_another_process_are_not_ours_and_go_with_it(
    engine: Engine, everything: ConflictFilter, tmp_path: Path
) -> None:
    engine.deciding.mark([called(engine, everything, "a/one.jpg").id])
    with Engine(tmp_path / "state", home=tmp_path / "home") as other:
        assert other.deciding.count_marked() == 0
        other.deciding.mark_chosen(everything)
        assert labels(engine) == {"a/one.jpg"}
    assert labels(engine) == {"a/one.jpg"}


def test_deciding_for_all_takes_what_has_the_choice_and_counts_the_others(
    engine: Engine, everything: ConflictFilter
) -> None:
    done = engine.deciding.decide_all(everything, choose_everywhere("keep_one"), "one copy")
    assert done.count == 1
    assert done.differ == 3
    assert set(staged(engine).values()) == {"keep_one"}


def test_those_that_are_left_keep_what_was_decided_before(engine: Engine, everything: ConflictFilter) -> None:
    one = called(engine, everything, "a/one.jpg")
    engine.deciding.decide(Decision(one.id, "ignore", "mine"), "ignored")
    done = engine.deciding.decide_all(everything, choose_everywhere("ignore", "all"), "all", leave=lambda _: False)
    assert done.kept == 1
    assert dict(engine.repairs.staged_of([one.id]))[one.id].reason == "mine"


def test_following_suggestions_leaves_what_has_none(engine: Engine, everything: ConflictFilter) -> None:
    done = engine.deciding.decide_all(everything, follow_suggestion, "as suggested")
    suggested = [one for one in listed(engine, everything) if any(choice.suggested for choice in engine.choices(one))]
    assert done.count == len(suggested)
    assert done.count + done.differ == len(listed(engine, everything))


def test_a_step_that_changes_nothing_is_none_and_leaves_what_can_be_done_again(
    engine: Engine, everything: ConflictFilter
) -> None:
    one = called(engine, everything, "a/one.jpg")
    decision = Decision(one.id, "ignore", "first")
    engine.deciding.decide(decision, "first")
    engine.deciding.decide(decision, "the same again")
    assert engine.deciding.decide_all(everything, lambda _: None, "nothing").count == 0
    assert engine.deciding.undo() == ("first", 1)
    engine.deciding.decide_all(everything, lambda _: None, "nothing")
    engine.deciding.withdraw([one.id], "nothing was decided")
    assert engine.deciding.withdraw_all(everything, "nothing was decided") == 0
    assert engine.deciding.undo() is None
    assert engine.deciding.redo() == ("first", 1)


def test_steps_are_taken_back_one_by_one_and_done_again(engine: Engine, everything: ConflictFilter) -> None:
    one = called(engine, everything, "a/one.jpg")
    engine.deciding.decide(Decision(one.id, "ignore", "first"), "first")
    engine.deciding.decide_all(everything, choose_everywhere("ignore", "all"), "all")
    assert len(staged(engine)) == 4
    assert engine.deciding.undo() == ("all", 4)
    assert engine.repairs.staged_of([one.id])[one.id].reason == "first"
    assert len(staged(engine)) == 1
    assert engine.deciding.undo() == ("first", 1)
    assert staged(engine) == {}
    assert engine.deciding.undo() is None
    assert engine.deciding.redo() == ("first", 1)
    assert engine.deciding.redo() == ("all", 4)
    assert engine.deciding.redo() is None
    assert len(staged(engine)) == 4


def test_a_new_step_forgets_what_was_taken_back(engine: Engine, everything: ConflictFilter) -> None:
    one, other = listed(engine, everything)[:2]
    engine.deciding.decide(Decision(one.id, "ignore"), "one")
    engine.deciding.undo()
    engine.deciding.decide(Decision(other.id, "ignore"), "other")
    assert engine.deciding.redo() is None


def test_withdrawing_is_a_step_too(engine: Engine, everything: ConflictFilter) -> None:
    engine.deciding.decide_all(everything, choose_everywhere("ignore", "all"), "all")
    engine.deciding.mark([called(engine, everything, "a/one.jpg").id])
    assert engine.deciding.withdraw_all(engine.deciding.marked(), "undecided") == 1
    assert len(staged(engine)) == 3
    assert engine.deciding.undo() == ("undecided", 1)
    assert len(staged(engine)) == 4


def test_a_decision_that_turned_out_to_be_impossible_never_was(engine: Engine, everything: ConflictFilter) -> None:
    one = called(engine, everything, "a/one.jpg")
    engine.deciding.decide(Decision(one.id, "ignore", "first"), "first")
    engine.deciding.decide(Decision(one.id, "leave"), "second")
    engine.deciding.retract(one.id)
    assert engine.repairs.staged_of([one.id])[one.id].reason == "first"
    assert engine.deciding.undo() == ("first", 1)
    assert engine.repairs.staged_of([one.id]) == {}
