"""The progress of one chunk of an import."""

from inspector.model.progress import Progress


class ChunkProgress(Progress):
    """The progress of one chunk, which counts for the whole import."""

    def __init__(self, outer: Progress) -> None:
        super().__init__()
        self._outer = outer

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked the import to stop."""
        return self._outer.cancelled

    def begin(self, phase: str, *, total_files: int | None = None, total_bytes: int | None = None) -> None:
        """The import goes on in its own phase."""

    def advance(self, *, files: int = 0, count: int = 0) -> None:
        """Count files and bytes."""
        self._outer.advance(files=files, count=count)

    def check(self) -> None:
        """Raise where somebody asked the import to stop."""
        self._outer.check()
