"""What Syncthing says of a folder, over its REST API, with the standard library.

After docs.syncthing.net/rest: `GET /rest/config`, `/rest/db/status`, `/rest/system/connections`, with `X-API-Key`.
"""

import http.client
import ipaddress
import os
import tomllib
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from inspector.model.display import display_text
from inspector.model.errors import UsageError
from inspector.model.guarded_json import guarded_json
from inspector.model.sync import PeerStatus

DEFAULT_URL = "http://127.0.0.1:8384"
SECONDS_TO_WAIT = 2.0
"""For each answer."""
_MOST_BYTES = 4 << 20
PROGRAM = "syncthing"


@dataclass(frozen=True, slots=True)
class SyncthingSettings:
    """Where Syncthing's API is and the key that it wants, which is never shown."""

    api_key: str = field(repr=False)
    url: str = DEFAULT_URL
    seconds: float = SECONDS_TO_WAIT


def settings_from(environment: Mapping[str, str], file: Path | None = None) -> SyncthingSettings | None:
    """The settings of the environment (`INSPECTOR_SYNCTHING_URL`, `INSPECTOR_SYNCTHING_KEY`), then of a TOML file.

    The file has `api_key` and, if it likes, `url`. None where no key is given.

    Raises:
        UsageError: where the file cannot be read, or the URL is none that a key may be sent to.
    """
    values = _read(file) if file is not None else {}
    key = environment.get("INSPECTOR_SYNCTHING_KEY") or str(values.get("api_key") or "")
    url = environment.get("INSPECTOR_SYNCTHING_URL") or str(values.get("url") or DEFAULT_URL)
    if not key:
        if file is not None:
            raise UsageError("has no api_key", path=str(file), advice="Syncthing shows it under Actions, Settings.")
        return None
    if not key.isascii() or not key.isprintable():
        raise UsageError("the API key of Syncthing has characters that cannot be sent")
    return SyncthingSettings(key, _checked(url))


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"cannot be read ({error.strerror})", path=str(file)) from error
    except ValueError as error:
        raise UsageError(f"is no TOML: {display_text(str(error))}", path=str(file)) from error


def _checked(url: str) -> str:
    try:
        parts = urllib.parse.urlsplit(url)
        host = parts.hostname or ""
        port = parts.port
    except ValueError as error:
        raise UsageError(f"'{url}' is no URL ({error})", advice=f"It looks like {DEFAULT_URL}.") from error
    if parts.scheme not in {"http", "https"} or not host or port == 0:
        raise UsageError(f"'{url}' is no URL of Syncthing", advice=f"It looks like {DEFAULT_URL}.")
    if parts.scheme == "http" and not _is_this_machine(host):
        raise UsageError(
            f"the key would be sent in the clear to {host}", advice="Use https, or a tunnel to this machine."
        )
    return url.rstrip("/")


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def folder_status(settings: SyncthingSettings, root: str) -> PeerStatus | None:
    """What Syncthing says of the folder that holds `root`; None where none of its folders does.

    What goes wrong is in the answer's `error`, in words.
    """
    try:
        ask = _Asking(settings)
        config = _mapping(ask.get("/rest/config"))
        folder = _folder_of(config, root)
        if folder is None:
            return None
        folder_id = str(folder.get("id", ""))
        status = _mapping(ask.get("/rest/db/status", folder=folder_id))
        connections = _mapping(_mapping(ask.get("/rest/system/connections")).get("connections"))
    except (OSError, http.client.HTTPException, ValueError) as error:
        return PeerStatus(PROGRAM, error=_words(error))
    names = _peers(config, folder)
    there = {device for device, one in connections.items() if _mapping(one).get("connected") is True}
    return PeerStatus(
        PROGRAM,
        str(folder.get("label") or folder_id),
        "paused" if folder.get("paused") is True else str(status.get("state", "")),
        _number(status.get("needFiles")),
        _number(status.get("needBytes")),
        _number(status.get("errors")),
        tuple(sorted(name for device, name in names.items() if device in there)),
        tuple(sorted(name for device, name in names.items() if device in connections and device not in there)),
    )


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect would take the key elsewhere."""

    def redirect_request(self, *_: Any) -> None:
        return None


class _Asking:
    def __init__(self, settings: SyncthingSettings) -> None:
        self._settings = settings
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirects)

    def get(self, path: str, **query: str) -> Any:
        """The JSON that a path answers with."""
        url = self._settings.url + path + ("?" + urllib.parse.urlencode(query) if query else "")
        request = urllib.request.Request(url, headers={"X-API-Key": self._settings.api_key})
        with self._opener.open(request, timeout=self._settings.seconds) as answer:
            data = answer.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            raise ValueError("the answer is too long")
        return guarded_json(data)


def _folder_of(config: Mapping[str, Any], root: str) -> Mapping[str, Any] | None:
    """The configured folder that is `root` or holds it, the innermost of several."""
    real = os.path.realpath(root)
    best: tuple[int, Mapping[str, Any]] | None = None
    folders = config.get("folders")
    for folder in folders if isinstance(folders, list) else []:
        one = _mapping(folder)
        path = os.path.realpath(os.path.expanduser(str(one.get("path") or "/nonexistent")))
        if (real == path or real.startswith(path.rstrip("/") + "/")) and (best is None or len(path) > best[0]):
            best = len(path), one
    return best[1] if best is not None else None


def _peers(config: Mapping[str, Any], folder: Mapping[str, Any]) -> dict[str, str]:
    """The devices that share a folder, id and name; this one is among them, and in no list of connections."""
    names = {
        str(_mapping(one).get("deviceID")): str(_mapping(one).get("name") or "") for one in _list(config.get("devices"))
    }
    shared = [str(_mapping(one).get("deviceID")) for one in _list(folder.get("devices"))]
    return {device: names.get(device) or device[:7] for device in shared}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _number(value: Any) -> int:
    return max(0, int(value)) if isinstance(value, int | float) and value == value and abs(value) < 1e18 else 0


def _words(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        if error.code in {401, 403}:
            return "Syncthing refused the API key"
        return f"Syncthing answered with {error.code}"
    if isinstance(error, TimeoutError) or isinstance(getattr(error, "reason", None), TimeoutError):
        return "Syncthing did not answer in time"
    if isinstance(error, OSError):
        reason = getattr(error, "reason", error)
        return f"Syncthing cannot be reached ({getattr(reason, 'strerror', None) or reason})"
    return "what answered is no Syncthing"
