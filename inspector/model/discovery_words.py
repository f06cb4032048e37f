"""Where a picture was found, in words: the same on the command line and on the screen. Pure."""

from collections.abc import Iterator

from inspector.model.discovery import DiscoveredFile, DiscoveredUse, Discovery, Proof, Registration
from inspector.model.display import counted, display_name


def file_words(file: DiscoveredFile) -> str:
    """What is to be known of a file; empty where it is the picture that the program takes."""
    if file.passed_over:
        return file.passed_over
    if file.proof is Proof.OTHER_CONTENT:
        return "its bytes are not those that its id states: it may not be here whole"
    return "its bytes cannot be read" if file.proof is Proof.NOT_READ else ""


def rest_in_words(found: Discovery) -> Iterator[str]:
    """All but the files, one thing after the other: what registers the picture, what uses it, what is not known."""
    if not found.files:
        yield f"no file of this id is in any of {counted(len(found.looked_into), 'storage')}"
    yield from map(_registered, found.registrations)
    if not found.registrations:
        yield "it is registered in no database that was read"
    yield from map(_used, found.uses)
    if not found.uses:
        yield "no note that was read uses it"
    for one in found.not_looked_into:
        yield f"not all is known of '{display_name(one.name)}' ({display_name(one.place)}): {display_name(one.reason)}"


def _registered(registration: Registration) -> str:
    words = f"registered for '{display_name(registration.storage)}' in {display_name(registration.database)}"
    if not registration.place:
        return f"{words}, which does not say where that storage is"
    return words if registration.is_there else f"{words}, as {display_name(registration.place)}, which is not there"


def _used(use: DiscoveredUse) -> str:
    past = "" if use.is_current else ", by earlier versions of them alone"
    documents = ", ".join(map(display_name, use.documents))
    return f"used by {counted(use.count, 'note')} of '{display_name(use.storage)}'{past}: {documents}"
