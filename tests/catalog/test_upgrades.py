"""A catalog of an earlier inspector is brought up to date with all that it knows."""

from pathlib import Path

import pytest

from inspector.catalog import database as database_module
from inspector.catalog import jobs as job_rows
from inspector.catalog.database import Database
from inspector.catalog.schema import MIGRATIONS
from inspector.catalog.verification import oldest_first

_FIRST_WITH_JOBS = 4


@pytest.mark.parametrize("version", range(_FIRST_WITH_JOBS, len(MIGRATIONS)))
def test_files_and_jobs_survive_and_nothing_counts_as_verified(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: int
) -> None:
    with monkeypatch.context() as then:
        then.setattr(database_module, "MIGRATIONS", MIGRATIONS[:version])
        old = Database(tmp_path)
        for statement in (
            "INSERT INTO storage (id, layout, identity, name, root, state)"
            " VALUES ('s', 'folder', x'', x'', x'', 'ready')",
            "INSERT INTO folder (id, storage_id, path) VALUES (1, 's', x'')",
            "INSERT INTO file (folder_id, name, kind, size, mtime_ns, ctime_ns, inode, status, digest)"
            " VALUES (1, x'61', 1, 5, 1, 1, 1, 0, x'00')",
            "INSERT INTO job (kind, title, storages, args, priority, here, place, state, created_ns)"
            " VALUES ('scan', 'an old one', '[]', '{}', 0, 0, 1, 'failed', 1)",
        ):
            old.connection.execute(statement)
        old.close()
    new = Database(tmp_path)
    assert new.notices == []
    (file,) = oldest_first(new.connection, ["s"], 10)
    assert (file.known.name, file.verified_ns) == (b"a", 0)
    (job,) = job_rows.listing(new.connection, 10)
    assert (job.spec.title, job.errors, job.not_before_ns) == ("an old one", (), None)
    new.close()
