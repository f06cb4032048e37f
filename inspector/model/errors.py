"""The errors a person may see: what happened, to which path, and what to do next; each knows its exit code."""

from enum import IntEnum

from inspector.model.display import display_name, display_text


class ExitCode(IntEnum):
    """What a run of the command line tells its caller; `docs/cli.md` has the table."""

    CLEAN = 0
    CONFLICTS = 1
    USAGE = 2
    INCOMPLETE = 3
    OFFLINE = 4
    GUARD = 5
    LOCKED = 6
    STALE = 7
    RECOVERY_NEEDED = 8
    LIMIT_REACHED = 9
    INTERNAL = 70
    INTERRUPTED = 130


class InspectorError(Exception):
    """What happened, to which path, and what to do next; nothing was changed unless the message says so."""

    exit_code = ExitCode.INTERNAL

    def __init__(self, message: str, *, path: str | None = None, advice: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.path = path
        self.advice = advice

    def __str__(self) -> str:
        where = f"{display_name(self.path)}: " if self.path is not None else ""
        message = display_text(self.message)
        advice = f" {self.advice}" if self.advice else ""
        return f"{where}{message}{'' if message.endswith('.') else '.'}{advice}"


class UsageError(InspectorError):
    """The caller asked for something that makes no sense."""

    exit_code = ExitCode.USAGE


class NotAStorageError(UsageError):
    """The path is not one that a layout can open."""


class StorageOfflineError(InspectorError):
    """The storage is not there, or what is there is not the storage."""

    exit_code = ExitCode.OFFLINE


class GuardTrippedError(InspectorError):
    """So much is gone at once that a person has to say that this is meant."""

    exit_code = ExitCode.GUARD

    def __init__(self, message: str, *, gone: int, known: int, path: str, advice: str) -> None:
        super().__init__(message, path=path, advice=advice)
        self.gone = gone
        self.known = known


class StorageLockedError(InspectorError):
    """Another inspector is at work on the same storage."""

    exit_code = ExitCode.LOCKED


class ProtectedError(InspectorError):
    """The storage, or the whole run, is not to be written; nothing was begun."""

    exit_code = ExitCode.USAGE


class RecoveryNeededError(InspectorError):
    """A repair was interrupted and has to be settled first; nothing was begun."""

    exit_code = ExitCode.RECOVERY_NEEDED


class CancelledByUserError(InspectorError):
    """The person stopped the work; what was done until then is kept and the next run goes on from there."""

    exit_code = ExitCode.INTERRUPTED


class CatalogError(InspectorError):
    """The catalog of the inspector itself cannot be used."""


class CatalogHeldError(CatalogError):
    """Another process writes to the catalog, and does not let go of it."""

    exit_code = ExitCode.LOCKED


class DocumentError(InspectorError):
    """An index, a sidecar or another document of a storage cannot be read.

    `offset` is the byte or character where reading stopped, where that is known.
    """

    exit_code = ExitCode.INCOMPLETE

    def __init__(self, message: str, *, path: str | None = None, offset: int | None = None) -> None:
        super().__init__(message, path=path)
        self.offset = offset
