"""What the keys of scans and repairs do. The screens that they open are imported when they are."""

from inspector.model.scanmode import ScanMode
from inspector.tui.commands.base import ScreenCommands
from inspector.tui.layout import Pane
from inspector.tui.palette import Tone
from inspector.tui.shown import shown
from inspector.tui.widgets.status_line import FOLDER, GONE

_MOST_DIGITS = 12


class JobCommands(ScreenCommands):
    """The commands that begin and stop work. None of them writes to a storage before it was confirmed."""

    def do_scan_smart(self) -> None:
        """Scan again."""
        self._screen.inspector.start_scan(ScanMode.SMART)

    def do_scan_full(self) -> None:
        """Scan again and read every file."""
        self._screen.inspector.start_scan(ScanMode.FULL)

    def do_scan_deep(self) -> None:
        """Scan again and decode every picture."""
        self._screen.inspector.start_scan(ScanMode.SMART, deep=True)

    def do_reindex(self) -> None:
        """Show what can be chosen for the re-index of a storage."""
        from inspector.tui.reindexing.reindex_screen import ReindexScreen

        storages, conflict = self._screen.view.storages, self._screen.conflicts.conflict
        chosen = self._screen.storages.chosen or (self._screen.storage_of(conflict) if conflict is not None else None)
        if storages:
            self._screen.app.push_screen(ReindexScreen(storages, chosen or storages[0]))
        else:
            self._screen.status.say("No storage is open.")

    def do_moved(self) -> None:
        """Show the moved files of the chosen storages."""
        from inspector.tui.moved.moved_screen import MovedScreen

        chosen = self._screen.view.chosen_ids(self._screen.storages.chosen)
        self._screen.app.push_screen(MovedScreen(chosen))

    def do_import(self) -> None:
        """Show what can be chosen for the import of a folder."""
        from inspector.tui.importing.import_screen import ImportScreen

        screen = self._screen
        screen.app.push_screen(ImportScreen(screen.view.storages, screen.storages.chosen))

    def do_create(self) -> None:
        """Ask for the folder of which a storage is to be made."""
        from inspector.tui.forms.folder_typing import FolderTyping

        self._screen.ask_text(FOLDER, self._create, helper=FolderTyping(self._screen.inspector.home))

    def _create(self, text: str) -> None:
        from inspector.tui.founding import make_storage

        self._screen.run_worker(make_storage(self._screen, text.strip()), group="creating", exclusive=True)

    def do_discover(self) -> None:
        """Show where storages can be looked for."""
        from inspector.tui.discovery.discovery_screen import DiscoveryScreen

        self._screen.app.push_screen(DiscoveryScreen())

    def do_expect_missing(self) -> None:
        """Ask how many files are gone on purpose, and scan again with that word."""
        self._screen.ask_text(GONE, self._scan_without)

    def _scan_without(self, text: str) -> None:
        number = text.strip().replace(",", "")
        if not (number.isascii() and number.isdigit() and len(number) <= _MOST_DIGITS):
            self._screen.status.say(f"'{shown(text)}' is no number of files; nothing was scanned.", Tone.WARNING)
            return
        self._screen.inspector.start_scan(ScanMode.SMART, expected_missing=int(number))

    def do_cancel(self) -> None:
        """Stop what runs."""
        self._screen.inspector.cancel_job()
        self._screen.status.say("Stopping at the next safe point.", Tone.WARNING)

    def do_plan(self) -> None:
        """Show the plan of what was decided."""
        from inspector.tui.plan_screen import PlanScreen

        self._screen.app.push_screen(PlanScreen(self._screen.staging))

    def do_journal(self) -> None:
        """Show the journal."""
        from inspector.tui.journal_screen import JournalScreen

        self._screen.app.push_screen(JournalScreen())

    def do_imports(self) -> None:
        """Show what came in with each import."""
        from inspector.tui.imports_screen import ImportsScreen

        screen = self._screen
        chosen = screen.view.chosen_ids(screen.storages.chosen)
        screen.app.push_screen(ImportsScreen(chosen, screen.sessions.table.current))

    def do_recover(self) -> None:
        """Ask whether what was interrupted is to be settled."""
        self._screen.ask_to_settle()

    def do_reference(self) -> None:
        """Ask whether the chosen storage is to be a reference, or not any more."""
        self._screen.ask_reference()

    def do_jobs(self) -> None:
        """Show the jobs."""
        from inspector.tui.jobs_screen import JobsScreen

        self._screen.app.push_screen(JobsScreen())

    def do_rules(self) -> None:
        """Show the rules that hide conflicts, and propose some for the one under the cursor."""
        from inspector.tui.rules_screen import RulesScreen

        on_conflict = self._screen.focused_pane in {Pane.CONFLICTS, Pane.DETAILS}
        self._screen.app.push_screen(RulesScreen(self._screen.conflicts.conflict if on_conflict else None))

    def do_log(self) -> None:
        """Show what was said."""
        from inspector.tui.log_screen import LogScreen

        self._screen.app.push_screen(LogScreen())
