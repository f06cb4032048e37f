"""A report written beside the screen."""

import os
from pathlib import Path

from inspector.engine import Engine
from inspector.model.display import human_bytes
from inspector.model.errors import UsageError
from inspector.model.export import ReportRequest, format_of
from inspector.model.progress import Progress
from inspector.tui.jobs import Ending, Job
from inspector.tui.palette import Tone
from inspector.tui.widgets.status_line import Prompt

REPORT = Prompt("report", "Write the report to: ", ".html, .json, .csv; Esc leaves", needs_text=True)


def report_job(engine: Engine, storage_ids: tuple[str, ...], kinds: tuple[str, ...], typed: str) -> Job:
    """Write a report on storages to the file that was typed; its ending says which format it gets.

    Raises:
        UsageError: the name ends in none of the formats.
    """
    target = Path(os.path.abspath(os.path.expanduser(typed.strip())))
    chosen = format_of(target.name)
    if chosen is None:
        raise UsageError("the name has to end in .html, .json or .csv", path=typed.strip())

    async def work(progress: Progress) -> Ending:
        written = await engine.report(storage_ids, ReportRequest(chosen, kinds), target, progress)
        conflicts = f"{written.conflicts:,} conflict{'' if written.conflicts == 1 else 's'}"
        return Ending(f"Wrote {conflicts} ({human_bytes(written.bytes)}) to {target}", Tone.GOOD, changed=False)

    return Job("the report", work, stopped="The report was stopped, and none was written.")
