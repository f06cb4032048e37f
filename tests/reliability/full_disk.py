"""Apply on a file system that is really full: with every number of free pages, from none until it fits.

Once all lies on it, and once the state folder alone, with the journal and the catalog.
"""

import io
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from functools import partial
from pathlib import Path

from inspector.model.errors import InspectorError
from inspector.model.plan import ItemState
from tests.reliability.mounted import run_inside, small_disk
from tests.reliability.pool import Verdict
from tests.reliability.stage import Stage, scratch
from tests.reliability.table import as_table, failures, outcomes
from tests.reliability.verdict import states_of, wrongs
from tests.reliability.world import PLAIN

_SIZE_KIB = 16_384
_PAGE = 4096
_FITS_IN_A_ROW = 3
_NAME = "full-disk"


def run_full(stage: Stage, filler: Path, free: int) -> Verdict:
    """Apply with `free` pages left; then make room, recover, look, and do the rest."""
    stage.fresh()
    _fill(filler, free)
    wrong: list[str] = []
    try:
        outcome = "done" if set(states_of(stage.apply()).values()) == {ItemState.DONE} else "partly"
    except (InspectorError, sqlite3.Error):
        outcome = "said"
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what this looks for
        outcome, wrong = "crashed", [f"crashed: {error!r}"]
    filler.unlink(missing_ok=True)
    recovered = stage.recover()
    mine = stage.batches()
    states = states_of(mine[0]) if mine else {}
    wrong += wrongs(stage.world, stage.known, states, may_wait=not recovered)
    left = frozenset(number for number in stage.known.before if states.get(number) is not ItemState.DONE)
    if left and not wrong:
        after = stage.apply(left)
        wrong += [f"then: {item.reason}" for item in after.items if item.state is not ItemState.DONE]
    return Verdict(f"with {free} free pages", happened=outcome != "done", outcome=outcome, wrongs=wrong)


def all_sizes(folder: Path, every: int = 1, *, state_only: bool = False) -> Iterator[Verdict]:
    """One verdict for each number of free pages, or each `every`-th one, until the whole plan fits."""
    with small_disk(folder / "disk", _SIZE_KIB) as disk:
        stage = Stage(folder / "storages", PLAIN, disk) if state_only else Stage(disk)
        fits = free = 0
        while fits < _FITS_IN_A_ROW:
            verdict = run_full(stage, disk / "filler", free)
            fits = fits + 1 if verdict.outcome == "done" else 0
            free += every
            yield verdict


def at_the_command_line(folder: Path) -> Iterator[Verdict]:
    """`inspector fix` with every third number of free pages where the state folder lies, until it fits."""
    pictures = folder / "pictures"
    with small_disk(folder / "disk", _SIZE_KIB) as disk:
        outcome, free = "", 0
        while outcome != "done":
            shutil.rmtree(pictures, ignore_errors=True)
            pictures.mkdir()
            for name in ("a.jpg", "b.jpg"):
                (pictures / name).write_bytes(name.encode())
                (pictures / f"empty {name}").touch()
            state = disk / f"state {free}"
            before = _names(pictures)
            _run(state, "check", pictures)
            _fill(disk / "filler", free)
            code, words = _run(state, "fix", pictures, "--choose", "empty_file=quarantine", "--yes")
            (disk / "filler").unlink()
            outcome = "done" if code == 0 else "said"
            wrong = [f"not in words: {words}"] if "internal error" in words or "Traceback" in words else []
            _run(state, "recover")
            _run(state, "undo", "--last", "--yes")
            if _names(pictures) != before:
                wrong.append(f"not as before: {_names(pictures)}")
            yield Verdict(f"fix with {free} free pages", happened=outcome != "done", outcome=outcome, wrongs=wrong)
            shutil.rmtree(state)
            free += 3


def _run(state: Path, *arguments: object) -> tuple[int, str]:
    from inspector.cli.main import run as command_line

    with redirect_stdout(io.TextIOWrapper(io.BytesIO())), redirect_stderr(io.StringIO()) as said:
        code = command_line(["--state", str(state), *map(str, arguments)])
    return code, said.getvalue()


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != ".inspector")


def _fill(filler: Path, free: int) -> None:
    status = os.statvfs(filler.parent)
    with filler.open("wb") as stream:
        stream.write(bytes(max(0, status.f_bavail - free) * _PAGE))


def main(arguments: Sequence[str]) -> int:
    """Run the proof; with `--inside` in this very process, which may mount."""
    if "--inside" not in arguments:
        return run_inside(_NAME)
    rows, bad = [], []
    cases: dict[str, Callable[[Path], Iterator[Verdict]]] = {
        "everything": all_sizes,
        "the state folder": partial(all_sizes, state_only=True),
        "the state folder of `inspector fix`": at_the_command_line,
    }
    for what, run in cases.items():
        with scratch() as folder:
            verdicts = list(run(folder))
        full = [one for one in verdicts if one.happened]
        wrong_ones = [one for one in verdicts if one.wrongs]
        rows.append((what, len(full), len(full) - sum(one.happened for one in wrong_ones), outcomes(verdicts)))
        bad += wrong_ones
    print(as_table(("on the full disk", "full disks", "survived", "of all"), rows))
    wrong = failures(bad)
    print("\n".join(wrong))
    return 1 if wrong else 0
