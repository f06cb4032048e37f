"""Whether a shell can go on with a stopped program: Ctrl+Z where none can would leave a dead terminal."""

import os

WHY_NOT = "suspend: no shell is there to go on with it"


def is_job_of_a_shell() -> bool:
    """Whether a process of this session and outside our group started us; POSIX calls any other group orphaned."""
    import psutil  # 33 ms, and hardly ever is it asked

    group, session = os.getpgrp(), os.getsid(0)
    try:
        for process in psutil.Process().parents():
            if os.getsid(process.pid) != session:
                return False
            if os.getpgid(process.pid) != group:
                return True
    except (OSError, psutil.Error):
        return False
    return False
