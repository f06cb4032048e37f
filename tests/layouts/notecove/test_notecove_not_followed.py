"""What is among NoteCove's notes and is not looked at, such as links: what it uses is not known, and that is said."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from inspector.layouts.base import LayerBegins, LayerEnds, Surroundings
from inspector.layouts.notecove import NoteCoveLayout
from inspector.layouts.notecove.elsewhere import read_uses
from inspector.layouts.notecove.stamp import stamp
from inspector.model.account import Account
from inspector.model.progress import Progress
from inspector.model.records import Finding
from inspector.scenarios.notecove import FIRST_MS, INSTANCE, PROFILE, NoteCoveBuilder, update_with
from tests.layer_events import one_by_one
from tests.layouts.notecove.profile_shop import NOTE, SD, V4, ProfileShop
from tests.workbench import Workbench

LOG = f"notes/{NOTE}/logs/{PROFILE}.{INSTANCE}.{FIRST_MS}.crdtlog"
LINK = "it is a link, which is not followed here"
NO_FILE = "it is neither a file nor a folder"


@pytest.fixture
def main(tmp_path: Path) -> NoteCoveBuilder:
    """A storage directory with a note that uses a picture."""
    main = NoteCoveBuilder(tmp_path / "sd-main", SD)
    main.image("used.png", image_id=V4)
    main.log(NOTE, [update_with([V4])])
    return main


def link_outside(root: Path, path: str) -> None:
    """Move what is at a path out of the storage directory, and have a link lead there."""
    outside = root.parent / "outside"
    shutil.move(root / path, outside)
    (root / path).symlink_to(outside)


def pipe(root: Path, path: str) -> None:
    """Put a pipe in place of a file."""
    (root / path).unlink()
    os.mkfifo(root / path)


def layers(main: NoteCoveBuilder) -> tuple[dict[str, str], list[Finding]]:
    """The states of the layers, and what documents that cannot be read come to."""
    states, found, name = {}, [], ""
    for event in one_by_one(NoteCoveLayout().read_layers(str(main.root), Surroundings(main.root / "nobody"))):
        if isinstance(event, LayerBegins):
            name = event.name
        elif isinstance(event, LayerEnds):
            states[name] = event.state
        elif isinstance(event, Finding) and event.kind == "damaged_log":
            found.append(event)
    return states, found


def account_of(main: NoteCoveBuilder) -> Account:
    return NoteCoveLayout().account(str(main.root), Surroundings(main.root / "nobody"), Progress())


@pytest.mark.parametrize(
    ("path", "change", "reason"),
    [
        (f"notes/{NOTE}", link_outside, LINK),
        (f"notes/{NOTE}/logs", link_outside, LINK),
        (LOG, link_outside, LINK),
        (LOG, pipe, NO_FILE),
        ("notes", link_outside, LINK),
    ],
)
def test_notes_that_are_not_followed_leave_it_open_what_is_used(
    main: NoteCoveBuilder, path: str, change: Callable[[Path, str], None], reason: str
) -> None:
    change(main.root, path)
    states, found = layers(main)
    assert states["notes"] == "partial"
    assert [(one.subject, one.paths, one.evidence["reason"]) for one in found] == [(path, (path,), reason)]
    account = account_of(main)
    assert [(one.path, one.reason) for one in account.faults] == [(path, reason)]
    assert [one.state for one in account.holdings if one.title == "used in notes"] == ["partial"]
    assert read_uses(str(main.root))[1] == "not all of its notes could be read"


@pytest.mark.parametrize("place", ["more.crdtlog", "logs/more/deep", "snapshots/x", "meta/1", "../loose"])
def test_a_link_anywhere_below_the_notes_is_said(main: NoteCoveBuilder, place: str, tmp_path: Path) -> None:
    path = os.path.normpath(f"notes/{NOTE}/{place}")
    main.at(path).parent.mkdir(parents=True, exist_ok=True)
    main.at(path).symlink_to(tmp_path / "nowhere")
    states, found = layers(main)
    assert states["notes"] == "partial"
    assert [(one.subject, one.evidence["reason"]) for one in found] == [(path, LINK)]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (f"logs/.{PROFILE}.{INSTANCE}.9.crdtlog.icloud", "it stands in for a file that is online only"),
        ("logs.cloudf", "it stands in for a file that is online only"),
        ("logs.zip", "it is packed"),
        ("updates/more/1.yjson.zst", "it is packed"),
    ],
)
def test_what_does_not_show_its_uses_leaves_it_open_what_is_used(main: NoteCoveBuilder, name: str, reason: str) -> None:
    main.file(f"notes/{NOTE}/{name}", b"x")
    states, found = layers(main)
    assert states["notes"] == "partial"
    assert [(one.subject, one.evidence["reason"]) for one in found] == [(f"notes/{NOTE}/{name}", reason)]


@pytest.mark.parametrize("path", ["activity", f"activity/{PROFILE}.{INSTANCE}.log"])
def test_an_activity_log_that_is_not_followed_is_said(main: NoteCoveBuilder, path: str) -> None:
    main.activity([(NOTE, 1)])
    link_outside(main.root, path)
    states, found = layers(main)
    assert (states["notes"], states["activity"]) == ("ok", "partial")
    assert [(one.subject, one.evidence["reason"]) for one in found] == [(path, LINK)]
    assert [(one.path, one.reason) for one in account_of(main).faults] == [(path, LINK)]
    assert read_uses(str(main.root))[1] != ""


@pytest.mark.parametrize("is_own", [True, False])
async def test_no_copy_is_taken_away_while_a_note_is_not_followed(bench: Workbench, is_own: bool) -> None:
    shop = ProfileShop(bench)
    shop.main.image("a.png", image_id=V4, content=b"the same bytes")
    shop.main.image("a.png", content=b"the same bytes")
    shop.write()
    holder = shop.main if is_own else shop.second
    holder.log("linked", [update_with([V4])])
    link_outside(holder.root, "notes/linked")
    await bench.scan(roots=(shop.main.root,))
    (conflict,) = bench.conflicts("duplicate_content")
    reason = "not all notes could be read" if is_own else "not all notes of the profile's other directories"
    assert reason in await shop.refused(conflict, "keep_one")


def test_the_stamp_changes_with_whatever_is_below_the_notes(main: NoteCoveBuilder) -> None:
    def settled() -> str:
        for path in main.root.rglob("*"):
            if path.lstat().st_mtime_ns != FIRST_MS * 1_000_000:  # else it is as it was, with the time of that change
                os.utime(path, ns=(FIRST_MS * 1_000_000,) * 2, follow_symlinks=False)
        return stamp(str(main.root), Surroundings(main.root / "nobody"))

    stamps = [settled()]
    for path in ("notes/loose.bin", f"notes/{NOTE}/a/b/c.bin", f"notes/{NOTE}/logs/d/e.bin", f"notes/{NOTE}/f.bin"):
        main.file(path, b"x")
        stamps.append(settled())
    main.at("notes/linked").symlink_to(main.root)
    stamps.append(settled())
    assert len(set(stamps)) == len(stamps)
