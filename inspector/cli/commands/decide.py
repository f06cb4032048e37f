"""`inspector decide`: one decision, staged for later."""

import click

from inspector.cli import output
from inspector.cli.choosing import check_choice, check_path, conflict_of
from inspector.cli.invocation import Invocation
from inspector.cli.options import reason_option
from inspector.cli.work import open_engine
from inspector.model.errors import UsageError
from inspector.model.plan import Decision


@click.command("decide", short_help="Stage a decision on one conflict.")
@click.argument("conflict_id", metavar="CONFLICT_ID")
@click.argument("choice", metavar="CHOICE")
@click.option("--path", metavar="PATH", help="Which of the conflict's paths is meant, where it has several.")
@reason_option
@click.pass_obj
def command(invocation: Invocation, conflict_id: str, choice: str, path: str | None, reason: str) -> int:
    """Stage a decision on one conflict; nothing is written until a plan of it is applied.

    `inspector conflicts PATH --ids` shows the ids, `inspector plan PATH` what the staged decisions come to.
    """
    if path == "":
        raise UsageError("--path names no path", advice="Leave it out, or name one of the conflict's paths.")
    with open_engine(invocation) as engine:
        conflict = conflict_of(engine, conflict_id)
        check_choice(engine, conflict.kind, choice)
        decision = Decision(conflict.id, choice, reason, path or "")
        check_path(engine, conflict, decision)
        engine.repairs.decide([decision])
        output.line(f"Staged: {conflict.kind}={choice}  {conflict.label}")
        root = engine.storage(conflict.storage_id).root
        output.say(f"To see what it comes to: {invocation.command('plan', root)}")
        return 0
