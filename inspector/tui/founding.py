"""Storages that are made: of a folder, or of an older storage; each by a plan that was confirmed."""

import asyncio
import sqlite3
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from inspector.engine import Engine, confirmed_spec
from inspector.model.creating import Creation
from inspector.model.display import display_name, display_text
from inspector.model.errors import InspectorError
from inspector.model.jobs import JobKind
from inspector.model.progress import Progress
from inspector.tui.confirmation import Confirmation
from inspector.tui.forms.folder_typing import whole_path
from inspector.tui.jobs import Ending, Job, batch_in_words
from inspector.tui.keyed_screen import KeyedScreen
from inspector.tui.palette import Tone


def founding_job(engine: Engine, creation: Creation, ended: Callable[[str], None], key_of: Callable[[str], str]) -> Job:
    """Apply the plan that makes a storage; `ended` is called with the id that it has then, empty where it failed."""
    name = display_name(creation.name)
    info = engine.jobs.begin_now(confirmed_spec(JobKind.APPLY, [creation.storage_id], f"making of {name}"))

    async def work(progress: Progress) -> Ending:
        made = ""
        try:
            applied = await engine.jobs.run_begun(info, progress, partial(engine.repairs.apply, creation.plan))
            made = (await engine.open(creation.root)).id
            words, tone = batch_in_words(applied.batch, "done", key_of("journal"))
            return Ending(f"{name} is a storage now: {words}" if tone is Tone.GOOD else f"{name}: {words}", tone)
        finally:
            ended(made)

    return Job("the making of a storage", work, stopped="Stopped; the journal says what was done.", info=info)


async def make_storage(screen: KeyedScreen, typed: str) -> None:
    """Make an empty storage of a folder, once that is confirmed on `screen`, and open it beside the others.

    A folder that is not there is made only then.
    """
    app = screen.inspector
    path = whole_path(typed, app.home)
    made = ""
    try:
        await asyncio.to_thread(app.engine.creating.expect_possible, path)
        is_new = not await asyncio.to_thread(Path(path).exists)
        if is_new and not await _is_confirmed(screen, path, "a new folder, which is made"):
            return
        with app.engine.creating.folder(path) as root:
            creation = await app.engine.creating.plan(root)
            for note in creation.notes:
                screen.status.say(f"{display_text(note)}.", Tone.WARNING)
            after = "; ".join(item.after for item in creation.plan.items)
            if is_new or await _is_confirmed(screen, root, after):
                made = await _made(screen, creation)
    except (InspectorError, OSError, sqlite3.Error) as error:
        screen.status.say(display_text(str(error)), Tone.ERROR)
    if made:
        app.open_more([made])


async def _is_confirmed(screen: KeyedScreen, path: str, what: str) -> bool:
    answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
    question = Confirmation(f"makes a storage of {display_name(path)}: {what}", time.monotonic())
    screen.ask(question, lambda: answer.set_result(True), lambda: answer.set_result(False))
    return await answer


async def _made(screen: KeyedScreen, creation: Creation) -> str:
    app = screen.inspector
    if app.job is not None:
        screen.status.say(f"{app.job.what} is running; nothing was made.", Tone.WARNING)
        return ""
    made: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    app.start(founding_job(app.engine, creation, made.set_result, app.main.key_of))
    return await made
