"""What is to become of folders that are made storages, and of storages that are entered in their program's list."""

from dataclasses import dataclass

from inspector.model.plan import Plan


@dataclass(frozen=True, slots=True)
class Creation:
    """A plan that makes a storage of a folder, or one of today of an older one: of which folder, and what it will be.

    `notes` are what people have to know besides, in words.
    """

    plan: Plan
    storage_id: str
    root: str
    identity: str
    name: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Registration:
    """A plan that enters storages in their program's list.

    `already` are the roots of those for which there is nothing to do, each with the reason, `refused` those that cannot
    be entered. `notes` are what people have to know besides.
    """

    plan: Plan
    already: tuple[tuple[str, str], ...] = ()
    refused: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
