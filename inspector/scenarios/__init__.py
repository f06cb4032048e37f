"""Builders of sample storages, shared by `inspector demo`, the tests and the screenshots.

`build` makes a whole scenario; `StorageBuilder` and `ImaLinkBuilder` make one storage file by file; `build_large`
makes one of any size. Nothing here looks for conflicts.
"""

from inspector.scenarios.builder import StorageBuilder
from inspector.scenarios.imalink import ImaLinkBuilder
from inspector.scenarios.large import build_large, write_large_index
from inspector.scenarios.registry import SCENARIOS, Scenario, build

__all__ = ["SCENARIOS", "ImaLinkBuilder", "Scenario", "StorageBuilder", "build", "build_large", "write_large_index"]
