"""From an id that is counted on the screen to the picture on the disk, wherever it lies."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from inspector.scenarios.notecove import NoteCoveBuilder, ProfileBuilder, update_with
from inspector.tui import InspectorApp
from inspector.tui.inspecting.account_screen import AccountScreen

OpenApp = Callable[..., Awaitable[InspectorApp]]
Until = Callable[[Callable[[], bool]], Awaitable[None]]

NOTE = "fb2bb2ab-5131-4fec-b0c2-a12fb46e2a57"


def words(screen: AccountScreen) -> str:
    """What is said below the list."""
    return " ".join(strip.text.strip() for strip in screen.words.strips)


async def test_where_a_picture_is_that_is_not_here_is_said_below_the_counts(
    open_app: OpenApp, until: Until, tmp_path: Path
) -> None:
    main = NoteCoveBuilder(tmp_path / "profile/sd-main", "qCzxqo6dQEi7hSkc5dO5dw")
    second = NoteCoveBuilder(tmp_path / "profile/sd-second", "KKpfns-FSZyx-kRB8i-3JA")
    image = second.image("a.png")
    main.log(NOTE, [update_with([image])])
    ProfileBuilder(tmp_path / "profile").add(main).add(second).write()
    app = await open_app(main.root, scan=False)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(lambda: app.job is None and app.main.is_mounted)
        await pilot.press("g", "s", "C")
        await until(lambda: isinstance(app.screen, AccountScreen) and app.screen.table.row_count > 5)
        screen = app.screen
        assert isinstance(screen, AccountScreen)
        rows = [screen.table.row(number) for number in range(screen.table.row_count)]
        place = next(number for number, row in enumerate(rows) if row is not None and row.key == image)
        screen.table.go_to(place)
        await until(lambda: screen.table.current is not None and screen.table.current.key == image)
        await pilot.press("enter")
        await until(lambda: "registered for" in words(screen))
        said = words(screen)
        assert "registered for 'sd-second'" in said
        assert f"sd-second/media/{image}.png" in said.replace(" ", "")
        assert "used by 1 note of 'sd-main'" in said
        await pilot.press("enter", "enter")  # one search gives way to the next
        await until(lambda: not screen.status.message and "registered for" in words(screen))
        await pilot.press("k")
        await until(lambda: "registered for" not in words(screen))
