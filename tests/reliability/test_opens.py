"""The proof `opens`, and that it would see what must not be."""

from pathlib import Path

import pytest

from tests.reliability import opens
from tests.reliability.traced import why_not


@pytest.mark.skipif(bool(why_not()), reason=str(why_not()))
def test_check_writes_in_the_state_folder_only_and_opens_nothing_outside_a_root(tmp_path: Path) -> None:
    rows, wrong = opens.findings(tmp_path)
    assert wrong == []
    assert all(isinstance(read, int) and read > 100 for _, _, read, _, _ in rows)


@pytest.mark.parametrize(
    ("line", "path", "writes"),
    [
        ('1 openat(AT_FDCWD</w>, "a/b", O_RDONLY|O_CLOEXEC) = 3</w/a/b>', "/w/a/b", False),
        ('1 openat(4</r>, "x", O_RDWR|O_CREAT|O_EXCL, 0666) = 3</r/x>', "/r/x", True),
        ('1 openat2(4</r>, "../x", {flags=O_RDONLY, resolve=0}, 24) = -1 EXDEV (...)', "/x", False),
        ('1 unlinkat(5</r/s>, "y", 0) = 0', "/r/s/y", True),
        ('1 mkdir("/m", 0777) = 0', "/m", True),
    ],
)
def test_what_strace_says_is_understood(line: str, path: str, *, writes: bool) -> None:
    (opened,) = opens.parsed(line)
    assert (opened.paths, opened.writes) == ((path,), writes)
    assert opens.outside(opened, Path("/elsewhere")) == [path]
    assert opens.outside(opened, Path(path)) == []


def test_a_call_that_another_process_interrupts_is_put_together() -> None:
    lines = [
        '7 openat(AT_FDCWD</w>, "f", O_WRONLY <unfinished ...>',
        '8 mkdir("/m", 0777) = 0',
        "7 <... openat resumed>) = 3</w/f>",
    ]
    assert [one.paths for one in opens.parsed("\n".join(lines))] == [("/m",), ("/w/f",)]
