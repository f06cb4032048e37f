"""The engine's part for new storages: made of folders, of older storages, and entered in their program's own list."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from inspector.catalog.database import Database
from inspector.catalog.storages import drop_unscanned
from inspector.engine.standing import expect_there, known_storage
from inspector.engine.threads import in_thread
from inspector.layouts.base import Surroundings
from inspector.layouts.founding import Creating as CreatingLayout
from inspector.layouts.founding import Founding, KeepsSettings, Migrating
from inspector.layouts.registry import layout, layouts
from inspector.layouts.repairs import CannotRepairError
from inspector.model.creating import Creation, Registration
from inspector.model.display import display_name
from inspector.model.errors import NotAStorageError, UsageError
from inspector.model.operations import Operation
from inspector.model.plan import Plan, PlanItem
from inspector.model.progress import Progress
from inspector.model.records import StorageInfo

if TYPE_CHECKING:
    from inspector.engine.opening import Opening

T = TypeVar("T")

_NOTHING_WAS_DONE = "Nothing was changed."


class Creating:
    """Makes the plans that create, migrate and register storages. Front ends reach it as `engine.creating`.

    Such a plan is applied as any other, and taken back as any other.
    """

    def __init__(self, database: Database, surroundings: Surroundings, opening: "Opening") -> None:
        self._database = database
        self._surroundings = surroundings
        self._opening = opening

    @contextmanager
    def folder(self, path: str | Path) -> Iterator[str]:
        """A folder that is to become a storage, made where it is not there; what stays empty goes again at the end.

        So does what the catalog heard of it, where nothing became of it. The value is its real path.

        Raises:
            UsageError: where it cannot be one.
        """
        with _made(path) as root:
            was_known = self._opening.known_at(root) is not None
            try:
                yield root
            finally:
                known = self._opening.known_at(root)
                if not was_known and known is not None and not isinstance(layout(known.layout), KeepsSettings):
                    with self._database.transaction() as connection:
                        drop_unscanned(connection, known.id)

    def expect_possible(self, path: str | Path, kind: str = "") -> None:
        """Return if a storage can be made of a folder, which need not be there yet; nothing is written.

        Raises:
            UsageError: where it cannot be one.
        """
        own, root = _creating(kind), os.path.realpath(path)
        if os.path.lexists(root) and not os.path.isdir(root):
            raise UsageError("is no folder", path=root, advice=_NOTHING_WAS_DONE)
        _or_refused(root, lambda: own.founding(root, ""))

    async def plan(self, root: str, name: str = "", *, register: bool = True, kind: str = "") -> Creation:
        """The plan that makes an empty storage of the folder at `root`, and enters it in its program's list.

        `kind` is its layout, the first of which any can be made where it is empty.

        Raises:
            UsageError: where it cannot be one, or cannot be registered.
        """
        own = _creating(kind)
        founding = _or_refused(root, lambda: own.founding(root, name))
        storage = await self._opening.open(root)
        return await _in_thread(lambda: self._creation(storage, founding, own.name, register, "create"))

    async def plan_migration(
        self, storage_id: str, *, register: bool = True, progress: Progress | None = None
    ) -> Creation:
        """The plan that makes a storage of today of one that an older program left; it has been scanned.

        Raises:
            UsageError: where it is none, or its documents cannot be read.
            StorageOfflineError: where it is not there.
        """
        from inspector.repair.world import CatalogWorld
        from inspector.scan.keys import learn_keys

        storage, progress = known_storage(self._database, storage_id), progress or Progress()
        expect_there(self._database, storage)
        own = layout(storage.layout)
        if not isinstance(own, Migrating):
            raise UsageError("is no storage of an older program", path=storage.root, advice=_NOTHING_WAS_DONE)
        made: list[Creation] = []

        def work() -> None:
            progress.begin("computing keys")
            learn_keys(self._database, storage, own, None, progress)
            facts = CatalogWorld(self._database.connection, self._database.folder, self._surroundings).facts(storage_id)
            founding = _or_refused(storage.root, lambda: own.migration(facts))
            made.append(self._creation(storage, founding, storage.layout, register, "migrate"))

        await in_thread(progress, work)
        return made[0]

    def expect_older(self, storage_id: str) -> None:
        """Return if a storage is one of an older program, as it is known by its marks; they are read now.

        Raises:
            UsageError: where it is none.
        """
        storage = known_storage(self._database, storage_id)
        own = layout(storage.layout)
        try:
            found = own.recognise(storage.root) if isinstance(own, Migrating) else None
        except OSError as error:
            raise UsageError(f"cannot be looked at ({error.strerror})", path=storage.root) from error
        if found is None or not found.legacy:
            raise UsageError("is no storage of an older program", path=storage.root, advice=_NOTHING_WAS_DONE)

    async def plan_registration(self, storage_ids: Sequence[str]) -> Registration:
        """The plan that enters storages in their program's list, or says there where they are by now."""
        storages = [known_storage(self._database, one) for one in storage_ids]
        return await _in_thread(lambda: self._registration(storages))

    async def plan_found(self, roots: Sequence[str]) -> Registration:
        """As `plan_registration`, for storages that were found: they are known here, too, from now on.

        Those whose program keeps no list are among `already`.
        """
        storages, refused = [], []
        for root in roots:
            try:
                storages.append(await self._opening.open(root))
            except NotAStorageError as error:
                refused.append((root, error.message))
        listed = [one for one in storages if isinstance(layout(one.layout), KeepsSettings)]
        only_here = [
            (one.root, "is known here, and its program keeps no list") for one in storages if one not in listed
        ]
        found = await _in_thread(lambda: self._registration(listed))
        return replace(found, already=(*only_here, *found.already), refused=(*refused, *found.refused))

    def list_of(self, kind: str = "") -> str:
        """The file in which the program of a kind, by default of that which is created, lists its storages."""
        own: object = layout(kind) if kind else _creating(kind)
        return own.settings_files(self._surroundings)[0] if isinstance(own, KeepsSettings) else ""

    def _creation(self, storage: StorageInfo, founding: Founding, kind: str, register: bool, choice: str) -> Creation:
        own = layout(kind)
        operations, after, notes = list(founding.operations), founding.words, list(founding.notes)
        if register and isinstance(own, KeepsSettings):
            entering = _or_refused(
                storage.root,
                lambda: own.registering(founding.identity, self._surroundings),
                "Leave out the registration with --no-register, or name another list with --config FILE.",
            )
            operations += entering.operations
            after += f"; {entering.already}" if entering.already else f"; registered in {self._shown_list(kind)}"
            notes += entering.notes
        before = "a storage of an older program" if choice == "migrate" else "a folder"
        item = _item(1, storage, choice, founding.identity.name, operations, before, after)
        status = os.stat(storage.root)
        plan = _plan([item], {storage.id: storage.root}, {storage.id: (status.st_dev, status.st_ino)})
        return Creation(plan, storage.id, storage.root, founding.identity.id, founding.identity.name, tuple(notes))

    def _registration(self, storages: Sequence[StorageInfo]) -> Registration:
        items: list[PlanItem] = []
        already: list[tuple[str, str]] = []
        refused: list[tuple[str, str]] = []
        notes: list[str] = []
        for storage in storages:
            own = layout(storage.layout)
            try:
                if not isinstance(own, KeepsSettings):
                    raise CannotRepairError("is of a kind whose program keeps no list of storages")
                entering = own.registering(own.registered(storage.root), self._surroundings)
            except CannotRepairError as error:
                refused.append((storage.root, str(error)))
                continue
            notes += entering.notes
            if entering.operations:
                number = len(items) + 1
                operations = list(entering.operations)
                before = entering.before
                items.append(_item(number, storage, "register", storage.name, operations, before, entering.after))
            else:
                already.append((storage.root, entering.already))
        roots = {storage.id: storage.root for storage in storages if any(one.storage_id == storage.id for one in items)}
        return Registration(_plan(items, roots, {}), tuple(already), tuple(refused), tuple(dict.fromkeys(notes)))

    def _shown_list(self, kind: str) -> str:
        return display_name(self.list_of(kind))


def _creating(kind: str) -> CreatingLayout:
    """The layout of a kind, or the first, of which storages can be made.

    Raises:
        UsageError: where there is none.
    """
    for name, own in layouts().items():
        if isinstance(own, CreatingLayout) and kind in {"", name}:
            return own
    raise UsageError(f"storages of the kind '{kind}' are not made here", advice=_NOTHING_WAS_DONE)


async def _in_thread(work: Callable[[], T]) -> T:
    """What `work` gives, done in a thread."""
    made: list[T] = []
    await in_thread(Progress(), lambda: made.append(work()))
    return made[0]


def _item(
    number: int,
    storage: StorageInfo,
    choice: str,
    label: str,
    operations: Sequence[Operation],
    before: str,
    after: str,
) -> PlanItem:
    return PlanItem(
        number,
        storage.id,
        "",
        "storage",
        choice,
        f"{choice} {display_name(label)}",
        "R1",
        tuple(operations),
        before=before,
        after=after,
    )


def _plan(items: Sequence[PlanItem], roots: dict[str, str], seats: dict[str, tuple[int, int]]) -> Plan:
    from inspector.repair.batch_ids import new_batch_id
    from inspector.repair.manifest import now_text

    return Plan(new_batch_id(), now_text(), roots, tuple(items), seats=seats)


def _or_refused(root: str, work: Callable[[], T], advice: str = _NOTHING_WAS_DONE) -> T:
    try:
        return work()
    except CannotRepairError as error:
        raise UsageError(str(error), path=root, advice=advice) from error


@contextmanager
def _made(path: str | Path) -> Iterator[str]:
    """A folder, made with those above it where they are missing; those that are empty at the end go again."""
    root = os.path.realpath(path) if os.fspath(path) else ""
    if not root:
        raise UsageError("an empty path names no folder", advice=_NOTHING_WAS_DONE)
    if os.path.lexists(path) and not os.path.lexists(root):
        raise UsageError("is a link to what is not there", path=os.fspath(path), advice=_NOTHING_WAS_DONE)
    missing = []
    above = root
    while not os.path.lexists(above):
        missing.append(above)
        above = os.path.dirname(above)
    try:
        if not missing and not os.path.isdir(root):
            raise UsageError("is no folder", path=root, advice=_NOTHING_WAS_DONE)
        for folder in reversed(missing):
            try:
                os.mkdir(folder)
            except OSError as error:
                raise UsageError(f"cannot be made ({error.strerror})", path=folder, advice=_NOTHING_WAS_DONE) from error
        yield root
    finally:
        for folder in missing:
            with suppress(OSError):  # something is in it
                os.rmdir(folder)
