"""Two real Syncthings over one storage each: the same sidecar edited on both sides, seen live, resolved, agreed on."""

import json
import subprocess
import sys
from pathlib import Path

from inspector.scenarios.imalink import ImaLinkBuilder
from inspector.sync.syncthing import folder_status
from tests.sync.syncthing_instance import KEY, Syncthing, connected, needs_syncthing, until
from tests.watch.watch_program import ENVIRONMENT, WatchProgram

_UUID = "3f0f6a1e-6f0e-4c53-9d4e-1f0f6a1e6f0e"
_SIDECAR = "photos/1.jpg.xmp"
_XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:subject><rdf:Bag>{}</rdf:Bag>'
    "</dc:subject></rdf:Description></rdf:RDF></x:xmpmeta>"
)


def _tagged(*tags: str) -> str:
    return _XMP.format("".join(f"<rdf:li>{tag}</rdf:li>" for tag in tags))


def _fill(root: Path) -> None:
    builder = ImaLinkBuilder(root, _UUID, "Archive")
    builder.session(7, "Summer")
    for number in range(3):
        builder.picture(f"photos/{number}.jpg", seed=number, size=(64, 48))
        builder.add(f"photos/{number}.jpg", session=7)
    builder.write()
    (root / _SIDECAR).write_text(_tagged("summer"))


def _inspector(state: Path, *words: str) -> str:
    ended = subprocess.run(
        [sys.executable, "-m", "inspector", "--state", str(state), *words],
        capture_output=True,
        text=True,
        timeout=60,
        env=ENVIRONMENT | {"INSPECTOR_SYNCTHING_KEY": ""},
        check=False,
    )
    assert ended.returncode in {0, 1}, ended.stderr
    return ended.stdout


@needs_syncthing
def test_a_conflict_of_two_machines_is_seen_live_and_both_agree_once_it_is_resolved(tmp_path: Path) -> None:
    laptop = Syncthing(tmp_path / "laptop home", tmp_path / "laptop", "laptop")
    nas = Syncthing(tmp_path / "nas home", tmp_path / "nas", "nas")
    _fill(laptop.folder)
    settings = tmp_path / "syncthing.toml"
    settings.write_text(f'api_key = "{KEY}"\nurl = "{laptop.settings.url}"\n')
    with connected(laptop, nas):
        watch = WatchProgram(tmp_path / "state", laptop.folder)
        try:
            watch.until_state("scanning")
            watch.until_state("in step")
            laptop.pause(nas)
            for side, tag in ((laptop, "harbour"), (nas, "evening")):
                (side.folder / _SIDECAR).write_text(_tagged("summer", tag))
                side.look()
            laptop.resume(nas)
            opened = watch.until_conflict("opened", "sync_conflict_copy")
            copy, original = opened["paths"]
            assert original == _SIDECAR
            assert opened["evidence"]["device"] in {laptop.device[:7], nas.device[:7]}

            told = json.loads(_inspector(tmp_path / "state", "status", "--json", "--syncthing", str(settings)))
            (storage,) = told["storages"]
            assert (storage["state"], storage["program"]) == ("conflict", "syncthing")
            assert storage["peer"]["folder"] == "Pictures" and storage["peer"]["error"] == ""
            assert [writer["path"] for writer in storage["writers"]] == [copy]

            choice = "sync_conflict_copy=merge"
            _inspector(tmp_path / "state", "fix", str(laptop.folder), "--choose", choice, "--yes")
            assert watch.until_conflict("closed", "sync_conflict_copy")["id"] == opened["id"]
        finally:
            assert watch.end() == (130, "")
        merged = (laptop.folder / _SIDECAR).read_text()
        assert "harbour" in merged and "evening" in merged
        laptop.look()  # it would by itself, some seconds later
        until(lambda: nas.tree() == laptop.tree(), "both sides agree")
        assert copy not in nas.tree() and (nas.folder / _SIDECAR).read_text() == merged
        for side in (laptop, nas):
            seen = folder_status(side.settings, str(side.folder))
            assert seen is not None and (seen.errors, seen.error) == (0, "")
    report = json.loads(_inspector(tmp_path / "state of the nas", "check", str(nas.folder), "--json"))
    assert [one["kind"] for one in report["conflicts"] if one["severity"] != "info"] == []
