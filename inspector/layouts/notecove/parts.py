"""The parts of NoteCove's files for people who look into them: records, clock entries, lines, with faults in place.

The rules are those of `crdt_log`, `snapshot` and `activity_log`; only what is looked at is read.
"""

from collections.abc import Iterator, Sequence

from inspector.layouts.notecove import activity_log, crdt_log, names, snapshot
from inspector.layouts.notecove.references import image_references
from inspector.layouts.notecove.varints import read_varint
from inspector.layouts.text_lines import TextLines
from inspector.model.inspecting import ByteField, FieldRole, FileFormat, Part, Source, Spot, View

_HEAD_BYTES = 64
_NUMBER_BYTES = 9
_LOOKED_THROUGH = 16 << 20
"""Of a larger payload, so many bytes are looked through for uses of pictures."""
_LAST_MS = 253_402_300_799_000  # the end of the year 9999


def kind_of(path: str) -> str:
    """What a file of a storage directory is, as the program's own inspector tells them apart."""
    folder, _, name = path.rpartition("/")
    if path in {names.SD_ID, names.LEGACY_SD_ID, names.VERSION, names.TYPE, names.MIGRATION_LOCK}:
        return "identity"
    if folder == names.MEDIA:
        return "picture" if names.image_id_of(name) is not None else ""
    if name.endswith(names.LOG_ENDING):
        return "log"
    if name.endswith(names.SNAPSHOT_ENDING):
        return "snapshot"
    by_folder = {names.ACTIVITY: "activity", names.DELETED: "deletions"}
    if folder in by_folder and name.endswith(names.ACTIVITY_ENDING):
        return by_folder[folder]
    return "profile" if folder == names.PROFILES and name.endswith(".json") else ""


def format_of(path: str) -> FileFormat | None:
    """How the bytes of a file are read; None where they are no format of the program's."""
    return _FORMATS.get(kind_of(path))


class _Format:
    """What the program's binary formats share."""

    view = View.PARTS

    def remarks_on(self, source: Source, part: Part) -> Sequence[str]:
        """As `FileFormat` says: the pictures that a payload refers to."""
        if part.data < 0:
            return ()
        found = image_references(source.read(part.data, min(part.end - part.data, _LOOKED_THROUGH)))
        return tuple(f"uses the picture {image_id}" for image_id in sorted(found))


class LogFormat(_Format):
    """`.crdtlog`: a header, and records. The state is the sequence that is expected next, 0 where any may come."""

    def part_at(self, source: Source, spot: Spot) -> Part:
        """As `FileFormat` says."""
        window = source.read(spot.offset, _HEAD_BYTES)
        if spot.offset == 0:
            return _header(source, crdt_log.header_fault(window), crdt_log.HEADER_BYTES)
        if spot.state < 0:
            return _rest(source, spot.offset, "something follows the end of the log")
        found = crdt_log.record_at(window, 0, source.size - spot.offset - len(window))
        if found is None:
            end = spot.offset + 1
            rest = Spot(end, -1) if end < source.size else None
            return Part("end", spot.offset, end, rest, "the log is finalised")
        if isinstance(found, crdt_log.Fault):
            return _rest(source, spot.offset, _words(found))
        end = spot.offset + found.end
        return Part(
            "record",
            spot.offset,
            end,
            Spot(end, found.sequence + 1) if end < source.size else None,
            "update",
            found.timestamp_ms,
            found.sequence,
            f"sequence {spot.state} is expected here" if spot.state not in {0, found.sequence} else "",
            spot.offset + found.data,
        )

    def fields_of(self, source: Source, part: Part) -> Sequence[ByteField]:
        """As `FileFormat` says."""
        if part.kind == "header":
            return _header_fields(source, part, crdt_log.HEADER_BYTES)
        if part.kind == "end":
            return (ByteField(part.start, part.end, FieldRole.LENGTH, "length", "0, which ends the log"),)
        if part.kind != "record":
            return _rest_fields(part)
        length, place = read_varint(source.read(part.start, _NUMBER_BYTES), 0)
        start = part.start + place
        time = start + crdt_log.TIME_BYTES
        head = (
            ByteField(part.start, start, FieldRole.LENGTH, "length", f"{length:,} bytes"),
            ByteField(start, time, FieldRole.TIME, "time", f"{part.time_ms} ms since 1970"),
            ByteField(time, part.data, FieldRole.SEQUENCE, "sequence", str(part.sequence)),
        )
        update = ByteField(part.data, part.end, FieldRole.DATA, "update", f"{part.size:,} bytes of Yjs")
        return (*head, update) if part.size else head


class SnapshotFormat(_Format):
    """`.snapshot`: a header, a vector clock, a state. The state of a spot is how many entries of the clock follow."""

    def part_at(self, source: Source, spot: Spot) -> Part:
        """As `FileFormat` says."""
        if spot.offset == 0:
            head = source.read(0, _HEAD_BYTES)
            part = _header(source, snapshot.header_fault(head), snapshot.HEADER_BYTES, state=-1)
            complete = len(head) >= snapshot.HEADER_BYTES and head[5] == snapshot.COMPLETE
            words = "complete" if complete else "incomplete: programs pass over it"
            return part if part.fault else part._replace(title=words)
        if spot.state < 0:
            return self._clock(source, spot.offset)
        if spot.state > 0:
            return self._entry(source, spot)
        have = source.size - spot.offset
        fault = "it holds no document" if have < snapshot.SMALLEST_STATE else ""
        return Part("state", spot.offset, source.size, None, "document", fault=fault, data=spot.offset)

    def _clock(self, source: Source, offset: int) -> Part:
        try:
            count, place = read_varint(source.read(offset, _NUMBER_BYTES), 0)
        except ValueError as error:
            return _rest(source, offset, str(error))
        title = f"{count:,} {'entry' if count == 1 else 'entries'}"
        return Part("clock", offset, offset + place, Spot(offset + place, count), title)

    def _entry(self, source: Source, spot: Spot) -> Part:
        try:
            entry, place = snapshot.read_entry(source, spot.offset)
        except ValueError as error:
            return _rest(source, spot.offset, str(error))
        end = spot.offset + place
        title = f"{entry.instance} in {entry.file} up to byte {entry.offset:,}"
        return Part("clock entry", spot.offset, end, Spot(end, spot.state - 1), title, sequence=entry.sequence)

    def fields_of(self, source: Source, part: Part) -> Sequence[ByteField]:
        """As `FileFormat` says."""
        if part.kind == "header":
            fields = list(_header_fields(source, part, snapshot.HEADER_BYTES - 1))
            if part.end >= snapshot.HEADER_BYTES and not part.fault:
                status = source.read(5, 1)[0]
                fields.append(ByteField(5, 6, FieldRole.STATUS, "status", f"{status}: {part.title}"))
            return fields
        if part.kind == "clock":
            return (ByteField(part.start, part.end, FieldRole.LENGTH, "entries of the clock", part.title),)
        if part.kind == "clock entry":
            return tuple(_entry_fields(source.read(part.start, part.end - part.start), part.start))
        if part.kind == "state":
            words = f"{part.size:,} bytes of Yjs"
            return (ByteField(part.start, part.end, FieldRole.DATA, "document", words),) if part.size else ()
        return _rest_fields(part)


class ActivityFormat(TextLines):
    """`activity/*.log`: a line for each change, ``note|profile|sequence``."""

    view = View.PARTS

    def part_at(self, source: Source, spot: Spot) -> Part:
        """As `FileFormat` says."""
        part = super().part_at(source, spot)
        line = activity_log.line_of(part.start, part.title)
        if line is not None and not spot.state:
            return part._replace(sequence=line.sequence, title=f"note {line.note} by profile {line.profile}")
        is_last = part.following is None and not _ends_with_newline(source)
        fault = "the file ends within a line" if is_last else "a line is none"
        return part._replace(fault=fault if part.title.strip() else "")

    def fields_of(self, source: Source, part: Part) -> Sequence[ByteField]:
        """As `FileFormat` says."""
        if part.fault or part.sequence is None:
            return _rest_fields(part) if part.fault else ()
        text = source.read(part.start, part.end - part.start).rstrip(b"\r\n")
        note, _, behind = text.partition(b"|")
        profile = max(behind.rpartition(b"|")[0], behind.rpartition(b"_")[0], key=len)
        return tuple(_texts(part.start, text, (("note", note), ("profile", profile)), "sequence", FieldRole.SEQUENCE))


class DeletionsFormat(TextLines):
    """`deleted/*.log`: a line for each deletion, ``note|milliseconds``."""

    view = View.PARTS

    def part_at(self, source: Source, spot: Spot) -> Part:
        """As `FileFormat` says."""
        part = super().part_at(source, spot)
        note, bar, moment = part.title.partition("|")
        if bar and note and moment.isascii() and moment.isdigit() and int(moment[:17]) <= _LAST_MS:
            return part._replace(time_ms=int(moment), title=f"note {note}")
        return part._replace(fault="a line is none" if part.title.strip() else "")

    def fields_of(self, source: Source, part: Part) -> Sequence[ByteField]:
        """As `FileFormat` says."""
        if part.time_ms is None:
            return _rest_fields(part) if part.fault else ()
        text = source.read(part.start, part.end - part.start).rstrip(b"\r\n")
        return tuple(_texts(part.start, text, (("note", text.partition(b"|")[0]),), "time", FieldRole.TIME))


def _header(source: Source, fault: crdt_log.Fault | None, length: int, state: int = 0) -> Part:
    if fault is not None:
        return Part("header", 0, source.size, None, fault=_words(fault))
    return Part("header", 0, length, Spot(length, state) if length < source.size or state else None, "version 1")


def _header_fields(source: Source, part: Part, length: int) -> Sequence[ByteField]:
    head = source.read(0, length)
    magic, version = head[:4], head[4:5]
    role = FieldRole.ERROR if part.fault and not version else FieldRole.MAGIC
    fields = [ByteField(0, len(magic), role, "magic", magic.decode("ascii", "backslashreplace"))] if magic else []
    if version:
        fields.append(ByteField(4, 5, FieldRole.VERSION, "version", str(version[0])))
    if part.fault:
        end = len(head)
        fields += [ByteField(end, part.end, FieldRole.ERROR, "not read", part.fault)] if part.end > end else []
    return fields


def _rest(source: Source, offset: int, reason: str) -> Part:
    """All from here on, which cannot be understood."""
    return Part("not read", offset, source.size, None, fault=reason)


def _rest_fields(part: Part) -> Sequence[ByteField]:
    return (ByteField(part.start, part.end, FieldRole.ERROR, "not read", part.fault),) if part.end > part.start else ()


def _words(fault: crdt_log.Fault) -> str:
    if fault.expected is None:
        return fault.reason
    return f"{fault.reason}: {fault.expected:,} expected, {fault.found:,} found"


def _entry_fields(data: bytes, base: int) -> Iterator[ByteField]:
    offset = 0
    for label in ("instance", "log"):
        length, place = read_varint(data, offset)
        yield ByteField(base + offset, base + place, FieldRole.LENGTH, f"length of the {label}", f"{length:,} bytes")
        offset = place + length
        text = data[place:offset].decode("utf-8", "replace")
        if text:
            yield ByteField(base + place, base + offset, FieldRole.CLOCK, label, text)
        if label == "instance":
            sequence, place = read_varint(data, offset)
            yield ByteField(base + offset, base + place, FieldRole.SEQUENCE, "sequence", str(sequence))
            reached, offset = read_varint(data, place)
            yield ByteField(base + place, base + offset, FieldRole.CLOCK, "bytes of the log", f"{reached:,}")


def _texts(
    base: int, text: bytes, named: Sequence[tuple[str, bytes]], last: str, role: FieldRole
) -> Iterator[ByteField]:
    """The fields of a line whose texts have one character between them."""
    offset = 0
    for label, value in named:
        yield ByteField(
            base + offset, base + offset + len(value), FieldRole.NAME, label, value.decode("utf-8", "replace")
        )
        offset += len(value) + 1
    yield ByteField(base + offset, base + len(text), role, last, text[offset:].decode("utf-8", "replace"))


def _ends_with_newline(source: Source) -> bool:
    return source.size > 0 and source.read(source.size - 1, 1) == b"\n"


_FORMATS: dict[str, FileFormat] = {
    "log": LogFormat(),
    "snapshot": SnapshotFormat(),
    "activity": ActivityFormat(),
    "deletions": DeletionsFormat(),
}
