"""The options that choose and sort conflicts by a filter text, as the screen's filter does."""

from collections.abc import Callable
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

from inspector.model.query import parse
from inspector.model.query_complete import complete
from inspector.model.query_term import QueryError
from inspector.model.sorting import Order, SortBy

Command = TypeVar("Command", bound=Callable[..., Any])


class _Where(click.ParamType[str]):
    """A filter text; which storages there are is for the engine to say."""

    name = "filter"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text, if it makes sense."""
        try:
            parse(str(value))
        except QueryError as error:
            self.fail(f"{error.message}{f'. {error.advice}' if error.advice else ''}", param, ctx)
        return str(value)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """What the last term may become."""
        completion = complete(incomplete)
        before = completion.text[: completion.text.rfind(":") + 1] if ":" in incomplete else ""
        return [CompletionItem(f"{before}{candidate}") for candidate in completion.candidates]


def where_option(words: str) -> Callable[[Command], Command]:
    """``--where`` as `where`; `words` say what it does for the command."""
    return click.option("--where", type=_Where(), default="", metavar="FILTER", help=words)


def order_options(command: Command) -> Command:
    """``--sort`` as `sort` and ``--reverse`` as `reverse`, which `order_of` takes."""
    command = click.option("--reverse", is_flag=True, help="Sort the other way round.")(command)
    return click.option(
        "--sort",
        type=click.Choice([by.value for by in SortBy]),
        default=SortBy.KIND.value,
        show_default=True,
        help="By kind, worst first; by path; by size, largest first; or by date, newest first.",
    )(command)


def order_of(sort: str, *, reverse: bool) -> Order:
    """The order that the options name."""
    return Order(SortBy(sort), reverse)
