"""A window that moves over a large document's text, decoding as it goes."""

import codecs
from json import JSONDecodeError
from typing import BinaryIO

from inspector.layouts.json_text import broken, encoding_of, not_text
from inspector.model.errors import DocumentError

_CHUNK_BYTES = 1 << 17  # with larger ones reading takes longer: what was read leaves the processor's cache again
_MOST_BLANK_BYTES = 1 << 20


class Window:
    """The part of a document that is in memory: `text`, of which everything before `at` is done with."""

    def __init__(self, stream: BinaryIO, path: str) -> None:
        self.path = path
        self.text = ""
        self.at = 0
        self.done = 0
        """Characters before `text`."""
        self._stream = stream
        self._failure: DocumentError | None = None
        self._ended = False
        start = self._start()
        encoding = encoding_of(start, path) if not self._failure else "utf-8"
        self._utf8 = encoding.startswith("utf-8")
        self._extra_bytes = 3 if encoding == "utf-8-sig" else 0
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._encoding = encoding
        self._take(start)

    def more(self) -> bool:
        """Forget what is done with and read on; False at the end.

        Raises:
            DocumentError: where the document cannot be read on.
        """
        if self._failure is not None:
            raise self._failure
        if self._ended:
            return False
        if self._utf8 and not self.text.isascii():
            forgotten = self.text[: self.at]
            self._extra_bytes += len(forgotten.encode()) - len(forgotten)
        self.done += self.at
        self.text = self.text[self.at :]
        self.at = 0
        self._take(self._read())
        return True

    def offset(self, position: int) -> int:
        """Where a position in `text` is in the document."""
        if not self._utf8 or self.text.isascii():
            return self.done + self._extra_bytes + position
        return self.done + self._extra_bytes + len(self.text[:position].encode())

    def broken(self, message: str, position: int | None = None) -> DocumentError:
        """The error for what is at `position`, or where reading is."""
        position = self.at if position is None else position
        return broken(self.path, JSONDecodeError(message, self.text, position), self.offset)

    def refused(self, message: str) -> DocumentError:
        """The error for what is where reading is and is not read, though it may be JSON."""
        return DocumentError(message, path=self.path, offset=self.offset(self.at))

    def _start(self) -> bytes:
        """The first chunk that is not blank, with what is before it; no more than blanks where there are too many."""
        start = chunk = self._read()
        while chunk and len(start) < _MOST_BLANK_BYTES and not start.strip():
            chunk = self._read()
            start += chunk
        return start

    def _read(self) -> bytes:
        try:
            return self._stream.read(_CHUNK_BYTES)
        except OSError as error:
            self._failure = DocumentError(f"cannot be read on: {error.strerror}", path=self.path)
            return b""

    def _take(self, chunk: bytes) -> None:
        if self._failure is not None:
            return
        self._ended = not chunk
        try:
            self.text += self._decoder.decode(chunk, final=self._ended)
        except UnicodeDecodeError as error:
            if self._utf8:
                self.text += error.object[: error.start].decode(self._encoding)
            self._failure = DocumentError(not_text(self._encoding), path=self.path, offset=self.offset(len(self.text)))
