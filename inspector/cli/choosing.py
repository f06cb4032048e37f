"""What is to be done about which conflicts: the options that say so, and the decisions they come to."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any

import click
from click.shell_completion import CompletionItem

from inspector.cli.options import KindType, nearest, reason_option
from inspector.cli.where import where_option
from inspector.engine import ConflictFilter, Engine
from inspector.model.display import display_name
from inspector.model.errors import UsageError
from inspector.model.kinds import KINDS
from inspector.model.plan import Decision
from inspector.model.records import Conflict, StorageInfo

_MOST_PATHS = 20


class _KindChoice(click.ParamType[tuple[str, str]]):
    """``KIND=CHOICE``; a wrong kind is answered with the nearest right one."""

    name = "kind=choice"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """The kind and the choice; which choices a kind has is for the engine to say."""
        kind, sign, choice = str(value).partition("=")
        if not sign or not choice:
            self.fail(f"'{value}' is not KIND=CHOICE, such as 'missing_file=restore_copy'", param, ctx)
        return KindType().convert(kind, param, ctx), choice

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """The kinds that begin so."""
        return [
            CompletionItem(f"{kind}=", help=info.title) for kind, info in KINDS.items() if kind.startswith(incomplete)
        ]


class _ConflictChoice(click.ParamType[Decision]):
    """``CONFLICT_ID=CHOICE``, and after a colon which of the conflict's paths is meant."""

    name = "conflict=choice"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decision:
        """The decision, not yet looked up."""
        identity, sign, rest = str(value).partition("=")
        choice, colon, path = rest.partition(":")
        if not sign or not identity or not choice or (colon and not path):
            self.fail(f"'{value}' is not CONFLICT_ID=CHOICE or CONFLICT_ID=CHOICE:PATH", param, ctx)
        return Decision(identity, choice, path=path)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a command line asks to be done."""

    by_kind: tuple[tuple[str, str], ...] = ()
    one_by_one: tuple[Decision, ...] = ()
    suggested: bool = False
    staged: bool = False
    kinds: tuple[str, ...] = ()
    reason: str = ""
    where: str = ""

    @property
    def says_nothing(self) -> bool:
        """Whether only what was staged before can be meant."""
        return not (self.by_kind or self.one_by_one or self.suggested or self.staged)


def choosing_options(command: Callable[..., int]) -> Callable[..., int]:
    """``--choose``, ``--choose-one``, ``--accept-suggested``, ``--staged``, ``--kind``, ``--reason``, as `wanted`."""

    @wraps(command)
    def gathered(
        *arguments: Any,
        by_kind: tuple[tuple[str, str], ...],
        one_by_one: tuple[Decision, ...],
        suggested: bool,
        staged: bool,
        kinds: tuple[str, ...],
        reason: str,
        where: str,
        **others: Any,
    ) -> int:
        wanted = Wanted(by_kind, one_by_one, suggested, staged, kinds, reason, where)
        return command(*arguments, wanted=wanted, **others)

    options = (
        click.option(
            "--choose",
            "by_kind",
            type=_KindChoice(),
            multiple=True,
            metavar="KIND=CHOICE",
            help="Do this about every conflict of a kind; may be repeated.",
        ),
        click.option(
            "--choose-one",
            "one_by_one",
            type=_ConflictChoice(),
            multiple=True,
            metavar="CONFLICT_ID=CHOICE[:PATH]",
            help="Do this about one conflict, with one of its paths where it has several; may be repeated.",
        ),
        click.option("--accept-suggested", "suggested", is_flag=True, help="Follow every suggestion."),
        click.option("--staged", is_flag=True, help="Take the staged decisions; so it is too where nothing is chosen."),
        click.option(
            "--kind",
            "kinds",
            type=KindType(),
            multiple=True,
            metavar="KIND",
            help="Of suggestions and staged decisions take those on this kind only; may be repeated.",
        ),
        where_option("Choose, but with --choose-one, for conflicts only that fit: 'size:>5M -path:raw'."),
        reason_option,
    )
    chosen: Callable[..., int] = gathered
    for option in reversed(options):
        chosen = option(chosen)
    return chosen


def check_choices(engine: Engine, wanted: Wanted) -> None:
    """Refuse what can never be done, before anything is looked at.

    Raises:
        UsageError: for a choice that its kind does not have, two choices for one thing, and a filter that makes no
            sense.
    """
    engine.query(wanted.where)
    _refuse_two_choices("--choose", wanted.by_kind, "kind")
    _refuse_two_choices("--choose-one", [_as_chosen(one) for one in wanted.one_by_one], "conflict")
    for kind, choice in wanted.by_kind:
        check_choice(engine, kind, choice)


def _as_chosen(decision: Decision) -> tuple[str, str]:
    return decision.conflict_id, f"{decision.choice}:{decision.path}" if decision.path else decision.choice


def _refuse_two_choices(option: str, chosen: Iterable[tuple[str, str]], what: str) -> None:
    """Refuse two different choices for one kind, or one conflict; the same one twice is no contradiction."""
    first: dict[str, str] = {}
    for subject, choice in chosen:
        if first.setdefault(subject, choice) != choice:
            one, other = (display_name(f"{subject}={value}") for value in (first[subject], choice))
            raise UsageError(
                f"{option} {one} and {option} {other} exclude one another", advice=f"Give one for each {what}."
            )


def check_choice(engine: Engine, kind: str, choice: str) -> None:
    """Refuse a choice that conflicts of this kind do not have.

    Raises:
        UsageError: naming the nearest one.
    """
    known = engine.repairs.choices_of(kind)
    if choice not in known:
        raise UsageError(f"'{choice}' is no choice of {kind}", advice=_advice(choice, known))


def check_path(engine: Engine, conflict: Conflict, decision: Decision) -> None:
    """Refuse a path that the decision's choice cannot mean.

    Raises:
        UsageError: with the paths that it can mean.
    """
    if not decision.path:
        return
    known = engine.repairs.paths_of(conflict, decision.choice)
    if decision.path in known:
        return
    words = f"'{display_name(decision.path)}' is no path that {decision.choice} can mean for {conflict.label}"
    if not known:
        raise UsageError(words, advice=f"It is about {conflict.kind} as a whole: leave the path out.")
    named = "; ".join(display_name(path) for path in known[:_MOST_PATHS])
    more = f"; and {len(known) - _MOST_PATHS:,} more" if len(known) > _MOST_PATHS else ""
    raise UsageError(words, advice=f"Choose from: {named}{more}.")


def _advice(value: str, known: Collection[str]) -> str:
    words = nearest(value, known)
    return f"{words[0].upper()}{words[1:]}" + ("" if words.endswith("?") else ".")


def decisions_of(engine: Engine, storages: Sequence[StorageInfo], wanted: Wanted) -> list[Decision]:
    """One decision for each conflict that is meant; what is said of one counts more than what is said of its kind.

    Raises:
        UsageError: where nothing is chosen and nothing is staged, or one of the conflicts, its choice or the path meant
            is not known.
    """
    ids = tuple(storage.id for storage in storages)
    chosen: dict[str, Decision] = {}

    def take(decision: Decision) -> None:
        chosen[decision.conflict_id] = decision if decision.reason else replace(decision, reason=wanted.reason)

    query = engine.query(wanted.where)
    if wanted.suggested:
        for decision in engine.repairs.suggested(ConflictFilter(ids, wanted.kinds, query)):
            take(decision)
    for kind, choice in wanted.by_kind:
        for conflict in engine.all_conflicts(ConflictFilter(ids, (kind,), query)):
            take(Decision(conflict.id, choice))
    if wanted.staged or wanted.says_nothing:
        fitting = {one.id for one in engine.all_conflicts(ConflictFilter(ids, query=query))} if query else None
        for conflict, decision in engine.repairs.staged(ids):
            if (not wanted.kinds or conflict.kind in wanted.kinds) and (fitting is None or conflict.id in fitting):
                take(decision)
    for decision in wanted.one_by_one:
        conflict = conflict_of(engine, decision.conflict_id, ids)
        check_choice(engine, conflict.kind, decision.choice)
        check_path(engine, conflict, decision)
        take(decision)
    if not chosen and wanted.says_nothing:
        raise UsageError(
            "nothing is decided",
            advice="Use --accept-suggested or --choose KIND=CHOICE, or stage decisions with 'inspector decide'.",
        )
    return list(chosen.values())


def conflict_of(engine: Engine, identity: str, storage_ids: Collection[str] | None = None) -> Conflict:
    """The conflict of this id, in one of these storages.

    Raises:
        UsageError: where it is not known, or in another storage.
    """
    conflict = engine.conflict(identity)
    if conflict is None or (storage_ids is not None and conflict.storage_id not in storage_ids):
        where = "is known" if conflict is None else "of these storages is known"
        raise UsageError(f"no conflict {where} as {identity}", advice="'inspector conflicts PATH --ids' lists them.")
    return conflict
