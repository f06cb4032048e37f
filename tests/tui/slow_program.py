"""The inspector's command line with a pause after everything that it counts, so that a test comes to the middle of it.

``SLOW`` are the seconds of the pause; the exit code is left in the file ``EXIT_CODE`` where that is set. The pauses are
in the threads that work, never in the one that draws.
"""

import os
import sys
import threading
import time
from pathlib import Path

from inspector.__main__ import main
from inspector.model.progress import Progress

_advance = Progress.advance


def _slowly(progress: Progress, *, files: int = 0, count: int = 0) -> None:
    _advance(progress, files=files, count=count)
    if threading.current_thread() is not threading.main_thread():
        time.sleep(float(os.environ.get("SLOW", "0")))


def _run() -> int:
    Progress.advance = _slowly  # type: ignore[assignment, method-assign]
    try:
        main()
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


if __name__ == "__main__":
    code = _run()
    if "EXIT_CODE" in os.environ:
        Path(os.environ["EXIT_CODE"]).write_text(str(code))
    sys.exit(code)
