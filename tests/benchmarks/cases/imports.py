"""Importing ten thousand pictures beside the same work by plain programs."""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

from PIL import Image

from inspector.scenarios.imalink import ImaLinkBuilder
from tests.benchmarks.bench import Bench
from tests.benchmarks.data import say
from tests.benchmarks.measure import in_child
from tests.benchmarks.peers import Peer
from tests.benchmarks.table import Row

_PICTURES = 10_000
_ROUNDS = 2
_LIMIT = 1.5
_A_FOLDER = 1000
_SIZE = (640, 480)
_GRAIN = (32, 24)
_TAKEN_S = 1_700_000_000
_HASH_ALL = 'find "$1" -type f -print0 | xargs -0 -P2 xxhsum -H2 > "$2" 2> /dev/null'
_UUID = "5d6c7b8a-9f0e-4d1c-8b2a-334455667788"


def imports(bench: Bench) -> Iterator[Row]:
    """A card with pictures of 50 KB into an empty storage.

    The peer computes for each picture what an import records (digest, hothash, EXIF) in two processes, copies all with
    rsync, makes the copies certain and reads them back.
    """
    card, copy, archive = bench.scratch / "card", bench.scratch / "copy", bench.scratch / "archive"
    say(f"drawing {_PICTURES:,} pictures ...")
    _draw(card)

    def prepare() -> None:
        for folder in (copy, archive):
            shutil.rmtree(folder, ignore_errors=True)
        copy.mkdir()
        ImaLinkBuilder(archive, _UUID, "Archive").write()
        os.sync()

    def theirs() -> float:
        seconds = in_child("read_pictures", card)
        began = perf_counter()
        subprocess.run(["rsync", "-a", "--checksum", f"{card}/", str(copy)], check=True)
        subprocess.run(["sync", "-f", str(copy)], check=True)
        subprocess.run(["sh", "-c", _HASH_ALL, "sh", str(copy), str(bench.scratch / "digests")], check=True)
        return seconds + perf_counter() - began

    def ours() -> float:
        with bench.fresh_state() as state:
            return in_child("import_pictures", card, archive, state, str(_PICTURES))

    peer = Peer("digest, hothash, EXIF; rsync --checksum; sync; xxhsum", theirs, _LIMIT, ("rsync", "xxhsum"))
    yield from bench.compare(f"import of {_PICTURES:,} pictures", [peer], ours, _ROUNDS, prepare=prepare)
    for folder in (card, copy, archive):
        shutil.rmtree(folder)


def _draw(card: Path) -> None:
    for number in range(_PICTURES):
        folder = card / f"DCIM/{100 + number // _A_FOLDER}"
        folder.mkdir(parents=True, exist_ok=True)
        grain = hashlib.shake_128(str(number).encode()).digest(_GRAIN[0] * _GRAIN[1] * 3)
        exif = Image.Exif()
        exif[0x0110] = "Camera"
        exif.get_ifd(0x8769)[0x9003] = f"2024:{number % 12 + 1:02}:11 10:00:00"
        path = folder / f"IMG_{number:05}.JPG"
        Image.frombytes("RGB", _GRAIN, grain).resize(_SIZE).save(path, quality=88, exif=exif)
        os.utime(path, (_TAKEN_S, _TAKEN_S + number))
