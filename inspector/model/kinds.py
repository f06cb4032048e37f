"""Every kind of conflict: its id, what it means, how bad it is, and whose word it is."""

from dataclasses import dataclass
from enum import IntEnum


class Severity(IntEnum):
    """How much a conflict matters: `ERROR` may lose data, `WARNING` wants a decision, `INFO` is good to know."""

    INFO = 1
    WARNING = 2
    ERROR = 3

    @property
    def word(self) -> str:
        """The lower-case name used in reports and on the command line."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class KindInfo:
    """One kind of conflict.

    `id` is stable and snake_case; `meaning` is one sentence for people.
    """

    id: str
    title: str
    severity: Severity
    meaning: str


def _kinds(*rows: tuple[str, str, Severity, str]) -> dict[str, KindInfo]:
    return {row[0]: KindInfo(*row) for row in rows}


_E, _W, _I = Severity.ERROR, Severity.WARNING, Severity.INFO

KINDS: dict[str, KindInfo] = _kinds(
    ("suspected_rot", "Suspected rot", _E, "The bytes changed while size and time stayed: the disk may be failing."),
    ("missing_file", "Missing file", _E, "A layer lists this file, and it is not on disk."),
    ("unreadable_file", "Unreadable file", _E, "The file is there, and reading it fails."),
    ("undecodable_image", "Undecodable picture", _E, "The file can be read, and it is not a whole picture."),
    ("empty_file", "Empty file", _E, "A picture of zero bytes: a copy or a sync that did not finish."),
    ("size_mismatch", "Other size than recorded", _E, "The file's size is not the one that an index recorded."),
    ("unsafe_path", "Unsafe path", _E, "An index holds a path that leads outside the storage; it was not followed."),
    ("index_unparsable", "Unreadable index", _E, "An index cannot be read, or only its beginning."),
    ("missing_document", "Missing document", _W, "A document that every storage of this kind has is not there."),
    (
        "index_duplicate_key",
        "Key twice in an index",
        _W,
        "Two entries of an index share a key, or two keys share a file.",
    ),
    ("index_bad_entry", "Bad entry in an index", _W, "An entry of an index has fields that cannot be right."),
    ("storage_id_mismatch", "Ids of the storage differ", _W, "The documents of one storage name different ids."),
    ("cloned_storage", "Cloned storage", _W, "Two folders say that they are the same storage."),
    (
        "registered_elsewhere",
        "Listed at another place",
        _I,
        "The list that the program keeps of its storages has another path for this one.",
    ),
    ("nested_storage", "Storage inside a storage", _I, "A storage lies within this one and is left out of it."),
    (
        "unknown_version",
        "Unknown version",
        _W,
        "A newer program wrote this: it is read as far as possible, never written.",
    ),
    ("legacy_storage", "Old storage format", _I, "An older version of the program wrote this storage."),
    ("path_mismatch", "Moved file", _W, "The content is on disk, at another path than the recorded one."),
    ("orphan_file", "Orphan file", _W, "The file is on disk, and no index lists it."),
    ("content_changed", "Edited file", _I, "The content is not the one that was recorded, and the file is newer."),
    ("sync_conflict_copy", "Sync conflict copy", _W, "A sync program kept a second version of a file."),
    ("duplicate_filename", "Same name, other picture", _I, "Several pictures share a file name and differ in content."),
    ("duplicate_content", "Same picture twice", _I, "Several files hold the same bytes."),
    ("session_drift", "Session and index differ", _W, "An import session and the index do not list the same files."),
    ("totals_wrong", "Totals are wrong", _I, "The counts that a document states are not the counts of its entries."),
    ("orphan_sidecar", "Sidecar without picture", _W, "The sidecar's picture is not there."),
    ("ambiguous_sidecar", "Sidecar of several pictures", _W, "The sidecar could belong to more than one picture."),
    (
        "double_sidecar",
        "Two sidecars",
        _W,
        "A picture has two sidecars of one kind, and programs differ in which they read.",
    ),
    ("unicode_twin", "Unicode twins", _W, "Two names look alike and differ in their Unicode form."),
    ("case_twin", "Case twins", _W, "Two names differ in upper and lower case only: one is lost on some systems."),
    ("stale_temp", "Left-over temporary file", _I, "A program that was writing this file did not finish."),
    ("stale_lock", "Left-over lock", _W, "A lock whose holder no longer runs, or cannot be known."),
    ("missing_reference", "Missing picture in use", _E, "A document uses a picture that is not here."),
    ("name_mismatch", "Content is not the name's", _E, "The file is named after its content, and has another one."),
    ("random_name", "Named at random", _I, "The file could be named after its content, and nothing uses its name."),
    (
        "damaged_log",
        "Damaged log",
        _W,
        "A log of changes breaks off or cannot be read on: a sync that did not finish, or a crash.",
    ),
    ("log_gap", "Gap in a log", _W, "Changes were written that are not here: they were not synced yet, or are lost."),
    ("incomplete_snapshot", "Unfinished snapshot", _I, "A program did not finish writing this, and passes over it."),
    ("cleanup_risk", "At risk of clean-up", _W, "A program does not see that the picture is used, and may remove it."),
    ("orphan_thumbnail", "Thumbnails without picture", _I, "A program keeps thumbnails of pictures that are gone."),
    ("interrupted_move", "Interrupted move", _W, "A program began to move something to another storage."),
    ("unstable_file", "File still changing", _I, "The file changed while it was read; look again later."),
)
