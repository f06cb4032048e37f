"""An import for people: what it is going to do, file by file as far as they are few, and what became of it."""

from collections.abc import Sequence

from inspector.cli.invocation import Invocation
from inspector.cli.plan_view import ENOUGH, Writer
from inspector.cli.summary import aligned
from inspector.engine import Engine
from inspector.model.display import counted, display_name, human_bytes
from inspector.model.importing import Arriving, Imported, ImportItem, ImportPlan
from inspector.model.records import StorageInfo

_WORDS = {
    Arriving.NEW: "new",
    Arriving.COMPANION: "come along with their pictures",
    Arriving.REPLACES: "replace files, which go to quarantine",
    Arriving.DUPLICATE: "there already",
    Arriving.ERROR: "cannot be imported",
}
_FIRST = (Arriving.ERROR, Arriving.REPLACES, Arriving.NEW, Arriving.COMPANION, Arriving.DUPLICATE)


def print_import_plan(engine: Engine, plan: ImportPlan, write: Writer) -> None:
    """Print a plan: the files, those first that want a look, then how many there are of each kind."""
    storage = engine.storage(plan.storage_id)
    where = f"session {plan.session_id} of " if plan.session_id else ""
    goes_on = ", which goes on" if plan.goes_on else ""
    write(f"{display_name(plan.source)} -> {where}'{display_name(storage.name)}'{goes_on}")
    items = sorted(plan.items, key=lambda item: _FIRST.index(item.what))
    for text in aligned([_row(item) for item in items[:ENOUGH]], right={1}) if items else ():
        write(text)
    if len(items) > ENOUGH:
        write(f"    … and {counted(len(items) - ENOUGH, 'more file')}")
    if items:
        write("")
    totals = plan.totals
    for what, words in _WORDS.items():
        if totals.files[what]:
            write(f"{totals.files[what]:,} {words}")
    if plan.done:
        write(f"{plan.done:,} came in before")
    if plan.left:
        shown = ", ".join(map(display_name, plan.left[:3]))
        more = f" and {len(plan.left) - 3:,} more" if len(plan.left) > 3 else ""
        write(f"{len(plan.left):,} left where they are, as they are no pictures and belong to none: {shown}{more}")
    if totals.coming:
        write(f"{human_bytes(totals.bytes)} to copy")
    elif not plan.goes_on:
        write("Nothing to import.")


def print_imported(
    invocation: Invocation, storage: StorageInfo, plan: ImportPlan, imported: Imported, write: Writer
) -> None:
    """Print what became of an import."""
    write("")
    what = f"{counted(imported.files, 'file')} ({human_bytes(imported.bytes)})"
    session = f" as session {imported.session_id}" if imported.session_id else ""
    write(f"Imported {what} into '{display_name(storage.name)}'{session}.")
    told = {item.source for item in plan.items if item.what is Arriving.ERROR}
    _print_errors([*imported.notes, *(one for one in imported.errors if one[0] not in told)], write)
    if imported.files:
        by_session = imported.session_id and not plan.totals.files[Arriving.REPLACES]  # which brings nothing back
        back = ("rollback", storage.root, imported.session_id) if by_session else ("undo", "--last")
        batches = len(imported.batches) if not by_session else 1
        often = f", once for each of its {batches:,} batches" if batches > 1 else ""
        write(f"To take it back{often}: {invocation.command(*back)}")


def _print_errors(errors: Sequence[tuple[str, str]], write: Writer) -> None:
    for path, reason in errors[:ENOUGH]:
        write(f"{display_name(path)} — {reason}")
    if len(errors) > ENOUGH:
        write(f"    … and {len(errors) - ENOUGH:,} more")


def _row(item: ImportItem) -> tuple[str, ...]:
    source, target = display_name(item.source), display_name(item.target)
    if item.what is Arriving.ERROR or item.what is Arriving.DUPLICATE:
        words = f"{source} — {item.reason}"
    else:
        noted = item.reason if item.what is Arriving.COMPANION else item.keyless
        words = f"{source} -> {target}" + (f" ({noted})" if noted else "")
    return item.what.value, human_bytes(item.size), words
