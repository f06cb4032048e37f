"""Let everybody else's work go first: what a thread that reads for hours tells the kernel about itself."""

import ctypes
import os
import platform
import threading
from contextlib import suppress

_IOPRIO_SET = {"x86_64": 251, "aarch64": 30, "riscv64": 30, "i386": 289, "i686": 289, "armv7l": 314, "ppc64le": 273}
_WHO_PROCESS = 1  # with the id 0: the calling thread
_CLASS_IDLE = 3 << 13
_NICE = 15


def give_way() -> None:
    """Give the calling thread, and no other one, the idle class of the disk's scheduler and a low share of the CPU.

    Best effort: not every system and scheduler knows them. It cannot be taken back, so the thread should end after.
    """
    if os.uname().sysname != "Linux":
        return  # elsewhere these are of the whole process
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
    number = _IOPRIO_SET.get(platform.machine())
    if number is not None:
        ctypes.CDLL(None).syscall(number, _WHO_PROCESS, 0, _CLASS_IDLE)


def in_memory(descriptor: int, size: int) -> bool:
    """Whether the kernel holds pages of an open file of so many bytes; False where it cannot be asked.

    It is asked for the first, the middle and the last byte.
    """
    if not hasattr(os, "RWF_NOWAIT"):
        return False
    one = bytearray(1)
    for place in {0, size // 2, max(0, size - 1)}:
        with suppress(OSError):
            if os.preadv(descriptor, [one], place, os.RWF_NOWAIT):
                return True
    return False
