"""`inspector import`: bring a folder of pictures into a storage, as one session."""

import asyncio

import click

from inspector.cli import output
from inspector.cli.confirming import confirm, refuse_unasked
from inspector.cli.import_view import print_import_plan, print_imported
from inspector.cli.invocation import Invocation
from inspector.cli.options import PATH, json_option, yes_option
from inspector.cli.plan_view import writer
from inspector.cli.repairing import refuse_interrupted
from inspector.cli.work import one_storage, open_engine, run_job
from inspector.engine import confirmed_spec
from inspector.model.display import counted, display_name
from inspector.model.errors import ExitCode
from inspector.model.importing import ORGANIZED, Arriving, Imported, ImportOptions, ImportPlan, OnDuplicate
from inspector.model.jobs import JobKind

_FEW = 20


@click.command("import", short_help="Bring a folder of pictures into a storage.")
@click.argument("source", type=PATH)
@click.argument("storage", type=PATH)
@click.option(
    "--organize",
    default="keep",
    metavar="HOW",
    show_default=True,
    help=f"{', '.join(ORGANIZED)}, or a template such as '{{year}}/{{month:02}}/{{camera}}/{{name}}'.",
)
@click.option(
    "--on-duplicate",
    type=click.Choice([one.value for one in OnDuplicate]),
    default=OnDuplicate.SKIP.value,
    show_default=True,
    help="What becomes of a picture that a known storage has.",
)
@click.option("--title", default="", metavar="TEXT", help="What the session is called; the folder's name by default.")
@click.option("--dry-run", is_flag=True, help="Stop after the plan was shown; no storage is written.")
@yes_option
@json_option
@click.pass_obj
def command(
    invocation: Invocation,
    source: str,
    storage: str,
    organize: str,
    on_duplicate: str,
    title: str,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> int:
    """Copy the pictures below SOURCE into the storage at STORAGE, verified, and enter them in its documents.

    Raw files, clips and sidecars travel with their pictures. What a known storage has is not copied again. An import
    that did not end goes on where it ended, when the same command is given again. The exit code is 3 where a file could
    not be imported.
    """
    if not dry_run:
        refuse_unasked(yes=yes)
    options = ImportOptions(organize, OnDuplicate(on_duplicate), title)
    with open_engine(invocation) as engine:
        into = one_storage(engine, storage)
        importing = engine.importing
        if not dry_run:
            run_job(invocation, lambda progress: importing.check(into.id, progress))
            asyncio.run(importing.settle(source, into.id))
        plan = run_job(invocation, lambda progress: importing.plan(source, into.id, options, progress))
        write = writer(as_json=as_json)
        if not (dry_run and as_json):
            print_import_plan(engine, plan, write)
        code = ExitCode.INCOMPLETE if plan.totals.files[Arriving.ERROR] else ExitCode.CLEAN
        if dry_run or not (plan.coming or plan.goes_on):
            return _ended(plan, None, code, as_json=as_json)
        refuse_interrupted(engine, [into.id])
        _ask(plan, yes=yes)
        spec = confirmed_spec(JobKind.APPLY, [into.id], f"import of {counted(len(plan.coming), 'file')}")
        imported = run_job(
            invocation,
            lambda progress: engine.jobs.run_now(spec, progress, lambda counting: importing.run(plan, counting)),
        )
        print_imported(invocation, into, plan, imported, write)
        return _ended(plan, imported, code, as_json=as_json, stopped=invocation.interruptions.code)


def _ask(plan: ImportPlan, *, yes: bool) -> None:
    totals = plan.totals
    typed = totals.coming > _FEW or totals.files[Arriving.REPLACES] > 0
    confirm(
        f"Import {counted(totals.coming, 'file')} from {display_name(plan.source)}?",
        totals.coming,
        typed=typed,
        yes=yes,
    )


def _ended(plan: ImportPlan, imported: Imported | None, code: int, *, as_json: bool, stopped: int | None = None) -> int:
    if as_json:
        from inspector.cli.documents import write_json
        from inspector.model.import_report import import_report

        write_json(import_report(plan, imported).as_json())
    codes = [code]
    if imported is not None and imported.errors:
        codes.append(ExitCode.INCOMPLETE)
    if imported is not None and imported.unseen is not None:
        output.say_error(imported.unseen)
        codes.append(int(imported.unseen.exit_code))
    if imported is not None and imported.error is not None:
        output.say_error(imported.error)
        codes.append(stopped if stopped is not None else int(imported.error.exit_code))
    return output.worst(codes)
