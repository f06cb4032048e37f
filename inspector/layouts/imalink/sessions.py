"""The import sessions, `imalink-sessions/*.json`: which files came in together."""

import re
from collections.abc import Generator, Iterator
from contextlib import suppress
from functools import partial
from typing import Any

from inspector.fs.beneath import open_file
from inspector.layouts.base import LayerBegins, LayerEnds, LayerEvent, LayerRole
from inspector.layouts.documents import Entries, stream_in_lists, stream_members
from inspector.layouts.imalink.entries import faults, in_parts, judge_session_entry, session_claims
from inspector.layouts.imalink.heads import SessionHead, SessionStats
from inspector.layouts.imalink.names import SESSIONS
from inspector.layouts.imalink.reading import (
    Limit,
    Reading,
    bad_head,
    differing_ids,
    duplicate_key,
    odd_numbers,
    unparsable,
    wrong_totals,
)
from inspector.layouts.imalink.repeated import Repeated
from inspector.layouts.imalink.session_folder import list_sessions
from inspector.layouts.json_text import Duplicate, kind_of
from inspector.model.errors import DocumentError
from inspector.model.records import Finding, Session

_NAMED_BY_ID = re.compile(r"session_(.+)\.json", re.DOTALL)
_NAMED_BY_TIME = re.compile(r"import_.+\.json", re.DOTALL)


def read_sessions(reading: Reading) -> Iterator[LayerEvent]:
    """The layer of the sessions, and last whether the storage's documents agree on its id."""
    yield LayerBegins(SESSIONS, LayerRole.SESSIONS)
    state = yield from _all_sessions(reading)
    yield from differing_ids(reading)
    yield LayerEnds(state)


def _all_sessions(reading: Reading) -> Generator[LayerEvent, None, str]:
    try:
        names = list_sessions(reading.root)
    except FileNotFoundError:
        return "absent"
    except OSError as error:
        yield unparsable(SESSIONS, error)
        return "unreadable"
    documents: dict[str, str] = {}
    read = broken = 0
    for name in names:
        if not name.endswith(".json"):
            continue
        document = _Session(reading, f"{SESSIONS}/{name}", documents)
        yield from document.events()
        read += document.entries > 0 or document.whole
        broken += not document.whole
    if not broken:
        return "ok"
    return "partial" if read else "unreadable"


class _Session:
    """One document. `documents` has the document of each session id so far."""

    def __init__(self, reading: Reading, document: str, documents: dict[str, str]) -> None:
        self.entries = 0
        self.whole = False
        self._reading = reading
        self._document = document
        self._documents = documents
        self._heads: dict[str, Any] = {}
        self._session = ""
        self._lists = 0
        self._repeated = Repeated()
        self._bytes = 0
        self._sizes_known = True
        self._odd_numbers: list[str] = []
        self._limit = Limit(document, SESSIONS)

    def events(self) -> Iterator[LayerEvent]:
        """Everything the document says."""
        try:
            with open_file(self._reading.root, self._document) as stream:
                yield from self._members(stream_in_lists(stream, self._document, "files"))
            if not self._lists:
                raise DocumentError(self._without_files(), path=self._document)
            self.whole = True
        except FileNotFoundError:  # it went since the folder was listed
            self.whole = True
            return
        except (DocumentError, OSError) as error:
            yield unparsable(self._document, error, self.entries)
        yield from self._repetitions()
        if self._heads:
            yield from self._about_the_head()
        yield from self._limit.rest()

    def _members(self, members: Iterator[tuple[str, str, Any]]) -> Iterator[LayerEvent]:
        opening = ""
        for what, key, value in members:
            if what == "entries" and opening == "[":
                yield from self._judge(value)
            elif what == "begin":
                opening = value
                if opening == "[":
                    self._lists += 1
                    self._session = self._session or self._id()
                else:
                    self._heads["files"] = {}
            elif what == "head":
                if key in self._heads:
                    yield duplicate_key(self._document, Duplicate("", key, (self._heads[key], value)))
                self._heads[key] = value
            elif what == "duplicate" and self._limit.allows("index_duplicate_key", f"in:{key}"):
                yield duplicate_key(self._document, value, f"files/{key}" if opening else key)
            elif what == "number":
                self._odd_numbers.append(value)

    def _judge(self, entries: Entries) -> Iterator[LayerEvent]:
        for part, claims in in_parts(entries, partial(session_claims, self._session)):
            self.entries += len(part)
            if claims:
                self._repeated.note([claim.key or "" for claim in claims], [claim.path for claim in claims])
                self._bytes += sum(claim.size or 0 for claim in claims)
                yield claims
                continue
            for number, value in part:
                yield from self._unusual(number, value)

    def _unusual(self, number: str, value: Any) -> Iterator[LayerEvent]:
        judged = judge_session_entry(self._session, value)
        if judged.claim is not None:
            self._repeated.note([judged.claim.key or f"#{number}"], [judged.claim.path])
        if judged.size is None:
            self._sizes_known = False
        else:
            self._bytes += judged.size
        key = f"{self._document.removeprefix(SESSIONS + '/')}#{number}"
        yield from faults(SESSIONS, self._document, key, value, judged, self._limit, self._session)
        if judged.claim is not None:
            yield judged.claim

    def _id(self) -> str:
        """The session's id as claims carry it: the document's own, else from the document's name."""
        head = SessionHead.of(self._heads)
        if head.session_id is None and "session_id" not in self._heads:
            head = SessionHead.of(self._all_heads())
        if head.session_id is not None:
            return str(head.session_id)
        name = self._document.removeprefix(SESSIONS + "/")
        named = _NAMED_BY_ID.fullmatch(name)
        return named[1] if named else name.removesuffix(".json")

    def _all_heads(self) -> dict[str, Any]:
        """The members behind the files too, which are read over."""
        heads: dict[str, Any] = {}
        with suppress(DocumentError, OSError), open_file(self._reading.root, self._document) as stream:
            for what, key, value in stream_members(stream, self._document, "files"):
                if what == "head":
                    heads[key] = value
        return heads

    def _without_files(self) -> str:
        if "files" not in self._heads:
            return "has no files"
        return f"its files are {kind_of(self._heads['files'])}, not a list"

    def _about_the_head(self) -> Iterator[LayerEvent]:
        head = SessionHead.of(self._heads)
        stats = SessionStats.of(head.stats or {})
        session = self._session or self._id()
        yield from bad_head(self._document, head, self._heads)
        yield from odd_numbers(self._document, self._odd_numbers)
        if head.storage_uuid is not None:
            self._note_storage(head.storage_uuid)
        if self.whole and self._lists == 1:
            pairs = {
                "new_imports": (stats.new_imports, self.entries),
                "total_size_bytes": (stats.total_size_bytes, self._bytes if self._sizes_known else None),
            }
            yield from wrong_totals(self._document, pairs)
        first = self._documents.setdefault(session, self._document)
        if first != self._document:
            evidence = {"document": self._document, "session": session, "documents": [first, self._document]}
            yield Finding("index_duplicate_key", f"{self._document}:session", (self._document, first), evidence)
            return
        yield from self._name(head)
        errors = self._heads.get("errors")
        yield Session(
            "",
            session,
            head.session_title or f"Session {session}",
            head.import_date or "",
            head.source_path or "",
            self.entries,
            self._bytes,
            stats.errors if stats.errors is not None else len(errors) if isinstance(errors, list) else 0,
            self._document,
        )

    def _note_storage(self, uuid: str) -> None:
        seen = self._reading.session_ids
        if uuid not in seen and len(seen) < 20:
            self._reading.ids[self._document] = uuid
        seen[uuid] = seen.get(uuid, 0) + 1

    def _name(self, head: SessionHead) -> Iterator[Finding]:
        name = self._document.removeprefix(SESSIONS + "/")
        named = _NAMED_BY_ID.fullmatch(name)
        stated = head.session_id
        if named is not None:
            same = named[1] == str(stated) or (named[1].isdecimal() and named[1].lstrip("0") == str(stated))
            reason = "its name has another id"
        else:
            same = _NAMED_BY_TIME.fullmatch(name) is not None
            reason = "its name is neither session_<id>.json nor import_<time>.json"
        if stated is None:
            same, reason = False, "it names no session_id"
        if not same:
            evidence = {"document": self._document, "session_id": stated, "reason": reason}
            yield Finding("session_drift", f"document:{self._document}", (self._document,), evidence)

    def _repetitions(self) -> Iterator[Finding]:
        if not self._repeated.settle():
            return
        with suppress(DocumentError, OSError), open_file(self._reading.root, self._document) as stream:
            for what, number, value in stream_members(stream, self._document, "files"):
                if what == "entry" and isinstance(value, dict):
                    key = value.get("hothash")
                    self._repeated.look_again(key if isinstance(key, str) else f"#{number}", value)
        yield from self._repeated.findings(self._document, self._document, self._limit)
