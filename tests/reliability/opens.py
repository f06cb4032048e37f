"""What `inspector check` opens: nothing for writing outside the state folder, nothing at all outside a root."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import inspector
from inspector.scenarios.imalink import ImaLinkBuilder
from tests.reliability.stage import scratch
from tests.reliability.table import as_table
from tests.reliability.traced import why_not
from tests.reliability.world import key_of

_WRITING_CALLS = (
    "creat rename renameat renameat2 unlink unlinkat rmdir mkdir mkdirat mknod mknodat link linkat symlink symlinkat "
    "truncate chmod fchmodat fchmodat2 chown lchown fchownat utime utimes futimesat utimensat setxattr lsetxattr"
).split()
_OPENING_CALLS = ("open", "openat", "openat2")
_TRACED = ",".join(f"?{name}" for name in (*_WRITING_CALLS, *_OPENING_CALLS))
_WRITING_FLAGS = re.compile(r"\bO_(WRONLY|RDWR|CREAT|TRUNC|APPEND|TMPFILE)\b")
_CALL = re.compile(r"^(\w+)\((.*)\)\s+= (-?\d+)(?:<(.*?)>)?(?: (E[A-Z]+))?", re.DOTALL)
_NAME = re.compile(r'(?:AT_FDCWD|\d+)(?:<((?:[^>\\]|\\.)*)>)?, "((?:[^"\\]|\\.)*)"|^"((?:[^"\\]|\\.)*)"')
_ALWAYS_ALLOWED = ("/dev/null", "/dev/tty", "/dev/pts/", "/dev/shm/sem.", "/proc/", "pipe:", "anon_inode:")
_OWN_CODE = Path(inspector.__file__).parent
"""Some of it is read only when it is needed."""
_PATIENCE_SECONDS = 120
_MODES: tuple[list[str], ...] = ([], ["--full", "--deep"])


@dataclass(frozen=True)
class Opened:
    """One call that was seen: which, at which paths, whether it writes and whether it did anything."""

    call: str
    paths: tuple[str, ...]
    writes: bool
    happened: bool


def calls_of_check(root: Path, state: Path, home: Path, options: Sequence[str], log: Path) -> list[Opened]:
    """The opening and writing calls of one `inspector check`, of all its processes."""
    command = [
        sys.executable,
        "-m",
        "inspector",
        "--state",
        str(state),
        "--home",
        str(home),
        "check",
        "--expect-missing",
        "99",
        *options,
    ]
    traced = ["strace", "-f", "-qq", "-y", "-s", "4096", "-e", f"trace={_TRACED}", "-e", "signal=none", "-o", str(log)]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    ended = subprocess.run(
        [*traced, *command, str(root)], capture_output=True, text=True, env=environment, timeout=_PATIENCE_SECONDS
    )
    if ended.returncode not in {0, 1, 3} or not log.exists():
        raise AssertionError(f"check ended with {ended.returncode}: {ended.stderr}")
    return list(parsed(log.read_text(errors="surrogateescape")))


def parsed(text: str) -> Iterator[Opened]:
    """The calls in a log; one that another process interrupted is put together again."""
    begun: dict[str, str] = {}
    for line in text.splitlines():
        process, _, rest = line.partition(" ")
        rest = rest.strip()
        if rest.endswith("<unfinished ...>"):
            begun[process] = rest.removesuffix("<unfinished ...>").rstrip()
            continue
        if rest.startswith("<... "):
            rest = begun.pop(process, "") + rest.partition(" resumed>")[2]
        found = _CALL.match(rest)
        if found is not None:
            yield _opened(*found.groups())


def _opened(call: str, arguments: str, result: str, path: str | None, _error: str | None) -> Opened:
    named = [os.path.normpath(os.path.join(folder or "/", name or alone)) for folder, name, alone in _names(arguments)]
    writes = call in _WRITING_CALLS or _WRITING_FLAGS.search(arguments) is not None
    paths = [path.removesuffix(" (deleted)")] if path and call in _OPENING_CALLS else named
    return Opened(call, tuple(paths), writes, int(result) >= 0)


def _names(arguments: str) -> list[tuple[str, str, str]]:
    return [found.groups("") for found in _NAME.finditer(arguments)]  # type: ignore[misc]


def outside(opened: Opened, *folders: Path) -> list[str]:
    """The paths of a call that are in none of these folders, nor allowed anywhere."""
    inside = tuple(f"{folder}/" for folder in folders)
    return [path for path in opened.paths if not f"{path}/".startswith((*inside, *_ALWAYS_ALLOWED))]


def clean_storage(root: Path) -> None:
    """A storage whose documents are right."""
    _storage(root).write()


def hostile_storage(root: Path, elsewhere: Path) -> None:
    """A storage whose index and sessions name every kind of path that leads out of it, and links that do."""
    (elsewhere / "deep").mkdir(parents=True)
    for name in ("secret.jpg", "deep/secret.jpg", "secret.xmp"):
        (elsewhere / name).write_bytes(b"nobody but its owner reads this")
    builder = _storage(root)
    (root / "linked").symlink_to(elsewhere)
    (root / "a link.jpg").symlink_to(elsewhere / "secret.jpg")
    (root / "around").symlink_to("../elsewhere/deep")
    (root / "2024" / "one.xmp").symlink_to(elsewhere / "secret.xmp")
    paths = [
        "../elsewhere/secret.jpg",
        "2024/../../elsewhere/secret.jpg",
        "./../elsewhere/secret.jpg",
        str(elsewhere / "secret.jpg"),
        f"/{elsewhere}/secret.jpg",
        "linked/secret.jpg",
        "linked/deep/secret.jpg",
        "a link.jpg",
        "around/secret.jpg",
        "around/../secret.jpg",
        "..\\elsewhere\\secret.jpg",
        "C:\\elsewhere\\secret.jpg",
        "file:///etc/hostname",
        "/etc/hostname",
        "~/secret.jpg",
        "",
        ".",
        "..",
        "2024/one.jpg\0/../../elsewhere/secret.jpg",
    ]
    for path in paths:
        builder.forge(path)
        builder.sessions[101]["files"].append(
            {"original_filename": path, "storage_filename": path, "relative_path": path, "hothash": key_of(path)}
        )
    builder.write()
    (root / "imalink-sessions" / "session_666.json").symlink_to(elsewhere / "secret.jpg")


def _storage(root: Path) -> ImaLinkBuilder:
    builder = ImaLinkBuilder(root, "33333333-3333-4333-8333-333333333333", "Opened")
    for name in ("2024/one.jpg", "2024/two.jpg", "2023/three.png"):
        builder.picture(name).add(name, 101)
    return builder


def findings(folder: Path) -> tuple[list[tuple[object, ...]], list[str]]:
    """The rows of the figures, and everything that was opened and must not be."""
    clean, hostile, elsewhere = folder / "clean" / "storage", folder / "hostile" / "storage", folder / "hostile"
    home = folder / "home"
    home.mkdir()
    clean_storage(clean)
    hostile_storage(hostile, elsewhere / "elsewhere")
    before = _listing(elsewhere)
    rows: list[tuple[object, ...]] = []
    wrong: list[str] = []
    for options in _MODES:
        known: set[str] = set()
        for root in (clean, hostile):
            state = folder / f"state-{root.parent.name}{len(options)}"
            calls = calls_of_check(root, state, home, options, folder / "strace.log")
            written = [one for one in calls if one.writes]
            read = [one for one in calls if not one.writes and one.happened]
            wrong += [f"{one.call} writes {path}" for one in written for path in outside(one, state)]
            others = {path for one in read for path in outside(one, root, state, _OWN_CODE)}
            if root == clean:
                known = others
            wrong += [f"opens {path}" for path in sorted(others - known)]
            wrong += [f"asks for {path}" for one in calls for path in one.paths if "elsewhere" in path]
            mode = " ".join(options) or "as usual"
            rows.append((root.parent.name, mode, len(read), len(written), len(others - known)))
    if _listing(elsewhere) != before:
        wrong.append("a file of the storage was changed")
    return rows, wrong


def _listing(folder: Path) -> dict[str, tuple[int, int, int]]:
    found = {}
    for place, _, names in os.walk(folder):
        for name in names:
            status = os.lstat(os.path.join(place, name))
            found[os.path.join(place, name)] = (status.st_size, status.st_mtime_ns, status.st_mode)
    return found


def main(arguments: Sequence[str]) -> int:
    """Run the proof."""
    reason = why_not()
    if reason is not None:
        print(f"skipped: {reason}")
        return 0
    with scratch() as folder:
        rows, wrong = findings(folder)
    print(as_table(("storage", "check", "opened to read", "writing calls", "outside"), rows))
    print("\n".join(dict.fromkeys(wrong)))
    return 1 if wrong else 0
