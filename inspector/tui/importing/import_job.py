"""The work of the import: reading what would come in, and bringing it in once that is confirmed."""

from collections.abc import Callable

from inspector.engine import Engine, confirmed_spec
from inspector.model.display import counted, display_name, human_bytes
from inspector.model.errors import CancelledByUserError
from inspector.model.importing import Imported, ImportOptions, ImportPlan
from inspector.model.jobs import JobKind
from inspector.model.progress import Progress
from inspector.tui.jobs import Ending, Job
from inspector.tui.palette import Tone

_STOPPED = "Stopped; nothing was written."


def preview_job(
    engine: Engine, source: str, storage_id: str, options: ImportOptions, show: Callable[[ImportPlan], None]
) -> Job:
    """Read a folder, and hand what would come in to `show`."""

    async def work(progress: Progress) -> Ending:
        show(await engine.importing.plan(source, storage_id, options, progress))
        return Ending(changed=False)

    return Job("the look into the folder", work, stopped=_STOPPED)


def import_job(engine: Engine, plan: ImportPlan, done: Callable[[Imported], None], key_of: Callable[[str], str]) -> Job:
    """Bring in what a plan says; one that goes on is settled and read anew first. `done` gets what came of it."""
    storage = engine.storage(plan.storage_id)
    title = f"import of {counted(len(plan.coming), 'file')} into {display_name(storage.name)}"
    info = engine.jobs.begin_now(confirmed_spec(JobKind.APPLY, [plan.storage_id], title))

    async def bring_in(progress: Progress) -> Imported:
        wanted = plan
        if plan.goes_on:
            await engine.importing.settle(plan.source, plan.storage_id)
            wanted = await engine.importing.plan(plan.source, plan.storage_id, plan.options, progress)
        return await engine.importing.run(wanted, progress)

    async def work(progress: Progress) -> Ending:
        imported = await engine.jobs.run_begun(info, progress, bring_in)
        done(imported)
        return ending_of_import(imported, key_of("imports"))

    return Job("the import", work, stopped=_STOPPED, info=info)


def ending_of_import(imported: Imported, key: str) -> Ending:
    """What to say when an import has ended; `key` is that of the imports."""
    session = f" as session {imported.session_id}" if imported.session_id else ""
    words = f"Imported {counted(imported.files, 'file')} ({human_bytes(imported.bytes)}){session}"
    if isinstance(imported.error, CancelledByUserError):
        return Ending(f"{words}, then stopped; importing the folder again goes on from there.", Tone.WARNING)
    if imported.error is not None:
        return Ending(f"{imported.error} {words} before that.", Tone.ERROR)
    if imported.errors:
        return Ending(f"{words}; {len(imported.errors):,} could not be: {imported.errors[0][1]}", Tone.WARNING)
    return Ending(f"{words}; {key} shows the imports and takes one back.", Tone.GOOD)
