"""`inspector conflicts`: the last report again, without a scan."""

import asyncio

import click

from inspector.cli.commands.check import report
from inspector.cli.findings import Findings
from inspector.cli.invocation import Invocation
from inspector.cli.options import (
    fail_on_option,
    json_option,
    jsonl_option,
    kind_option,
    one_format,
    paths_argument,
    settled_option,
    severity_of,
)
from inspector.cli.summary import print_summary
from inspector.cli.where import order_of, order_options, where_option
from inspector.cli.work import known_storages, open_engine


@click.command("conflicts", short_help="Print the last report again, without a scan.")
@paths_argument
@kind_option
@where_option("Report only conflicts that fit, such as 'kind:missing size:>5M -path:raw'.")
@order_options
@json_option
@jsonl_option
@fail_on_option
@settled_option
@click.option("--ids", is_flag=True, help="Print the id of each conflict before it, for `decide` and `ignore`.")
@click.pass_obj
def command(
    invocation: Invocation,
    paths: tuple[str, ...],
    kinds: tuple[str, ...],
    where: str,
    sort: str,
    reverse: bool,
    as_json: bool,
    as_lines: bool,
    fail_on: str,
    settled: bool,
    ids: bool,
) -> int:
    """Print what the last scan of the storages at PATH found, or of all known ones, without a scan.

    The exit code is the one that `inspector check` would end with.
    """
    one_format(as_json, as_lines)
    with open_engine(invocation) as engine:
        storages = known_storages(engine, paths)
        asyncio.run(engine.catch_up([storage.id for storage in storages]))
        query = engine.query(where)
        settled = settled or query.mentions("ignored")
        findings = Findings.of_last_scan(engine, storages, kinds, query, order_of(sort, reverse=reverse))
        code = findings.exit_code(severity_of(fail_on))
        if as_json or as_lines:
            report(invocation, findings, code, as_json=as_json, as_lines=as_lines, settled=settled)
        else:
            print_summary(findings, invocation, examples=None, settled=settled, ids=ids)
        return code
