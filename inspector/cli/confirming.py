"""The question before anything is written: a letter for what is small and mild, the typed count for all else."""

from collections.abc import Sequence

from inspector.cli import output
from inspector.cli.plan_view import risk_of
from inspector.model.display import counted
from inspector.model.errors import CancelledByUserError, UsageError
from inspector.model.plan import PlanItem

_FEW = 20
_MILD = frozenset({"R0", "R1", "R2"})


def refuse_unasked(*, yes: bool) -> None:
    """Refuse early where nobody can be asked and no word was given.

    Raises:
        UsageError: nothing was changed.
    """
    if not yes and not output.can_ask():
        raise UsageError("there is no terminal to ask on, so nothing was changed", advice="Add --yes if you are sure.")


def confirm_items(items: Sequence[PlanItem], *, yes: bool) -> None:
    """Ask whether these items shall be applied; up to twenty mild ones need a letter, all else their count.

    Raises:
        UsageError, CancelledByUserError: nothing was changed.
    """
    mild = len(items) <= _FEW and all(risk_of(item) in _MILD for item in items)
    confirm(f"Apply {counted(len(items), 'item')}?", len(items), typed=not mild, yes=yes)


def confirm(question: str, count: int, *, typed: bool, yes: bool) -> None:
    """Ask a question; Enter alone never means yes.

    Raises:
        UsageError: where nobody can be asked.
        CancelledByUserError: where the answer is not the wanted one. Nothing was changed in both cases.
    """
    refuse_unasked(yes=yes)
    if yes:
        return
    if typed:
        agreed = output.ask(f"{question} Type {count} to go on:").replace(",", "") == str(count)
    else:
        agreed = output.ask(f"{question} Type y to go on:").lower() in {"y", "yes"}
    if not agreed:
        raise CancelledByUserError("not confirmed, so nothing was changed")
