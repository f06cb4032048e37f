"""An account as lines: headings, counts, keys, devices, documents; made when they come in sight. Pure."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from inspector.model.account import Account, Behind, Device, DocumentFault, Holding
from inspector.model.account_words import behind_words, device_words, fault_words, holding_words, local_ms
from inspector.model.display import counted, display_name
from inspector.model.records import StorageInfo
from inspector.tui.glyphs import Glyphs
from inspector.tui.lines import Line, Piece, fit, shorten, spread
from inspector.tui.palette import Tone


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One line: what it says at the left and at the right, in full below, and what of it can be copied or opened."""

    left: str
    right: str = ""
    heading: bool = False
    tone: Tone = Tone.TEXT
    level: int = 1
    words: tuple[str, ...] = ()
    key: str = ""
    path: str = ""
    is_of_one: bool = False
    """Whether it is about one of the things that are counted, by its key."""


@dataclass(frozen=True, slots=True)
class _Section:
    """A line, and how many below it are made from what."""

    head: AccountRow
    items: Sequence[object] = ()
    make: Callable[[object], AccountRow] = lambda item: AccountRow(str(item))


class AccountRows:
    """The provider of all lines of the accounts of some storages; of several, each has its name above it."""

    def __init__(self, accounts: Sequence[tuple[StorageInfo, Account]]) -> None:
        self._sections: list[_Section] = []
        self._beginnings: list[int] = []
        """With which section each account begins."""
        for storage, account in accounts:
            self._beginnings.append(len(self._sections))
            if len(accounts) > 1:
                self._sections.append(_heading(display_name(storage.name), account.things))
            self._sections += _sections(account)
        self._storages = [storage for storage, _ in accounts]
        self._starts: list[int] = []
        self._count = 0
        for section in self._sections:
            self._starts.append(self._count)
            self._count += 1 + len(section.items)

    def count(self) -> int:
        """As `RowProvider` says."""
        return self._count

    def window(self, offset: int, limit: int) -> Sequence[AccountRow]:
        """As `RowProvider` says."""
        return [self._row(number) for number in range(offset, min(offset + limit, self._count))]

    def headings(self) -> list[int]:
        """The numbers of the lines that begin a part."""
        return [start for start, section in zip(self._starts, self._sections, strict=True) if section.head.level == 0]

    def storage_at(self, number: int) -> StorageInfo:
        """The storage that a line is about."""
        section = bisect_right(self._starts, number) - 1
        return self._storages[bisect_right(self._beginnings, section) - 1]

    def _row(self, number: int) -> AccountRow:
        place = bisect_right(self._starts, number) - 1
        section = self._sections[place]
        inside = number - self._starts[place]
        return section.head if not inside else section.make(section.items[inside - 1])


def _sections(account: Account) -> list[_Section]:
    sections = [_heading(account.things.capitalize())]
    sections += [_Section(_holding_row(one)) for one in account.holdings]
    sections.append(_heading("Differences" if account.differences else "No differences"))
    for one in account.differences:
        head = AccountRow(one.title, f"{len(one.keys):,}", tone=Tone.STRONG)
        sections.append(_Section(head, one.keys, _key_row))
    sections.append(_heading("Devices" if account.devices else "No devices"))
    for device in account.devices:
        sections.append(_Section(_device_row(device), device.behind, _behind_row))
    if account.faults:
        sections.append(_heading("Documents with faults", f"{len(account.faults):,}"))
        sections += [_Section(_fault_row(fault)) for fault in account.faults]
    if account.notes:
        sections.append(_heading("Also"))
        sections += [_Section(AccountRow(note, tone=Tone.DIM, words=(note,), key=note)) for note in account.notes]
    return sections


def _heading(text: str, right: str = "") -> _Section:
    return _Section(AccountRow(text, right, heading=True, level=0))


def _holding_row(one: Holding) -> AccountRow:
    state = holding_words(one)
    words = f"{display_name(one.layer)}: {len(one.keys):,} {one.title}" + (f", {state}" if state else "")
    tone = Tone.WARNING if state else Tone.TEXT
    return AccountRow(
        one.title, f"{f'{state}  ' if state else ''}{len(one.keys):>9,}", tone=tone, words=(words,), key=one.layer
    )


def _key_row(key: object) -> AccountRow:
    text = display_name(str(key))
    return AccountRow(text, level=2, words=(text,), key=str(key), is_of_one=True)


def _device_row(device: Device) -> AccountRow:
    last = local_ms(device.last_ms or device.seen_ms)
    behind = f"{len(device.behind):,} behind" if device.behind else ""
    sequence = f"sequence {device.highest:,}" if device.documents else ""
    right = "  ".join(part for part in (behind, sequence, last[:16]) if part)
    words = (display_name(device.id), "; ".join(device_words(device)))
    tone = Tone.WARNING if device.behind else Tone.TEXT
    return AccountRow(display_name(device.name), right, tone=tone, words=words, key=device.id)


def _behind_row(behind: object) -> AccountRow:
    assert isinstance(behind, Behind)
    words = behind_words(behind)
    path = behind.document if "/" in behind.document else ""
    return AccountRow(words, level=2, tone=Tone.WARNING, words=(words,), key=behind.document, path=path)


def _fault_row(fault: DocumentFault) -> AccountRow:
    words = fault_words(fault)
    path = "" if ":" in fault.path else fault.path
    return AccountRow(
        display_name(fault.path),
        words,
        tone=Tone.WARNING,
        words=(display_name(fault.path), words),
        key=fault.path,
        path=path,
    )


def account_line(row: AccountRow, width: int, glyphs: Glyphs) -> Line:
    """A line; what stands at the left gives way, and keeps its end where it is a path."""
    if row.heading:
        return spread([Piece(row.left, Tone.ACCENT)], [Piece(row.right, Tone.DIM)], width)
    lead = "  " * (row.level - 1)
    right = shorten(row.right, max(0, min(width // 2, width - 12)), glyphs.ellipsis)
    room = max(4, width - len(lead) - len(right) - (2 if right else 0))
    left = fit(row.left, room, glyphs.ellipsis, keep_end=bool(row.path))
    return [Piece(lead), Piece(left, row.tone), Piece(f"  {right}" if right else "", Tone.DIM)]


def summary_words(accounts: Sequence[Account]) -> str:
    """How much differs, is behind and fails, in one line."""
    differing = sum(len(one.keys) for account in accounts for one in account.differences)
    devices = [device for account in accounts for device in account.devices]
    behind = sum(len(one.behind) for one in devices)
    faults = sum(len(account.faults) for account in accounts)
    parts = [
        counted(differing, "difference") if differing else "no differences",
        f"{counted(len(devices), 'device')}, {f'{behind:,} behind' if behind else 'nothing behind'}",
    ]
    if faults:
        parts.append(f"{counted(faults, 'document')} with faults")
    return "; ".join(parts)
