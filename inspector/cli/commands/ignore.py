"""`inspector ignore`: hide conflicts until something about them changes, or by rules until those are removed."""

import asyncio
from collections.abc import Sequence

import click

from inspector.cli import output
from inspector.cli.choosing import conflict_of
from inspector.cli.invocation import Invocation
from inspector.cli.options import KindType, json_option, reason_option
from inspector.cli.plan_view import print_refused, writer
from inspector.cli.repairing import refuse_interrupted, report_applied, report_nothing
from inspector.cli.summary import aligned
from inspector.cli.work import known_storages, open_engine, run_job
from inspector.engine import Engine
from inspector.model.display import counted, display_name
from inspector.model.errors import UsageError
from inspector.model.ignore_rules import IgnoreRule
from inspector.model.plan import Decision

_IGNORE = "ignore"


@click.command("ignore", short_help="Hide conflicts until something about them changes.")
@click.argument("targets", metavar="CONFLICT_ID...|[PATH]...", nargs=-1)
@click.option(
    "--rule",
    "pattern",
    metavar="PATTERN",
    help="Hide, now and after every scan, what is about such paths only, such as '*.tmp' or 'raw/'.",
)
@click.option("--kind", type=KindType(), metavar="KIND", help="The rule is for this kind; alone, for all its paths.")
@click.option("--list", "listed", is_flag=True, help="List the rules, and how many conflicts each hides.")
@click.option(
    "--remove",
    "removed",
    type=click.IntRange(min=1),
    multiple=True,
    metavar="ID",
    help="Remove a rule; may be repeated.",
)
@reason_option
@json_option
@click.pass_obj
def command(
    invocation: Invocation,
    targets: tuple[str, ...],
    pattern: str | None,
    kind: str | None,
    listed: bool,
    removed: tuple[int, ...],
    reason: str,
    as_json: bool,
) -> int:
    """Record that these conflicts are to be left alone; they are hidden until something about them changes.

    With --rule, --kind or both, hide by a rule what is in the storages at PATH, or in all, until the rule is removed.
    What may mean lost data is hidden only by a rule that names its --kind. `inspector conflicts --settled` shows all.

    No storage is written, so it is done at once; `inspector undo` takes back what was ignored one by one.
    """
    makes_rule = pattern is not None or kind is not None
    if makes_rule + listed + bool(removed) > 1:
        raise click.UsageError("Make a rule, list the rules or remove some: one at a time.")
    with open_engine(invocation) as engine:
        if makes_rule:
            _make_rules(engine, targets, IgnoreRule(pattern or "", kind or "", reason=reason), as_json=as_json)
        elif removed:
            if targets:
                raise click.UsageError("--remove takes the ids of rules only; 'inspector ignore --list' lists them.")
            _remove_rules(engine, removed, as_json=as_json)
        elif listed:
            ids = [storage.id for storage in known_storages(engine, targets)] if targets else None
            _print_rules(engine, engine.repairs.ignore_rules(ids), as_json=as_json)
        elif targets:
            return _ignore_one_by_one(invocation, engine, targets, reason, as_json=as_json)
        else:
            raise click.UsageError("Name conflicts, or make a rule with --rule or --kind.")
        return 0


def _ignore_one_by_one(
    invocation: Invocation, engine: Engine, conflict_ids: Sequence[str], reason: str, *, as_json: bool
) -> int:
    conflicts = [conflict_of(engine, identity) for identity in dict.fromkeys(conflict_ids)]
    ids = list(dict.fromkeys(conflict.storage_id for conflict in conflicts))
    refuse_interrupted(engine, ids)
    decisions = [Decision(conflict.id, _IGNORE, reason) for conflict in conflicts]
    plan = run_job(invocation, lambda progress: engine.repairs.plan(ids, decisions, progress))
    print_refused(engine, plan.refused, writer(as_json=as_json))
    if not plan.items:
        return report_nothing(engine, plan.refused, as_json=as_json, storage_ids=ids)
    applied = run_job(invocation, lambda progress: engine.repairs.apply(plan, progress), counted="items")
    return report_applied(invocation, engine, applied, plan, as_json=as_json)


def _make_rules(engine: Engine, paths: Sequence[str], rule: IgnoreRule, *, as_json: bool) -> None:
    """Make a rule for each storage that is named, or one for all."""
    storages = known_storages(engine, paths) if paths else []
    asyncio.run(engine.catch_up([storage.id for storage in storages or engine.storages()]))
    wanted = [IgnoreRule(rule.pattern, rule.kind, storage.id, rule.reason) for storage in storages] or [rule]
    for one in wanted:
        engine.repairs.count_ignorable(one)  # refuses a pattern that cannot be read before any rule is made
    made = [engine.repairs.add_ignore_rule(one) for one in wanted]
    _print_rules(engine, made, as_json=as_json)
    spared = sum(engine.repairs.count_spared(one) for one in made)
    if spared:
        output.say(f"{counted(spared, 'conflict')} may mean lost data, which only a rule with --kind hides.")
    for one in made:
        output.say(f"To show them again: inspector ignore --remove {one.id}")


def _remove_rules(engine: Engine, identities: Sequence[int], *, as_json: bool) -> None:
    known = {rule.id for rule in engine.repairs.ignore_rules()}
    unknown = next((identity for identity in identities if identity not in known), None)
    if unknown is not None:
        raise UsageError(f"no rule is known as {unknown}", advice="'inspector ignore --list' lists them.")
    hidden = engine.repairs.ignored_by_rule()
    for identity in dict.fromkeys(identities):
        engine.repairs.remove_ignore_rule(identity)
    shown = sum(hidden.get(identity, 0) for identity in set(identities))
    output.say(f"Removed: {counted(len(set(identities)), 'rule')}, which hid {counted(shown, 'conflict')}.")
    if as_json:
        _print_rules(engine, engine.repairs.ignore_rules(), as_json=True)


def _print_rules(engine: Engine, rules: Sequence[IgnoreRule], *, as_json: bool) -> None:
    hidden = engine.repairs.ignored_by_rule()
    if as_json:
        from inspector.cli.documents import write_json
        from inspector.model.repair_report import IgnoreRulesReport, ignore_rule_report
        from inspector.model.report import SCHEMA_VERSION

        rows = [ignore_rule_report(rule, hidden.get(rule.id, 0)) for rule in rules]
        write_json(IgnoreRulesReport(schema_version=SCHEMA_VERSION, rules=rows).as_json())
        return
    names = {storage.id: display_name(storage.name) for storage in engine.storages()}
    cells = [
        (
            f"{rule.id}",
            rule.kind or "every kind",
            rule.pattern or "every path",
            f"in {names.get(rule.storage_id, rule.storage_id)}" if rule.storage_id else "everywhere",
            f"hides {hidden.get(rule.id, 0):,}" + (f" — {rule.reason}" if rule.reason else ""),
        )
        for rule in rules
    ]
    for text in aligned(cells, right={0}) if cells else ["There are no rules."]:
        output.line(text)
