"""NoteCove's files in their parts: every form of log, whole and broken anywhere; errors stand where they are."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.layouts.notecove.crdt_log import write_log
from inspector.layouts.notecove.parts import format_of, kind_of
from inspector.layouts.notecove.snapshot import ClockEntry, write_snapshot
from inspector.layouts.notecove.varints import write_varint
from inspector.model.inspecting import ByteField, FieldRole, FileFormat, Part, Spot
from inspector.scenarios.notecove import update_with
from tests.layouts.notecove.at_hand import Bytes, parse_activity, parse_log, parse_snapshot

LOG, SNAPSHOT, ACTIVITY, DELETIONS = (
    "notes/n/logs/a_1.crdtlog",
    "notes/n/snapshots/a_1.snapshot",
    "activity/a.log",
    "deleted/a.log",
)
HEX = "f24472ea6b431275008ec10b4f2a7267"
RECORDS = [(1_700_000_000_000 + number, number + 1, bytes(70 * number)) for number in range(4)]
CLOCK = [ClockEntry("CybnlXNnQLWstlhpE53hxw", 4, 422, "a.b.1.crdtlog"), ClockEntry("ios-1", 300, 70_000, "é" * 400)]


def format_for(path: str) -> FileFormat:
    found = format_of(path)
    assert found is not None
    return found


def parts(path: str, data: bytes) -> list[Part]:
    source, spot, found = Bytes(data), Spot(0), []
    while True:
        part = format_for(path).part_at(source, spot)
        found.append(part)
        assert part.start == spot.offset
        if part.following is None:
            break
        assert part.following.offset == part.end > part.start, "the next part begins where this one ends"
        spot = part.following
    assert found[0].start == 0 and found[-1].end == len(data), "every byte belongs to a part"
    return found


def fields(path: str, data: bytes) -> list[ByteField]:
    """All fields of a file; they lie within their parts, in order."""
    found = []
    for part in parts(path, data):
        last = part.start
        for field in format_for(path).fields_of(Bytes(data), part):
            assert last <= field.start < field.end <= part.end
            last = field.end
            found.append(field)
    return found


def faults(path: str, data: bytes) -> list[tuple[int, str]]:
    return [(part.start, part.fault) for part in parts(path, data) if part.fault]


# --- logs -----------------------------------------------------------------------------------------------------------


def test_the_samples_log_is_its_header_and_its_records(shared: Path) -> None:
    (path,) = (shared / "samples/notecove/sd-main/notes").glob("*/logs/*.crdtlog")
    data = path.read_bytes()
    header, *records = parts(LOG, data)
    assert (header.kind, header.start, header.end) == ("header", 0, 5)
    assert [(one.kind, one.start, one.sequence) for one in records] == [
        ("record", 5, 1), ("record", 68, 2), ("record", 199, 3), ("record", 330, 4),
    ]  # fmt: skip
    assert records[0].time_ms == 1795226605193
    assert not faults(LOG, data)
    named = {field.label: data[field.start : field.end] for field in fields(LOG, data)[:6]}
    assert named["magic"] == b"NCLG"
    assert named["version"] == b"\1"
    assert int.from_bytes(named["time"], "big") == 1795226605193
    assert named["sequence"] == b"\1"
    assert len(named["update"]) == records[0].size


@given(st.integers(0, 400), st.booleans())
def test_a_log_cut_anywhere_has_the_faults_of_the_parser_at_their_places(cut: int, finalised: bool) -> None:
    data = write_log(RECORDS, finalised=finalised)[:cut]
    log = parse_log(data)
    found = parts(LOG, data)
    assert [part.start for part in found if part.kind == "record"] == [record.offset for record in log.records]
    assert [offset for offset, _ in faults(LOG, data)] == [fault.offset for fault in log.faults]
    fields(LOG, data)


@pytest.mark.parametrize("data", [b"", b"\n", b"\r\n", b"|", b"\0"])
def test_a_file_of_hardly_a_byte_has_a_part(data: bytes) -> None:
    for path in (LOG, SNAPSHOT, ACTIVITY, DELETIONS):
        assert len(parts(path, data)) == 1
        fields(path, data)


@given(st.binary(max_size=300))
def test_whatever_bytes_there_are_nothing_is_raised(data: bytes) -> None:
    for path, start in ((LOG, b"NCLG\1"), (SNAPSHOT, b"NCSS\1\1"), (ACTIVITY, b""), (DELETIONS, b"")):
        for whole in (data, start + data):
            fields(path, whole)


@pytest.mark.parametrize(
    ("data", "offset", "words"),
    [
        (b"", 0, "the file ends within its header: 5 expected, 0 found"),
        (b"NCL", 0, "the file ends within its header: 5 expected, 3 found"),
        (b"NCSS\1", 0, "it does not begin as a log"),
        (b"NCLG\2rest", 0, "it has another version: 1 expected, 2 found"),
        (b"NCLG\1\xff\x7f" + b"x" * 30, 5, "a record is longer than the file: 16,383 expected, 30 found"),
        (b"NCLG\1" + b"\xff" * 20, 5, "a number is too large"),
        (b"NCLG\1\x81", 5, "the file ends within a number"),
        (b"NCLG\1\x02ab", 5, "a record is too short: 9 expected, 2 found"),
        (b"NCLG\1\0\0", 6, "something follows the end of the log"),
        (
            b"NCLG\1" + write_varint(10) + bytes(8) + b"\x80\x80" + b"zz",
            5,
            "a record's sequence does not end within it",
        ),
    ],
)
def test_what_is_no_log_says_so_where_it_begins(data: bytes, offset: int, words: str) -> None:
    assert faults(LOG, data) == [(offset, words)]
    assert all(field.role is not FieldRole.DATA for field in fields(LOG, data))


def test_garbage_between_records_is_marked_where_it_is_and_the_records_before_it_are_there() -> None:
    data = write_log(RECORDS[:2]) + b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff" + write_log(RECORDS[2:])[5:]
    found = parts(LOG, data)
    assert [part.kind for part in found] == ["header", "record", "record", "not read"]
    assert found[-1].fault == "a number is too large"
    assert fields(LOG, data)[-1].role is FieldRole.ERROR


def test_a_record_out_of_order_is_marked_and_the_log_goes_on() -> None:
    data = write_log([RECORDS[0], RECORDS[2], RECORDS[3]])
    found = parts(LOG, data)
    assert [part.fault for part in found] == ["", "", "sequence 2 is expected here", ""]


def test_a_record_of_many_bytes_is_told_without_reading_them() -> None:
    head = b"NCLG\1" + write_varint(500_000_000) + (1_700_000_000_000).to_bytes(8, "big") + b"\1"
    source = Bytes(head, size=5 + 5 + 500_000_000)
    log = format_for(LOG)
    first = log.part_at(source, Spot(0))
    assert first.following is not None
    record = log.part_at(source, first.following)
    log.fields_of(source, record)
    assert (record.sequence, record.fault, record.following) == (1, "", None)
    assert source.bytes_read < 1000


def test_a_record_names_the_pictures_that_it_uses() -> None:
    data = write_log([(1, 1, update_with([HEX]))])
    assert format_for(LOG).remarks_on(Bytes(data), parts(LOG, data)[1]) == (f"uses the picture {HEX}",)


# --- snapshots ------------------------------------------------------------------------------------------------------


@given(st.integers(0, 900))
def test_a_snapshot_cut_anywhere_has_the_fault_of_the_parser_at_its_place(cut: int) -> None:
    data = write_snapshot(CLOCK, b"\1\2" + bytes(30))[:cut]
    snapshot = parse_snapshot(data)
    assert [offset for offset, _ in faults(SNAPSHOT, data)] == (
        [snapshot.fault.offset] if snapshot.fault is not None else []
    )
    entries = [part for part in parts(SNAPSHOT, data) if part.kind == "clock entry"]
    assert [part.sequence for part in entries] == [entry.sequence for entry in snapshot.clock]
    fields(SNAPSHOT, data)


def test_a_snapshot_says_its_status_and_how_far_its_clock_is() -> None:
    whole = parts(SNAPSHOT, write_snapshot(CLOCK, b"\0\0"))
    assert [part.kind for part in whole] == ["header", "clock", "clock entry", "clock entry", "state"]
    assert (whole[0].title, whole[1].title) == ("complete", "2 entries")
    assert whole[2].title == "CybnlXNnQLWstlhpE53hxw in a.b.1.crdtlog up to byte 422"
    data = write_snapshot(CLOCK, b"\0\0", complete=False)
    assert parts(SNAPSHOT, data)[0].title == "incomplete: programs pass over it"
    roles = [field.role for field in fields(SNAPSHOT, data)]
    assert {FieldRole.MAGIC, FieldRole.STATUS, FieldRole.CLOCK, FieldRole.SEQUENCE, FieldRole.DATA} <= set(roles)


def test_a_name_in_a_clock_that_is_endless_ends_the_reading() -> None:
    data = b"NCSS\1\1" + write_varint(1) + write_varint(3 << 20) + bytes(4 << 20)
    assert faults(SNAPSHOT, data) == [(7, "a name in the clock is longer than a name can be")]


# --- lines ----------------------------------------------------------------------------------------------------------


def test_both_forms_of_an_activity_line_are_read_and_others_are_faults_in_place() -> None:
    data = b"n1|p|1\nn2|p_22\nrubbish\n\nn3|p|x\r\nn4|p|4\r\nn5|p"
    found = parts(ACTIVITY, data)
    assert [part.sequence for part in found] == [1, 22, None, None, None, 4, None]
    assert faults(ACTIVITY, data) == [
        (15, "a line is none"), (24, "a line is none"), (40, "the file ends within a line"),
    ]  # fmt: skip
    assert [fault.offset for fault in parse_activity(data)[1]] == [15, 24, 40]
    named = [(field.label, data[field.start : field.end]) for field in fields(ACTIVITY, data)[:6]]
    assert named == [
        ("note", b"n1"), ("profile", b"p"), ("sequence", b"1"), ("note", b"n2"), ("profile", b"p"), ("sequence", b"22"),
    ]  # fmt: skip


def test_an_empty_activity_log_is_in_order() -> None:
    assert not faults(ACTIVITY, b"")
    assert not fields(ACTIVITY, b"")


def test_a_deletion_has_its_time() -> None:
    data = b"n1|1700000000000\nn2\n"
    assert [part.time_ms for part in parts(DELETIONS, data)] == [1700000000000, None]
    assert faults(DELETIONS, data) == [(17, "a line is none")]


def test_a_line_without_an_end_costs_no_more_than_a_short_one() -> None:
    source = Bytes(b"x" * 1_000_000)
    part = format_for(ACTIVITY).part_at(source, Spot(0))
    assert part.following is not None
    assert source.bytes_read < 10_000


# --- what files are -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("SD_ID", "identity"), (".sd-id", "identity"), ("SD-TYPE", "identity"),
        (LOG, "log"), ("folders/logs/a.b.1.crdtlog", "log"), (SNAPSHOT, "snapshot"),
        (ACTIVITY, "activity"), (DELETIONS, "deletions"), ("profiles/p.json", "profile"),
        (f"media/{HEX}.png", "picture"), (f"media/{HEX}.svg", "picture"), ("media/other.png", ""), ("notes/x.log", ""),
    ],
)  # fmt: skip
def test_each_file_is_called_what_it_is(path: str, kind: str) -> None:
    assert kind_of(path) == kind
    assert os.path.basename(path)
