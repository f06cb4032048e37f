"""The bytes of a document, read in windows: one of any size takes no more memory than a small one."""

import errno
import os
import stat

from inspector.model.errors import DocumentError

WINDOW_BYTES = 1 << 20


class Windows:
    """An open regular file as a `Source`; what was read last is held. Its size is that of when it was opened."""

    def __init__(self, descriptor: int, path: str) -> None:
        """Whoever opened the file closes it.

        Raises:
            OSError: EINVAL where it is no regular file.
        """
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "not a regular file", path)
        self.size = status.st_size
        self._descriptor = descriptor
        self._path = path
        self._start = 0
        self._window = b""

    def read(self, offset: int, length: int) -> bytes:
        """As `Source` says.

        Raises:
            DocumentError: where the file became shorter meanwhile.
            OSError: where it cannot be read.
        """
        end = min(offset + length, self.size)
        if not self._start <= offset <= end <= self._start + len(self._window):
            self._load(offset, max(end - offset, WINDOW_BYTES))
        return self._window[offset - self._start : end - self._start]

    def _load(self, offset: int, length: int) -> None:
        wanted = max(0, min(length, self.size - offset))
        pieces: list[bytes] = []
        while wanted and (piece := os.pread(self._descriptor, wanted, offset + sum(map(len, pieces)))):
            pieces.append(piece)
            wanted -= len(piece)
        if wanted:
            raise DocumentError("became shorter while it was read", path=self._path)
        self._start, self._window = offset, pieces[0] if len(pieces) == 1 else b"".join(pieces)
