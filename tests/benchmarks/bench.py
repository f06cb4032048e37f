"""What every benchmark works with: the data, a scratch folder, catalogs of earlier scans, peers and ours in turns."""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from inspector.model.scanmode import ScanMode
from tests.benchmarks.data import Data, DataSet, say
from tests.benchmarks.measure import in_child, in_turns
from tests.benchmarks.peers import Peer
from tests.benchmarks.table import Row

_SCANS_UNTIL_SETTLED = 2  # the second one sees that no document was written just now


class Bench:
    """`scratch` is a folder for catalogs and for what the peers write; it is removed at the end."""

    def __init__(self, data: Data, scratch: Path, *, million: bool) -> None:
        self.data = data
        self.scratch = scratch
        self.million = million
        self._scanned: dict[Path, Path] = {}

    @contextmanager
    def fresh_state(self) -> Iterator[Path]:
        """A state folder without a catalog, removed afterwards."""
        folder = Path(tempfile.mkdtemp(prefix="state-", dir=self.scratch))
        try:
            yield folder
        finally:
            shutil.rmtree(folder)

    def scan(self, mode: str, data: DataSet, state: Path) -> float:
        """Scan a set and return seconds."""
        return in_child("scan", mode, *self.scan_arguments(data, state))

    def scan_afresh(self, mode: str, data: DataSet) -> float:
        """Scan a set that the catalog does not know and return seconds."""
        with self.fresh_state() as state:
            return self.scan(mode, data, state)

    @staticmethod
    def scan_arguments(data: DataSet, state: Path) -> tuple[Path, Path, str, str]:
        """What `child.scan` takes after the mode."""
        return data.root, state, str(data.files), str(data.copies)

    def scanned(self, data: DataSet) -> Path:
        """A state folder whose catalog knows all of a set."""
        if data.root not in self._scanned:
            say(f"scanning {data.root} once ...")
            state = Path(tempfile.mkdtemp(prefix="scanned-", dir=self.scratch))
            for _ in range(_SCANS_UNTIL_SETTLED):
                self.scan(ScanMode.SMART, data, state)
            self._scanned[data.root] = state
        return self._scanned[data.root]

    def compare(
        self,
        name: str,
        peers: Sequence[Peer],
        ours: Callable[[], float],
        rounds: int,
        *,
        take: Callable[[Sequence[float]], float] = min,
        prepare: Callable[[], None] | None = None,
    ) -> Iterator[Row]:
        """Run peers and ours in turns, as `in_turns` does; a row for each peer."""
        present = [peer for peer in peers if not peer.missing]
        *peer_values, our_value = in_turns([*(peer.run for peer in present), ours], rounds, take=take, prepare=prepare)
        values = dict(zip(present, peer_values, strict=True))
        for peer in peers:
            remark = f"skipped: {peer.missing} is not installed" if peer.missing else ""
            yield Row(name, peer.label, values.get(peer), our_value, peer.limit, remark=remark)
