"""The other verbs, and what is no verb."""

import json
from pathlib import Path

import pytest

from inspector.cli.commands import discover
from inspector.cli.main import VERBS, group
from inspector.model.errors import CancelledByUserError, ExitCode
from inspector.model.locate_report import LocateReport
from inspector.model.records import FoundStorage
from inspector.model.report import DiscoverReport, SessionsReport, StoragesReport
from tests.cli.conftest import Cli


def test_without_anything_known_a_hint_says_how_to_begin(cli: Cli) -> None:
    ran = cli()
    assert (ran.code, ran.out) == (ExitCode.USAGE, "")
    assert "inspector demo" in ran.err


def test_a_path_without_a_terminal_prints_the_summary(cli: Cli, conflicting: Path) -> None:
    ran = cli(conflicting)
    assert ran.code == ExitCode.CONFLICTS
    assert "Empty file" in ran.out
    assert cli().out == cli(conflicting).out


@pytest.mark.parametrize("options", [("--deep",), ("--quick",), ("--full",)])
def test_options_of_a_scan_may_stand_before_the_path(cli: Cli, pictures: Path, options: tuple[str, ...]) -> None:
    ran = cli(*options, pictures)
    assert "pictures  folder" in ran.out
    assert ran.code == (ExitCode.CONFLICTS if options == ("--deep",) else 0)


def test_a_folder_called_like_a_verb_is_opened_by_its_path(
    cli: Cli, pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures.rename(tmp_path / "check")
    monkeypatch.chdir(tmp_path)
    assert "check  folder" in cli("./check").out


def test_a_mistyped_verb_is_answered_with_the_nearest(cli: Cli) -> None:
    ran = cli("chekc", "x")
    assert ran.code == ExitCode.USAGE
    assert "Did you mean 'check'?" in ran.err


def test_an_option_before_its_verb_is_answered_with_where_it_goes(cli: Cli) -> None:
    ran = cli("--deep", "check", "x")
    assert ran.code == ExitCode.USAGE
    assert "options of 'check' are written after it" in ran.err


def test_the_global_option_names_another_catalog(cli: Cli, pictures: Path, tmp_path: Path) -> None:
    assert cli("--state", tmp_path / "own", "check", pictures).code == 0
    assert cli("storages", "--json").json["storages"] == []
    assert len(cli("--state", tmp_path / "own", "storages", "--json").json["storages"]) == 1


def test_storages_lists_what_was_opened(cli: Cli, pictures: Path) -> None:
    assert "No storage is known yet" in cli("storages").out
    cli("check", pictures)
    assert "pictures  folder  ready  6 files" in cli("storages").out
    assert StoragesReport.model_validate(cli("storages", "--json").json).storages[0].root == str(pictures)


def test_sessions_of_a_folder_are_its_scans(cli: Cli, pictures: Path) -> None:
    assert cli("sessions", pictures).code == ExitCode.USAGE
    cli("check", pictures)
    report = SessionsReport.model_validate(cli("sessions", pictures, "--json").json)
    assert [session.files for session in report.sessions] == [6]
    assert "6 files" in cli("sessions", pictures).out


def test_locate_finds_by_name_and_by_digest(cli: Cli, pictures: Path) -> None:
    cli("check", pictures)
    report = LocateReport.model_validate(cli("locate", "img_3.JPG", "--json").json)
    assert [file.path for file in report.files] == ["IMG_3.jpg"]
    digest = report.files[0].digest
    ran = cli("locate", digest)
    assert (ran.code, ran.out) == (0, f"{pictures}/IMG_3.jpg\n")


def test_locate_ends_with_1_where_nothing_is_found(cli: Cli, pictures: Path) -> None:
    cli("check", pictures)
    ran = cli("locate", "nothing.jpg")
    assert (ran.code, ran.out) == (1, "")
    assert cli("locate", "nothing.jpg", "--json").json["files"] == []


def test_discover_finds_storages_by_their_marks(cli: Cli, tmp_path: Path) -> None:
    assert cli("demo", "--scenario", "clean", "--dir", tmp_path / "demo").code == 0
    report = DiscoverReport.model_validate(cli("discover", tmp_path / "demo", "--json").json)
    assert report.complete
    assert "imalink" in {found.layout for found in report.found}
    assert cli("discover", tmp_path / "demo", "--depth", 0, "--json").json["found"] == []
    assert "imalink" in cli("discover", tmp_path / "demo").out


def test_discover_that_is_stopped_lists_what_was_found(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stopped(*_: object, on_found: object = None, **__: object) -> list[FoundStorage]:
        assert callable(on_found)
        on_found(FoundStorage("/media/card", "imalink", "Card"))
        raise CancelledByUserError("stopped")

    monkeypatch.setattr("inspector.engine.Engine.discover", stopped)
    ran = cli("discover", tmp_path, "--json")
    assert ran.code == ExitCode.INTERRUPTED
    assert [found["name"] for found in ran.json["found"]] == ["Card"]
    assert not ran.json["complete"]


def test_discover_looks_in_the_usual_places_that_exist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(discover, "_PLACES", (str(tmp_path / "none"),))
    assert discover._default_roots() == [str(tmp_path)]


def test_doctor_says_what_there_is(cli: Cli, pictures: Path, state: Path) -> None:
    cli("check", pictures)
    facts = cli("doctor", "--json").json
    assert facts["state"]["folder"] == str(state)
    assert set(facts["layouts"]) >= {"folder", "imalink"}
    assert facts["terminal"]["stdout"] is False
    assert "inotify" in cli("doctor").out


def test_demo_prints_what_it_found_and_leaves_the_users_catalog_alone(cli: Cli, tmp_path: Path, state: Path) -> None:
    ran = cli("demo", "--dir", tmp_path / "demo")
    assert ran.code == 0
    assert "Suspected rot" in ran.out
    assert not state.exists()
    assert cli("demo", "--dir", tmp_path / "demo").code == ExitCode.USAGE


def test_demo_lists_its_scenarios_and_refuses_others(cli: Cli, tmp_path: Path) -> None:
    assert cli("demo", "--list").out.startswith("all ")
    ran = cli("demo", "--scenario", "none", "--dir", tmp_path / "demo")
    assert ran.code == ExitCode.USAGE
    assert "Choose one of" in ran.err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script(cli: Cli, shell: str) -> None:
    ran = cli("completion", shell)
    assert ran.code == 0
    assert "_INSPECTOR_COMPLETE" in ran.out


def test_completion_offers_verbs_and_kinds(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_INSPECTOR_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "inspector ch")
    monkeypatch.setenv("COMP_CWORD", "1")
    assert "plain,check" in cli().out
    monkeypatch.setenv("COMP_WORDS", "inspector check --kind missing_f")
    monkeypatch.setenv("COMP_CWORD", "3")
    assert cli().out == "plain,missing_file\n"


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_that_fits_the_list(cli: Cli, verb: str) -> None:
    with group.make_context("inspector", [], resilient_parsing=True) as context:
        command = group.get_command(context, verb)
        assert command is not None
        assert command.name == verb
        if command.short_help is not None:
            assert command.short_help == VERBS[verb]
    ran = cli(verb, "--help")
    assert ran.code == 0
    assert verb in ran.out
    assert max(map(len, ran.out.splitlines())) <= 100
    assert VERBS[verb] in " ".join(cli("--help").out.split())


def test_help_and_version_are_answered(cli: Cli) -> None:
    assert cli("--version").out.startswith("inspector ")
    assert "Commands:" in cli("-h").out
    assert json.dumps(cli("--help").out).isascii()
