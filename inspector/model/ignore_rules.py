"""Rules that hide conflicts: which conflicts a rule is about, and the patterns of paths in them. Pure."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import takewhile

from inspector.model.errors import UsageError
from inspector.model.kinds import Severity
from inspector.model.records import Conflict
from inspector.model.relpath import split_path

MOST_CHARACTERS = 1000

_SPECIAL = frozenset("*?[]\\")


@dataclass(frozen=True, slots=True)
class IgnoreRule:
    """What is not to be shown: conflicts of a kind, about paths that fit a pattern, in one storage.

    An empty `kind` stands for all kinds but those that may mean lost data, an empty `pattern` for all paths, and a
    `storage_id` of None for all storages. `time_ns` is when it was made, in ns since 1970; `id` is 0 before that.
    """

    pattern: str = ""
    kind: str = ""
    storage_id: str | None = None
    reason: str = ""
    time_ns: int = 0
    id: int = 0

    def hides(self, conflict: Conflict) -> bool:
        """Whether the rule is about this conflict and about nothing beside: every path of it has to fit.

        A conflict that may mean lost data is hidden only by a rule that names its kind, and one that concerns several
        storages only by a rule for all of them.
        """
        if conflict.kind != self.kind if self.kind else conflict.severity is Severity.ERROR:
            return False
        if self.storage_id is not None and (conflict.storage_id != self.storage_id or _is_about_others(conflict)):
            return False
        if not self.pattern:
            return True
        fits = path_test(self.pattern)
        paths = list(_paths(conflict))
        return bool(paths) and all(fits(path) for path in paths)

    def spares(self, conflict: Conflict) -> bool:
        """Whether the rule would hide this conflict if it named the kind, as that may mean lost data."""
        return not self.kind and not self.hides(conflict) and replace(self, kind=conflict.kind).hides(conflict)


def check_rule(rule: IgnoreRule) -> None:
    """Refuse a rule that says nothing, or that cannot be read.

    Raises:
        UsageError: with the reason.
    """
    if not rule.kind and not rule.pattern:
        raise UsageError("a rule without a pattern and a kind would hide everything", advice="Give one of the two.")
    if rule.pattern:
        path_test(rule.pattern)


@lru_cache(maxsize=256)
def path_test(pattern: str) -> Callable[[str], bool]:
    r"""Whether a path fits a pattern: it, or a folder that it is in.

    ``*`` stands for any characters but ``/``, ``**`` for any, ``?`` for one, ``[abc]`` for one of these, and ``\``
    takes the meaning from what follows. A pattern without a ``/`` within is about names anywhere, another one about
    whole paths from the storage's root on; with a ``/`` at its end it is about what is in such folders. Upper and
    lower case are the same, and so are the Unicode forms of a name.

    Raises:
        UsageError: where it is too long or has no end of a set.
    """
    if len(pattern) > MOST_CHARACTERS:
        raise UsageError(f"the pattern is longer than {MOST_CHARACTERS} characters", advice="Use a shorter one.")
    is_folder = pattern.endswith("/")
    body = _normal(pattern).strip("/")
    if not body:
        raise UsageError(f"the pattern '{pattern}' names nothing", advice="'**' stands for all paths.")
    anywhere = "/" not in body and not pattern.startswith("/")
    before = r"(?:.*/)?" if anywhere else ""
    after = r"/.*" if is_folder else r"(?:/.*)?"
    try:
        expression = re.compile(before + "".join(_pieces(body)) + after, re.IGNORECASE | re.DOTALL)
    except re.error as error:
        raise UsageError(
            f"the pattern '{pattern}' cannot be read ({error})", advice="Quote it, and check its []."
        ) from error
    return lambda path: expression.fullmatch(_normal(path)) is not None


def folder_pattern(folder: str) -> str:
    """The pattern of all that is in this folder, relative to the storage's root; all paths for the root itself."""
    return f"/{_literal(folder)}/" if folder else "**"


def path_pattern(path: str) -> str:
    """The pattern of this very path, relative to the storage's root."""
    return f"/{_literal(path)}"


def extension_pattern(extension: str) -> str:
    """The pattern of all names with this extension, given without its dot."""
    return f"*.{_literal(extension)}"


def proposed_rules(conflict: Conflict) -> tuple[IgnoreRule, ...]:
    """Rules that would hide a conflict and what is like it: for its storage, or for all where it concerns several."""
    paths = sorted(set(_paths(conflict)))
    folder = _common_folder(paths)
    extensions = {_extension(path) for path in paths}
    kind, of_one_path = conflict.kind, [path_pattern(paths[0])] if len(paths) == 1 else []
    in_folder = [folder_pattern(folder)] if folder else []
    of_extension = [extension_pattern(one) for one in extensions if one and len(extensions) == 1]
    wanted = [(pattern, kind) for pattern in (*in_folder, *of_extension, "")]
    wanted += [(pattern, "") for pattern in (*in_folder, *of_one_path)]
    here = [IgnoreRule(pattern, kind, conflict.storage_id) for pattern, kind in wanted]
    rules = [rule if rule.hides(conflict) else replace(rule, storage_id=None) for rule in here]
    return tuple(dict.fromkeys(rule for rule in (*rules, IgnoreRule(kind=kind)) if rule.hides(conflict)))


def _common_folder(paths: Sequence[str]) -> str:
    """The innermost folder that all of these are in; empty for the root."""
    parts = [split_path(path)[0].split("/") for path in paths]
    common = [ones[0] for ones in takewhile(lambda ones: len(set(ones)) == 1, zip(*parts, strict=False))]
    return "/".join(common)


def _extension(path: str) -> str:
    """The extension of a path's name without its dot, empty where it has none."""
    stem, dot, extension = split_path(path)[1].rpartition(".")
    return extension if dot and stem else ""


def _literal(text: str) -> str:
    return "".join(f"\\{character}" if character in _SPECIAL else character for character in text)


def _normal(text: str) -> str:
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def _pieces(body: str) -> Iterator[str]:
    at = 0
    while at < len(body):
        character = body[at]
        if character == "*":
            stars = len(body[at:]) - len(body[at:].lstrip("*"))
            at += stars
            if stars > 1 and body[at : at + 1] == "/":
                at += 1
                yield r"(?:.*/)?"
            else:
                yield ".*" if stars > 1 else "[^/]*"
            continue
        if character == "[" and (end := body.find("]", at + 2)) > 0:
            chosen = body[at + 1 : end]
            negated = chosen[0] in "!^"
            inside = re.sub(r"([\\\[&~|])", r"\\\1", chosen[negated:])
            yield f"(?!/)[{'^' if negated else ''}{inside}]"
            at = end + 1
            continue
        if character == "\\" and at + 1 < len(body):
            at += 1
            character = body[at]
            yield re.escape(character)
        else:
            yield "[^/]" if character == "?" else re.escape(character)
        at += 1


def _paths(conflict: Conflict) -> Iterator[str]:
    yield from conflict.paths
    for copy in _copies(conflict):
        yield copy["path"]


def _is_about_others(conflict: Conflict) -> bool:
    """Whether the conflict concerns a storage beside its own."""
    if conflict.kind == "cloned_storage":
        return True
    return any(copy["storage"] != conflict.storage_id for copy in _copies(conflict))


def _copies(conflict: Conflict) -> list[dict[str, str]]:
    copies = conflict.evidence.get("copies") if conflict.kind == "duplicate_content" else None
    return copies if isinstance(copies, list) else []
