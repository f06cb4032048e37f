"""The words at the end of a scan."""

import pytest

from inspector.engine import ScanOutcome
from inspector.model.records import StorageInfo, StorageState
from inspector.model.scanmode import ScanCounts
from inspector.tui.jobs import ending_of_scan

STORAGE = StorageInfo("s", "imalink", "i", "Archive", "/pictures", StorageState.READY)


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        (ScanCounts(files=4_000, added=6_000), "Scan done: 4,000 media files; 6,000 files new."),
        (ScanCounts(files=1, added=1, altered=2, gone=1), "Scan done: 1 media file; 1 file new, 2 changed, 1 gone."),
        (ScanCounts(files=3, gone=1), "Scan done: 3 media files; 1 file gone."),
        (ScanCounts(files=1), "Scan done: 1 media file."),
    ],
)
def test_the_end_of_a_scan_says_what_it_counts(counts: ScanCounts, words: str) -> None:
    assert ending_of_scan([ScanOutcome(STORAGE, counts)]).message == words
