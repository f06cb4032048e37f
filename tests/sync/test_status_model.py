"""The state of a storage follows from facts alone: the first that applies, since when, and the last day."""

from dataclasses import replace

import pytest

from inspector.model.records import LayerInfo, StorageInfo, StorageState
from inspector.model.sync import InFlight, SyncState
from inspector.sync.status import SLOT_NS, SLOTS_OF_A_DAY, Noted, Slot, SyncFacts, history, rate_of, status_of, worse

NOW_NS = 1_800_000_000_000_000_000
DAY_NS = SLOTS_OF_A_DAY * SLOT_NS
NOW_SLOT = NOW_NS // SLOT_NS
LAYERS = (LayerInfo("files", 10), LayerInfo("index", 10), LayerInfo("sidecars", 3))
STORAGE = StorageInfo("s", "imalink", "i", "n", "/r", StorageState.READY, files=10, last_scan_ns=NOW_NS, layers=LAYERS)
FACTS = SyncFacts(STORAGE, indexes=frozenset({"index"}))


def with_storage(**changes: object) -> SyncFacts:
    return replace(FACTS, storage=replace(STORAGE, **changes))  # type: ignore[arg-type]


def with_index(claims: int, state: str = "ok") -> SyncFacts:
    return with_storage(layers=(LAYERS[0], LayerInfo("index", claims, state), LAYERS[2]))


@pytest.mark.parametrize(
    ("facts", "state", "reason"),
    [
        (FACTS, SyncState.IN_STEP, ""),
        (with_storage(state=StorageState.OFFLINE, reason="is not there"), SyncState.OFFLINE, "is not there"),
        (replace(FACTS, scanning_since_ns=5), SyncState.SCANNING, ""),
        (replace(FACTS, in_flight=InFlight(2, ".syncthing.a.tmp")), SyncState.SYNCING, ".syncthing.a.tmp"),
        (with_storage(state=StorageState.GUARD, reason="9 of 10 are gone"), SyncState.DEGRADED, "9 of 10 are gone"),
        (with_storage(state=StorageState.PARTIAL), SyncState.DEGRADED, "something could not be read"),
        (with_storage(state=StorageState.SCANNING), SyncState.DEGRADED, "the last scan was interrupted"),
        (replace(FACTS, degraded="not watched: too many folders"), SyncState.DEGRADED, "not watched: too many folders"),
        (with_index(4, "partial"), SyncState.DEGRADED, "index cannot be read whole"),
        (replace(FACTS, conflicts=1), SyncState.CONFLICT, "1 open conflict"),
        (with_index(7), SyncState.BEHIND, "index lacks 3"),
        (with_storage(state=StorageState.NEW), SyncState.BEHIND, "never scanned"),
        (with_storage(last_scan_ns=NOW_NS - 6 * DAY_NS), SyncState.IN_STEP, ""),
        (with_storage(last_scan_ns=NOW_NS - 9 * DAY_NS), SyncState.BEHIND, "not scanned for 9 days"),
        (with_storage(last_scan_ns=NOW_NS + DAY_NS), SyncState.IN_STEP, ""),
        (replace(FACTS, changed=True), SyncState.BEHIND, "what changed was not compared yet"),
    ],
)
def test_the_state_and_its_reason(facts: SyncFacts, state: SyncState, reason: str) -> None:
    status = status_of(facts, NOW_NS)
    assert (status.state, status.reason) == (state, reason)


def test_an_absent_storage_is_offline_whatever_else_is_true() -> None:
    facts = replace(with_storage(state=StorageState.OFFLINE), conflicts=5, scanning_since_ns=1, degraded="x")
    assert status_of(facts, NOW_NS).state is SyncState.OFFLINE


def test_layers_stand_beside_the_files_with_how_far_they_are_apart() -> None:
    layers = status_of(with_index(12), NOW_NS).layers
    assert [(one.name, one.claims, one.apart, one.state) for one in layers] == [
        ("files", 10, None, SyncState.IN_STEP),
        ("index", 12, 2, SyncState.CONFLICT),
        ("sidecars", 3, None, SyncState.IN_STEP),
    ]


def test_a_state_lasts_since_it_was_noted_first_and_another_one_since_nobody_knows() -> None:
    noted = Noted(SyncState.CONFLICT, 77)
    assert status_of(replace(FACTS, conflicts=2, noted=noted), NOW_NS).since_ns == 77
    assert status_of(replace(FACTS, noted=noted), NOW_NS).since_ns is None
    assert status_of(replace(FACTS, noted=noted, scanning_since_ns=5), NOW_NS).since_ns == 5


def test_the_last_day_carries_a_state_on_until_another_is_noted() -> None:
    slots = [
        Slot(NOW_SLOT - 200, SyncState.CONFLICT, SyncState.CONFLICT, 9, 1),
        Slot(NOW_SLOT - 3, SyncState.IN_STEP, SyncState.OFFLINE, 4, 0),
    ]
    buckets = history(slots, NOW_NS)
    assert len(buckets) == SLOTS_OF_A_DAY
    assert {one.state for one in buckets[:-4]} == {SyncState.CONFLICT}
    assert (buckets[-4].state, buckets[-4].changes) == (SyncState.OFFLINE, 4), "the worst within it"
    assert {one.state for one in buckets[-3:]} == {SyncState.IN_STEP}
    assert [one.start_ns for one in buckets] == sorted(one.start_ns for one in buckets)
    assert buckets[-1].start_ns <= NOW_NS < buckets[-1].start_ns + SLOT_NS


def test_before_the_first_note_nothing_is_known() -> None:
    buckets = history([Slot(NOW_SLOT - 1, SyncState.IN_STEP, SyncState.IN_STEP, 1, 0)], NOW_NS)
    assert {one.state for one in buckets[:-2]} == {None}
    assert buckets[-1].state is SyncState.IN_STEP


def test_every_state_has_a_rank_and_offline_the_highest() -> None:
    for state in SyncState:
        assert worse(state, SyncState.OFFLINE) is SyncState.OFFLINE
        assert worse(SyncState.IN_STEP, state) is state


@pytest.mark.parametrize(
    ("before", "now", "rate"),
    [
        (None, (5_000, 10.0), None),
        ((9_000, 8.0), (5_000, 10.0), 2_000.0),
        ((5_000, 8.0), (5_000, 10.0), 0.0),
        ((4_000, 8.0), (5_000, 10.0), None),
        ((9_000, 9.9), (5_000, 10.0), None),
        ((9_000, 10.0), (5_000, 10_000.0), None),
    ],
)
def test_the_rate_follows_from_what_was_to_come_at_two_moments(
    before: tuple[int, float] | None, now: tuple[int, float], rate: float | None
) -> None:
    assert rate_of(before, now) == rate
