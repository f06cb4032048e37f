"""Choices about sidecars that belong to no picture, to several, or beside another one."""

from inspector.layouts.repairs import CannotRepairError
from inspector.model.display import display_name
from inspector.model.filekinds import extension
from inspector.model.operations import MovePath
from inspector.model.relpath import join_path, split_path
from inspector.repair.choices.case import Case, Outcome, Repairs, quarantined
from inspector.repair.choices.merging import merged_sidecars


def attach(case: Case) -> Outcome:
    """The sidecar gets the whole name of its picture, before its own ending."""
    sidecar = case.conflict.paths[0]
    folder, name = split_path(sidecar)
    candidates = [join_path(folder, candidate) for candidate in case.evidence.get("candidates", ())]
    picture = case.chosen()
    if picture is None:
        if len(candidates) != 1:
            some = "several pictures have its name" if candidates else "no picture was found that it could belong to"
            raise CannotRepairError(f"{some}: name the one that is meant")
        picture = candidates[0]
    case.file(picture)
    target = f"{picture}.{name.rpartition('.')[2]}"
    if target == sidecar:
        raise CannotRepairError("it has the picture's name already")
    case.require_free(target)
    return Outcome((MovePath(sidecar, target, case.file(sidecar).state),), display_name(sidecar), display_name(target))


def keep_full_name(case: Case) -> Outcome:
    """The sidecar with the picture's whole name stays."""
    full, short = _two_sidecars(case)
    outcome = quarantined(case, short)
    return Outcome(
        outcome.operations,
        f"{display_name(full)} and {display_name(short)}",
        f"{display_name(full)} stays",
        outcome.bytes,
    )


def keep_short_name(case: Case) -> Outcome:
    """The sidecar with the picture's name without its extension stays."""
    full, short = _two_sidecars(case)
    outcome = quarantined(case, full)
    return Outcome(
        outcome.operations,
        f"{display_name(full)} and {display_name(short)}",
        f"{display_name(short)} stays",
        outcome.bytes,
    )


def merge_both(case: Case) -> Outcome:
    """What only the sidecar with the short name holds is written into the other one; it goes into quarantine."""
    full, short = _two_sidecars(case)
    if not extension(full) == extension(short) == "xmp":
        raise CannotRepairError("only XMP sidecars can be merged (keep_full_name and keep_short_name are possible)")
    try:
        write, count = merged_sidecars(case, full, short)
    except CannotRepairError as error:
        raise CannotRepairError(f"{error} (keep_full_name and keep_short_name are possible)") from error
    outcome = quarantined(case, short)
    return Outcome(
        (write, *outcome.operations) if write is not None else outcome.operations,
        f"{display_name(full)} and {display_name(short)}",
        f"{display_name(full)} stays with {count} {'change' if count == 1 else 'changes'} of the other",
        outcome.bytes,
    )


def _two_sidecars(case: Case) -> tuple[str, str]:
    """The sidecar with the whole name and the other one; the conflict's last path is the picture."""
    sidecars = case.conflict.paths[:-1]
    if len(sidecars) != 2:
        raise CannotRepairError(f"{len(sidecars)} sidecars are there: move the ones aside that should not count")
    return sidecars[0], sidecars[1]


def quarantine_sidecar(case: Case) -> Outcome:
    """The sidecar goes into quarantine."""
    return quarantined(case, case.conflict.paths[0])


REPAIRS: Repairs = {
    ("orphan_sidecar", "attach"): attach,
    ("ambiguous_sidecar", "attach"): attach,
    ("orphan_sidecar", "quarantine"): quarantine_sidecar,
    ("ambiguous_sidecar", "quarantine"): quarantine_sidecar,
    ("double_sidecar", "keep_full_name"): keep_full_name,
    ("double_sidecar", "keep_short_name"): keep_short_name,
    ("double_sidecar", "merge"): merge_both,
}
