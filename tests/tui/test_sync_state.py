"""How far a storage is in step, in words and as a strip, and the card that says it."""

import time
from dataclasses import replace

import pytest
from rich.cells import cell_len

from inspector.model.day_strip import day_strip
from inspector.model.kinds import Severity
from inspector.model.records import LayerInfo, Session, StorageInfo, StorageState
from inspector.model.sync import Bucket, InFlight, LayerStep, PeerStatus, SyncState, SyncStatus, Writer
from inspector.model.watching import WatchState
from inspector.sync.programs import DROPBOX, SYNCTHING
from inspector.tui.cards import storage_card
from inspector.tui.glyphs import ASCII, UNICODE
from inspector.tui.lines import width_of
from inspector.tui.status_card import InStep
from inspector.tui.sync_state import (
    TONE_OF_SYNC,
    WIDEST,
    Seen,
    as_clause,
    history_line,
    peer_words,
    program_words,
    sentence,
    since_words,
    with_seen,
)

DAY = 86_400 * 10**9
NOW = 1_717_246_380 * 10**9


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()


def storage(days: float | None = 0.0) -> StorageInfo:
    scanned = int(NOW - days * DAY) if days is not None else None
    layers = (LayerInfo("files", 37), LayerInfo("imalink-master.json", 33), LayerInfo("sessions", 41, "partial"))
    return StorageInfo(
        "s", "imalink", "i", "Archive", "/pictures", StorageState.READY, last_scan_ns=scanned, layers=layers
    )


def status(state: SyncState, reason: str = "", **more: object) -> SyncStatus:
    return replace(SyncStatus("s", state, reason), **more)  # type: ignore[arg-type]


def test_every_state_has_a_word_that_fits_a_sign_and_a_tone() -> None:
    for state in SyncState:
        assert cell_len(state.value) <= WIDEST
        assert state in TONE_OF_SYNC
        for glyphs in (UNICODE, ASCII):
            assert cell_len(glyphs.syncs[state]) == 1
    assert all(len(set(glyphs.syncs.values())) == len(SyncState) for glyphs in (UNICODE, ASCII)), "told without colour"
    assert all(one.isascii() for one in ASCII.syncs.values()) and ASCII.levels.isascii()


def test_a_reason_is_a_clause_of_its_own_whichever_way_it_was_said() -> None:
    assert as_clause("has lost the marks of its storage") == "it has lost the marks of its storage"
    assert as_clause("the storage 'A' is empty") == "the storage 'A' is empty"


def test_sentences_say_why_and_since_when() -> None:
    offline = sentence(status(SyncState.OFFLINE, "is not there", since_ns=NOW - 60 * 10**9), storage(12), NOW)
    assert offline == "offline since 12:52: it is not there; what is shown was so 12 days ago"
    assert sentence(status(SyncState.IN_STEP), storage(), NOW) == "in step: the layers agree"
    flight = InFlight(3, "a.part", None, 2_000_000, 500_000.0)
    arriving = sentence(status(SyncState.SYNCING, "a.part", in_flight=flight), storage(), NOW)
    assert arriving == "syncing: 3 files arriving, a.part, 2.0 MB left, 500.0 KB/s"


def test_a_beginning_is_a_time_that_does_not_change_while_nothing_happens() -> None:
    assert since_words(NOW - 3600 * 10**9, NOW) == since_words(NOW - 3600 * 10**9, NOW + 60 * 10**9) == "11:53"
    assert [since_words(NOW - days * DAY, NOW) for days in (1, 60, 800)] == ["05-31", "04-02", "2022"]
    assert since_words(None, NOW) == ""


def test_what_a_watch_sees_goes_before_what_the_catalog_says() -> None:
    known = status(SyncState.CONFLICT, "2 open conflicts", since_ns=5)
    assert with_seen(known, None) is known
    assert with_seen(known, Seen(WatchState.WATCHING)) is known
    assert with_seen(known, Seen(WatchState.SCANNING, since_ns=7)).state is SyncState.SCANNING
    assert with_seen(known, Seen(WatchState.CHANGING, since_ns=7)).state is SyncState.SYNCING
    away = with_seen(known, Seen(WatchState.OFFLINE, "is not there", since_ns=7))
    assert (away.state, away.reason, away.since_ns) == (SyncState.OFFLINE, "is not there", 7)
    again = status(SyncState.OFFLINE, "is not there", since_ns=3)
    assert with_seen(again, Seen(WatchState.OFFLINE, "is not there", since_ns=7)).since_ns == 3


def test_the_strip_takes_the_worst_of_each_cell_and_measures_what_changed() -> None:
    buckets = [Bucket(number, SyncState.IN_STEP) for number in range(96)]
    buckets[0] = Bucket(0, None)
    buckets[1] = Bucket(1, None)
    buckets[5] = Bucket(5, SyncState.OFFLINE, 3)
    buckets[95] = Bucket(95, SyncState.CONFLICT, 100)
    strip = day_strip(buckets, 50)
    assert len(strip) == 48
    assert strip[0].state is None and strip[1].state is SyncState.IN_STEP
    assert (strip[2].state, strip[2].changes) == (SyncState.OFFLINE, 3)
    assert (strip[47].state, strip[47].level) == (SyncState.CONFLICT, 7)
    assert [len(day_strip(buckets, room)) for room in (200, 96, 95, 30, 24, 10, 1)] == [96, 96, 48, 24, 24, 8, 1]
    assert day_strip((), 20) == [] and day_strip(buckets, 0) == []


def test_the_strip_is_read_without_colour_and_in_ascii() -> None:
    states = (None, SyncState.IN_STEP, SyncState.CONFLICT, SyncState.OFFLINE)
    buckets = [Bucket(number, state) for number, state in enumerate(states)]
    assert "".join(piece.text for piece in history_line(buckets, 4, UNICODE)) == "·▁!✗"
    assert "".join(piece.text for piece in history_line(buckets, 4, ASCII)) == "-_!x"


def test_a_sync_program_is_named_with_what_it_implies() -> None:
    words = " ".join(program_words(DROPBOX, "/box"))
    assert "Dropbox syncs /box." in words
    assert "deleted on every other machine" in words and "online only" in words and "case" in words
    assert "online" not in " ".join(program_words(SYNCTHING, "/s"))
    assert program_words(None, "") == []
    peer = PeerStatus("syncthing", "Pictures", "syncing", 3, 5_000_000, peers=("nas",), away=("phone",))
    assert peer_words(peer) == "Pictures: syncing, 3 files (5.0 MB) to come, with nas; away: phone"
    quick = replace(peer, rate=1_250_000.0)
    assert peer_words(quick) == "Pictures: syncing, 3 files (5.0 MB) to come at 1.2 MB/s, with nas; away: phone"
    assert "/s" not in peer_words(replace(quick, need_files=0)), "nothing comes any more"
    assert peer_words(PeerStatus("syncthing", error="does not answer")) == "does not answer"


@pytest.mark.parametrize("width", [28, 44, 60, 120])
@pytest.mark.parametrize("glyphs", [UNICODE, ASCII])
def test_the_card_of_a_storage_says_all_that_is_known_of_it(width: int, glyphs: object) -> None:
    sessions = [Session("s", "7", "Summer", "2024-10-19T20:00:00Z", document="sessions/7.json")]
    steps = (LayerStep("files", 37, SyncState.IN_STEP), LayerStep("imalink-master.json", 33, SyncState.BEHIND, -4))
    known = InStep(
        status(
            SyncState.CONFLICT,
            "2 open conflicts",
            conflicts=2,
            layers=steps,
            newest_path="2024/Summer/IMG_0001.jpg",
            newest_ns=NOW,
            writers=(Writer("QRSTUV2", "conflict copy", "desk.jpg", "2024-06-21 17:30:45"),),
            program_root="/pictures",
            history=tuple(Bucket(number, SyncState.IN_STEP, number) for number in range(96)),
        ),
        SYNCTHING,
        PeerStatus("syncthing", "Pictures", "idle", peers=("nas",)),
        "the limit of watched folders is reached",
    )
    lines = storage_card(storage(), {Severity.ERROR: 2}, width, glyphs, "", sessions, known)  # type: ignore[arg-type]
    text = ["".join(piece.text for piece in line) for line in lines]
    assert all(width_of(line) <= width for line in lines)
    whole = " ".join(" ".join(text).split())
    for wanted in (
        "conflict: 2 are open", "watched less closely", "24 h", "33 4 fewer", "41 partial", "IMG_0001.jpg",
        "by QRSTUV2", "Syncthing syncs /pictures.", "Pictures: idle, with nas", "2024-10-19",
    ):  # fmt: skip
        assert wanted in whole, wanted
