"""Names made to harm a terminal are shown, never sent."""

import json
import os
import re
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from textual.strip import Strip
from textual.widget import Widget

from inspector.engine import Engine
from inspector.model.plan import ItemState
from inspector.scenarios.imalink import MASTER, SESSIONS, SIGNATURE, ImaLinkBuilder
from inspector.scenarios.names import HOSTILE_NAMES
from inspector.tui import InspectorApp
from tests.tui.sent_bytes import Sent, UnexpectedBytesError, read_strictly
from tests.tui.terminal import PlayedTerminal

OpenApp = Callable[..., Awaitable[InspectorApp]]
OSC_52 = b"copy \x1b]52;c;ZWNobyBvd25lZA==\x07.jpg"


@pytest.fixture
def strange(tmp_path: Path) -> Path:
    """A folder in which every hostile name is the name of an empty picture, and so of a conflict."""
    root = tmp_path / "Strange \x1b[31m[bold]names"
    for name in (OSC_52, *HOSTILE_NAMES):
        path = os.path.join(os.fsencode(root), name if b"." in name else name + b".jpg")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        Path(os.fsdecode(path)).touch()
    return root


def segments(app: InspectorApp) -> Iterator[str]:
    """The text of every segment that the screen would send."""
    lines: list[Strip] = []
    for widget in app.screen.walk_children():
        if isinstance(widget, Widget) and widget.is_on_screen and not widget.children:
            lines += [widget.render_line(y) for y in range(widget.size.height)]
    for strip in lines:
        for segment in strip:
            yield segment.text


@pytest.mark.parametrize("size", [(60, 20), (120, 40)])
async def test_nothing_that_could_act_on_a_terminal_reaches_a_segment(
    open_app: OpenApp, strange: Path, size: tuple[int, int]
) -> None:
    app = await open_app(strange)
    async with app.run_test(size=size) as pilot:
        seen = ""
        for _ in range(60):
            await pilot.pause(0.05)
            if app.job is None and app.main.conflicts.total:
                break
        assert app.main.conflicts.total >= len(HOSTILE_NAMES) - 3
        for _ in range(app.main.conflicts.total):
            for text in segments(app):
                assert all(character.isprintable() or character in "\u202f\u3000" for character in text), repr(text)
                seen += text
            app.main.conflicts.table.move(1)
            await pilot.pause()
        await pilot.press("tab")
        await pilot.press("tab")
        await pilot.pause()
        for text in segments(app):
            assert "\x1b" not in text
            seen += text
    for shown in ("\\x1b]52;c;", "\\nline two", "\\u202e", "caf\\xe9", "\\u200b", "[bold red]heading", "[link="):
        assert shown in seen, shown


async def test_markup_in_a_name_is_text_and_not_a_link_or_a_colour(open_app: OpenApp, strange: Path) -> None:
    app = await open_app(strange)
    async with app.run_test(size=(120, 40)) as pilot:
        for _ in range(60):
            await pilot.pause(0.05)
            if app.job is None and app.main.conflicts.total:
                break
        await pilot.press(*"/heading", "enter")
        await pilot.pause(0.3)
        table = app.main.conflicts.table
        assert app.main.conflicts.total == 1
        assert "[bold red]heading[blink].jpg" in table.render_line(1).text
        assert not any(segment.style and segment.style.meta for segment in table.render_line(1))


# --- every byte of a whole tour -------------------------------------------------------------------------------------

COMMAND_LINE = "import sys; from inspector.__main__ import main; main()"
HOSTILE = (
    "W \x1b]52;c;ZWNobyBvd25lZA==\x07\x1b]0;owned\x07\x1b[2J\x9b31m\x9d52;c;eA==\x9c\x85"
    "\u202egpj\u2066\u2069\u200f\u061c\n\r\x08[red]x[/red][@click=app.quit]y[/]\u200b\ufeff\U000e0041"
)
"""ESC, OSC 52, a title, C1 as characters, bidi controls, newlines, markup, and what is not to be seen."""
IN_A_DOCUMENT = HOSTILE + "\ud800 \udc9b"
"""With lone surrogates, which JSON can hold."""
XMP = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmp:Rating="{}" xmp:Label="l&#x9b;31m&#x202e;[red]"><dc:subject><rdf:Bag>
<rdf:li>tag&#x9d;52;c;eA==&#x9c;&#x2066;[b]</rdf:li>
</rdf:Bag></dc:subject></rdf:Description></rdf:RDF></x:xmpmeta>"""
EVERY_SCREEN = {
    "the panes": b"\t j j\t j j\t j j\t",
    "the details of many conflicts": b"gc" + b"j" * 40,
    "a zoomed pane": b"zjjjz",
    "the kinds": b"fjj\x1b",
    "what a chord goes on with": b"m\x1bg\x1by\x1bo\x1b",
    "help": b"?jj\x1b",
    "the log": b"Ljj\x1b",
    "the jobs": b"Jjj\x1b",
    "marks and alike": b"gcgg]mkmu",
    "a reason": b"]i because \x1b[200~" + HOSTILE.encode("utf-8").replace(b"\x1b", b"") + b"\x1b[201~\r",
    "the rules": b"gcIjjjj\x1b",
    "a rule and its reason, taken back": b"Ii\x1b[200~"
    + HOSTILE.encode("utf-8").replace(b"\x1b", b"")
    + b"\x1b[201~\ru\x1b",
    "decisions": b"n1n2n1n3n2n1n2n1]1]2]1]1]1]1",
    "the palette": b":co\x1b",
    "a filter that nothing fits": b"/\x1b[200~path:\x9b\xc2\x9b31m\xe2\x80\xae[b]\x1b[201~x\r\x1b",
    "a comparison": b"gcggdjjjnd\x1b]d\x1b]d\x1b]djj\x1b]d\x1b",
    "the report's prompt": b"or\x1b",
    "the plan": b"P",
    "its items": b"jjjjjjjjjj",
    "a question": b"w",
}
"""What is typed to come everywhere but to what writes."""


def hostile_storages(folder: Path) -> list[Path]:
    """An archive and a folder in which every name, title, tag and path is hostile."""
    archive = ImaLinkBuilder(folder / HOSTILE, "5d0e1c52-7a8b-4f63-9a0c-2b1f6f8e4d11", HOSTILE)
    for number in range(6):
        path = f"photos/{HOSTILE} {number}/{number}{HOSTILE}.jpg"
        archive.picture(path, seed=number, size=(40, 30)).add(path, 100 + number, original=HOSTILE)
    for session in archive.sessions.values():
        session.update(session_title=IN_A_DOCUMENT, source_path=IN_A_DOCUMENT)
        session["errors"] = [{"file": IN_A_DOCUMENT, "error": IN_A_DOCUMENT}]
    archive.signature.update(notes=IN_A_DOCUMENT, tags=[IN_A_DOCUMENT], backend_url=IN_A_DOCUMENT)
    for number in range(3):
        archive.forge(f"photos/{IN_A_DOCUMENT}{number}.jpg", filename=IN_A_DOCUMENT, note=IN_A_DOCUMENT)
    documents = {f"{SESSIONS}/session_{number}.json": session for number, session in archive.sessions.items()}
    for path, document in {SIGNATURE: archive.signature, MASTER: archive.master, **documents}.items():
        archive.text(path, json.dumps(document, indent=2))  # escaped, as there are no bytes for a lone surrogate
    archive.delete(f"photos/{HOSTILE} 1").picture("photos/found \u202e.jpg", seed=77, size=(40, 30))
    root = os.path.join(os.fsencode(folder), b"Strange \x1b[7m\xc2\x9b31m\x9b31m\xff")
    for name in HOSTILE_NAMES:
        target = os.path.join(root, b"in \x1b]0;x\x07", name if b"." in name else name + b".jpg")
        os.makedirs(os.path.dirname(target), exist_ok=True)
        Path(os.fsdecode(target)).write_bytes(b"")
        copy = os.path.join(root, b"copies \xe2\x80\xae", os.path.basename(name))
        os.makedirs(os.path.dirname(copy), exist_ok=True)
        Path(os.fsdecode(copy)).write_bytes(b"the same bytes")
    for rating, name in enumerate((b"a\x1b[31m.jpg.xmp", b"a\x1b[31m.xmp", b"a\x1b[31m.jpg", b"gone \xc2\x85.jpg.xmp")):
        file = Path(os.fsdecode(os.path.join(root, name)))
        file.write_text(XMP.format(rating)) if name.endswith(b"xmp") else file.write_bytes(b"bytes")
    for file in Path(os.fsdecode(root)).rglob("*"):
        os.utime(file, (1717246380, 1717246380))
    return [archive.root, Path(os.fsdecode(root))]


class Tour:
    """The inspector on hostile storages, of which every byte that it sends is read strictly."""

    def __init__(self, state: Path, *roots: Path, size: tuple[int, int] = (120, 40), **environment: str) -> None:
        environment = {"LC_ALL": "C.UTF-8", "VISUAL": "true", "PAGER": "true", **environment}
        self.terminal = PlayedTerminal(
            COMMAND_LINE, "--state", str(state), *map(str, roots), size=size, environment=environment
        )

    def go(self, where: str, keys: bytes) -> None:
        """Type, wait until all of it is drawn, and look at what was sent."""
        before = len(self.terminal.received)
        self.terminal.type(keys)
        self.terminal.settle(0.6)
        self.check(where, before)

    def check(self, where: str, before: int = 0) -> Sent:
        """Look at everything that was sent since `before`."""
        try:
            return read_strictly(self.terminal.received[before:])
        except UnexpectedBytesError as error:
            raise AssertionError(f"{where}: {error}") from error


@pytest.fixture
def tour(tmp_path: Path) -> Iterator[Callable[..., Tour]]:
    """Begins a tour."""
    begun: list[Tour] = []

    def begin(*roots: Path, size: tuple[int, int] = (120, 40), **environment: str) -> Tour:
        begun.append(Tour(tmp_path / "state", *roots, size=size, **environment))
        return begun[-1]

    yield begin
    for one in begun:
        one.terminal.close()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("size", [(60, 20), (120, 40)])
def test_no_byte_of_a_tour_of_every_screen_comes_from_a_name(
    tmp_path: Path, tour: Callable[..., Tour], size: tuple[int, int]
) -> None:
    roots = hostile_storages(tmp_path)
    shown = tour(*roots, size=size)
    shown.terminal.wait_for(b"Scan done", 90)
    shown.terminal.settle()
    shown.check("the first scan")
    for where, keys in EVERY_SCREEN.items():
        shown.go(where, keys)
        assert not shown.terminal.ended_already(), where
    shown.go("the question is left", b"\x1b")
    shown.go("an error of a storage that is gone", b"\x1b\x1b")
    for root in roots:
        root.rename(f"{root} gone")
    shown.go("an error of a storage that is gone", b"c")
    shown.terminal.settle(2.0)
    shown.go("its details", b"gsjkjL\x1b")
    shown.go("leaving", b"q")
    assert shown.terminal.ended(60) == 0
    sent = shown.check("everything, and what is printed after the end")
    assert sent.count("copy") == 0
    for escaped in ("\\x1b]52;c;", "\\x9b31m", "\\u202e", "\\xff"):
        assert escaped in sent.text, escaped


@pytest.mark.timeout(300)
def test_a_repair_of_hostile_names_and_its_journal_send_no_byte_of_them(
    tmp_path: Path, tour: Callable[..., Tour]
) -> None:
    _, root = hostile_storages(tmp_path)
    shown = tour(root)
    shown.terminal.wait_for(b"Scan done", 90)
    shown.terminal.settle()
    shown.go("decisions", b"/kind:empty\rma2")
    shown.go("the plan", b"P")
    before = len(shown.terminal.received)
    shown.go("the question", b"w")
    asked = re.search(r"Type ([0-9]+), then", shown.check("the question", before).text)
    assert asked is not None, "what can be repaired is counted"
    count = int(asked[1])
    assert count > len(HOSTILE_NAMES) // 2
    shown.go("the answer", b"%dy" % count)
    shown.terminal.wait_for(b"done; the journal")
    shown.terminal.settle(1.5)
    shown.go("the journal", b"H" + b"j" * 3 + b"\t" + b"j" * 20)
    shown.go("taking one back", b"U")
    shown.go("the answer", b"y1y")
    shown.terminal.settle(1.5)
    shown.go("leaving", b"\x1b\x1bq")
    assert shown.terminal.ended(60) == 0
    shown.check("everything")
    with Engine(tmp_path / "state", home=tmp_path) as engine:
        states = [item.state for batch in engine.repairs.journal() for item in batch.items]
        assert states.count(ItemState.DONE) >= count, "something was repaired under these names"


def test_a_copy_is_the_only_thing_that_reaches_the_clipboard(tmp_path: Path, tour: Callable[..., Tour]) -> None:
    _, root = hostile_storages(tmp_path)
    shown = tour(root)
    shown.terminal.wait_for(b"Scan done", 90)
    shown.terminal.settle()
    assert shown.check("the first scan").count("copy") == 0
    shown.go("copying", b"yp")
    assert shown.check("copying").count("copy") == 1


@pytest.mark.parametrize(
    "harmful",
    [b"\x1b]0;title\x07", b"\x1b[31\x07m", b"\x9b31m", b"\xc2\x9b31m", "\u202e".encode(), b"\x07", b"\x1b[2J", b"\n"],
)
def test_the_strict_reading_finds_what_harms(harmful: bytes) -> None:
    read_strictly(b"\x1b[1;1H\x1b[0;1mtext " + "写真…".encode())
    with pytest.raises(UnexpectedBytesError):
        read_strictly(b"\x1b[1;1Htext " + harmful + b" more")
