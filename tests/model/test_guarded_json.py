"""Whatever is wrong with JSON that somebody else wrote is one kind of error."""

import pytest

from inspector.model.guarded_json import count_or_none, guarded_json, guarded_json_at


@pytest.mark.parametrize(
    "data", [b"[" * 100_000, b'{"a":' * 100_000, b'"\xff"', b"9" * 5000, b"", b"{", b"\0\xff{", b"\xff\xfe["]
)
def test_what_is_no_json_or_cannot_be_held_is_a_value_error(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        guarded_json(data)


def test_a_value_in_a_text_that_goes_on_is_guarded_too() -> None:
    assert guarded_json_at('x: {"a": 1} and more', 3) == {"a": 1}
    with pytest.raises(ValueError, match="nested too deeply"):
        guarded_json_at("[" * 100_000, 0)


def test_any_encoding_of_json_is_read() -> None:
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-32"):
        assert guarded_json('{"é": [1, 2.5]}'.encode(encoding)) == {"é": [1, 2.5]}


def test_only_what_a_catalog_can_hold_is_a_count() -> None:
    assert [count_or_none(value) for value in (0, 2**63 - 1, 2**63, -1, True, 1.0, "1", None, 10**400)] == [
        0,
        2**63 - 1,
        *[None] * 7,
    ]
