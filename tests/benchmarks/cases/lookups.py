"""One picture among five storages by its key: asked of the catalog, answered from memory, and beside a dictionary."""

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random

from inspector.catalog.claims import ClaimLoad
from inspector.catalog.database import Database
from inspector.catalog.known_files import KnownFiles
from inspector.catalog.storages import put_storage
from inspector.model.records import Claim, StorageInfo, StorageState
from inspector.scenarios.large import large_files
from tests.benchmarks.bench import Bench
from tests.benchmarks.measure import MB, MeasurementError, in_turns
from tests.benchmarks.table import Row

_STORAGES = 5
_ASKED = 2_000
_ROUNDS = 7
_FOLDERS = 1_000
_MOST_CACHED_US = 5.0
_MOST_UNCACHED_US = 1000.0
_MOST_BYTES = 256 * MB


def lookup(bench: Bench) -> Iterator[Row]:
    """Keys of all storages in any order, each asked once in a round; what was answered before is forgotten."""
    files = bench.data.files
    with bench.fresh_state() as state:
        _fill(state, files)
        database = Database(state)
        keys = [_key(number % _STORAGES, Random(number).randrange(files)) for number in range(_ASKED)]
        beside = dict.fromkeys(keys, "photos/2004/00000/IMG_0000000.jpg")
        name = f"one of {_STORAGES * files:,} pictures by its key"

        def of_a_dictionary() -> float:
            return _each(beside.__getitem__, keys)

        def uncached() -> float:
            return _each(KnownFiles(database.connection).find, keys)

        peer, ours = in_turns([of_a_dictionary, uncached], _ROUNDS)
        yield Row(f"{name}, asked of the catalog", "dict", peer, ours, _MOST_UNCACHED_US, "us", absolute=True)
        known = KnownFiles(database.connection, _MOST_BYTES)
        began = time.perf_counter()
        known.prepare()
        yield Row(f"reading {_STORAGES} indexes into memory", "", None, time.perf_counter() - began, None)
        yield Row("their memory", "", None, known.size / MB, None, "MB")

        def from_memory() -> float:
            known.forget_answers()
            return _each(known.find, keys)

        peer, ours = in_turns([of_a_dictionary, from_memory], _ROUNDS)
        yield Row(f"{name}, from memory", "dict", peer, ours, _MOST_CACHED_US, "us", absolute=True)
        peer, ours = in_turns([of_a_dictionary, lambda: _each(known.find, keys)], _ROUNDS)
        yield Row(f"{name}, asked before", "dict", peer, ours, _MOST_CACHED_US, "us", absolute=True)
        database.close()


def _each(ask: Callable[[str], object], keys: Sequence[str]) -> float:
    """Microseconds for each key.

    Raises:
        MeasurementError: where one is not found.
    """
    began = time.perf_counter()
    found = [ask(key) for key in keys]
    took = time.perf_counter() - began
    if not all(found):
        raise MeasurementError("a picture was not found")
    return took * 1e6 / len(keys)


def _key(storage: int, number: int) -> str:
    return hashlib.sha256(b"%d/%d" % (storage, number)).hexdigest()


def _fill(state: Path, files: int) -> None:
    """A catalog of storages that were scanned, none of which is on any disk."""
    database = Database(state)
    folders: dict[tuple[int, int], int] = {}
    for storage in range(_STORAGES):
        identity = f"storage-{storage}"
        with database.transaction() as connection, ClaimLoad(connection, identity) as load:
            info = StorageInfo(identity, "imalink", identity, identity, f"/nowhere/{storage}", StorageState.READY)
            put_storage(connection, info)
            claims = []
            for file in large_files(files, _FOLDERS):
                place = (storage, file.folder)
                if place not in folders:
                    path = file.path.rpartition("/")[0].encode()
                    row = connection.execute("INSERT INTO folder (storage_id, path) VALUES (?, ?)", (identity, path))
                    folders[place] = row.lastrowid or 0
                digest = hashlib.md5(b"%d/%d" % (storage, file.number)).digest()
                connection.execute(
                    "INSERT INTO file (folder_id, name, kind, size, mtime_ns, ctime_ns, inode, status, digest)"
                    " VALUES (?, ?, 1, ?, ?, 0, 0, 0, ?)",
                    (folders[place], file.name.encode(), file.size, file.mtime_ns, digest),
                )
                claims.append(Claim(file.path, _key(storage, file.number), file.size, file.mtime_ns, "1"))
            load.put("imalink-master.json", claims)
    database.close()
