"""A file in its parts as JSON, written piece by piece: one part per line."""

import json
from collections.abc import Iterator

from inspector.engine.file_parts import FileParts
from inspector.model.errors import DocumentError
from inspector.model.inspect_report import file_report, part_report
from inspector.model.inspecting import InspectedFile
from inspector.model.progress import Progress
from inspector.model.report import SCHEMA_VERSION, safe_text


def parts_json(file: InspectedFile, parts: FileParts | None, progress: Progress) -> Iterator[bytes]:
    """The document, in ASCII; a file without parts has none in it.

    Raises:
        DocumentError: the file cannot be read on; the document says so and is ended before.
        CancelledByUserError: somebody asked the work to stop.
    """
    head = json.dumps(file_report(file).as_json())
    yield f'{{"schema_version": {SCHEMA_VERSION},\n"file": {head},\n"parts": ['.encode()
    faults = 0
    try:
        for number, part in enumerate(parts.each(progress) if parts is not None else ()):
            faults += bool(part.fault)
            before = ",\n" if number else "\n"
            assert parts is not None
            yield (before + json.dumps(part_report(number, part, parts.fields_of(part)).as_json())).encode()
    except DocumentError as error:
        yield f'],\n"faults": {faults},\n"error": {json.dumps(safe_text(error.message))}}}\n'.encode()
        raise
    yield f'],\n"faults": {faults}}}\n'.encode()
