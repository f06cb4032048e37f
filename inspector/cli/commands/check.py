"""`inspector check`: scan storages and report what disagrees."""

import click
from click.core import ParameterSource

from inspector.cli import output
from inspector.cli.findings import Findings
from inspector.cli.invocation import Invocation
from inspector.cli.options import (
    PATH,
    fail_on_option,
    json_option,
    jsonl_option,
    kind_option,
    one_format,
    settled_option,
    severity_of,
    thoroughness,
)
from inspector.cli.repairing import say_interrupted
from inspector.cli.summary import print_summary
from inspector.cli.work import find_duplicates, open_engine, open_storages, scan_storages
from inspector.model.scanmode import ScanMode


@click.command("check", short_help="Scan storages and report what disagrees.")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=PATH)
@thoroughness
@kind_option
@json_option
@jsonl_option
@fail_on_option
@settled_option
@click.option(
    "--expect-missing",
    type=click.IntRange(min=0),
    metavar="N",
    help="Say that up to N files of each storage are gone on purpose, so that the guard lets the scan pass.",
)
@click.pass_context
def command(
    context: click.Context,
    paths: tuple[str, ...],
    mode: ScanMode,
    deep: bool,
    kinds: tuple[str, ...],
    as_json: bool,
    as_lines: bool,
    fail_on: str,
    settled: bool,
    expect_missing: int | None,
) -> int:
    """Scan the storages at PATH and report what disagrees in them.

    Nothing under PATH is written. The exit code is 0 where everything agrees and 1 where there are conflicts; see the
    documentation for the others.
    """
    one_format(as_json, as_lines)
    invocation: Invocation = context.obj
    duplicates_alone = kinds == ("duplicate_content",) and not deep and _is_default(context, "mode")
    with open_engine(invocation) as engine:
        storages = open_storages(engine, paths)
        if as_lines:
            from inspector.cli.documents import write_start

            write_start([storage.root for storage in storages], mode.value, deep=deep)
            output.finish()
        if duplicates_alone:  # much less to read, and nobody asked for more
            outcomes = find_duplicates(invocation, engine, storages)
        else:
            outcomes = scan_storages(
                invocation, engine, storages, mode=mode, deep=deep, expected_missing=expect_missing
            )
        findings = Findings.of_scan(engine, outcomes, kinds)
        code = findings.exit_code(severity_of(fail_on), invocation.interruptions.code)
        report(invocation, findings, code, as_json=as_json, as_lines=as_lines, settled=settled)
        say_interrupted(engine, [storage.id for storage in storages])
        return code


def _is_default(context: click.Context, option: str) -> bool:
    return context.get_parameter_source(option) is ParameterSource.DEFAULT


def report(
    invocation: Invocation,
    findings: Findings,
    code: int,
    *,
    as_json: bool,
    as_lines: bool,
    settled: bool = False,
) -> None:
    """Write what was found in the chosen format, and say what ended scans early."""
    if as_json or as_lines:
        from inspector.cli.documents import write_messages, write_report  # brings pydantic, which words do not need

        (write_report if as_json else write_messages)(findings, code, settled=settled)
    else:
        print_summary(findings, invocation, settled=settled)
    output.say_errors(error for _, error in findings.errors)
