"""What becomes of the files of one group: a picture and all that travels with it."""

from collections.abc import Mapping
from datetime import datetime

from inspector.layouts.importing import Importing
from inspector.layouts.repairs import CannotRepairError
from inspector.model.display import display_name
from inspector.model.filekinds import extension
from inspector.model.importing import Arriving, ImportItem, ImportOptions, OnDuplicate
from inspector.model.operations import FileState
from inspector.model.records import StorageInfo
from inspector.model.relpath import join_path, split_path
from inspector.repair.facts import StorageFacts
from inspector.repair.importing.duplicates import Duplicates, Held
from inspector.repair.importing.groups import Group
from inspector.repair.importing.holding import state_at
from inspector.repair.importing.places import Places
from inspector.repair.importing.reading import ReadFile
from inspector.repair.importing.record import Done
from inspector.repair.importing.templates import Subject, Template, seen_folder, seen_stem, target


class GroupPlanner:
    """Plans groups, one after the other; `items` are what they come to."""

    def __init__(
        self,
        storage: StorageInfo,
        own: Importing,
        facts: StorageFacts,
        template: Template,
        options: ImportOptions,
        duplicates: Duplicates,
        done: Mapping[str, Done],
    ) -> None:
        """`done` are the files of the source that an earlier run brought in."""
        self.items: list[ImportItem] = []
        self.own = own
        self.storage = storage
        self.template = template
        self.on_duplicate = options.on_duplicate
        self.duplicates = duplicates
        self.places = Places(facts)
        self.settled = {one.target for one in done.values()}
        """Paths of the storage that a file of the source is or was for: no other one takes its place."""
        self._number = 0

    def fails(self, path: str, reason: str, *, is_media: bool = False, size: int = 0) -> None:
        """Note a file or a folder that cannot be imported."""
        self.items.append(
            ImportItem(path, Arriving.ERROR, size=size, reason=reason, is_media=is_media, group=self._number)
        )

    def plan(self, folder: str, group: Group, files: Mapping[str, ReadFile], done: Mapping[str, Done]) -> None:
        """Plan a group in a folder of the source; `done` are those of its files that came in before."""
        self._number += 1
        _GroupPlan(self, folder, group, files, done, self._number).run()


class _GroupPlan:
    """One group at work. `_anchor` is where in the storage its picture lies already: a folder and a stem."""

    def __init__(
        self,
        planner: GroupPlanner,
        folder: str,
        group: Group,
        files: Mapping[str, ReadFile],
        done: Mapping[str, Done],
        number: int,
    ) -> None:
        self._planner = planner
        self._folder = folder
        self._group = group
        self._files = files
        self._number = number
        self._coming: list[str] = []
        self._anchor: tuple[str, str] | None = None
        self._elsewhere = ""
        for name, one in done.items():
            if name in group.media:
                self._anchor_at(name, one.target)

    def run(self) -> None:
        """Plan the files."""
        whole = [name for name in self._group.media if name in self._files and self._is_whole(name, is_media=True)]
        for name in whole:
            self._take_media(name)
        for name in self._group.sidecars:
            if name in self._files and self._is_whole(name, is_media=False):
                self._take_sidecar(name, any_media=bool(whole) or self._anchor is not None)
        if self._anchor is not None:
            for name in self._coming:
                self._beside(name, *self._anchor)
        elif self._coming:
            self._together()

    def _is_whole(self, name: str, *, is_media: bool) -> bool:
        file = self._files[name]
        reason = file.error or ("" if file.state.size else "holds no bytes")
        if reason:
            self._planner.fails(join_path(self._folder, name), reason, is_media=is_media)
        return not reason

    def _take_media(self, name: str) -> None:
        planner, file = self._planner, self._files[name]
        held = planner.duplicates.held(file)
        if held is None or planner.on_duplicate is OnDuplicate.KEEP_BOTH:
            self._coming.append(name)
            return
        is_here = held.storage_id == planner.storage.id
        is_settled = held.coming or (is_here and held.path in planner.settled)
        if is_here:
            planner.settled.add(held.path)
        if planner.on_duplicate is OnDuplicate.REPLACE and not is_settled:
            if not is_here:
                self._coming.append(name)  # nothing of another storage is replaced
                return
            alike = extension(name) == extension(split_path(held.path)[1])
            if not held.same_bytes and alike and held.state is not None:
                self._anchor_at(name, held.path)
                self._replace(name, held.path, held.state, held.reason)
                return
        if is_here:
            self._anchor_at(name, held.path)
        self._elsewhere = held.reason
        self._is_held(name, held)

    def _take_sidecar(self, name: str, *, any_media: bool) -> None:
        if not any_media:
            self._planner.fails(join_path(self._folder, name), "what it belongs to cannot be read")
        elif self._coming or self._anchor is not None:
            self._coming.append(name)
        else:
            reason = f"left, as what it belongs to stays: {self._elsewhere}"
            self._add(name, Arriving.DUPLICATE, "", reason)

    def _together(self) -> None:
        """The whole group to a place of its own."""
        planner, group = self._planner, self._group
        first = self._coming[0]
        leader = self._files[first]
        taken = next((file.taken for file in self._files.values() if file.taken is not None), None)
        camera = next((file.camera for file in self._files.values() if file.camera), "")
        moment = taken or datetime.fromtimestamp((leader.state.mtime_ns or 0) / 1e9)
        subject = Subject(self._folder, first, group.stem, moment, camera)
        below, stem = planner.template.place(subject)
        folder = planner.own.import_path(target(planner.own.import_folder, below, "x")).rpartition("/")[0]
        folder = seen_folder(folder)
        tails = {name: self._tail(name, first) for name in self._coming}
        try:
            keys = {tail: self._identity(name) for name, tail in tails.items()}
            stem = planner.places.put(folder, seen_stem(self._named(stem), keys), keys, self._folder)
        except CannotRepairError as error:
            for name in self._coming:
                self._planner.fails(
                    join_path(self._folder, name), str(error), is_media=name in group.media, size=self._size(name)
                )
            return
        for name, tail in tails.items():
            self._comes(name, join_path(folder, stem + tail), Arriving.NEW if name == first else Arriving.COMPANION)

    def _beside(self, name: str, folder: str, stem: str) -> None:
        """One file to the picture that it belongs to, which is there already."""
        planner = self._planner
        tail = self._tail(name, self._group.media[0])
        path = join_path(folder, stem + tail)
        if planner.places.is_taken(path):
            there = state_at(planner.storage.root, path)
            if there is not None and there.digest == self._files[name].state.digest:
                reason = f"it is there already: {display_name(path)}"
                self._add(name, Arriving.DUPLICATE, path, reason, held_in=planner.storage.id)
                return
            if there is not None and planner.on_duplicate is OnDuplicate.REPLACE:
                self._replace(name, path, there, "it goes with the picture that is there")
                return
            if name in self._group.sidecars and planner.on_duplicate is OnDuplicate.SKIP:
                reason = f"left, as another one lies beside the picture: {display_name(path)}"
                self._add(name, Arriving.DUPLICATE, path, reason, held_in=planner.storage.id)
                return
        try:
            free = planner.places.put(folder, stem, {tail: self._identity(name)}, self._folder, beside=True)
        except CannotRepairError as error:
            planner.fails(join_path(self._folder, name), str(error), is_media=name in self._group.media)
            return
        self._comes(name, join_path(folder, free + tail), Arriving.COMPANION)

    def _comes(self, name: str, path: str, what: Arriving) -> None:
        file = self._files[name]
        if name in self._group.media:
            self._planner.duplicates.note_coming(file, path)
        reason = ""
        if what is Arriving.COMPANION:
            reason = f"with {display_name(self._group.media[0])}"
        self._add(name, what, path, reason)

    def _replace(self, name: str, path: str, there: FileState, reason: str) -> None:
        self._planner.duplicates.note_coming(self._files[name], path)
        self._add(name, Arriving.REPLACES, path, reason, replaced=there)

    def _is_held(self, name: str, held: Held) -> None:
        self._add(name, Arriving.DUPLICATE, held.path, held.reason, held_in=held.storage_id)

    def _add(
        self, name: str, what: Arriving, path: str, reason: str, held_in: str = "", replaced: FileState | None = None
    ) -> None:
        file = self._files[name]
        self._planner.items.append(
            ImportItem(
                join_path(self._folder, name),
                what,
                path,
                self._size(name),
                reason,
                held_in,
                file.state,
                replaced,
                file.key,
                file.keyless,
                file.identity,
                file.has_exif,
                name in self._group.media,
                self._number,
            )
        )

    def _identity(self, name: str) -> str:
        return self._files[name].key or self._files[name].identity

    def _size(self, name: str) -> int:
        return self._files[name].state.size or 0

    def _anchor_at(self, name: str, path: str) -> None:
        """Note where the storage has one of the media, so that what belongs to it goes there."""
        if self._anchor is not None:
            return
        folder, there = split_path(path)
        tail = self._tail(name, name)
        stem = there[: -len(tail)] if tail and there.lower().endswith(tail.lower()) else there.rpartition(".")[0]
        self._anchor = folder, stem or there

    def _tail(self, name: str, leader: str) -> str:
        """What follows the stem in a name, as the storage's documents can have it."""
        tail = self._group.tail(name)
        if tail is None:  # a sidecar of another make: it is to be found by its picture's whole name
            tail = f"{self._group.tail(leader) or ''}.{extension(name)}"
        return self._planner.own.import_path(f"x{tail}")[1:]

    def _named(self, stem: str) -> str:
        return self._planner.own.import_path(f"{stem}x")[:-1]
