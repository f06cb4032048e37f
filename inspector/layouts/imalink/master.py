"""The index `imalink-master.json`: every file of the storage by its hothash.

Read as a stream: a million entries take the time they need, and little memory.
"""

import io
from collections.abc import Generator, Iterator
from contextlib import suppress
from typing import Any

from inspector.fs.beneath import open_file
from inspector.layouts.base import LayerBegins, LayerEnds, LayerEvent, LayerRole
from inspector.layouts.documents import Entries, stream_in_lists, stream_members
from inspector.layouts.imalink.entries import faults, in_parts, index_claims, is_deleted, judge_index_entry
from inspector.layouts.imalink.heads import MasterHead
from inspector.layouts.imalink.names import MASTER, SIGNATURE
from inspector.layouts.imalink.reading import (
    Limit,
    Reading,
    bad_head,
    duplicate_key,
    missing,
    odd_numbers,
    signature_totals,
    unknown_version,
    unparsable,
    wrong_totals,
)
from inspector.layouts.imalink.repeated import Repeated
from inspector.layouts.json_text import Duplicate, kind_of
from inspector.model.errors import DocumentError
from inspector.model.records import Claim, Finding


def read_master(reading: Reading) -> Iterator[LayerEvent]:
    """The layer of the index; `reading` learns what it holds where it is read whole."""
    yield LayerBegins(MASTER, LayerRole.INDEX)
    master = _Master(reading)
    state = yield from master.events()
    yield LayerEnds(state)
    if master.deleted:
        yield LayerBegins(f"{MASTER} (deleted)", LayerRole.DELETED)
        yield master.deleted
        yield LayerEnds(state)


class _Master:
    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._heads: dict[str, Any] = {}
        self._repeated = Repeated()
        self._limit = Limit(MASTER, MASTER)
        self._entries = 0
        self._bytes = 0
        self._sizes_known = True
        self._lists = 0
        self._odd_numbers: list[str] = []
        self.deleted: list[Claim] = []
        """The claims of entries that are marked as deleted."""

    def events(self) -> Generator[LayerEvent, None, str]:
        """Everything the index says, and the state of its layer."""
        try:
            with open_file(self._reading.root, MASTER) as stream:
                yield from self._members(stream_in_lists(stream, MASTER, "files"))
        except FileNotFoundError:
            yield missing(MASTER, "without it nothing says which files belong to the storage")
            return "absent"
        except (DocumentError, OSError) as error:
            yield unparsable(MASTER, error, self._entries)
            yield from self._repetitions()
            yield from self._about_the_head()
            yield from self._limit.rest()
            return "partial" if self._entries else "unreadable"
        yield from self._repetitions()
        yield from self._about_the_head()
        yield from self._limit.rest()
        if not self._lists:
            yield unparsable(MASTER, DocumentError(self._without_files(), path=MASTER), 0)
            return "unreadable"
        yield from self._totals()
        return "ok"

    def _members(self, members: Iterator[tuple[str, str, Any]]) -> Iterator[LayerEvent]:
        opening = ""
        for what, key, value in members:
            if what == "entries" and opening == "{":
                yield from self._judge(value)
            elif what == "begin":
                opening = value
                if opening == "{":
                    yield from self._another_list()
                else:
                    self._heads["files"] = []
            elif what == "head":
                if key in self._heads:
                    yield duplicate_key(MASTER, Duplicate("", key, (self._heads[key], value)))
                self._heads[key] = value
            elif what == "duplicate" and self._limit.allows("index_duplicate_key", f"in:{key}"):
                yield duplicate_key(MASTER, value, f"files/{key}" if opening else key)
            elif what == "number":
                self._odd_numbers.append(value)

    def _judge(self, entries: Entries) -> Iterator[LayerEvent]:
        for part, claims in in_parts(entries, index_claims):
            self._entries += len(part)
            if claims:
                self._repeated.note([key for key, _ in part], [claim.path for claim in claims])
                self._bytes += sum(claim.size or 0 for claim in claims)
                yield claims
                continue
            for key, value in part:
                yield from self._unusual(key, value)

    def _unusual(self, key: str, value: Any) -> Iterator[LayerEvent]:
        judged = judge_index_entry(key, value)
        self._repeated.note([key], [judged.claim.path] if judged.claim else [])
        if judged.size is None:
            self._sizes_known = False
        else:
            self._bytes += judged.size
        yield from faults(MASTER, MASTER, key, value, judged, self._limit)
        if judged.claim is not None and is_deleted(value):
            self.deleted.append(judged.claim)
        elif judged.claim is not None:
            yield judged.claim

    def _another_list(self) -> Iterator[Finding]:
        self._lists += 1
        if self._lists == 2:
            yield duplicate_key(MASTER, Duplicate("", "files", ("an object", "another object")))

    def _without_files(self) -> str:
        if "files" not in self._heads:
            return "has no files"
        return f"its files are {kind_of(self._heads['files'])}, not an object"

    def _repetitions(self) -> Iterator[Finding]:
        if self._repeated.settle():
            # Where it broke off before it does again, which has been said.
            with suppress(DocumentError, OSError), open_file(self._reading.root, MASTER) as stream:
                for what, key, value in stream_members(stream, MASTER, "files"):
                    if what == "entry":
                        self._repeated.look_again(key, value)
            yield from self._repeated.findings(MASTER, MASTER, self._limit)

    def _about_the_head(self) -> Iterator[Finding]:
        if not self._heads and not self._lists:
            return
        head = MasterHead.of(self._heads)
        if head.storage_uuid is not None:
            self._reading.ids[MASTER] = head.storage_uuid
        yield from bad_head(MASTER, head, self._heads)
        yield from odd_numbers(MASTER, self._odd_numbers)
        yield from unknown_version(MASTER, "index_version", self._heads.get("index_version"))

    def _totals(self) -> Iterator[Finding]:
        if self._lists > 1:
            return
        head = MasterHead.of(self._heads)
        self._reading.index_count = self._repeated.different_keys
        superseded = self._repeated.superseded_bytes()
        if self._sizes_known and superseded is not None:
            self._reading.index_bytes = self._bytes - superseded
        pairs = {
            "total_files": (head.total_files, self._reading.index_count),
            "total_size_bytes": (head.total_size_bytes, self._reading.index_bytes),
        }
        yield from wrong_totals(MASTER, pairs)
        yield from signature_totals(self._reading, SIGNATURE)


def head_of_master(start: bytes) -> dict[str, Any]:
    """The members before the files, from the beginning of the document; what can be read of them."""
    members: dict[str, Any] = {}
    with suppress(DocumentError):  # it was cut, or is broken: what came before is what can be had
        for what, key, value in stream_members(io.BytesIO(start), MASTER, "files"):
            if what == "begin":
                break
            if what == "head":
                members[key] = value
    return members
