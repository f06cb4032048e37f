"""Patterns of paths, and which conflicts a rule hides."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.model.errors import UsageError
from inspector.model.ignore_rules import (
    IgnoreRule,
    check_rule,
    extension_pattern,
    folder_pattern,
    path_pattern,
    path_test,
)
from inspector.model.kinds import KINDS, Severity
from inspector.model.records import Conflict

NAMES = st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=12)
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)


def conflict(kind: str, *paths: str, storage: str = "s", **evidence: Any) -> Conflict:
    return Conflict("1", kind, storage, KINDS[kind].severity, "x", "x", paths, evidence)


@pytest.mark.parametrize(
    ("pattern", "fitting", "others"),
    [
        ("*.tmp", ["a.tmp", "a/b/c.TMP"], ["a.tmpx", "tmp"]),
        ("raw/", ["raw/a", "2023/Raw/x/a"], ["raw", "draw/a", "rawer/a"]),
        ("/raw/", ["raw/a", "raw/x/a"], ["2023/raw/a"]),
        ("2023/raw", ["2023/raw", "2023/raw/a"], ["x/2023/raw", "2023/raw2"]),
        ("2023/*.jpg", ["2023/a.jpg"], ["2023/x/a.jpg", "a.jpg"]),
        ("2023/**/*.jpg", ["2023/a.jpg", "2023/x/y/a.jpg"], ["2024/a.jpg"]),
        ("**", ["a", "a/b"], []),
        ("IMG_?.jpg", ["x/IMG_1.jpg"], ["IMG_12.jpg", "IMG_/.jpg"]),
        ("IMG_[0-9].jpg", ["IMG_1.jpg"], ["IMG_a.jpg"]),
        ("IMG_[!0-9].jpg", ["IMG_a.jpg"], ["IMG_1.jpg", "IMG_/.jpg"]),
        (r"a\*b", ["a*b"], ["axb"]),
        ("a[", ["a["], ["a"]),
        ("cafe\u0301.jpg", ["caf\u00e9.jpg", "x/cafe\u0301.jpg"], ["cafe.jpg"]),
        ("a.b(c)+", ["a.b(c)+"], ["axb(c)+", "a.bc"]),
    ],
)
def test_a_pattern_fits_these_paths_and_not_those(pattern: str, fitting: list[str], others: list[str]) -> None:
    fits = path_test(pattern)
    assert [path for path in fitting if not fits(path)] == []
    assert [path for path in others if fits(path)] == []


@given(PATHS)
def test_the_pattern_of_a_path_or_a_folder_fits_it_whatever_its_name(path: str) -> None:
    if not path.strip("/"):
        return
    assert path_test(path_pattern(path))(path)
    assert path_test(folder_pattern(path))(f"{path}/x.jpg")
    assert not path_test(folder_pattern(path))(f"other-{path}/x.jpg")


@given(NAMES)
def test_the_pattern_of_an_extension_fits_names_with_it(extension: str) -> None:
    assert path_test(extension_pattern(extension))(f"a/b.{extension}")


@pytest.mark.parametrize("pattern", ["/", "//", "x" * 2000, "[z-a]"])
def test_a_pattern_that_means_nothing_is_refused(pattern: str) -> None:
    with pytest.raises(UsageError, match="pattern"):
        check_rule(IgnoreRule(pattern))


def test_a_rule_for_everything_is_refused() -> None:
    with pytest.raises(UsageError, match="hide everything"):
        check_rule(IgnoreRule())


def test_what_may_mean_lost_data_is_hidden_only_by_a_rule_that_names_its_kind() -> None:
    assert KINDS["empty_file"].severity is Severity.ERROR
    empty = conflict("empty_file", "a.jpg")
    assert not IgnoreRule("*.jpg").hides(empty)
    assert IgnoreRule("*.jpg", "empty_file").hides(empty)
    assert IgnoreRule(kind="empty_file").hides(empty)
    assert not IgnoreRule(kind="orphan_file").hides(empty)
    assert IgnoreRule("*.jpg").spares(empty)
    assert not IgnoreRule("*.png").spares(empty)
    assert not IgnoreRule("*.jpg").spares(conflict("orphan_file", "a.jpg"))


def test_every_path_of_a_conflict_has_to_fit() -> None:
    rule = IgnoreRule("old/")
    assert rule.hides(conflict("duplicate_filename", "old/a.jpg", "old/b/a.jpg"))
    assert not rule.hides(conflict("duplicate_filename", "old/a.jpg", "a.jpg"))
    assert not rule.hides(conflict("cloned_storage"))
    far = [{"storage": "s", "path": "old/a.jpg"}, {"storage": "t", "path": "a.jpg"}]
    assert not rule.hides(conflict("duplicate_content", "old/a.jpg", copies=far))


def test_a_rule_for_one_storage_leaves_what_concerns_another() -> None:
    rule = IgnoreRule("*.jpg", storage_id="s")
    assert rule.hides(conflict("orphan_file", "a.jpg"))
    assert not rule.hides(conflict("orphan_file", "a.jpg", storage="t"))
    far = [{"storage": "s", "path": "a.jpg"}, {"storage": "t", "path": "a.jpg"}]
    assert not rule.hides(conflict("duplicate_content", "a.jpg", copies=far))
    assert IgnoreRule("*.jpg").hides(conflict("duplicate_content", "a.jpg", copies=far))
    assert not IgnoreRule(kind="cloned_storage", storage_id="s").hides(conflict("cloned_storage"))
