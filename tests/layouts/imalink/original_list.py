"""ImaLink's own list of storages as its program treats it, after what was read from it (see docs/formats/imalink.md).

Every entry has to have exactly six members; whatever is wrong puts the whole file aside.
"""

import json
from pathlib import Path
from typing import Any

_MEMBERS = {"storage_uuid", "display_name", "base_path", "created_at", "last_used", "is_active"}


class OriginalList:
    """The list in a folder, read as the program does; `storages` are its entries by their keys."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "storage_config.json"
        self.storages: dict[str, Any] = {}
        try:
            values = json.loads(self._path.read_text(encoding="utf-8"))
            found = dict(values.get("storages", {}))
            if any(set(entry) - _MEMBERS or _MEMBERS - {"is_active"} - set(entry) for entry in found.values()):
                raise TypeError("unexpected member")
            self.storages = found
        except (ValueError, TypeError, AttributeError):
            self._path.rename(self._path.with_suffix(".json.backup"))
            self.save()

    def save(self) -> None:
        """Write all of it anew."""
        values = {"version": "1.0", "last_updated": "2024-10-19T12:00:00.000001", "storages": self.storages}
        temporary = self._path.with_suffix(".json.tmp")
        temporary.write_text(json.dumps(values, indent=2, ensure_ascii=False), encoding="utf-8")
        temporary.rename(self._path)
