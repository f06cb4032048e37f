"""What a choice's title says to be impossible is refused by the plan too, and is never suggested."""

from collections.abc import Mapping
from typing import Any

import pytest

from inspector.conflicts.choices import choices_for, obstacle_to
from inspector.model.kinds import Severity
from inspector.model.plan import Decision
from inspector.model.records import Conflict
from tests.workbench import Workbench

NO_OTHER = "no other copy is known that is near to it"


def conflict(kind: str, *paths: str, **evidence: Any) -> Conflict:
    """A conflict in the storage ``s``."""
    subject = paths[0] if paths else "subject"
    return Conflict("c", kind, "s", Severity.WARNING, subject, subject, paths, evidence)


@pytest.mark.parametrize(
    ("found", "barred"),
    [
        (
            conflict("missing_file", "a.jpg", layers=["memory"]),
            {"relink": "no file of this storage has the same content", "restore_altered": NO_OTHER},
        ),
        (
            conflict(
                "missing_file", "a.jpg", same_content_at=[{"storage": "other", "path": "b.jpg", "same": "digest"}]
            ),
            {"relink": "no file of this storage has the same content", "restore_altered": NO_OTHER},
        ),
        (
            conflict(
                "missing_file",
                "a.jpg",
                layers=["memory"],
                now="a folder",
                same_content_at=[{"storage": "s", "path": "b.jpg", "same": "digest"}],
            ),
            {
                "relink": "no document lists it",
                "restore_copy": "a folder is in its place",
                "restore_altered": "a folder is in its place",
            },
        ),
        (
            conflict("orphan_file", r"AC\DC.jpg"),
            dict.fromkeys(
                ("add_to_index", "add_to_session"), "its path cannot stand in the index: it holds a backslash"
            ),
        ),
        (conflict("orphan_file", "a.jpg"), {}),
        (conflict("orphan_sidecar", "a.xmp"), {"attach": "no picture was found that it could belong to"}),
        (conflict("ambiguous_sidecar", "a.xmp", candidates=["a.jpg", "a.png"]), {}),
        (
            conflict("sync_conflict_copy", "a.sync-conflict.jpg", original_present=False),
            dict.fromkeys(("quarantine_copy", "merge", "keep_original", "keep_copy"), "its original is not there"),
        ),
        (
            conflict("double_sidecar", "a.jpg.pp3", "a.pp3", "a.jpg"),
            {"merge": "only XMP sidecars can be merged"},
        ),
        (conflict("double_sidecar", "a.jpg.xmp", "a.xmp", "a.jpg"), {}),
    ],
)
def test_the_evidence_alone_tells_what_cannot_be(found: Conflict, barred: Mapping[str, str]) -> None:
    choices = choices_for(found)
    said = {one.id: reason for one in choices if (reason := obstacle_to(found, one.id))}
    assert said == barred
    assert {one.id for one in choices if "not possible: " in one.title} == set(barred)
    assert not any(one.suggested for one in choices if one.id in barred)


async def test_what_the_evidence_bars_is_refused_by_the_plan_too(bench: Workbench) -> None:
    bench.put("lost.jpg")
    bench.put("AC.sync-conflict-20240101-120000-ABCDEFG.jpg")
    bench.put("a.sync-conflict-20240101-120000-ABCDEFG.jpg", "one")
    bench.put("a.jpg", "another")
    bench.put("alone.xmp", "<x/>")
    bench.put("b.jpg", "picture")
    bench.put("b.jpg.pp3", "one")
    bench.put("b.pp3", "two")
    await bench.scan()
    (bench.root / "lost.jpg").unlink()
    await bench.scan()
    barred = [
        (found, choice.id)
        for found in bench.conflicts()
        for choice in bench.engine.choices(found)
        if obstacle_to(found, choice.id)
    ]
    assert {found.kind for found, _ in barred} >= {"missing_file", "sync_conflict_copy", "orphan_sidecar"}
    for found, choice in barred:
        plan = await bench.engine.repairs.plan(bench.ids, [Decision(found.id, choice)])
        assert plan.items == (), f"{found.kind} {found.label} {choice}"
