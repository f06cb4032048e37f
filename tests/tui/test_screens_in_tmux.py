"""Re-indexing and importing in a real tmux, at the sizes of a small and a large terminal, to the last byte on disk."""

import json
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from inspector.scenarios.imalink import MASTER, ImaLinkBuilder
from tests.tui.archives import SKI, archive_in, rearrange
from tests.tui.conftest import picture
from tests.tui.tmux_session import TmuxSession, not_the_first_run

pytestmark = [
    pytest.mark.skipif(shutil.which("tmux") is None, reason="there is no tmux here"),
    pytest.mark.timeout(120),
]

REPOSITORY = Path(__file__).parents[2]
QUESTION_IS_DEAF = 0.4


class Pane(TmuxSession):
    """The inspector on an archive in a tmux."""

    _patience = 60.0

    def see(self, *wanted: str) -> str:
        """Wait until the pane shows all of these."""
        deadline = time.monotonic() + self._patience
        while not all(text in self.screen() for text in wanted):
            assert time.monotonic() < deadline, self.screen()
            time.sleep(0.05)
        return self.screen()


@pytest.fixture
def archive(tmp_path: Path) -> ImaLinkBuilder:
    return archive_in(tmp_path)


@pytest.fixture
def pane(tmp_path: Path, archive: ImaLinkBuilder) -> Iterator[Pane]:
    rearrange(archive)
    not_the_first_run(tmp_path / "state")
    command = [sys.executable, "-m", "inspector", "--preview", "ascii", "--no-watch", str(archive.root)]
    environment = {
        "INSPECTOR_STATE": str(tmp_path / "state"), "HOME": str(tmp_path), "PYTHONPATH": str(REPOSITORY),
        "TERM": "xterm-256color", "LANG": "C.UTF-8",
    }  # fmt: skip
    opened = Pane(tmp_path, command, environment)
    yield opened
    opened.close()


def paths_in(archive: ImaLinkBuilder) -> set[str]:
    files = json.loads((archive.root / MASTER).read_text())["files"].values()
    return {one["relative_path"] for one in files}


def test_a_moved_folder_is_followed_and_a_card_comes_in(pane: Pane, archive: ImaLinkBuilder, tmp_path: Path) -> None:
    picture(tmp_path / "card" / "DSC_1.jpg", (1, 2, 3))
    pane.resize(80, 24)
    pane.see("5 files in other places (g m)")
    pane.press("X")
    pane.see("Smart re-index", "Start re-index", "s starts")
    pane.press("s")
    pane.see("R1  Written in documents", "5 items")
    pane.press("w")
    pane.see("applies 5 items")
    time.sleep(QUESTION_IS_DEAF)
    pane.press("y")
    pane.see("Files in different locations: 0")
    assert {f"{SKI}/IMG_{number}.jpg" for number in range(4)} <= paths_in(archive)
    pane.resize(120, 40)
    pane.press("h", "T")
    pane.see("By date", "s shows the result")
    pane.press("Enter", "~/card", "Enter", "s")
    pane.see("New: 1 file", "DSC_1.jpg", "1 file, ")
    pane.press("w")
    pane.see("imports 1 file into Archive")
    time.sleep(QUESTION_IS_DEAF)
    pane.press("y")
    pane.see("1 file came in.", "as session 2")
    assert len(paths_in(archive)) == 7
    pane.press("q")
    assert pane.exit_code() == 0
