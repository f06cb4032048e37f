"""Which paths a decision may name, and how the ends of an ambiguous move go together."""

import pytest

from inspector.conflicts.choices import choice_ids
from inspector.conflicts.meant_paths import meant_paths, moves_meant, pair_name
from inspector.model.kinds import KINDS
from inspector.model.records import Conflict


@pytest.mark.parametrize(
    ("old", "new", "named", "moves"),
    [
        (["a"], ["b"], "", [("a", "b")]),
        (["x/a", "x/b"], ["y/b", "y/a"], "", [("x/a", "y/a"), ("x/b", "y/b")]),
        (["x/1", "x/b", "x/2"], ["y/b", "y/9", "y/8"], "", [("x/1", "y/8"), ("x/2", "y/9"), ("x/b", "y/b")]),
        (["x/a", "z/a"], ["p/a", "q/a"], "", [("x/a", "p/a"), ("z/a", "q/a")]),
        (["a", "b"], ["c"], "", []),
        (["a", "b"], ["c"], "b", [("b", "c")]),
        (["a"], ["c", "d"], "d", [("a", "d")]),
        (["x/a", "x/b"], ["y/a", "y/b"], "y/b", [("x/b", "y/b")]),
        (["x/a", "x/b"], ["y/a", "y/b"], "x/b", [("x/b", "y/b")]),
        (["x/a", "x/b"], ["y/a", "y/c", "y/d"], "y/a", [("x/a", "y/a")]),
        (["x/a", "x/b"], ["y/a", "y/c", "y/d"], "y/c", []),
        (["x/a", "x/b"], ["y/a", "y/c", "y/d"], "x/b -> y/c", [("x/b", "y/c")]),
        (["x/a", "x/b"], ["y/a", "y/b"], "x/a -> y/b", [("x/a", "y/b")]),
    ],
)
def test_old_and_new_paths_go_together_by_name_and_then_in_order(
    old: list[str], new: list[str], named: str, moves: list[tuple[str, str]]
) -> None:
    assert moves_meant(old, new, named) == moves


def test_where_the_contents_are_not_known_to_be_the_same_only_a_whole_pair_is_clear() -> None:
    old, new = ["x/a", "z/a"], ["p/a", "q/a"]
    assert moves_meant(old, new, proven=False) == []
    assert moves_meant(old, new, "p/a", proven=False) == []
    assert moves_meant(old, new, "x/a -> q/a", proven=False) == [("x/a", "q/a")]
    assert moves_meant(old[:1], new, "q/a", proven=False) == [("x/a", "q/a")]
    assert moves_meant(old[:1], new[:1], proven=False) == [("x/a", "p/a")]


def test_of_a_move_each_path_may_be_named_and_each_pair_where_both_are_several() -> None:
    evidence = {"old_paths": ["a", "b"], "new_paths": ["c", "d"]}
    moved = Conflict("1", "path_mismatch", "s", KINDS["path_mismatch"].severity, "x", "x", (), evidence)
    pairs = [pair_name(old, new) for old in "ab" for new in "cd"]
    assert meant_paths(moved, "update_index") == ("c", "d", "a", "b", *pairs)
    assert meant_paths(moved, "leave") == ()


def test_no_choice_fails_over_evidence_that_lacks_everything() -> None:
    for kind, info in KINDS.items():
        bare = Conflict("1", kind, "s", info.severity, "x", "x", (), {})
        assert {meant_paths(bare, choice) for choice in choice_ids(kind)} == {()}
