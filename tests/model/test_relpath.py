"""The path guard on paths that an index claims."""

import posixpath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.model.relpath import UnsafePathError, join_path, safe_relative_path, split_path


@pytest.mark.parametrize("path", ["a.jpg", "photos/2024/a b.jpg", "été/é.jpg", "...", "..a/b..", "ab:c.jpg", "x" * 255])
def test_clean_paths_pass_as_they_are(path: str) -> None:
    assert safe_relative_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        "../../etc/passwd",
        "/etc/passwd",
        "C:\\x",
        "C:/x",
        "\\\\server\\x",
        "a/../../b",
        "a/..",
        "./a",
        "a//b",
        "a/",
        "",
        ".",
        "a\0b",
        "a.jpg ",
        " a/b",
        "x" * 256,
        "x/" * 2500 + "x",
        "lone \ud800 surrogate",
        None,
        7,
        ["a"],
    ],
)
def test_whatever_could_lead_elsewhere_is_refused_with_a_reason(path: object) -> None:
    with pytest.raises(UnsafePathError, match=r".+"):
        safe_relative_path(path)


@given(st.text(alphabet=st.sampled_from("ab./\\: \0é"), max_size=20))
def test_what_passes_stays_below_any_root(path: str) -> None:
    try:
        safe = safe_relative_path(path)
    except UnsafePathError:
        return
    joined = posixpath.normpath(posixpath.join("/root", safe))
    assert joined.startswith("/root/")
    assert join_path(*split_path(safe)) == safe
