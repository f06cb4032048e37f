"""A report written beside the screen."""

import os
from dataclasses import dataclass
from pathlib import Path

from inspector.engine import ConflictFilter, Engine
from inspector.model.display import human_bytes
from inspector.model.errors import UsageError
from inspector.model.export import ReportRequest, format_of
from inspector.model.progress import Progress
from inspector.tui.jobs import Ending, Job
from inspector.tui.palette import Tone
from inspector.tui.widgets.status_line import Prompt


@dataclass(frozen=True, slots=True)
class Reported:
    """What a report is about: so many conflicts of these storages, and in words which ones they are."""

    chosen: ConflictFilter
    count: int
    which: str

    @property
    def prompt(self) -> Prompt:
        """What is asked for: the name of the file."""
        mark = f"Report {self.count:,} {self.which} to: "
        return Prompt("report", mark, "Enter writes, Esc leaves, .html .json or .csv", needs_text=True)


def report_job(engine: Engine, storage_ids: tuple[str, ...], reported: Reported, typed: str) -> Job:
    """Write a report to the file that was typed; its ending says which format it gets. `storage_ids` are all open ones.

    Raises:
        UsageError: the name ends in none of the formats.
    """
    target = Path(os.path.abspath(os.path.expanduser(typed.strip())))
    chosen = format_of(target.name)
    if chosen is None:
        raise UsageError("the name has to end in .html, .json or .csv", path=typed.strip())

    about = reported.chosen
    request = ReportRequest(
        chosen, about.kinds, settled=about.settled is None, query=about.query, skipped=about.skipped,
        marker=about.marker,
    )  # fmt: skip

    async def work(progress: Progress) -> Ending:
        written = await engine.report(about.storages or storage_ids, request, target, progress)
        conflicts = f"{written.conflicts:,} conflict{'' if written.conflicts == 1 else 's'}"
        return Ending(f"Wrote {conflicts} ({human_bytes(written.bytes)}) to {target}", Tone.GOOD, changed=False)

    return Job("the report", work, stopped="The report was stopped, and none was written.")
