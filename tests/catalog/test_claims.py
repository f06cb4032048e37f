"""Putting claims into the catalog: few, many, and with the indexes that are there afterwards."""

from pathlib import Path

import pytest

from inspector.catalog import claims
from inspector.catalog.claims import ClaimLoad
from inspector.catalog.database import Database
from inspector.model.records import Claim

LAYERS = ("index", "sessions")
NEW_STORAGE = "INSERT INTO storage (id, layout, identity, name, root, state) VALUES ('s', 'folder', '', '', '', 'new')"
INDEXES = "SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'claim' ORDER BY name"


@pytest.mark.parametrize("count", [0, 1, 49, 50, 51, 120])
@pytest.mark.parametrize("many", [10_000, 60])
def test_all_claims_of_all_layers_arrive_and_the_indexes_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int, many: int
) -> None:
    monkeypatch.setattr(claims, "_MANY_ROWS", many)
    database = Database(tmp_path)
    database.connection.execute(NEW_STORAGE)
    indexes = database.connection.execute(INDEXES).fetchall()
    given = [Claim(f"a/\udce5/{number}.jpg", f"{number:064x}", number, -number, None) for number in range(count)]
    with database.transaction() as connection, ClaimLoad(connection, "s") as load:
        for layer in LAYERS:
            load.put(layer, given)
            load.put(layer, [Claim("root.jpg")])
    for layer in LAYERS:
        found = database.connection.execute("SELECT * FROM claim WHERE layer = ? ORDER BY rowid", (layer,)).fetchall()
        expected = [("s", layer, b"a/\xe5", b"%d.jpg" % n, f"{n:064x}", n, -n, None) for n in range(count)]
        assert found == [*expected, ("s", layer, b"", b"root.jpg", None, None, None, None)]
    assert database.connection.execute(INDEXES).fetchall() == indexes
    database.close()
