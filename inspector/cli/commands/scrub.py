"""`inspector scrub`: read files from the disk again and see that they hold what they held."""

import json
import time
from collections.abc import Sequence

import click

from inspector.cli import output
from inspector.cli.invocation import Invocation
from inspector.cli.options import json_option, jsonl_option, one_format, paths_argument
from inspector.cli.work import known_storages, open_engine, run_job
from inspector.engine import scrub_spec
from inspector.model.amounts import bytes_in, seconds_in
from inspector.model.display import counted, display_name, human_bytes
from inspector.model.errors import ExitCode, UsageError
from inspector.model.scrub import MOST_FINDINGS, Limit, ScrubLimits, ScrubOutcome, ScrubResult


class _Duration(click.ParamType[float]):
    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        seconds = seconds_in(str(value))
        if seconds is None:
            raise click.BadParameter(f"'{value}' is no duration; write 2h, 90m or 1h30m", ctx, param)
        return seconds


class _Amount(click.ParamType[int]):
    name = "amount"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        count = bytes_in(str(value))
        if count is None:
            raise click.BadParameter(f"'{value}' is no number of bytes; write 500G, 1.5T or 200MiB", ctx, param)
        return count


@click.command("scrub", short_help="Read files from the disk again, the longest unverified first.")
@paths_argument
@click.option("--max-time", type=_Duration(), metavar="T", help="Begin no file after this long: 2h, 90m, 1h30m.")
@click.option("--max-bytes", type=_Amount(), metavar="N", help="Read no more than this: 500G, 1.5T, 200MiB.")
@json_option
@jsonl_option
@click.pass_obj
def command(
    invocation: Invocation,
    paths: tuple[str, ...],
    max_time: float | None,
    max_bytes: int | None,
    as_json: bool,
    as_lines: bool,
) -> int:
    """Read the files of the storages at PATH, or of all known ones, from the disk and compare their digests.

    Those come first that were not verified for the longest time, and the next run goes on from there. The exit code is
    9 where a limit was reached and all that was read is well.
    """
    one_format(as_json, as_lines)
    limits = ScrubLimits(max_time, max_bytes)
    with open_engine(invocation) as engine:
        storages = known_storages(engine, paths)
        if not storages:
            raise UsageError("no storage was scanned yet", advice="Scan one first with: inspector check PATH.")
        spec = scrub_spec(storages, limits)
        result: ScrubResult = run_job(invocation, lambda progress: engine.jobs.run_now(spec, progress))
    code = _exit_code(result, invocation.interruptions.code)
    if as_json or as_lines:
        _write(result, code, as_lines=as_lines)
    else:
        _print(result, invocation)
    output.say_errors(one.error for one in result.outcomes if one.error is not None)
    return code


def _exit_code(result: ScrubResult, interrupted: int | None) -> int:
    codes = [ExitCode.CLEAN if interrupted is None else interrupted]
    codes += [int(one.error.exit_code) for one in result.outcomes if one.error is not None and interrupted is None]
    if any(one.counts.unreadable for one in result.outcomes):
        codes.append(ExitCode.INCOMPLETE)
    if any(one.counts.rotten for one in result.outcomes):
        codes.append(ExitCode.CONFLICTS)
    if result.limit is not None:
        codes.append(ExitCode.LIMIT_REACHED)
    return output.worst(codes)


def _write(result: ScrubResult, code: int, *, as_lines: bool) -> None:
    from inspector.cli.documents import write_json
    from inspector.model.report import SCHEMA_VERSION
    from inspector.model.scrub_report import (
        ScrubReport,
        ScrubSummaryReport,
        scrub_finding_reports,
        scrub_storage_report,
    )

    storages = [scrub_storage_report(one) for one in result.outcomes]
    findings = [finding for one in result.outcomes for finding in scrub_finding_reports(one)]
    summary = ScrubSummaryReport(
        verified=sum(one.verified for one in storages),
        bytes=sum(one.bytes for one in storages),
        left=sum(one.left for one in storages),
        limit=result.limit.value if result.limit is not None else None,
        exit_code=code,
    )
    if not as_lines:
        report = ScrubReport(schema_version=SCHEMA_VERSION, storages=storages, findings=findings, summary=summary)
        write_json(report.as_json())
        return
    lines = [
        ("start", {"schema_version": SCHEMA_VERSION}),
        *(("finding", one.as_json()) for one in findings),
        *(("storage", one.as_json()) for one in storages),
        ("summary", summary.as_json()),
    ]
    for message_type, values in lines:
        output.document(json.dumps({"message_type": message_type, **values}) + "\n")


def _print(result: ScrubResult, invocation: Invocation) -> None:
    for one in result.outcomes:
        counts = one.counts
        verified = f"{counted(counts.verified, 'file')} verified, {human_bytes(counts.bytes)}"
        output.line(f"{display_name(one.storage.name)}: {verified}")
        for text in _remarks(one):
            output.line(f"    {text}")
        for finding in one.findings:
            output.line("    ", output.Painted("error   ", "31"), f" {finding.kind:<16} {display_name(finding.path)}")
        if counts.rotten + counts.unreadable > len(one.findings) == MOST_FINDINGS:
            output.line(f"    … and {counts.rotten + counts.unreadable - MOST_FINDINGS:,} more")
    if result.limit is not None:
        which = "--max-time" if result.limit is Limit.TIME else "--max-bytes"
        output.line(f"The limit {which} was reached; the next run goes on from there.")
    unwell = [one.storage.root for one in result.outcomes if one.findings]
    if unwell:
        output.line("What can be done about it: ", invocation.command("conflicts", *unwell))


def _remarks(one: ScrubOutcome) -> Sequence[str]:
    counts = one.counts
    remarks = [
        f"{count:,} {words}"
        for count, words in (
            (counts.misread, "gave other bytes once and the right ones at the second reading: check memory and cables"),
            (counts.changed, "are not as the last scan saw them, or were too new for it: for a scan to look at"),
            (counts.vanished, "are gone since the last scan, which is for a scan to look at"),
            (counts.online_only, "are online only and were not opened"),
            (counts.from_memory, "were answered from memory, so that the disk is not proved to hold them"),
        )
        if count
    ]
    if one.left:
        left = f"{counted(one.left, 'file')} {'is' if one.left == 1 else 'are'} left"
        remarks.append(f"{left}, {human_bytes(one.left_bytes)}; {_oldest(one.oldest_ns)}")
    return remarks


def _oldest(oldest_ns: int | None) -> str:
    if not oldest_ns:
        return "some were never verified"
    return f"the oldest was verified on {time.strftime('%Y-%m-%d', time.localtime(oldest_ns / 1e9))}"
