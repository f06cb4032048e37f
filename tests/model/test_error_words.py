"""An error is one sentence and then the advice, whatever its message was made from."""

from inspector.model.errors import InspectorError


def test_an_error_that_tells_of_another_one_ends_with_one_full_stop() -> None:
    inner = InspectorError("was locked", path="a", advice="Wait.")
    assert str(inner) == "a: was locked. Wait."
    assert (
        str(InspectorError(f"not begun: {inner}", advice="Try again.")) == "not begun: a: was locked. Wait. Try again."
    )
