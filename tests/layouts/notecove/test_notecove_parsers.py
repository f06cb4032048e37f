"""NoteCove's binary files, whole and broken at every byte."""

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.layouts.notecove.activity_log import read_activity
from inspector.layouts.notecove.crdt_log import write_log
from inspector.layouts.notecove.references import image_references, references_in
from inspector.layouts.notecove.snapshot import ClockEntry, write_snapshot
from inspector.layouts.notecove.varints import CutShortError, read_varint, write_varint
from inspector.scenarios.notecove import update_with
from tests.layouts.notecove.at_hand import Bytes, parse_activity, parse_log, parse_snapshot

HEX = "f24472ea6b431275008ec10b4f2a7267"
V4 = "a1b2c3d4-e5f6-4890-abcd-ef1234567890"
CLOCK = [ClockEntry("CybnlXNnQLWstlhpE53hxw", 4, 422, "a.b.1.crdtlog"), ClockEntry("ios-1", 300, 70_000, "é.crdtlog")]


@given(st.integers(0, (1 << 56) - 1), st.binary(max_size=4))
def test_a_number_is_read_as_it_was_written(value: int, before: bytes) -> None:
    encoded = before + write_varint(value)
    assert read_varint(encoded, len(before)) == (value, len(encoded))
    with pytest.raises(CutShortError):
        read_varint(encoded[:-1], len(before))


def test_a_number_that_the_program_refuses_is_refused() -> None:
    with pytest.raises(ValueError, match="too large"):
        read_varint(b"\xff" * 20, 0)


def test_the_samples_log_is_read_whole(shared: Path) -> None:
    (path,) = (shared / "samples/notecove/sd-main/notes").glob("*/logs/*.crdtlog")
    data = path.read_bytes()
    log = parse_log(data)
    assert [record.sequence for record in log.records] == [1, 2, 3, 4]
    assert [record.offset for record in log.records] == [5, 68, 199, 330]
    assert log.records[0].timestamp_ms == 1795226605193
    assert (log.records[-1].end, log.faults) == (len(data), ())
    assert image_references(data) == {HEX, "4ab5ee6f11bf18ff9bfe4939b34d095f", "f" * 32}


def test_the_samples_snapshot_is_read_whole(shared: Path) -> None:
    (path,) = (shared / "samples/notecove/sd-main/notes").glob("*/snapshots/*.snapshot")
    data = path.read_bytes()
    snapshot = parse_snapshot(data)
    assert (snapshot.complete, snapshot.fault) == (True, None)
    (entry,) = snapshot.clock
    assert (entry.instance, entry.sequence, entry.offset) == ("CybnlXNnQLWstlhpE53hxw", 4, 422)
    assert image_references(data[snapshot.state :]) == {HEX, "4ab5ee6f11bf18ff9bfe4939b34d095f", "f" * 32}


def test_a_log_cut_at_any_byte_gives_its_whole_records_and_one_fault() -> None:
    records = [(1_700_000_000_000 + number, number + 1, bytes(150 * number)) for number in range(4)]
    data = write_log(records)
    whole = parse_log(data)
    ends = [5, *(record.end for record in whole.records)]
    for length in range(len(data)):
        log = parse_log(data[:length])
        assert log.records == tuple(record for record in whole.records if record.end <= length)
        assert bool(log.faults) is (length not in ends)
        assert all(fault.kind == "truncated" for fault in log.faults)


def test_a_record_longer_than_the_file_says_by_how_much() -> None:
    data = write_log([(1, 1, bytes(100))])
    (fault,) = parse_log(data[:-7]).faults
    assert (fault.kind, fault.offset, fault.expected, fault.found) == ("truncated", 5, 109, 102)


def test_the_end_mark_ends_a_log_and_nothing_may_follow() -> None:
    data = write_log([(1, 1, b"a")], finalised=True)
    assert parse_log(data).faults == ()
    (fault,) = parse_log(data + b"\x09garbage").faults
    assert (fault.kind, fault.offset) == ("record", len(data))


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", "truncated"),
        (b"NCL", "truncated"),
        (b"NCSS\x01", "header"),
        (b"NCLG\x02", "version"),
        (b"NCLG\x01\x03abc", "record"),
        (b"NCLG\x01" + b"\xff" * 12, "record"),
        (b"NCLG\x01\x09" + bytes(8) + b"\x80", "record"),
    ],
)
def test_what_is_no_log_is_said_in_place(data: bytes, kind: str) -> None:
    log = parse_log(data)
    assert log.records == ()
    assert [fault.kind for fault in log.faults] == [kind]


def test_a_record_that_does_not_follow_is_a_fault_and_the_rest_is_read() -> None:
    log = parse_log(write_log([(1, 1, b"a"), (1, 4, b"b"), (1, 5, b"c")]))
    assert [record.sequence for record in log.records] == [1, 4, 5]
    (fault,) = log.faults
    assert (fault.kind, fault.expected, fault.found, fault.offset) == ("sequence", 2, 4, log.records[1].offset)


def test_a_snapshot_cut_within_its_clock_is_truncated() -> None:
    data = write_snapshot(CLOCK, b"\0\0")
    assert parse_snapshot(data).clock == tuple(CLOCK)
    assert parse_snapshot(data).fault is None
    for length in range(len(data)):
        snapshot = parse_snapshot(data[:length])
        assert snapshot.fault is not None
        assert snapshot.fault.kind == "truncated"
        assert snapshot.clock == tuple(CLOCK[: len(snapshot.clock)])


def test_a_snapshot_that_its_writer_did_not_finish_may_end_anywhere() -> None:
    data = write_snapshot(CLOCK, b"\0\0", complete=False)
    for length in range(6, len(data) + 1):
        snapshot = parse_snapshot(data[:length])
        assert (snapshot.complete, snapshot.fault) == (False, None)


def test_a_snapshot_says_whether_it_is_complete() -> None:
    assert parse_snapshot(write_snapshot(CLOCK, b"\0\0")).complete
    unfinished = parse_snapshot(write_snapshot(CLOCK, b"\0\0", complete=False))
    assert (unfinished.complete, unfinished.fault) == (False, None)
    for status, version, kind in ((7, 1, "record"), (1, 2, "version")):
        fault = parse_snapshot(b"NCSS" + bytes([version, status]) + b"\0\0\0").fault
        assert fault is not None
        assert fault.kind == kind


def test_flipped_bytes_never_raise() -> None:
    chance = random.Random(6)
    log = write_log([(1, number + 1, update_with([HEX, V4])) for number in range(5)])
    snapshot = write_snapshot(CLOCK, update_with([HEX]))
    activity = b"note|profile|1\nnote|profile_2\n"
    for _ in range(3000):
        for data, parse in ((log, parse_log), (snapshot, parse_snapshot), (activity, parse_activity)):
            flipped = bytearray(data)
            for _ in range(chance.randint(1, 4)):
                flipped[chance.randrange(len(flipped))] = chance.randrange(256)
            parse(bytes(flipped[: chance.randint(0, len(flipped))]))
            image_references(bytes(flipped))


def test_references_are_found_in_both_forms_and_nothing_else_is_one() -> None:
    assert image_references(update_with([HEX, V4, HEX])) == {HEX, V4}
    assert image_references(b"imageId\x01w\x20" + b"g" * 32) == set()
    assert image_references(b"imageId\x01w\x24" + b"-" * 36) == set()
    assert image_references(b"imageId\x01w\x24" + HEX.encode() + b"0000") == set()
    assert image_references(HEX.encode()) == set()


def test_an_activity_log_is_read_in_both_forms() -> None:
    data = b"n1|AAAA|1\nn1|AA_AA_7\r\nn2|AAAA|2\n\n"
    lines, faults = parse_activity(data)
    assert [(line.note, line.profile, line.sequence) for line in lines] == [
        ("n1", "AAAA", 1),
        ("n1", "AA_AA", 7),
        ("n2", "AAAA", 2),
    ]
    assert faults == []
    activity = read_activity(data)
    assert (activity.reached, activity.lines, activity.bad_lines) == ({"n1": 7, "n2": 2}, 3, 0)


def test_broken_lines_of_an_activity_log_are_said_in_place() -> None:
    lines, faults = parse_activity(b"n1|A|1\nnonsense\n|A|1\nn1|A|x\nn1|A|2\nn2|A")
    assert [line.sequence for line in lines] == [1, 2]
    assert [(fault.kind, fault.offset) for fault in faults] == [
        ("record", 7),
        ("record", 16),
        ("record", 21),
        ("truncated", 35),
    ]


def test_a_reference_may_have_capitals() -> None:
    for identity in (HEX.upper(), "4AB5EE6F-11BF-48FF-9BFE-4939B34D095F"):
        data = b"imageId\x01w" + bytes([len(identity)]) + identity.encode()
        assert image_references(data) == {identity}


def test_a_log_of_any_size_is_read_in_windows() -> None:
    """Records that begin, end and lie across the borders of windows; a use of a picture across one, too."""
    sizes = [10, (1 << 20) - 90, 7, 60, 3 << 20, 5, *([1] * 60_000), (1 << 20) + 13]
    data = write_log([(number, number, bytes(size)) for number, size in enumerate(sizes, 1)])
    log = parse_log(data)
    assert [record.sequence for record in log.records] == list(range(1, len(sizes) + 1))
    assert [record.end - record.data for record in log.records] == sizes
    assert (log.records[-1].end, log.faults) == (len(data), ())
    cut = parse_log(data[:-1])
    assert (len(cut.records), [fault.kind for fault in cut.faults]) == (len(sizes) - 1, ["truncated"])
    for place in range((1 << 20) - 60, (1 << 20) + 10, 3):
        assert references_in(Bytes(bytes(place) + update_with([V4]) + bytes(1 << 20)), 1) == {V4}
