"""The work of making a storage of today of an older one: a scan, and the plan that is shown and asked for."""

from collections.abc import Callable

from inspector.engine import Engine
from inspector.model.creating import Creation
from inspector.model.display import display_name, display_text
from inspector.model.progress import Progress
from inspector.model.records import FoundStorage
from inspector.tui.jobs import Ending, Job
from inspector.tui.palette import Tone


def migration_job(engine: Engine, found: FoundStorage, made: Callable[[Creation], None]) -> Job:
    """Look through an old storage, and hand the plan that makes one of today of it to `made`; nothing is written."""

    async def work(progress: Progress) -> Ending:
        storage = await engine.open(found.root)
        engine.creating.expect_older(storage.id)
        (outcome,) = await engine.scan([storage.id], progress=progress)
        if outcome.error is not None:
            raise outcome.error
        made(await engine.creating.plan_migration(storage.id, progress=progress))
        return Ending()

    return Job("the look into the old storage", work, stopped="Stopped; nothing was written.")


def migration_words(creation: Creation) -> list[tuple[str, Tone]]:
    """What a migration comes to, in full."""
    words = [(f"{display_name(creation.name)}: a storage of today of the old one", Tone.STRONG)]
    words += [(f"{item.before}: {item.after}", Tone.TEXT) for item in creation.plan.items]
    words.append(("Its own old documents and its pictures stay as they are; the journal takes it back.", Tone.DIM))
    return [*words, *((f"{display_text(note)}.", Tone.WARNING) for note in creation.notes)]
