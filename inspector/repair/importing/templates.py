"""Where a picture goes by its date, its camera and the way in which an import is organised; pure."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from string import Formatter

from inspector.model.errors import UsageError
from inspector.model.filekinds import FileKind, file_kind, is_noise_folder, is_temporary_name
from inspector.model.importing import ORGANIZED
from inspector.model.relpath import join_path

_LONGEST_PART = 60
"""Characters; each may take four bytes of the 255 that a name has."""
_UNKNOWN_CAMERA = "unknown camera"
_NUMBERS = ("year", "month", "day", "hour", "minute", "second")
_TEXTS = ("camera", "folder", "session", "title", "name", "stem", "ext")
_FORMAT = re.compile(r"0?[1-9]?")
_ADVICE = f"Use {', '.join(ORGANIZED)}, or a template of {{{'}, {'.join((*_NUMBERS, *_TEXTS))}}}."
_TEMPLATE_OF = {
    "keep": "{folder}/{name}",
    "date": "{year:04}/{month:02}/{name}",
    "session": "Import-{session}/{name}",
    "flat": "{name}",
}
_ODD = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]')


@dataclass(frozen=True, slots=True)
class Subject:
    """What is known of the picture that a group goes by. `folder` is that of the source."""

    folder: str
    name: str
    stem: str
    taken: datetime
    camera: str = ""


class Template:
    """Where pictures go: a path made of texts and fields in braces."""

    def __init__(self, organize: str, session: str, title: str) -> None:
        """Read the way to organise.

        Raises:
            UsageError: where it is no way and no template that makes sense.
        """
        self._text = _TEMPLATE_OF.get(organize, organize)
        self._session = {"session": _part(session or "1"), "title": _part(title)}
        self._parts = list(_parse(organize, self._text))
        named = {name for _, name, _ in self._parts}
        if not named & {"name", "stem"}:
            raise _senseless(organize, "names no picture: it needs {name} or {stem}")
        if not any(f"{{{one}" in self._text.rpartition("/")[2] for one in ("name", "stem")):
            raise _senseless(organize, "has no name of a picture in its last part")

    def place(self, subject: Subject) -> tuple[str, str]:
        """The folder for a picture and what its name begins with in place of its stem."""
        extension = subject.name[len(subject.stem) + 1 :] if len(subject.name) > len(subject.stem) else ""
        values: Mapping[str, Callable[[], str | int]] = {
            **{name: (lambda name=name: getattr(subject.taken, name)) for name in _NUMBERS},  # type: ignore[misc]
            "camera": lambda: _part(subject.camera) or _UNKNOWN_CAMERA,
            "folder": lambda: subject.folder,
            "name": lambda: subject.name,
            "stem": lambda: subject.stem,
            "ext": lambda: extension,
            **{name: (lambda value=value: value) for name, value in self._session.items()},  # type: ignore[misc]
        }
        text = "".join(
            literal + (format(values[name](), spec) if name is not None else "") for literal, name, spec in self._parts
        )
        folder, _, name = text.rpartition("/")
        folder = "/".join(part for part in folder.split("/") if part not in {"", ".", ".."})
        ending = subject.name[len(subject.stem) :]
        return folder, name.removesuffix(ending) or subject.stem


def target(base: str, folder: str, name: str) -> str:
    """The path of a file in the storage, whose imported files go below `base`."""
    return join_path("/".join(part for part in (base, folder) if part), name)


def seen_folder(folder: str) -> str:
    """A folder as scans look into it: parts that are called like a system's folder, or one of ours, are renamed."""
    return "/".join(f"_{part}" if is_noise_folder(part) else part for part in folder.split("/"))


def seen_stem(stem: str, tails: Iterable[str]) -> str:
    """What names with these tails begin with, so that scans look at all of them."""
    names = [stem + tail for tail in tails]
    is_unseen = any(file_kind(name) is FileKind.NOISE or is_temporary_name(name) for name in names)
    return f"_{stem}" if is_unseen else stem


def _parse(organize: str, text: str) -> list[tuple[str, str | None, str]]:
    try:
        parsed = list(Formatter().parse(text))
    except ValueError as error:
        raise _senseless(organize, f"cannot be read ({error})") from error
    parts = []
    for literal, name, spec, conversion in parsed:
        if name is not None and name not in (*_NUMBERS, *_TEXTS):
            raise _senseless(organize, f"has a field {{{name}}} that is not known")
        if conversion or (spec and (name not in _NUMBERS or not _FORMAT.fullmatch(spec))):
            raise _senseless(organize, f"has a form after {{{name}}} that is not known, other than {{month:02}}")
        if "\0" in literal:
            raise _senseless(organize, "holds a NUL character")
        parts.append((literal, name, spec or ""))
    if text.startswith("/") or any(part == ".." for part in text.split("/")):
        raise _senseless(organize, "leads out of the storage")
    return parts


def _senseless(organize: str, why: str) -> UsageError:
    return UsageError(f"'{organize}' is no way to organise pictures: it {why}", advice=_ADVICE)


def _part(text: str) -> str:
    """A text as a part of a path that every system takes."""
    return _ODD.sub("_", text)[:_LONGEST_PART].strip(" .")
