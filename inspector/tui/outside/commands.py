"""What the keys do that reach out of the screen: copy, open in another program, write a report."""

import asyncio
import math
import os
import time

from inspector.model.display import display_name
from inspector.model.errors import InspectorError
from inspector.model.foundfile import FoundFile
from inspector.model.relpath import split_path
from inspector.tui.commands.base import ScreenCommands
from inspector.tui.outside.copying import copy_text
from inspector.tui.outside.programs import (
    Program,
    ProgramError,
    editor,
    file_manager,
    open_folder,
    pager,
    run_in_terminal,
)
from inspector.tui.outside.report_job import Reported, report_job
from inspector.tui.outside.shell import command_for
from inspector.tui.outside.subject import Subject, is_media, subject_of
from inspector.tui.palette import Tone

LOOK_SECONDS = 5.0
"""How long a storage may take to say whether a file is there."""
_NOTHING = "there is nothing under the cursor"


class OutsideCommands(ScreenCommands):
    """The commands that hand something to the clipboard, to another program or to a file outside of the storages."""

    # --- copying ------------------------------------------------------------------------------------------------

    def do_copy_path(self) -> None:
        """Copy the absolute path of what is under the cursor."""
        subject = self._subject()
        if subject is not None:
            self.copy(subject.absolute)

    def do_copy_relative_path(self) -> None:
        """Copy the path within the storage."""
        subject = self._subject()
        if subject is None:
            return
        if subject.path:
            self.copy(subject.path)
        else:
            self._say("This is about no file of its own", Tone.WARNING)

    def do_copy_digest(self) -> None:
        """Copy the digest that the last scan computed."""
        subject = self._subject()
        if subject is None:
            return
        details = self._screen.view.engine.file(subject.storage.id, subject.path) if subject.path else None
        if details is None:
            self._say("The last scan saw no such file, so that there is no digest", Tone.WARNING)
        elif details.digest is None:
            self._say("No digest is known yet: a scan that reads the file computes it", Tone.WARNING)
        else:
            self.copy(details.digest)

    def do_copy_conflict(self) -> None:
        """Copy the id of the conflict."""
        subject = self._subject()
        if subject is not None and subject.conflict is not None:
            self.copy(subject.conflict.id)
        elif subject is not None:
            self._say("There is no conflict under the cursor", Tone.WARNING)

    def do_copy_command(self) -> None:
        """Copy the command line that decides the conflict, or that lists it."""
        subject = self._subject()
        if subject is None or subject.conflict is None:
            self._say("There is no conflict under the cursor", Tone.WARNING)
            return
        engine, conflict = self._screen.view.engine, subject.conflict
        decision = self._screen.staging.decision(conflict)
        self.copy(command_for(engine, conflict, decision, engine.choices(conflict)))

    def copy(self, text: str) -> None:
        """Put a text into the clipboard."""
        copy_text(self._screen, text)

    # --- other programs -----------------------------------------------------------------------------------------

    def do_edit(self) -> None:
        """Open the sidecar or document in the person's editor, or only in the pager where nothing may be written."""
        subject = self._subject()
        if subject is None:
            return
        if not subject.document:
            why = "a picture is nothing for a text editor" if is_media(subject.path) else "this is about no file"
            self._say(f"Not opened: {why}", Tone.WARNING)
            return
        protection = self._screen.staging.protection(subject.storage)
        self._open(Subject(subject.storage, subject.document), protection=protection, editing=protection is None)

    def do_view(self) -> None:
        """Open the file in the pager."""
        subject = self._subject()
        if subject is None:
            return
        if not subject.path:
            self._say("Not opened: this is about no file", Tone.WARNING)
            return
        self._open(subject)

    def _open(self, subject: Subject, *, protection: str | None = None, editing: bool = False) -> None:
        job = self._screen.inspector.job
        if job is not None and not job.shows:
            self._say(f"Not opened: wait until {job.what} has ended", Tone.WARNING)
            return
        try:
            program = editor(os.environ) if editing else pager(os.environ)
        except ProgramError as error:
            self._say(f"Not opened: {error}", Tone.WARNING)
            return
        self._screen.inspector.keys_count_from = math.inf  # what is typed now is for the program
        self._screen.run_worker(self._opened(subject, program, protection), group="outside", exclusive=True)

    async def _opened(self, subject: Subject, program: Program, protection: str | None) -> None:
        try:
            before = await self._locate(subject.storage.id, subject.path)
            if before.is_folder:
                raise ProgramError("this is a folder")
            code = run_in_terminal(self._screen.inspector, program, [before.path])
        except (InspectorError, ProgramError) as error:
            self._say(f"Not opened: {error}", Tone.WARNING)
            return
        finally:
            self._screen.inspector.keys_count_from = time.monotonic()
        name = display_name(split_path(subject.path)[1])
        self._say(*await self._aftermath(subject, before, program.name, code, name, protection))

    async def _aftermath(
        self, subject: Subject, before: FoundFile, program: str, code: int, name: str, protection: str | None
    ) -> tuple[str, Tone]:
        """What to say when the program has ended."""
        try:
            after: FoundFile | None = await self._locate(subject.storage.id, subject.path)
        except (InspectorError, ProgramError):
            after = None
        if after != before:
            became = "was changed" if after is not None else "is not there any more"
            scan = self._screen.action("scan.smart").shown_key
            return f"{name} {became} while {program} had it: {scan} checks the storage again", Tone.WARNING
        if code:
            ended = f"was ended by signal {-code}" if code < 0 else f"ended with code {code}"
            return f"{program} {ended}; {name} is as it was", Tone.WARNING
        if protection is not None:
            return f"{name} was opened in {program} only: {protection}", Tone.WARNING
        return f"{name} is as it was", Tone.DIM

    async def _locate(self, storage_id: str, path: str) -> FoundFile:
        try:
            return await asyncio.wait_for(self._screen.view.engine.locate_file(storage_id, path), LOOK_SECONDS)
        except TimeoutError as error:
            raise ProgramError(f"its storage did not answer within {LOOK_SECONDS:.0f} seconds") from error

    def do_reveal(self) -> None:
        """Show the folder of the file in the desktop's file manager."""
        subject = self._subject()
        if subject is None:
            return
        try:
            program = file_manager(os.environ)
        except ProgramError as error:
            self._say(f"Not opened: {error}", Tone.WARNING)
            return
        self._screen.run_worker(self._revealed(subject, program), group="outside")

    async def _revealed(self, subject: Subject, program: Program) -> None:
        folder = subject.path
        try:
            while True:
                try:
                    found = await self._locate(subject.storage.id, folder)
                    if found.is_folder:
                        break
                except InspectorError:
                    if not folder:
                        raise
                folder = split_path(folder)[0]
            await open_folder(program, found.path)
        except (InspectorError, ProgramError) as error:
            self._say(f"Not opened: {error}", Tone.WARNING)
            return
        self._say(f"Opened {display_name(found.path)}", Tone.GOOD)

    # --- looking into storages ----------------------------------------------------------------------------------

    def do_inspect(self) -> None:
        """Show the tree of the storage, with the file of the line under the cursor in sight, or those of all."""
        from inspector.tui.inspecting.tree_screen import TreeScreen

        subject = subject_of(self._screen)
        storages = [subject.storage] if subject is not None else self._screen.view.storages
        if storages:
            self._screen.app.push_screen(TreeScreen(storages, subject.path if subject is not None else ""))
        else:
            self._say(f"Not done: {_NOTHING}", Tone.WARNING)

    def do_account(self) -> None:
        """Show what each layer of the storage has that others lack, or those of all that can say so."""
        from inspector.tui.inspecting.account_screen import AccountScreen

        subject = subject_of(self._screen)
        storages = [subject.storage] if subject is not None else self._screen.view.storages
        counting = [one for one in storages if self._screen.view.engine.inspecting.can_account(one)]
        if counting:
            self._screen.app.push_screen(AccountScreen(counting))
        else:
            kinds = ", ".join(dict.fromkeys(f"'{one.layout}'" for one in storages))
            self._say(f"Storages of the kind {kinds} have no counts of their own" if kinds else _NOTHING, Tone.WARNING)

    # --- reports ------------------------------------------------------------------------------------------------

    def do_report(self) -> None:
        """Let the name of a report's file be typed."""
        reported = self.reported()
        suggested = "~/inspector-report.html"
        self._screen.ask_text(reported.prompt, lambda typed: self.export_report(reported, typed), suggested)

    def reported(self) -> Reported:
        """What a report is about: what is marked, or else what is listed."""
        screen = self._screen
        if screen.staging.marked:
            return Reported(screen.view.engine.deciding.marked(), screen.staging.marked, "marked")
        return Reported(screen.conflicts.chosen, screen.conflicts.total, "listed")

    def export_report(self, reported: Reported, typed: str) -> None:
        """Write a report to the file that was typed."""
        screen = self._screen
        try:
            job = report_job(screen.view.engine, screen.view.storage_ids, reported, typed)
        except InspectorError as error:
            self._say(str(error), Tone.WARNING)
            return
        if screen.inspector.job is not None:
            self._say(f"Not written: wait until {screen.inspector.job.what} has ended", Tone.WARNING)
            return
        screen.inspector.start(job)

    # --- words --------------------------------------------------------------------------------------------------

    def _subject(self) -> Subject | None:
        subject = subject_of(self._screen)
        if subject is None:
            self._say(f"Not done: {_NOTHING}", Tone.WARNING)
        return subject

    def _say(self, message: str, tone: Tone) -> None:
        self._screen.status.say(message, tone)
