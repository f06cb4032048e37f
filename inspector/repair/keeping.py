"""What was taken away and is kept: list it, bring it back, and, for a file in quarantine, end it for good."""

import errno
import os
import stat
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from inspector.fs.system import system
from inspector.fs.tree import Tree
from inspector.fs.write import digest_of, write_failed
from inspector.model.display import counted, display_name
from inspector.model.errors import ExitCode, InspectorError, UsageError
from inspector.model.guarded_json import guarded_json
from inspector.model.operation_codec import decode_text
from inspector.model.operations import RestorePath, WriteDocument
from inspector.model.plan import Generation, Plan, PlanItem, QuarantineEntry
from inspector.model.relpath import split_path
from inspector.repair.batch_ids import new_batch_id
from inspector.repair.bench import place_path
from inspector.repair.history import FormerHomes
from inspector.repair.journal import moment_of, second_of
from inspector.repair.kept_versions import GENERATIONS, GENERATIONS_KEPT, stored_whole
from inspector.repair.manifest import MANIFEST, Manifest, is_entry_id, now_text, stays_inside
from inspector.repair.store import is_linked, known_places, odd_place

_ABOUT = ".json"
_MOST_ABOUT_BYTES = 1 << 16


class UnreadablePlaceError(InspectorError):
    """Where something of a storage is kept cannot be read; nothing was done."""

    exit_code = ExitCode.INCOMPLETE


@dataclass(frozen=True, slots=True)
class KeptAt:
    """A folder with things taken out of a storage, which lies at `root` now."""

    storage_id: str
    root: str
    folder: Path


@dataclass(frozen=True, slots=True)
class StoredGeneration:
    """An earlier version of a document in its place.

    `stored` is its file, relative to the place's folder; `kept_ns` when it was put there, in ns since 1970.
    """

    name: str
    stored: str
    path: str
    batch: str
    size: int
    digest: str
    kept_ns: int

    @property
    def age_key(self) -> tuple[str, int]:
        """Sorts versions of a document, the oldest first."""
        return second_of(self.batch), self.kept_ns


def places_of(roots: Mapping[str, str], state_folder: Path) -> list[KeptAt]:
    """Where things of these storages (roots by id) are kept, wherever they lay when those were taken away.

    The place that a storage's things go to now comes before its former ones. Storages that are not there are left out.
    One in whose place there is a link, or a file, is among them: to read it is an error.

    Raises:
        JournalError: where the journal's folder cannot be read.
    """
    former = FormerHomes(state_folder)
    found: list[KeptAt] = []
    for storage_id, root in roots.items():
        folders = known_places(root, storage_id, state_folder, *former.of(storage_id, root))
        odd = odd_place(root, storage_id, state_folder)
        if odd is not None:
            folders = list(dict.fromkeys((*folders, odd[0])))
        found.extend(KeptAt(storage_id, root, folder) for folder in folders)
    return found


def quarantined(places: Iterable[KeptAt]) -> list[QuarantineEntry]:
    """What is in quarantine, newest first, each with the storage's present id and root.

    Raises:
        UnreadablePlaceError: where a place cannot be read.
    """
    return [entry for _, entry in _entries(places)]


def _entries(places: Iterable[KeptAt]) -> list[tuple[KeptAt, QuarantineEntry]]:
    """What is in quarantine, each with its place: the first one where several storages share it, or have the entry."""
    found: dict[str, tuple[KeptAt, QuarantineEntry]] = {}
    for place in places:
        try:
            manifest = Manifest(place.folder)
            entries = list(manifest.entries())
            unlisted = [] if entries else list(manifest.unlisted())
        except OSError as error:
            raise _unreadable(place, error, "what lies in quarantine") from error
        if unlisted:
            raise UnreadablePlaceError(
                f"does not tell of {counted(len(unlisted), 'file')} that {'lies' if len(unlisted) == 1 else 'lie'} "
                f"there, such as {display_name(unlisted[0])}, so what lies in quarantine is not known",
                path=str(place.folder / MANIFEST),
                advice="It was damaged or taken away. 'inspector undo' brings back what the journal knows of; look at "
                "the rest by hand, and move it to where you want it.",
            )
        for entry in entries:
            found.setdefault(entry.id, (place, replace(entry, storage_id=place.storage_id, root=place.root)))
    return sorted(found.values(), key=lambda pair: (pair[1].time, pair[1].id), reverse=True)


def _unreadable(place: KeptAt, error: OSError, what: str) -> UnreadablePlaceError:
    return UnreadablePlaceError(
        f"cannot be read ({error.strerror}), so {what} is not known",
        path=str(error.filename or place.folder),
        advice="Look at it, at its drive and at the rights of the folder, then try again.",
    )


def restore_plan(places: Iterable[KeptAt], entry_ids: Collection[str]) -> Plan:
    """The plan that brings files back to where they were; one whose path is taken by now is refused when applied.

    Raises:
        UsageError: where one of the entries is not in quarantine.
        UnreadablePlaceError: where a place cannot be read.
    """
    chosen = _chosen(places, entry_ids)
    entries = sorted((entry for _, entry in chosen), key=lambda entry: (entry.storage_id, entry.path, entry.id))
    items = [
        PlanItem(
            number,
            entry.storage_id,
            "",
            "quarantine",
            "restore",
            f"bring back {display_name(entry.path)}",
            "R2",
            (RestorePath(entry.id, entry.path),),
            before=f"in quarantine since {entry.time}",
            after=display_name(entry.path),
            bytes=entry.size,
        )
        for number, entry in enumerate(entries, 1)
    ]
    return _plan(places, items)


def purge(places: Iterable[KeptAt], entry_ids: Collection[str]) -> tuple[int, int]:
    """End files in quarantine for good: how many, and their bytes. The only thing that deletes what was a person's.

    The file goes first and its line in the manifest after it: what an interruption leaves is a line whose file is gone,
    which is listed nowhere. The caller holds the storages' locks and has asked the person.

    Raises:
        UsageError: where one of the entries is not in quarantine; then none is deleted.
        WriteFailedError: where one cannot be deleted; those before it are.
    """
    by_place: dict[Path, list[QuarantineEntry]] = {}
    for place, entry in _chosen(places, entry_ids):
        by_place.setdefault(place.folder, []).append(entry)
    count = size = 0
    for folder, entries in by_place.items():
        gone: list[QuarantineEntry] = []
        with Tree(str(folder)) as tree:
            try:
                for entry in sorted(entries, key=lambda entry: entry.id):
                    _delete(tree, place_path(entry.id), entry.path)
                    gone.append(entry)
                _settle_folders(tree, gone)
            finally:
                if gone:
                    Manifest(tree).all_left([entry.id for entry in gone], "purged")
        count, size = count + len(gone), size + sum(entry.size for entry in gone)
    return count, size


def _chosen(places: Iterable[KeptAt], entry_ids: Collection[str]) -> list[tuple[KeptAt, QuarantineEntry]]:
    wanted = set(entry_ids)
    advice = "'inspector quarantine list' shows what is."
    for entry_id in wanted:
        if not is_entry_id(entry_id):
            raise UsageError("is no id of something in quarantine", path=entry_id, advice=advice)
    found = [(place, entry) for place, entry in _entries(places) if entry.id in wanted]
    if lacking := sorted(wanted - {entry.id for _, entry in found}):
        raise UsageError(f"nothing is in quarantine as {lacking[0]}", advice=advice)
    return found


def _delete(tree: Tree, stored: str, path: str) -> None:
    """Take a regular file's name out of a place; reached without a link, whatever somebody put there."""
    folder, name = split_path(stored)
    try:
        with tree.folder(folder) as above:
            if not stat.S_ISREG(system().stat(name, above).st_mode):
                raise UsageError("is no file in quarantine, and was left as it is", path=path)
            system().unlink(name, above)
    except OSError as error:
        raise write_failed(error, path) from error


def _settle_folders(tree: Tree, gone: Sequence[QuarantineEntry]) -> None:
    """Make deletions durable, and drop the batches' folders that are empty by now."""
    for folder in dict.fromkeys(split_path(place_path(entry.id))[0] for entry in gone):
        try:
            with tree.folder(folder) as emptied:
                system().fsync_folder(emptied)
            with tree.folder("") as above:
                system().rmdir(folder, above)
        except OSError:
            continue  # there is more in it


def generations(places: Iterable[KeptAt], path: str | None = None) -> list[Generation]:
    """The earlier versions of documents, or of one document, newest first.

    Raises:
        UnreadablePlaceError: where a place cannot be read.
    """
    return [
        Generation(
            f"{one.name}@{place.storage_id}",
            place.storage_id,
            place.root,
            one.path,
            moment_of(one.batch),
            one.batch,
            one.size,
            one.digest,
        )
        for place, one in _kept_generations(places, path)
    ]


def _kept_generations(places: Iterable[KeptAt], path: str | None = None) -> list[tuple[KeptAt, StoredGeneration]]:
    """The versions, newest first, each with its place: the first one where several storages share it, or have it."""
    found: dict[str, tuple[KeptAt, StoredGeneration]] = {}
    for place in places:
        try:
            stored = list(_stored_generations(place.folder))
        except OSError as error:
            raise _unreadable(place, error, "which earlier versions are kept") from error
        for one in stored:
            if path is None or one.path == path:
                found.setdefault(one.name, (place, one))
    return sorted(found.values(), key=lambda pair: pair[1].age_key, reverse=True)


def version(places: Iterable[KeptAt], name: str) -> bytes | None:
    """What an earlier version of a document holds, by its name; None where it is not kept whole."""
    for place in places:
        if not is_linked(place.folder):
            with suppress(OSError), Tree(str(place.folder)) as tree:
                return stored_whole([tree], name)
    return None


def restore_generation_plan(places: Sequence[KeptAt], generation_id: str) -> Plan:
    """The plan that makes an earlier version of a document the present one; the present one is kept in turn.

    It has no items where the document is so already. `generation_id` is as `generations` tells it; what follows the
    ``@`` may be left out where one storage only has it.

    Raises:
        UsageError: where there is no such version, or it is damaged.
    """
    advice = "'inspector generations' lists them."
    matching = [one for one in generations(places) if generation_id in {one.id, one.id.partition("@")[0]}]
    if len(matching) != 1:
        why = "several storages keep a version as" if matching else "no earlier version is kept as"
        raise UsageError(f"{why} {generation_id}", advice=advice)
    chosen = matching[0]
    name = chosen.id.partition("@")[0]
    place = next(place for place, one in _kept_generations(places) if one.name == name)
    if digest_or_none(str(place.folder), f"{GENERATIONS}/{name}") != chosen.digest:
        raise UsageError("the kept version is damaged, so it was not restored", path=chosen.path, advice=advice)
    present = digest_or_none(chosen.root, chosen.path)
    if present is None and os.path.lexists(Path(chosen.root) / chosen.path):
        raise UsageError("cannot be read, so no earlier version was restored", path=chosen.path)
    if present == chosen.digest:
        return Plan(new_batch_id(), now_text(), {chosen.storage_id: chosen.root}, ())
    label = f"bring back {display_name(chosen.path)} as it was before batch {chosen.batch}"
    write = WriteDocument(chosen.path, present, generation=name)
    item = PlanItem(
        1,
        chosen.storage_id,
        "",
        "generation",
        "restore",
        label,
        "R1",
        (write,),
        before="as it is now",
        after=f"as before {chosen.time}",
        bytes=chosen.size,
    )
    return _plan(places, [item])


def prune_generations(folder: Path, path: str | None = None, *, spare: Collection[str] = ()) -> int:
    """Delete the oldest versions beyond `GENERATIONS_KEPT` of each document, or of one; how many went.

    `folder` is the one of a storage's place. Versions of the batches in `spare` stay: those that were interrupted need
    theirs. The caller holds the storage's lock.

    Raises:
        WriteFailedError: where one cannot be deleted.
    """
    by_path: dict[str, list[StoredGeneration]] = {}
    for kept in _stored_generations(folder):
        if path is None or kept.path == path:
            by_path.setdefault(kept.path, []).append(kept)
    extra = [
        kept
        for versions in by_path.values()
        for kept in sorted(versions, key=lambda one: one.age_key, reverse=True)[GENERATIONS_KEPT:]
        if kept.batch not in spare
    ]
    if extra:
        with Tree(str(folder)) as tree:
            for kept in extra:
                _delete(tree, kept.stored, kept.path)
                _delete(tree, kept.stored + _ABOUT, kept.path)
    return len(extra)


def stored_generation(folder: Path, name: str) -> StoredGeneration | None:
    """What is kept under this name in a place, or None."""
    return next(_described(folder, [f"{name}{_ABOUT}"]), None)


def _stored_generations(folder: Path) -> Iterator[StoredGeneration]:
    """What is kept in a place.

    Raises:
        OSError: where it cannot be read; it names the path.
    """
    if is_linked(folder):
        raise OSError(errno.ELOOP, "is a link, which is never followed", str(folder))
    try:
        with Tree(str(folder)) as tree, tree.folder(GENERATIONS) as kept:
            names = os.listdir(kept)
    except FileNotFoundError:
        return iter(())
    except OSError as error:
        error.filename = str(folder / GENERATIONS)
        raise
    return _described(folder, [name for name in names if name.endswith(_ABOUT)])


def _described(folder: Path, names: Iterable[str]) -> Iterator[StoredGeneration]:
    for about in names:
        name = about.removesuffix(_ABOUT)
        stored = f"{GENERATIONS}/{name}"
        try:
            with Tree(str(folder)) as tree:
                with tree.reading(f"{GENERATIONS}/{about}") as descriptor:
                    kept_ns = os.fstat(descriptor).st_mtime_ns
                    values = guarded_json(os.read(descriptor, _MOST_ABOUT_BYTES))
                with tree.reading(stored) as descriptor:
                    size = os.fstat(descriptor).st_size
            path, batch, digest = decode_text(values["path"]), str(values["batch"]), str(values["digest"])
        except (OSError, ValueError, KeyError, TypeError):
            continue  # not kept by us, or not whole
        if stays_inside(path) and "/" not in name:
            yield StoredGeneration(name, stored, path, batch, size, digest, kept_ns)


def digest_or_none(root: str, path: str) -> str | None:
    """The digest of a file below a root, None where there is none that can be read."""
    try:
        with Tree(root) as tree:
            return digest_of(tree, path)[0]
    except (OSError, InspectorError):
        return None


def _plan(places: Iterable[KeptAt], items: Sequence[PlanItem]) -> Plan:
    storages = {item.storage_id for item in items}
    roots = {place.storage_id: place.root for place in places if place.storage_id in storages}
    return Plan(new_batch_id(), now_text(), roots, tuple(items))
