"""The smallest Textual app: what a first paint costs at least."""

from textual.app import App, ComposeResult
from textual.widgets import Static

TEXT = "An empty app"


class EmptyApp(App[None]):
    """Shows one line."""

    def compose(self) -> ComposeResult:
        """The line."""
        yield Static(TEXT)


if __name__ == "__main__":
    EmptyApp().run()
