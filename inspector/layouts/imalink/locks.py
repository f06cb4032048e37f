"""The lock `.imalink-storage.lock` where its holder no longer runs or cannot be known; and left-over copies."""

import os
from collections.abc import Iterator

from inspector.fs.lock_verdicts import lock_verdict
from inspector.layouts.imalink.names import DOCUMENTS, LOCK, SESSIONS
from inspector.layouts.imalink.session_folder import session_names
from inspector.layouts.json_text import as_evidence
from inspector.model.records import Finding


def lock_findings(root: str) -> Iterator[Finding]:
    """`stale_lock` where the lock's holder no longer runs or cannot be known; it never keeps us from reading."""
    lock = lock_verdict(root, LOCK)
    if lock is not None and lock.verdict != "live":
        evidence = {
            "document": LOCK,
            "verdict": lock.verdict,
            "reason": lock.reason,
            "age_seconds": lock.age,
            "holder": as_evidence(lock.holder),
        }
        yield Finding("stale_lock", LOCK, (LOCK,), evidence)


def leftovers(root: str) -> Iterator[Finding]:
    """`stale_temp` for copies that the program put aside before it rewrote a document, or when it found one broken."""
    candidates = [f"{name}.backup" for name in DOCUMENTS]
    candidates += [f"{SESSIONS}/{name}" for name in session_names(root) if name.endswith(".json.backup")]
    for path in candidates:
        try:
            status = os.lstat(os.path.join(root, path))
        except OSError:
            continue
        evidence = {"document": path.removesuffix(".backup"), "size": status.st_size, "mtime_ns": status.st_mtime_ns}
        yield Finding("stale_temp", path, (path,), evidence)
