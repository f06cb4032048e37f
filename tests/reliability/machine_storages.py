"""An ImaLink storage and a plain folder of few small pictures, and what people and their programs do to them."""

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import xxhash

from inspector.scenarios.builder import DAY_NS, FIRST_TIME_NS, StorageBuilder
from inspector.scenarios.drawing import picture_bytes
from inspector.scenarios.imalink import LOCK, MASTER, SESSIONS, SIGNATURE, ImaLinkBuilder

ARCHIVE, PLAIN = "Archive", "Plain"
UUID = "2b0d9f3e-58a1-4c07-9e6d-7f41c3a5b812"
OTHER_UUID = "7c1e5a90-0f3b-4d28-8a44-d95b60e2f713"
STATE = "state"
OWN_PLACES = frozenset({".inspector", ".inspector-quarantine"})
SEEDS = 9
STYLES: dict[str, dict[str, Any]] = {
    "ImaLink's": {"indent": 2, "ensure_ascii": False},
    "compact": {"separators": (",", ":")},
    "tabs": {"indent": "\t"},
}
_SIZE = (24, 16)
_FOLDERS = ("photos/one", "photos/two", "photos/new place")

Tree = dict[str, tuple[int, int, str]]
"""Every file and folder with its mode, mtime in ns (0 for folders) and digest (empty for folders)."""


class Storages:
    """The storages below `base`, and the changes that are not the inspector's. Every choice is a whole number."""

    def __init__(self, base: Path, style: str, *, synced: bool) -> None:
        """Two sound storages, with members in every document that ImaLink does not know.

        `synced` makes the plain folder one of Syncthing's, out of which nothing may be moved into a folder within.
        The inspector's state is kept in `base / STATE`, and so is what is taken out of a folder that two sync programs
        own.
        """
        self.base = base / "storages"
        self._kept_beside = base / STATE / "quarantine"
        self._style = STYLES[style]
        self._clock = 0
        self._roots = (self._archive(), self._plain(synced=synced))

    @property
    def roots(self) -> tuple[Path, Path]:
        """The ImaLink storage and the plain folder."""
        return self._roots

    # --- what is there --------------------------------------------------------------------------------------------

    def tree(self) -> Tree:
        """All that is in the storages but the inspector's own places."""
        found: Tree = {}
        for place, folders, names in os.walk(self.base):
            folders[:] = [name for name in folders if name not in OWN_PLACES]
            for name in folders:
                path = Path(place, name)
                found[str(path.relative_to(self.base))] = (path.stat().st_mode, 0, "")
            for name in names:
                path = Path(place, name)
                status = path.lstat()
                found[str(path.relative_to(self.base))] = (status.st_mode, status.st_mtime_ns, digest_of(path))
        return found

    def all_digests(self) -> set[str]:
        """The digests of all files, what the inspector keeps included."""
        return {
            digest_of(Path(place, name))
            for top in (self.base, self._kept_beside)
            for place, _, names in os.walk(top)
            for name in names
            if stat.S_ISREG(Path(place, name).lstat().st_mode)
        }

    def kept_digests(self) -> set[str]:
        """The digests of what nobody may lose: everything but locks, unfinished files and the inspector's own lists."""
        ours = (LOCK, ".tmp")
        found = {
            digest
            for path, (_, _, digest) in self.tree().items()
            if digest and not (path.endswith(ours) and Path(path).name.startswith("."))
        }
        for place, _, names in (*os.walk(self.base), *os.walk(self._kept_beside)):
            parts = Path(place).relative_to(self.base.parent).parts
            if {*OWN_PLACES, STATE} & set(parts) and "generations" not in parts:
                found |= {digest_of(Path(place, name)) for name in names if not name.endswith(".jsonl")}
        return found

    def documents(self) -> dict[str, bytes]:
        """ImaLink's documents by their path in the archive."""
        root = self._roots[0]
        names = [SIGNATURE, MASTER, *(f"{SESSIONS}/{path.name}" for path in sorted((root / SESSIONS).glob("*.json")))]
        return {name: (root / name).read_bytes() for name in names if (root / name).is_file()}

    def files(self, which: int) -> list[str]:
        """A person's own files in one of the storages, sorted."""
        root = self._roots[which]
        found = [
            str(path.relative_to(root))
            for path in root.rglob("*")
            if path.is_file() and not OWN_PLACES & set(path.parts) and path.name[0] != "."
        ]
        return sorted(path for path in found if not path.startswith(("imalink-", ".")))

    # --- what people do -------------------------------------------------------------------------------------------

    def add(self, which: int, seed: int, place: int) -> None:
        """A new picture, or one that is there already at another place."""
        path = f"{_FOLDERS[place % 3]}/IMG_{seed % SEEDS}.jpg"
        self._write(which, self._free(which, path), picture(seed))

    def move(self, which: int, pick: int, place: int) -> None:
        """A file goes to another folder."""
        self._rename(which, pick, lambda path: f"{_FOLDERS[place % 3]}/{Path(path).name}")

    def rename(self, which: int, pick: int, number: int) -> None:
        """A file gets another name, in capitals now and then."""
        new = (f"renamed {number % 4}", "IMG_0", "img_1")[number % 3]
        self._rename(which, pick, lambda path: str(Path(path).with_name(new + Path(path).suffix)))

    def edit(self, which: int, pick: int, seed: int) -> None:
        """Another picture, or none at all, is saved over a file."""
        if path := self._picked(which, pick):
            self._write(which, path, picture(seed) if seed % 5 else b"")

    def rot(self, which: int, pick: int, place: int) -> None:
        """One bit flips; size and time stay."""
        if path := self._picked(which, pick):
            target = self._roots[which] / path
            content, status = bytearray(target.read_bytes()), target.stat()
            if content:
                content[(len(content) - 1) * (place % 4) // 3] ^= 1
                target.write_bytes(content)
                os.utime(target, ns=(status.st_mtime_ns, status.st_mtime_ns))

    def delete(self, which: int, pick: int) -> None:
        """A file goes for good; a few always stay, else it is the whole storage that has gone."""
        if len(self.files(which)) > 3 and (path := self._picked(which, pick)):
            (self._roots[which] / path).unlink()

    def conflict_copy(self, which: int, pick: int, seed: int) -> None:
        """A sync program keeps another version beside a file, or a copy of the same bytes."""
        if path := self._picked(which, pick):
            source = self._roots[which] / path
            name = f"{source.stem}.sync-conflict-20240619-1015{seed % 2:02d}-ABCDEF7{source.suffix}"
            content = source.read_bytes() if seed % 3 == 0 else picture(seed)
            self._write(which, str(Path(path).with_name(name)), content)

    def touch(self, which: int, pick: int) -> None:
        """A file gets another time, or other rights."""
        if path := self._picked(which, pick):
            target = self._roots[which] / path
            target.chmod(0o640 if pick % 2 else 0o604)
            self._stamp(target)

    def duplicate(self, which: int, pick: int, place: int) -> None:
        """A file is copied, to the other storage too, or gets a second name."""
        path = self._picked(which, pick)
        if not path:
            return
        source = self._roots[which] / path
        into = which if place % 2 else 1 - which
        target = self._roots[into] / self._free(into, f"{_FOLDERS[place % 3]}/copy of {source.name}")
        target.parent.mkdir(parents=True, exist_ok=True)
        if place % 7 == 6 and into == which:
            os.link(source, target)
        else:
            status = source.stat()
            target.write_bytes(source.read_bytes())
            os.utime(target, ns=(status.st_mtime_ns, status.st_mtime_ns))

    def add_sidecar(self, which: int, pick: int, naming: int) -> None:
        """A sidecar beside a picture, after one of both namings or after a picture that is not there."""
        if path := self._picked(which, pick):
            name = (f"{path}.xmp", f"{Path(path).with_suffix('')}.xmp", f"{Path(path).parent}/IMG_77.xmp")[naming % 3]
            self._write(which, name, _xmp(naming))

    def toggle_sync(self, which: int) -> None:
        """A storage comes under a sync program, or leaves it: what is taken away goes to another place from now on."""
        mark = self._roots[which] / ".stfolder"
        if mark.is_dir():
            mark.rmdir()
        else:
            mark.mkdir()

    def any_change(self, how: int, which: int, pick: int, detail: int) -> None:
        """One of all changes, those of the index too."""
        ways: tuple[Callable[[int, int, int], object], ...] = (
            self.move,
            self.rename,
            self.edit,
            self.rot,
            self.conflict_copy,
            self.duplicate,
            self.add_sidecar,
            self.add,
            lambda which, pick, _: self.delete(which, pick),
            lambda _, pick, detail: self.break_index(detail, pick),
        )
        ways[how % len(ways)](which, pick, detail)

    # --- what other programs do to the index ----------------------------------------------------------------------

    def break_index(self, how: int, pick: int) -> str:
        """Something happens to one of ImaLink's documents; returns what."""
        ways: tuple[Callable[[int], None], ...] = (
            self._drop_entry,
            self._spoil_entry,
            self._second_key,
            self._repeat_in_session,
            self._wrong_totals,
            self._other_id,
            self._forget_in_session,
            self._unsafe_path,
            self._cut_document,
            self._lose_document,
            self._leave_temporary,
            self._conflicting_master,
            self._leave_lock,
        )
        way = ways[how % len(ways)]
        way(pick)
        return way.__name__.strip("_").replace("_", " ")

    def _drop_entry(self, pick: int) -> None:
        self._change(MASTER, lambda master: master["files"].pop(_key(master, pick)))

    def _spoil_entry(self, pick: int) -> None:
        member, value = (
            ("file_size", 7),
            ("filename", "other.jpg"),
            ("file_size", -1),
            ("indexed_at", "yesterday"),
            ("relative_path", "photos/nowhere/IMG_55.jpg"),
            ("hothash", "0" * 64),
        )[pick % 6]
        self._change(MASTER, lambda master: master["files"][_key(master, pick)].update({member: value}))

    def _second_key(self, pick: int) -> None:
        def change(master: Any) -> None:
            key = _key(master, pick)
            other = key[::-1]
            master["files"][other] = {**master["files"][key], "hothash": other}

        self._change(MASTER, change)

    def _repeat_in_session(self, pick: int) -> None:
        self._change(self._session(pick), lambda one: one["files"].append(dict(one["files"][pick % len(one["files"])])))

    def _wrong_totals(self, pick: int) -> None:
        path, member = ((MASTER, "total_files"), (SIGNATURE, "photo_count"), (MASTER, "total_size_bytes"))[pick % 3]
        self._change(path, lambda document: document.update({member: pick % 1000}))

    def _other_id(self, pick: int) -> None:
        path = (MASTER, self._session(pick))[pick % 2]
        self._change(path, lambda document: document.update({"storage_uuid": OTHER_UUID}))

    def _forget_in_session(self, pick: int) -> None:
        self._change(self._session(pick), lambda one: one["files"].pop(pick % len(one["files"])))

    def _unsafe_path(self, pick: int) -> None:
        path = ("../outside.jpg", "/etc/hostname")[pick % 2]
        self._change(MASTER, lambda master: master["files"][_key(master, pick)].update({"relative_path": path}))

    def _cut_document(self, pick: int) -> None:
        path = self._roots[0] / (MASTER, self._session(pick))[pick % 2]
        if path.is_file():
            path.write_bytes(path.read_bytes()[: -1 - pick % 400])
            self._stamp(path)

    def _lose_document(self, pick: int) -> None:
        (self._roots[0] / (MASTER, self._session(pick))[pick % 2]).unlink(missing_ok=True)

    def _leave_temporary(self, pick: int) -> None:
        self._write(0, f"{MASTER}.tmp", b'{"index_version": "1.0", "files": {')

    def _conflicting_master(self, pick: int) -> None:
        path = self._roots[0] / MASTER
        if path.is_file():
            self._write(0, "imalink-master.sync-conflict-20241018-071200-ABCDEF7.json", path.read_bytes())
            self._drop_entry(pick)

    def _leave_lock(self, pick: int) -> None:
        holder = {"hostname": os.uname().nodename, "pid": 4_194_303, "heartbeat": "2024-10-19T20:30:45Z"}
        self._write(0, LOCK, json.dumps(holder).encode())

    # --- within ---------------------------------------------------------------------------------------------------

    def _archive(self) -> Path:
        archive = ImaLinkBuilder(self.base / ARCHIVE, UUID, ARCHIVE)
        for number in range(6):
            path = f"{_FOLDERS[number // 3]}/IMG_{number}.jpg"
            archive.file(path, picture(number)).add(path, 121 + number // 3, original=f"DSC_{number}.JPG")
            archive.entry(path)["x_note"] = f"entry {number}"
            archive.session_entry(121 + number // 3, path)["x_note"] = {"number": number, "é": [True, None, 1.50]}
        archive.write()
        for path in self._documents_of(archive.root):
            document = json.loads((archive.root / path).read_bytes())
            first = {"x_first": {"b": 1, "a": [2, "ø"]}}
            archive.text(path, self._text({**first, **document, "x_last": [], "x_number": 1e-07}))
        return archive.root

    def _plain(self, *, synced: bool) -> Path:
        plain = StorageBuilder(self.base / "synced" / PLAIN if synced else self.base / PLAIN)
        if synced:
            (self.base / "synced" / ".stfolder").mkdir()
        for number in range(3, 8):
            plain.file(f"{_FOLDERS[number % 2]}/P_{number}.jpg", picture(number))
        plain.file(f"{_FOLDERS[0]}/P_4.jpg.xmp", _xmp(4))
        return plain.root

    def _documents_of(self, root: Path) -> list[str]:
        return [SIGNATURE, MASTER, *(f"{SESSIONS}/{path.name}" for path in (root / SESSIONS).iterdir())]

    def _text(self, document: Any) -> str:
        return json.dumps(document, **self._style)

    def _change(self, path: str, change: Callable[[Any], object]) -> None:
        """Let another program change a document, as far as it can read it."""
        target = self._roots[0] / path
        try:
            document = json.loads(target.read_bytes())
            change(document)
        except (OSError, ValueError, LookupError, ZeroDivisionError, TypeError, AttributeError):
            return
        target.write_text(self._text(document))
        self._stamp(target)

    def _session(self, pick: int) -> str:
        return f"{SESSIONS}/session_{121 + pick % 2}.json"

    def _rename(self, which: int, pick: int, name: Callable[[str], str]) -> None:
        if path := self._picked(which, pick):
            target = self._roots[which] / self._free(which, name(path))
            target.parent.mkdir(parents=True, exist_ok=True)
            (self._roots[which] / path).rename(target)

    def _picked(self, which: int, pick: int) -> str:
        files = self.files(which)
        return files[pick % len(files)] if files else ""

    def _free(self, which: int, path: str) -> str:
        number = 0
        while os.path.lexists(self._roots[which] / path):
            number += 1
            path = str(Path(path).with_stem(f"{Path(path).stem.split(' again')[0]} again {number}"))
        return path

    def _write(self, which: int, path: str, content: bytes) -> None:
        target = self._roots[which] / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        self._stamp(target)

    def _stamp(self, path: Path) -> None:
        self._clock += 1
        moment = FIRST_TIME_NS + 200 * DAY_NS + self._clock * 1_000_000_007
        os.utime(path, ns=(moment, moment))


def picture(seed: int) -> bytes:
    """One of a few small pictures."""
    return picture_bytes("x.jpg", seed % SEEDS, _SIZE)


def digest_of(path: Path) -> str:
    """The XXH3-128 of a file, or of where a link leads."""
    return xxhash.xxh3_128_hexdigest(os.readlink(path).encode() if path.is_symlink() else path.read_bytes())


def _key(master: Any, pick: int) -> str:
    keys = list(master["files"])
    return str(keys[pick % len(keys)])


def _xmp(rating: int) -> bytes:
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="{rating % 5}"/></rdf:RDF></x:xmpmeta>'
    ).encode()
