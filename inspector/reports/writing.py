"""A report as a whole: the source, the format's writer, and where the bytes go."""

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

from inspector.fs.new_file import new_file, refuse_inside
from inspector.media.preview import PreviewMaker
from inspector.model.export import ReportFormat, ReportRequest, ReportWritten
from inspector.model.progress import Progress
from inspector.model.records import StorageInfo
from inspector.reports.csv_report import write_csv
from inspector.reports.html_report import write_html
from inspector.reports.json_report import write_json
from inspector.reports.source import Source, one_moment
from inspector.reports.thumbnails import Thumbnails

Write = Callable[[bytes], None]

_BLOCK_BYTES = 256 * 1024


def write_report(
    connection: sqlite3.Connection,
    storages: Sequence[StorageInfo],
    request: ReportRequest,
    target: Path | Write,
    *,
    previews: Callable[[], PreviewMaker],
    known: Sequence[StorageInfo] = (),
    progress: Progress,
) -> ReportWritten:
    """Write a report on `storages` to a file, or in blocks to a function; a file is there whole or not at all.

    `known` are all storages of the catalog: no report is written into one of them.

    Raises:
        UsageError: where the file lies in a storage, is there already, or cannot be written.
        CancelledByUserError: somebody asked the work to stop; no file was written.
    """
    if not isinstance(target, Path):
        return _write(connection, storages, request, target, previews, progress, marked=False)
    refuse_inside(target, [*storages, *known])
    with new_file(target, force=request.force) as write:
        return _write(connection, storages, request, write, previews, progress, marked=True)


def _write(
    connection: sqlite3.Connection,
    storages: Sequence[StorageInfo],
    request: ReportRequest,
    write: Write,
    previews: Callable[[], PreviewMaker],
    progress: Progress,
    *,
    marked: bool,
) -> ReportWritten:
    blocks = _Blocks(write)
    thumbnails = Thumbnails(connection, {one.id: one for one in storages}, previews, request.thumbnails)
    with one_moment(connection, storages, request, progress) as source:
        _write_format(source, blocks, thumbnails, marked=marked)
        blocks.flush()
        return ReportWritten(progress.files, thumbnails.count, blocks.bytes)


def _write_format(source: Source, blocks: "_Blocks", thumbnails: Thumbnails, *, marked: bool) -> None:
    if source.request.format is ReportFormat.JSON:
        write_json(source, blocks.write)
    elif source.request.format is ReportFormat.CSV:
        write_csv(source, blocks.write, marked=marked)
    else:
        write_html(source, blocks.write, thumbnails)


class _Blocks:
    """Collects text into blocks of UTF-8 of a size that is worth a system call."""

    def __init__(self, write: Write) -> None:
        self.bytes = 0
        self._write = write
        self._pending = bytearray()

    def write(self, text: str) -> None:
        """Write a piece of text; every name in it was made safe before."""
        self._pending += text.encode()
        if len(self._pending) >= _BLOCK_BYTES:
            self.flush()

    def flush(self) -> None:
        """Write what is pending."""
        if self._pending:
            self._write(bytes(self._pending))
            self.bytes += len(self._pending)
            self._pending.clear()
