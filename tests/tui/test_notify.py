"""What is told beyond the screen: how often, in which envelope, and harmless whatever the names are."""

import asyncio
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.model.errors import UsageError
from inspector.model.kinds import Severity
from inspector.model.records import Conflict, StorageInfo, StorageState
from inspector.model.watching import Change, ConflictNews, StorageNews, WatchNews, WatchState
from inspector.tui.live.news import Gathered
from inspector.tui.live.notify import SECONDS_BETWEEN, Notifier, checked, sequence
from inspector.tui.live.title import TerminalTitle, count_words, has_title
from inspector.tui.palette import Tone
from inspector.tui.sync_state import Seen
from tests.tui.sent_bytes import read_strictly

NAMES = {"s": "Archive"}
STORAGE = StorageInfo("s", "folder", "i", "Archive", "/a", StorageState.READY)


class Told:
    """A notifier with a clock of its own, and what it sent and complained of."""

    def __init__(self, how: str, environment: dict[str, str] | None = None) -> None:
        self.now = 100.0
        self.sent: list[str] = []
        self.complaints: list[str] = []
        self.notifier = Notifier(how, self.sent.append, self.complaints.append, environment or {}, lambda: self.now)


def conflict(label: str = "a.jpg", severity: Severity = Severity.ERROR) -> Conflict:
    return Conflict(label, "empty_file", "s", severity, label, label, (label,), {})


def gathered(*news: WatchNews, before: Seen | None = None, own: tuple[str, ...] = ()) -> Gathered:
    made = Gathered()
    for one in news:
        made.add(one, before, own)
    return made


def storage_news(state: WatchState, reason: str = "") -> StorageNews:
    return StorageNews(STORAGE, state, reason, "", 0, 1)


def test_nobody_is_told_more_often_than_every_ten_seconds_and_nothing_is_lost() -> None:
    told = Told("osc9")
    for number in range(5):
        told.notifier.tell(f"number {number}")
    assert told.sent == ["\x1b]9;inspector: number 0\a"]
    assert told.notifier.seconds_to_wait == SECONDS_BETWEEN
    told.now += SECONDS_BETWEEN
    told.notifier.tell_waiting()
    assert told.sent[1:] == ["\x1b]9;inspector: number 1 (and 3 more)\a"]
    assert told.notifier.seconds_to_wait is None


def test_without_a_way_nobody_is_told() -> None:
    told = Told("")
    told.notifier.tell("anything")
    assert told.sent == [] and not told.notifier.is_on and told.notifier.seconds_to_wait is None


@pytest.mark.parametrize(
    ("environment", "sent"),
    [
        ({}, "\x1b]777;notify;inspector;new\a"),
        ({"TMUX": "/tmp/t,1,0"}, "\x1bPtmux;\x1b\x1b]777;notify;inspector;new\a\x1b\\"),
        ({"STY": "1.pts"}, "\x1bP\x1b]777;notify;inspector;new\a\x1b\\"),
    ],
)
def test_tmux_and_screen_get_it_in_their_envelopes(environment: dict[str, str], sent: str) -> None:
    assert sequence("osc777", "new", environment) == sent
    assert sequence("bell", "new", environment) == "\a", "they pass a bell on themselves"


@given(st.text(st.characters(exclude_categories=()), max_size=400))
def test_no_name_ends_or_divides_a_sequence(name: str) -> None:
    for how in ("osc9", "osc777"):
        for environment in ({}, {"TMUX": "x"}, {"STY": "x"}):
            sent = sequence(how, name, environment)
            inner = sent.removeprefix("\x1bPtmux;").removeprefix("\x1bP").removesuffix("\x1b\\")
            pattern = r"\x1b{1,2}\](9;inspector: |777;notify;inspector;)([^\x00-\x1f\x7f-\x9f;]*)\a"
            assert re.fullmatch(pattern, inner), sent
            assert len(sent) < 250
    assert "\x1b" not in sequence("bell", name, {})


async def test_a_command_gets_a_title_and_the_text_and_no_shell(tmp_path: Path) -> None:
    script = tmp_path / "tell me.sh"
    script.write_text('#!/bin/sh\nprintf "%s|" "$@" >> "$0.out"\n')
    script.chmod(0o755)
    told = Told(f"'{script}' --now")
    told.notifier.tell("$(touch /nonexistent) `id` a\x1b[31mb")
    out = script.with_name("tell me.sh.out")
    for _ in range(200):
        if out.exists() and out.read_text().count("|") == 3:
            break
        await asyncio.sleep(0.02)
    now, title, text = out.read_text().rstrip("|").split("|")
    assert (now, title) == ("--now", "inspector")
    assert text.startswith("$(touch /nonexistent) `id` a") and "\x1b" not in text
    await told.notifier.stop()
    assert told.complaints == []


async def test_a_command_that_fails_is_complained_of(tmp_path: Path) -> None:
    for how, words in ((str(tmp_path / "none"), "cannot be started"), ("false", "ended with 1")):
        told = Told(how)
        told.notifier.tell("new")
        for _ in range(200):
            if told.complaints:
                break
            await asyncio.sleep(0.02)
        assert words in told.complaints[0]


def test_a_way_that_makes_no_sense_is_refused() -> None:
    assert checked("bell") == "bell" and checked("") == "" and checked("notify-send -u low") == "notify-send -u low"
    with pytest.raises(UsageError):
        checked("say 'unclosed")
    with pytest.raises(UsageError):
        checked("   ")


def test_only_new_errors_and_storages_that_go_away_are_told_elsewhere() -> None:
    warning = gathered(ConflictNews(Change.OPENED, conflict(severity=Severity.WARNING), 1))
    assert warning.notification(NAMES) == "" and warning.message(NAMES)[1] is Tone.WARNING
    error = gathered(
        ConflictNews(Change.OPENED, conflict("w", Severity.WARNING), 1), ConflictNews(Change.OPENED, conflict(), 1)
    )
    assert error.notification(NAMES) == "New: Empty file, a.jpg in Archive; 1 more."
    watching = Seen(WatchState.WATCHING)
    went = gathered(storage_news(WatchState.OFFLINE, "is not there"), before=watching)
    assert went.notification(NAMES).startswith("Archive is offline: it is not there.")
    assert gathered(storage_news(WatchState.OFFLINE)).notification(NAMES) == "", "at the start it is no news"
    back = gathered(storage_news(WatchState.SCANNING), before=Seen(WatchState.OFFLINE))
    assert back.notification(NAMES) == "" and "Archive is back" in back.message(NAMES)[0]
    elsewhere = gathered(storage_news(WatchState.SCANNING), before=Seen(WatchState.OFFLINE, root="/before"))
    assert elsewhere.message(NAMES)[0] == "Archive is back at /a."
    changed = gathered(
        storage_news(WatchState.SCANNING),
        ConflictNews(Change.OPENED, conflict(), 1),
        ConflictNews(Change.CLOSED, conflict("b"), 1),
        before=Seen(WatchState.OFFLINE, root="/before"),
    )
    assert changed.message(NAMES)[0] == "Archive is back at /a, 1 new conflict, 1 conflict resolved."
    closed = gathered(ConflictNews(Change.CLOSED, conflict(), 1))
    assert (closed.notification(NAMES), closed.message(NAMES)[0]) == ("", "1 conflict resolved.")


def test_what_comes_of_the_persons_own_work_is_no_news() -> None:
    made = gathered(ConflictNews(Change.OPENED, conflict(), 1), own=("s",))
    assert made.message(NAMES)[0] == "" and made.notification(NAMES) == ""
    assert made.changed == {"a.jpg"}, "it is shown all the same"


def test_the_title_is_sent_when_it_changes_and_the_old_one_comes_back() -> None:
    sent: list[str] = []
    title = TerminalTitle(sent.append)
    for text in ("inspector: 1 conflict", "inspector: 1 conflict", "inspector: 2 conflicts, 1 offline"):
        title.show(text)
    title.leave()
    title.leave()
    assert sent == [
        "\x1b[22;2t\x1b]2;inspector: 1 conflict\a", "\x1b]2;inspector: 2 conflicts, 1 offline\a", "\x1b[23;2t"
    ]  # fmt: skip
    assert read_strictly("".join(sent).encode()).count("title") == 4
    assert count_words(1, 0) == "1 conflict" and count_words(2000, 1) == "2,000 conflicts, 1 offline"
    assert has_title({"TERM": "tmux-256color"}) and not has_title({"TERM": "linux"}) and not has_title({})
