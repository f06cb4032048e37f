"""The actions that reach out of the screen: to the clipboard, to other programs, to a report."""

from inspector.tui.actions.action import Action
from inspector.tui.layout import Pane

_FILES = frozenset({Pane.SESSIONS, Pane.CONFLICTS, Pane.DETAILS})
_CONFLICTS = frozenset({Pane.CONFLICTS, Pane.DETAILS})

OUTSIDE = (
    Action("copy.path", ("y p", "y y"), "path", "Copy the absolute path", "copy_path"),
    Action("copy.relative_path", ("y r",), "relative path", "Copy the path within the storage", "copy_relative_path",
           _FILES),
    Action("copy.digest", ("y d",), "digest", "Copy the digest of the file (XXH3-128)", "copy_digest", _FILES),
    Action("copy.command", ("y c",), "command", "Copy the command line that decides this conflict", "copy_command",
           _CONFLICTS),
    Action("copy.conflict", ("y i",), "id", "Copy the id of the conflict", "copy_conflict", _CONFLICTS),
    Action("open.editor", ("e", "o e"), "edit", "Open the document in $VISUAL or $EDITOR", "edit", _FILES),
    Action("open.pager", ("o p",), "pager", "Read the document in $PAGER", "view", _FILES),
    Action("open.folder", ("o f",), "folder", "Show the file in the file manager", "reveal"),
    Action("inspect", ("b",), "browse", "Look into the storage: its tree, and what the bytes of its files are",
           "inspect"),
    Action("account", ("C",), "counts", "Read what each layer has that others lack, and how far each device is",
           "account"),
    Action("report", ("o r",), "report", "Write what is marked, or else listed, as a page, a table or JSON", "report"),
)  # fmt: skip
