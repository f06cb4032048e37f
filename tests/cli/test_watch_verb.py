"""`inspector watch`: its lines for people and for programs, and the command that it runs."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from inspector.model.report import ReportModel
from inspector.model.sync import SyncState
from inspector.model.watch_report import WatchBatch, WatchConflictReport, WatchStart, WatchStorageReport
from tests.cli.conftest import Cli

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's")
_REPOSITORY = Path(__file__).parents[2]


class _Watching:
    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.lines: list[str] = []

    def until(self, wanted: Callable[[str], bool]) -> str:
        """The next line that is wanted."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)
            if wanted(line):
                return line
        raise AssertionError(self.lines)


@contextmanager
def _watching(state: Path, *arguments: object) -> Iterator[_Watching]:
    command = [sys.executable, "-m", "inspector", "watch", "--quiet-seconds", "0.2", *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(_REPOSITORY), *sys.path])}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        watching = _Watching(process)
        try:
            yield watching
        finally:
            process.send_signal(signal.SIGINT)
            rest, words = process.communicate(timeout=20)
            watching.lines.extend(rest.splitlines())
    assert (process.returncode, words) == (130, "")


def test_a_line_says_when_where_and_what(state: Path, pictures: Path) -> None:
    with _watching(state, pictures) as watching:
        watching.until(lambda line: "in step" in line)
        (pictures / "again.jpg").write_bytes(b"picture 0")
        line = watching.until(lambda line: "opened" in line)
        assert re.fullmatch(r"\d\d:\d\d:\d\d  opened    pictures  duplicate_content  IMG_0\.jpg\n", line)
        (pictures / "again.jpg").unlink()
        assert "closed    pictures  duplicate_content" in watching.until(lambda line: "closed" in line)


def test_a_hostile_name_cannot_act_on_a_terminal(state: Path, pictures: Path) -> None:
    with _watching(state, pictures) as watching:
        watching.until(lambda line: "in step" in line)
        (pictures / "\x1b[2J\u202eIMG.jpg").write_bytes(b"")
        line = watching.until(lambda line: "empty_file" in line)
        assert "\x1b" not in line and "\u202e" not in line


def test_every_line_of_json_is_of_a_documented_shape(state: Path, pictures: Path) -> None:
    with _watching(state, pictures, "--jsonl") as watching:
        watching.until(lambda line: '"in step"' in line)
        (pictures / "again.jpg").write_bytes(b"picture 0")
        watching.until(lambda line: '"opened"' in line)
    shapes: dict[str, type[ReportModel]] = {
        "start": WatchStart,
        "storage": WatchStorageReport,
        "conflict": WatchConflictReport,
    }
    documents = [json.loads(line) for line in watching.lines]
    for document in documents:
        shapes[document["message_type"]].model_validate(document)
    assert documents[0]["schema_version"] == 1
    states = [document["state"] for document in documents if document["message_type"] == "storage"]
    assert "scanning" in states and set(states) <= set(SyncState), "in the words of the screen"
    assert {document["message_type"] for document in documents} == set(shapes)


def test_a_command_gets_all_that_happens_as_json_and_no_shell(state: Path, pictures: Path, tmp_path: Path) -> None:
    written = tmp_path / "$HOME; written"
    code = f"import sys; open({str(written)!r}, 'a').write(sys.stdin.read()); print('not shown')"
    hook = shlex.join([sys.executable, "-c", code])
    with _watching(state, pictures, "--exec", hook) as watching:
        watching.until(lambda line: "in step" in line)
        (pictures / "again.jpg").write_bytes(b"picture 0")
        watching.until(lambda line: "opened" in line)
        (pictures / "empty.jpg").write_bytes(b"")
        watching.until(lambda line: "empty_file" in line)
        (pictures / "empty.jpg").unlink()
        watching.until(lambda line: "closed" in line)
        watching.until(lambda line: "  conflict  pictures" in line)
    batches = [WatchBatch.model_validate(json.loads(line)) for line in written.read_text().splitlines()]
    told = [news.conflict.kind for batch in batches for news in batch.news if isinstance(news, WatchConflictReport)]
    assert told[:2] == ["duplicate_content", "empty_file"]
    assert "not shown" not in "".join(watching.lines)


@pytest.mark.parametrize("command", ["", "'unclosed"])
def test_a_command_that_is_none_is_refused_before_anything_is_done(cli: Cli, pictures: Path, command: str) -> None:
    ran = cli("watch", pictures, "--exec", command)
    assert ran.code == 2
    assert "--exec" in ran.err


def test_a_path_that_is_no_storage_is_refused(cli: Cli, tmp_path: Path) -> None:
    ran = cli("watch", tmp_path / "nowhere")
    assert (ran.code, ran.out) == (2, "")
    assert "nowhere" in ran.err
