"""A short text that changes whenever one of a storage's documents may have changed."""

import hashlib
import os
import time

from inspector.fs.lock_verdicts import lock_verdict
from inspector.layouts.base import Surroundings
from inspector.layouts.imalink.config import config_path
from inspector.layouts.imalink.names import DOCUMENTS, LEFT_OVER_ENDINGS, LOCK, SESSIONS
from inspector.layouts.imalink.session_folder import session_names

_RACY_NS = 2_000_000_000  # the coarsest clock of a file system: FAT's


def stamp(root: str, surroundings: Surroundings) -> str:
    """Equal for equal size, times and inode of every document; empty where one was written in the last two seconds.

    Whether the lock's holder runs is part of it.
    """
    settings = os.fspath(config_path(surroundings))
    names = [name + ending for name in DOCUMENTS for ending in ("", *LEFT_OVER_ENDINGS)]
    paths = [os.path.join(root, name) for name in names]
    paths += [os.path.join(root, SESSIONS, name) for name in session_names(root)]
    paths += [settings, f"{settings}.backup"]
    digest = hashlib.sha256()
    newest = 0
    for path in paths:
        try:
            status = os.lstat(path)
        except OSError as error:
            facts: tuple[object, ...] = (error.errno,)
        else:
            facts = (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_mode)
            newest = max(newest, status.st_mtime_ns)
        digest.update(f"{os.fsencode(path)!r} {facts}\n".encode())
    if newest > time.time_ns() - _RACY_NS:
        return ""
    lock = lock_verdict(root, LOCK)
    digest.update((lock.verdict if lock else "").encode())
    return digest.hexdigest()
