"""Rows of the catalog that a scan has ready to write, so that many are written at once."""

from dataclasses import dataclass, field

from inspector.catalog.files import FileRows, FileRowValues, FolderSeal, HashedFileValues


@dataclass(slots=True)
class PendingRows:
    """What is to be written next, each list as the method of `FileRows` takes it that writes it."""

    files: list[FileRowValues] = field(default_factory=list)
    hashed: list[HashedFileValues] = field(default_factory=list)
    alterations: list[tuple[int, bytes, str, bytes, int, int, int]] = field(default_factory=list)
    reverts: list[tuple[int, bytes, bytes]] = field(default_factory=list)
    seals: list[FolderSeal] = field(default_factory=list)
    keys: list[tuple[bytes | None, str, str | None]] = field(default_factory=list)

    def count_files(self) -> int:
        """How many files wait."""
        return len(self.files) + len(self.hashed)

    def flush(self, rows: FileRows) -> None:
        """Write everything within the transaction that is open."""
        rows.put_files(self.files)
        rows.put_hashed_files(self.hashed)
        rows.put_alterations(self.alterations)
        rows.forget_alteration_if(self.reverts)
        rows.seal_folders(self.seals)
        rows.put_keys(self.keys)
        self.files.clear()
        self.hashed.clear()
        self.alterations.clear()
        self.reverts.clear()
        self.seals.clear()
        self.keys.clear()
