"""The settings file and the keymap in it: what holds, and what is left out with a reason."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.tui.keys.checks import checked_keymap
from inspector.tui.keys.keymap import Keymap
from inspector.tui.keys.names import NAMES, is_key, key_from_text
from inspector.tui.keys.registries import REGISTRIES
from inspector.tui.settings.chosen import CONFIG_VARIABLE, Settings, read_settings

IDS = sorted({action.id for actions in REGISTRIES.values() for action in actions})
KEYS = st.sampled_from(["a", "q", "?", "x", "m", "m k", "Z", "Ctrl+Y", "f9", "escape", "o", "o e", "1", ""])


def read(path: Path, text: str) -> Settings:
    path.write_text(text, encoding="utf-8")
    return read_settings(path)


def keys_of(keymap: Keymap, screen: str, identity: str) -> tuple[str, ...]:
    return next(action.keys for action in keymap.applied_to(REGISTRIES[screen]) if action.id == identity)


def test_a_key_a_list_a_chord_and_no_key_can_be_given(tmp_path: Path) -> None:
    text = '[keys]\n"decide.accept" = "Z"\ndecide.skip = ["Ctrl+Y", "m j"]\ntheme = []\n'
    settings = read(tmp_path / "config.toml", text)
    assert settings.problems == ()
    assert keys_of(settings.keymap, "main", "decide.accept") == ("Z",)
    assert keys_of(settings.keymap, "compare", "decide.skip") == ("ctrl+y", "m j")
    assert keys_of(settings.keymap, "main", "theme") == ()


def test_the_screen_can_be_told_not_to_watch_and_whom_to_tell(tmp_path: Path) -> None:
    text = '[screen]\nwatch = false\nnotify = "notify-send -u critical"\ntitle = false\nsyncthing = "/k.toml"\n'
    screen = read(tmp_path / "config.toml", text).screen
    assert (screen.watch, screen.notify, screen.title) == (False, "notify-send -u critical", False)
    assert screen.syncthing_file == Path("/k.toml")
    usual = read(tmp_path / "config.toml", "").screen
    assert (usual.watch, usual.notify, usual.title, usual.syncthing_file) == (True, "", True, None)


def test_two_actions_can_change_their_keys_with_each_other(tmp_path: Path) -> None:
    settings = read(tmp_path / "config.toml", '[keys]\n"plan" = "H"\n"journal" = "P"\n')
    assert settings.problems == ()
    assert keys_of(settings.keymap, "main", "plan") == ("H",)


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ('"decide.acept" = "Z"', "did you mean 'decide.accept'"),
        ('"decide.accept" = "x"', "'x' is the key of 'job.cancel' already"),
        ('"plan" = "m"', "'m' is how 'm k' begins"),
        ('"plan" = "a b"', "'a b' begins with 'a', which is the key of 'decide.accept'"),
        ('"plan" = "pagdown"', "did you mean 'pagedown'"),
        ('"plan" = 7', "wants a key"),
        ('"plan" = "3"', "never move"),
        ('"decide.choice" = "Z"', "never move"),
        ('quit = ""', "always keeps a key"),
        ("help = []", "always keeps a key"),
    ],
)
def test_an_entry_that_makes_no_sense_is_left_out_with_file_line_and_reason(
    tmp_path: Path, entry: str, words: str
) -> None:
    path = tmp_path / "config.toml"
    settings = read(path, f'[keys]\n{entry}\n"theme" = "Z"\n')
    assert len(settings.problems) == 1
    assert settings.problems[0].startswith(f"{path}:2: keys.")
    assert words in settings.problems[0]
    assert dict(settings.keymap.keys) == {"theme": ("Z",)}


def test_settings_of_the_screen_are_checked_one_by_one(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    settings = read(path, '[screen]\ntheme = "inspector-lite"\nmous = true\nascii = true\nmouse = "no"\n[key]\n')
    places = {problem.split(": ")[0] for problem in settings.problems}
    assert places == {f"{path}:{line}" for line in (2, 3, 5, 6)}
    assert settings.screen.ascii
    assert settings.screen.theme is None
    assert any("did you mean 'inspector-light'" in problem for problem in settings.problems)


@pytest.mark.parametrize("content", [b"[keys\n", b"\xff\xfe", b"keys = 3\n"])
def test_a_broken_file_leaves_everything_as_it_comes_and_says_so(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(content)
    settings = read_settings(path)
    assert len(settings.problems) == 1
    assert str(path) in settings.problems[0]
    assert not settings.keymap.keys


def test_only_a_named_file_has_to_be_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(CONFIG_VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert read_settings().problems == ()
    monkeypatch.setenv(CONFIG_VARIABLE, str(tmp_path / "none.toml"))
    assert "no such settings file" in read_settings().problems[0]


@given(st.dictionaries(st.sampled_from(IDS), st.lists(KEYS, max_size=3), max_size=6))
def test_whatever_is_asked_for_help_and_quit_keep_a_key_and_no_new_clash_comes_up(table: dict[str, object]) -> None:
    keymap, refusals = checked_keymap(table, REGISTRIES)
    assert set(keymap.keys) | {refusal.identity for refusal in refusals} == set(table)
    assert checked_keymap({name: list(keys) for name, keys in keymap.keys.items()}, REGISTRIES) == (keymap, ())
    for screen in REGISTRIES:
        assert keys_of(keymap, screen, "quit")
        assert keys_of(keymap, screen, "help")


def test_keys_are_understood_as_they_are_shown() -> None:
    assert [key_from_text(text) for text in ("PgDn", "Ctrl+P", "Esc", "F5", "G")] == [
        "pagedown", "ctrl+p", "escape", "f5", "G",
    ]  # fmt: skip
    assert all(is_key(key_from_text(name)) for name in NAMES)
