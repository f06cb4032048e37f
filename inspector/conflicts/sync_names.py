"""Names that sync programs give to the second version of a file: which program, whose version, of which file.

A name alone is evidence of three strengths. ``A``: a marker that only a machine writes. ``B``: a marker that people
write too, so the original has to lie beside it. ``C``: a guess ("photo 2.jpg"), for which the caller has to
compare the contents and ask the indexes as well. MEGA and Mutagen keep both sides apart and write no such names;
those of Box, Cozy and Tresorit are not published, so they are left to `extra_patterns`.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from inspector.conflicts.twins import matching_key
from inspector.model.relpath import MAX_NAME_BYTES

Confidence = Literal["A", "B", "C"]
ExtraPatterns = Mapping[str, re.Pattern[str]]
"""Provider to pattern; see `parse_conflict_name`."""

_NO_PATTERNS: ExtraPatterns = {}


@dataclass(frozen=True, slots=True)
class ConflictName:
    """One reading of a name as that of a conflict copy.

    `base` is the original's name, composed (NFC), with the outermost marker stripped; compare it with
    `matching_key`. `when` is an ISO date or date-time in the unknown time zone of the machine `who`.
    `reason` is ``content``, ``case``, ``unicode``, ``whitespace``, ``name`` (a clash of names whose cause is not
    told), ``folder``, ``copy`` (made by hand) or ``backup``. With `deletion_propagates`, deleting the copy
    deletes the original on the other machines.
    """

    provider: str
    confidence: Confidence
    base: str
    who: str | None = None
    when: str | None = None
    reason: str = "content"
    deletion_propagates: bool = False


@dataclass(frozen=True, slots=True)
class ConflictCopy:
    """A file or folder that is a conflict copy of `base`, which is spelled as on disk where it lies beside it.

    Only an A-class copy may be without its original. The other fields are those of `ConflictName`.
    """

    name: str
    base: str
    provider: str
    confidence: Confidence
    who: str | None
    when: str | None
    reason: str
    deletion_propagates: bool


@dataclass(frozen=True, slots=True)
class _Rule:
    provider: str
    confidence: Confidence
    pattern: re.Pattern[str]
    reason: str = "content"
    deletion_propagates: bool = False


def _suffix(provider: str, confidence: Confidence, marker: str, reason: str = "content") -> _Rule:
    """A rule for a marker before the extension. It starts with a literal, which keeps `re` fast on foreign names."""
    return _Rule(provider, confidence, re.compile(marker + r"(?P<ext>\.[^.]*)?\Z"), reason)


_DAY = r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})"
_WHO = r"(?P<who>(?:[^()]|\([^()]*\))+?)"
_AGAIN = r"(?: \(?[0-9]{1,3}\)?)?"

# Dropbox writes the phrase in the user's language, before or after the name of the machine or person. Collected
# from file names in public repositories; more languages come in through `extra_patterns`.
_PHRASE_WHO = (
    r"(?i:In Konflikt stehende Kopie von|Copie en conflit de|Copia in conflitto di|Copia conflictiva de"
    r"|Copia en conflicto de|Cópia em conflito de)"
)
_WHO_PHRASE = r"(?:s in Konflikt stehende Kopie| 上の問題のあるコピー| ?の競合コピー)"

# What the explorers of Windows, macOS and GNOME call a copy, and Google Drive on the web.
_COPY = "(?:[Cc]opy|[Kk]opie|[Cc]opie|[Cc]opia|[Cc]ópia|[Kk]opia|[Kk]opi|копия|の?コピー|副本|拷贝|複製|복사본)"
_COPY_OF = (
    "(?:Copy of|Kopie von|Copie de|Copia de|Copia di|Cópia de|Kopie van|Kopia av|Kopi av|Kopi af|Kopia pliku|Копия)"
)

_NUMBERS = "(?:[2-9]|[1-9][0-9])"

_RULES: tuple[_Rule, ...] = (
    # syncthing lib/model/folder_sendrecv.go conflictName; old versions name no device
    _suffix(
        "syncthing",
        "A",
        r"\.sync-conflict-(?P<day>[0-9]{8})-(?P<time>[0-9]{6})(?:-(?P<who>[A-Z2-7]{7}))?",
    ),
    # ownCloud and Nextcloud clients, src/common/utility.cpp makeConflictFileName; the second before 2.6
    _suffix(
        "nextcloud",
        "A",
        rf"\(conflicted copy (?:(?P<who>[^()]+) )?{_DAY} (?P<time>[0-9]{{6}})(?:-[0-9]+)?\)",
    ),
    _suffix("owncloud", "A", r"_conflict-(?:(?P<who>.+?)-)?(?P<day>[0-9]{8})-(?P<time>[0-9]{6})"),
    _suffix("nextcloud", "A", rf"\(case clash from {_DAY} (?P<time>[0-9]{{6}})(?:-[0-9]+)?\)", "case"),
    # help.dropbox.com, "conflicted copy"
    _suffix("dropbox", "A", rf"\((?:{_WHO}(?:['’]s?)? )?(?i:conflicted copy) {_DAY}{_AGAIN}\)"),
    _suffix("dropbox", "A", rf"\({_PHRASE_WHO} {_WHO} {_DAY}{_AGAIN}\)"),
    _suffix("dropbox", "A", rf"\({_WHO}{_WHO_PHRASE} ?{_DAY}{_AGAIN}\)"),
    # seafile common/vc-common.c gen_conflict_path
    _suffix("seafile", "A", rf"\(SFConflict (?:(?P<who>.+?) )?{_DAY}-(?P<time>[0-9]{{2}}-[0-9]{{2}}-[0-9]{{2}})\)"),
    # getfilecloud.com documentation
    _suffix("filecloud", "A", rf"\(Conflict_(?P<who>.+?)_{_DAY}-(?P<time>[0-9]{{2}}-[0-9]{{2}}-[0-9]{{2}})\)"),
    # kb.intermedia.net 20822
    _suffix("securisync", "A", rf"\((?i:conflicted copy) {_DAY} for {_WHO}\)"),
    # HCP Anywhere user help, "Handling conflicts"; the second in old versions
    _suffix("hcp_anywhere", "A", rf"\(edits by {_WHO} not merged {_DAY}\)"),
    _suffix("hcp_anywhere", "A", rf"\({_WHO}['’]s conflict on {_DAY} ?\)"),
    # Nutstore, from file names in public repositories
    _suffix(
        "nutstore",
        "A",
        rf"\({_WHO}的冲突副本[0-9]*_{_DAY} (?P<time>[0-9]{{2}}-[0-9]{{2}}-[0-9]{{2}})\)",
    ),
    # kb.synology.com Synology_Drive_file_conflict_resolution; the marker's own reason replaces the rule's
    _suffix(
        "synology_drive",
        "A",
        r"_(?P<who>[^_]+)_(?P<month>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
        r"-(?P<dd>[0-9]{2})-(?P<hhmm>[0-9]{4})-(?P<year>[0-9]{4})_(?P<why>[A-Za-z]{0,30})Conflict(?:_[0-9]+)?",
    ),
    # rclonesync-V2 #47; without an extension before it, it may as well be somebody's folder
    _Rule("rclonesync", "A", re.compile(r"(?P<stem>.+\.[A-Za-z0-9]{1,8}(?:_Path[12])*)_Path[12]")),
    _Rule("rclonesync", "B", re.compile(r"(?P<stem>.+)_Path[12]")),
    # rclone docs/content/bisync.md; the first before 1.66
    _Rule("rclone_bisync", "B", re.compile(r"(?P<stem>.+)\.\.path[12]")),
    _suffix("rclone_bisync", "B", r"\.(?:conflict|path)[0-9]+"),
    # help.resilio.com 204753629
    _Rule("resilio", "B", re.compile(r"\.Conflict[0-9]*(?P<ext>\.[^.]*)?\Z"), "name", deletion_propagates=True),
    # help.dropbox.com; maestral writes the same in lower case
    _suffix("dropbox", "B", rf"\((?i:case conflict){_AGAIN}\)", "case"),
    _suffix("dropbox", "B", rf"\(Conflicto de mayúsculas y minúsculas{_AGAIN}\)", "case"),
    _suffix("dropbox", "B", rf"\((?i:unicode (?:encoding )?conflict){_AGAIN}\)", "unicode"),
    _suffix("dropbox", "B", rf"\((?i:white ?space conflict){_AGAIN}\)", "whitespace"),
    _suffix(
        "dropbox", "B", rf"\((?i:(?:selective sync|shared folder|read-only|view-only) conflicts?){_AGAIN}\)", "folder"
    ),
    _suffix("dropbox", "B", rf"\((?:(?i:ignored item conflict)|무시된 항목 충돌){_AGAIN}\)", "name"),
    _suffix("dropbox", "B", rf"\({_PHRASE_WHO} {_WHO}\)"),
    _suffix("dropbox", "B", rf"\({_WHO}{_WHO_PHRASE}\)"),
    # help.pcloud.com
    _suffix("pcloud", "B", r"\[conflicted(?: [0-9]+)?\]"),
    _suffix("pcloud", "B", r"\.conflicted"),
    # git-annex Annex/VariantFile.hs
    _suffix("git_annex", "B", r"\.variant-(?P<who>[0-9a-f]+)"),
    # unison src/stasher.ml
    _Rule("unison", "B", re.compile(r"\.bak\.[0-9]+\.(?P<stem>.+)"), "backup"),
    # made by hand, in an explorer or on the web
    _Rule("google_drive", "C", re.compile(rf"{_COPY_OF} (?P<stem>.+)"), "copy"),
    _suffix("windows_explorer", "C", rf" - {_COPY}(?: \([0-9]{{1,3}}\))?", "copy"),
    _suffix("finder", "C", rf" {_COPY}(?: [0-9]{{1,3}})?", "copy"),
    _suffix(
        "gnome_files", "C", rf" \((?:(?:[0-9]{{1,3}}(?:st|nd|rd|th)|another) )?{_COPY}(?: [0-9]{{1,3}})?\)", "copy"
    ),
    # mentalfaculty.com on iCloud Drive; movebot and rclone dedupe on Google Drive. A number in brackets without a
    # blank before it is left alone: Google Takeout and phones write it for different pictures.
    _suffix("icloud", "C", rf" {_NUMBERS}"),
    _suffix("google_drive", "C", r" \([1-9][0-9]?\)"),
)

# Tried where no other marker fits: the word of a program or a language that is not known here.
_FALLBACK = _suffix("unknown", "B", r"\([^()]*(?i:conflict(?:ed)? copy|konfliktkopie)[^()]*\)")

# What a computer is called, strictly enough for a file name: the names that Windows and macOS give by themselves,
# and words in capitals of which one mixes letters with digits.
_HOST = (
    r"(?P<who>(?:DESKTOP|LAPTOP|NOTEBOOK|WORKSTATION|SURFACE|WIN|PC)-[A-Z0-9]{2,15}"
    r"|[A-Za-z0-9][A-Za-z0-9-]{0,30}-(?:PC|LAPTOP|DESKTOP|NOTEBOOK|MBP|MBA)"
    r"|(?:[^()]{0,40}[ -])?(?:MacBook|iMac|Mac[ -](?:mini|Studio|Pro))(?:[ .-][^()]{0,40})?"
    r"|[A-Z][A-Z0-9]{0,13}-(?:[A-Z]+[0-9]|[0-9]+[A-Z])[A-Z0-9]{0,13})"
)
_HOST_SUFFIX = re.compile(rf"{_HOST}(?:-[0-9]{{1,3}})?")
_HOST_IN_BRACKETS = _suffix("onedrive_d", "C", rf" \({_HOST}(?:, [0-9]{{1,3}})?\)")
_SAFE_BACKUP = re.compile(r"-safeBackup-[0-9]{4}(?P<ext>\.[^.]*)?\Z")
_MOST_PARTS = 6

_REASONS = {"Case": "case", "WhiteSpace": "whitespace", "TailCharacter": "whitespace"}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _either_form(*words: str) -> str:
    forms = {unicodedata.normalize(form, word) for word in words for form in ("NFC", "NFD")}
    return "|".join(re.escape(form) for form in sorted(forms))


# Nearly every name of a storage fails here, so this one search is all it costs. Each branch starts with a literal:
# only then does `re` skip through a name by a table of first characters (measured: half the time).
_HINT_IN_NAME = (
    r"onfli|\(case clash|not merged|-safeBackup-|_Path[12]|\.path[0-9]|\.variant-|\.bak\.|opy|opi"
    r"| \(?[0-9]{1,2}\)?(?:\.[^./]*)?END"
    r"|Mac|-PC|PC-|-MB[AP]|DESKTOP|LAPTOP|NOTEBOOK|WORKSTATION|SURFACE-|WIN-"
    r"|-[A-Z][A-Z0-9]*-[A-Z0-9]|\([A-Z][A-Z0-9]*-[A-Z0-9]|"
    + _either_form("ópia", "コピー", "の競合", "副本", "拷贝", "複製", "복사본", "충돌", "копия", "Копия")
)
_HINT = re.compile(_HINT_IN_NAME.replace("END", r"\Z"))
_HINT_AMONG_MANY = re.compile(_HINT_IN_NAME.replace("END", "/"))
"""The same for names with a slash after each."""


def parse_conflict_name(name: str, extra_patterns: ExtraPatterns = _NO_PATTERNS) -> tuple[ConflictName, ...]:
    """All readings of a file's or folder's name as that of a conflict copy, the strongest first; mostly none.

    `extra_patterns` adds providers that are not known here, as class B: patterns for the whole composed (NFC) name
    with a group ``stem``, and if they like ``ext``, ``who``, ``day`` and ``time``. Names longer than 255 bytes
    have no reading.

    Raises:
        IndexError: if an extra pattern that matches has no group ``stem``.
    """
    if not extra_patterns and _HINT.search(name) is None:
        return ()
    if len(name.encode("utf-8", "replace")) > MAX_NAME_BYTES:
        return ()
    text = unicodedata.normalize("NFC", name)
    readings = list(_safe_backup_readings(text))
    readings += (reading for rule in _RULES if (reading := _read(rule, text)) is not None)
    readings += _extra_readings(text, extra_patterns)
    if all(reading.confidence == "C" for reading in readings) and (reading := _read(_FALLBACK, text)) is not None:
        readings.append(reading)
    readings += _host_readings(text)
    return tuple(sorted(readings, key=lambda reading: reading.confidence))


def base_chain(name: str, extra_patterns: ExtraPatterns = _NO_PATTERNS) -> tuple[str, ...]:
    """The originals of a conflict copy of a conflict copy of ..., the nearest first; empty for other names.

    C-class markers stay: without a look at the folder they are as likely a part of the original's name.
    """
    chain: list[str] = []
    while (readings := parse_conflict_name(name, extra_patterns)) and readings[0].confidence != "C":
        name = readings[0].base
        chain.append(name)
    return tuple(chain)


def find_conflict_copies(names: Collection[str], extra_patterns: ExtraPatterns = _NO_PATTERNS) -> list[ConflictCopy]:
    """The conflict copies among the names of one folder, files and folders together, in the order of `names`.

    A-class copies are reported also without their original. B and C need it beside them, with the same extension;
    where the copy between is gone, the original of the original will do, except for C.
    """
    copies: list[ConflictCopy] = []
    spellings: dict[str, str] | None = None
    if not extra_patterns and _HINT_AMONG_MANY.search("/".join(names) + "/") is None:
        return []
    for name in names:
        if not (readings := parse_conflict_name(name, extra_patterns)):
            continue
        if spellings is None:
            spellings = {matching_key(each): each for each in names} | {each: each for each in names}
        if (copy := _copy_among(name, readings, spellings, extra_patterns)) is not None:
            copies.append(copy)
    return copies


def _copy_among(
    name: str,
    readings: tuple[ConflictName, ...],
    spellings: Mapping[str, str],
    extra_patterns: ExtraPatterns,
) -> ConflictCopy | None:
    without_original: ConflictCopy | None = None
    for reading in readings:
        if without_original is not None and reading.confidence != "A":
            break
        original = _spelled(reading.base, spellings)
        if original is None and reading.confidence != "C":
            chain = base_chain(reading.base, extra_patterns)
            original = next((found for base in chain if (found := _spelled(base, spellings)) is not None), None)
        if original is not None and original != name:
            return _copy(name, original, reading)
        if reading.confidence == "A" and without_original is None:
            without_original = _copy(name, reading.base, reading)
    return without_original


def _spelled(base: str, spellings: Mapping[str, str]) -> str | None:
    return spellings.get(base) or spellings.get(matching_key(base))


def _copy(name: str, base: str, reading: ConflictName) -> ConflictCopy:
    return ConflictCopy(
        name=name,
        base=base,
        provider=reading.provider,
        confidence=reading.confidence,
        who=reading.who,
        when=reading.when,
        reason=reading.reason,
        deletion_propagates=reading.deletion_propagates,
    )


def _read(rule: _Rule, text: str) -> ConflictName | None:
    if "stem" in rule.pattern.groupindex:
        match = rule.pattern.fullmatch(text)
        return _reading(rule, match, match["stem"]) if match is not None else None
    outermost: re.Match[str] | None = None
    match = rule.pattern.search(text, 1)
    while match is not None:
        outermost = match
        match = rule.pattern.search(text, match.start() + 1)
    if outermost is None:
        return None
    stem = text[: outermost.start()]
    if text[outermost.start()] in "([":
        stem = stem.removesuffix(" ")  # the blank before a bracket belongs to the marker
    return _reading(rule, outermost, stem + (outermost["ext"] or "")) if stem else None


def _reading(rule: _Rule, match: re.Match[str], base: str) -> ConflictName:
    groups = match.groupdict()
    reason = _REASONS.get(groups.get("why") or "", rule.reason)
    who = (groups.get("who") or "").strip() or None
    return ConflictName(rule.provider, rule.confidence, base, who, _when(groups), reason, rule.deletion_propagates)


def _when(groups: Mapping[str, str | None]) -> str | None:
    """The moment that a marker states, as ISO 8601, or None where it states none or an impossible one."""
    if month := groups.get("month"):
        digits = f"{groups['year']}{_MONTHS.index(month) + 1:02d}{groups['dd']}{groups['hhmm']}"
    else:
        digits = "".join(filter(str.isdecimal, f"{groups.get('day') or ''}{groups.get('time') or ''}"))
    form = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}.get(len(digits))
    if form is None:
        return None
    try:
        moment = datetime.strptime(digits, form)
    except ValueError:
        return None
    if len(digits) == 8:
        return moment.date().isoformat()
    return moment.isoformat(timespec="minutes" if len(digits) == 12 else "seconds")


def _extra_readings(text: str, extra_patterns: ExtraPatterns) -> Iterator[ConflictName]:
    for provider, pattern in extra_patterns.items():
        if (match := pattern.fullmatch(text)) is not None:
            base = match["stem"] + (match.groupdict().get("ext") or "")
            if 0 < len(base) < len(text):
                yield _reading(_Rule(provider, "B", pattern), match, base)


def _safe_backup_readings(text: str) -> Iterator[ConflictName]:
    """abraunegg/onedrive, src/util.d: ``STEM-DEVICE-safeBackup-0001.EXT``, where both may hold hyphens."""
    if (marker := _SAFE_BACKUP.search(text)) is None:
        return
    for stem, who in _split_at_hyphens(text[: marker.start()]):
        yield ConflictName("onedrive_abraunegg", "A", stem + (marker["ext"] or ""), who)


def _host_readings(text: str) -> Iterator[ConflictName]:
    """OneDrive of Microsoft (``STEM-HOST.EXT``, then ``-2``), where both may hold hyphens, and onedrive-d.

    From abraunegg/onedrive #207, skilion/onedrive #265 and xybu/onedrive-d #127; there is no fixed marker.
    """
    stem, dot, ending = text.rpartition(".")
    if not stem or not ending:  # a folder of a Mac may end with a dot: "Photos-MacBook Pro de C."
        stem, dot, ending = text, "", ""
    for base, rest in _split_at_hyphens(stem):
        if (match := _HOST_SUFFIX.fullmatch(rest)) is not None:
            yield ConflictName("onedrive", "C", f"{base}{dot}{ending}", match["who"].strip())
    if (reading := _read(_HOST_IN_BRACKETS, text)) is not None:
        yield reading


def _split_at_hyphens(text: str) -> Iterator[tuple[str, str]]:
    """Both sides of each hyphen with something on both sides, from the right; `_MOST_PARTS` at most."""
    at = len(text) - 1
    for _ in range(_MOST_PARTS):
        at = text.rfind("-", 1, at)
        if at < 0:
            return
        yield text[:at], text[at + 1 :]
