"""How it stands with a storage, in a word and in a sentence, and the card that compares its layers."""

import time

import pytest
from rich.cells import cell_len

from inspector.engine import ScanOutcome
from inspector.model.kinds import Severity
from inspector.model.records import LayerInfo, Session, StorageInfo, StorageState
from inspector.model.scanmode import ScanCounts
from inspector.tui.cards import storage_card
from inspector.tui.glyphs import UNICODE
from inspector.tui.jobs import ending_of_scan
from inspector.tui.lines import width_of
from inspector.tui.sync_state import WIDEST, age_words, sync_state

DAY = 86_400 * 10**9
NOW = 1_717_246_380 * 10**9


def storage(state: StorageState = StorageState.READY, days: float | None = 0.0) -> StorageInfo:
    scanned = int(NOW - days * DAY) if days is not None else None
    layers = (LayerInfo("files", 37), LayerInfo("imalink-master.json", 33), LayerInfo("sessions", 41, "partial"))
    return StorageInfo("s", "imalink", "i", "Archive", "/pictures", state, last_scan_ns=scanned, layers=layers)


@pytest.mark.parametrize(
    ("state", "days", "worst", "word"),
    [
        (StorageState.READY, 0, None, "in step"),
        (StorageState.READY, 0, Severity.INFO, "in step"),
        (StorageState.READY, 6.9, Severity.WARNING, "conflict"),
        (StorageState.READY, 7, None, "behind"),
        (StorageState.READY, None, None, "not scanned"),
        (StorageState.NEW, None, None, "not scanned"),
        (StorageState.PARTIAL, 0, None, "partial"),
        (StorageState.SCANNING, 30, Severity.ERROR, "scanning"),
        (StorageState.OFFLINE, 12, None, "offline"),
        (StorageState.OFFLINE, None, None, "offline"),
        (StorageState.GUARD, 0, Severity.ERROR, "guard"),
    ],
)
def test_the_word_follows_state_age_and_conflicts(
    state: StorageState, days: float | None, worst: Severity | None, word: str
) -> None:
    stands = sync_state(storage(state, days), worst, NOW)
    assert stands.word == word
    assert cell_len(stands.word) <= WIDEST
    assert stands.sentence.startswith(word)


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
    assert ending_of_scan([ScanOutcome(storage(), counts)]).message == words


def test_the_sentence_says_since_when() -> None:
    assert sync_state(storage(days=12), None, NOW).sentence == "behind: not scanned for 12 days"
    offline = sync_state(storage(StorageState.OFFLINE, 12), None, NOW)
    assert offline.sentence == "offline; what is shown was so 12 days ago"


def test_ages_take_five_cells_at_most() -> None:
    assert [age_words(NOW - days * DAY, NOW) for days in (0, 1, 59, 60, 800)] == ["today", "1d", "59d", "2mo", "2y"]
    assert age_words(None, NOW) == ""
    assert age_words(NOW + DAY, NOW) == "today"


@pytest.mark.parametrize("width", [28, 44, 60, 120])
def test_the_card_of_a_storage_compares_its_layers_with_the_first(width: int) -> None:
    sessions = [Session("s", "7", "Summer", "2024-10-19T20:00:00Z", document="sessions/7.json")]
    lines = storage_card(storage(days=(NOW - time.time_ns()) / DAY), {Severity.ERROR: 2}, width, UNICODE, "", sessions)
    text = ["".join(piece.text for piece in line) for line in lines]
    assert all(width_of(line) <= width for line in lines)
    assert any(line.rstrip().endswith("33  4 fewer") for line in text)
    assert any(line.rstrip().endswith("41  partial") for line in text)
    assert "conflict: the layers" in " ".join(" ".join(text).split())
    assert any("2024-10-19" in line and "Summer" in line for line in text)
