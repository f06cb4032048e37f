"""Whether a storage directory is for the program's development, beside what its profile is for."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from inspector.layouts.base import Surroundings
from inspector.layouts.notecove import NoteCoveLayout
from inspector.model.kinds import Severity
from inspector.model.records import Finding
from inspector.scenarios.builder import FIRST_TIME_NS
from inspector.scenarios.notecove import NoteCoveBuilder, ProfileBuilder

SD = "qCzxqo6dQEi7hSkc5dO5dw"
PROFILE_ID = "Ovqbg3eXQLOdV9XJdZcDpA"
LAYOUT = NoteCoveLayout()


class Place:
    """A storage directory whose database lies in a profile's folder of the program."""

    def __init__(self, folder: Path) -> None:
        self.home = folder
        self.program = folder / ".config/NoteCove"
        self.directory = NoteCoveBuilder(folder / "sd", SD)
        ProfileBuilder(self.program / "profiles" / PROFILE_ID).add(self.directory).write()

    def list_profiles(self, value: Any) -> None:
        """Write `profiles.json`, some time ago."""
        path = self.program / "profiles.json"
        path.write_text(json.dumps(value))
        os.utime(path, ns=(FIRST_TIME_NS, FIRST_TIME_NS))

    def found(self) -> list[Finding]:
        """What is said of the type in any layer."""
        events = LAYOUT.read_layers(str(self.directory.root), Surroundings(self.home))
        return [one for one in events if isinstance(one, Finding) and "SD-TYPE" in one.paths]


def profiles(**members: Any) -> dict[str, Any]:
    """A list of profiles with another one and the one in question."""
    other = {"id": "AAAAAAAAAAAAAAAAAAAAAA", "name": "Other", "isDev": True}
    return {"profiles": [other, {"id": PROFILE_ID, "name": "Mine", **members}], "defaultProfileId": None}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A storage directory of the type ``prod``."""
    return Place(tmp_path)


@pytest.mark.parametrize(("is_dev", "stated"), [(False, "prod"), (True, "dev"), (True, " dev \n")])
def test_a_directory_of_the_type_of_its_profile_is_in_order(place: Place, is_dev: bool, stated: str) -> None:
    place.list_profiles(profiles(isDev=is_dev))
    place.directory.file("SD-TYPE", stated)
    assert place.found() == []


def test_a_released_program_passes_over_a_directory_for_development(place: Place) -> None:
    place.list_profiles(profiles(isDev=False))
    place.directory.file("SD-TYPE", "dev")
    (finding,) = place.found()
    assert (finding.kind, finding.subject, finding.severity) == ("index_bad_entry", "notecove.db:SD-TYPE", None)
    assert finding.evidence["problems"] == {
        "type": "is dev, and the profile that has the directory is not for development"
    }
    assert finding.evidence["effect"] == "the program as it is released passes over the directory"


def test_a_profile_for_development_with_a_directory_of_the_released_program_is_good_to_know(place: Place) -> None:
    place.list_profiles(profiles(isDev=True))
    (finding,) = place.found()
    assert finding.severity is Severity.INFO


@pytest.mark.parametrize(
    "value", [None, [], {"profiles": {}}, {"profiles": [1, {"id": 5}]}, profiles(), profiles(isDev=0)]
)
def test_a_list_of_profiles_that_says_nothing_is_no_reason_for_a_conflict(place: Place, value: Any) -> None:
    place.directory.file("SD-TYPE", "dev")
    assert place.found() == []  # there is no list at all
    place.list_profiles(value)
    assert place.found() == []
    (place.program / "profiles.json").write_bytes(b"{")
    assert place.found() == []


def test_a_directory_without_a_type_gets_one_from_the_program_and_is_in_order(place: Place) -> None:
    place.list_profiles(profiles(isDev=True))
    place.directory.delete("SD-TYPE")
    assert place.found() == []


def test_another_word_on_the_profile_has_the_layers_read_again(place: Place) -> None:
    surroundings = Surroundings(place.home)
    os.utime(place.directory.at("media"), ns=(FIRST_TIME_NS, FIRST_TIME_NS))  # nothing was written just now
    place.list_profiles(profiles(isDev=False))
    before = LAYOUT.stamp(str(place.directory.root), surroundings)
    assert before
    place.list_profiles(profiles(isDev=True))
    assert LAYOUT.stamp(str(place.directory.root), surroundings) != before
