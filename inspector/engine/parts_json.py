"""A file in its parts as JSON, written piece by piece: one part per line."""

import json
from collections.abc import Iterator

from inspector.engine.file_parts import FileParts
from inspector.model.inspect_report import file_report, part_report
from inspector.model.inspecting import InspectedFile
from inspector.model.progress import Progress
from inspector.model.report import SCHEMA_VERSION

_AT_ONCE = 256


def parts_json(file: InspectedFile, parts: FileParts | None, progress: Progress) -> Iterator[bytes]:
    """The document, in ASCII; a file without parts has none in it.

    Raises:
        DocumentError: the file cannot be read.
        CancelledByUserError: somebody asked the work to stop.
    """
    head = json.dumps(file_report(file).as_json())
    yield f'{{"schema_version": {SCHEMA_VERSION},\n"file": {head},\n"parts": ['.encode()
    faults = 0
    if parts is not None:
        parts.find_all(progress)
        progress.begin("writing", total_files=parts.count)
        before = "\n"
        for first in range(0, parts.count, _AT_ONCE):
            progress.check()
            some = parts.window(first, _AT_ONCE)
            for number, part in enumerate(some, first):
                line = json.dumps(part_report(number, part, parts.fields_of(part)).as_json())
                yield (before + line).encode()
                before = ",\n"
            progress.advance(files=len(some))
        faults = parts.fault_count
    yield f'],\n"faults": {faults}}}\n'.encode()
