"""A small hub on loopback, as huggingface_hub asks it: models, data sets, revisions, files; and what it was asked."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.loopback import listening
from tests.models.hub_writes import Writes

FIRST, SECOND = "1" * 40, "2" * 40


@dataclass
class Model:
    """One model on the hub: its files at each commit, and where its revisions lead."""

    commits: dict[str, dict[str, bytes]]
    revisions: dict[str, str] = field(default_factory=lambda: {"main": FIRST})
    token: str | None = None
    """What a private model wants."""
    is_gated: bool = False


@dataclass
class Asked:
    """One request: method, path without the question mark, and the headers that matter."""

    method: str
    path: str
    range: str | None
    authorization: str | None


class Hub:
    """A running hub; a test changes ``models``, ``cut`` and ``status`` as it likes."""

    def __init__(self) -> None:
        self.models: dict[str, Model] = {}
        self.asked: list[Asked] = []
        self.cut: dict[str, int] = {}
        """Files whose next answer breaks off after so many bytes."""
        self.writes = Writes()
        """Repositories that are written to; a test of what is read leaves them alone."""
        self.status: int | None = None
        """What every request is answered with; None answers properly."""
        self.url = ""

    def paths(self, method: str) -> list[str]:
        """Return which files were asked for by a method."""
        return [one.path.rpartition("/")[2] for one in self.asked if one.method == method and "/resolve/" in one.path]


@contextmanager
def running() -> Iterator[Hub]:
    """Run a hub on a free port."""
    hub = Hub()

    class Handler(_Handler):
        served = hub

    with listening(Handler) as place:
        hub.url = f"http://{place}"
        yield hub


@contextmanager
def asked_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """Run a hub that huggingface_hub asks, with an empty cache in a folder and no token."""
    from huggingface_hub import close_session, constants

    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    # huggingface_hub reads its variables once, when it is imported; test_hub.py has a test of the real ones.
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(folder / "cache"))
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(folder / "token"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    with running() as hub:
        monkeypatch.setattr(constants, "ENDPOINT", hub.url)
        url = f"{hub.url}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", url)
        close_session()
        yield hub
        close_session()


class _Handler(BaseHTTPRequestHandler):
    served: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is http.server's
        """Say nothing."""

    def do_HEAD(self) -> None:
        """Answer with the headers alone."""
        self._answer()

    def do_GET(self) -> None:
        """Answer with a body."""
        written = self.served.writes.info(
            "/".join(urlsplit(self.path).path.removeprefix("/api/models/").split("/")[:2])
        )
        if written is None:
            self._answer()
        else:
            self._send(200, {"Content-Type": "application/json"}, json.dumps(written).encode())

    def do_POST(self) -> None:
        """Take what is written."""
        self._write()

    def do_PUT(self) -> None:
        """Take a large file."""
        self._write()

    def _write(self) -> None:
        hub, path = self.served, urlsplit(self.path).path
        hub.asked.append(Asked(self.command, path, None, self.headers.get("Authorization")))
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, said = hub.writes.answer(path, body, self.headers.get("Authorization") or "", hub.url)
        self._send(status, {"Content-Type": "application/json"}, json.dumps(said).encode())

    def _answer(self) -> None:
        hub, path = self.served, urlsplit(self.path).path
        hub.asked.append(Asked(self.command, path, self.headers.get("Range"), self.headers.get("Authorization")))
        if hub.status is not None:
            return self._error(hub.status, "", "Invalid credentials in Authorization header")
        is_api = path.startswith("/api/")
        parts = path.removeprefix("/api").removeprefix("/models").removeprefix("/datasets")
        org, name, *rest = parts.strip("/").split("/")
        revision, file = (unquote(rest[1]), unquote("/".join(rest[2:]))) if len(rest) > 1 else ("main", "")
        model = hub.models.get(f"{org}/{name}")
        if model is None or (model.token and self.headers.get("Authorization") != f"Bearer {model.token}"):
            return self._error(401, "RepoNotFound")
        files = model.commits.get(commit := model.revisions.get(revision, revision))
        if files is None:
            return self._error(404, "RevisionNotFound")
        if is_api:
            return self._list(f"{org}/{name}", commit, files)
        if model.is_gated:
            return self._error(403, "GatedRepo")
        return self._file(file, commit, files)

    def _list(self, name: str, commit: str, files: dict[str, bytes]) -> None:
        siblings = [{"rfilename": file, "size": len(content), "blobId": "b"} for file, content in files.items()]
        body = json.dumps({"id": name, "modelId": name, "sha": commit, "siblings": siblings}).encode()
        self._send(200, {"Content-Type": "application/json"}, body)

    def _file(self, name: str, commit: str, files: dict[str, bytes]) -> None:
        content = files[name]
        told = {"ETag": f'"{hashlib.sha256(content).hexdigest()}"', "X-Repo-Commit": commit, "Accept-Ranges": "bytes"}
        wanted = self.headers.get("Range")
        if not wanted:
            return self._send(200, told, content, self.served.cut.pop(name, None) if self.command == "GET" else None)
        start = int(wanted.removeprefix("bytes=").partition("-")[0])
        told["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        return self._send(206, told, content[start:])

    def _error(self, status: int, code: str, message: str = "") -> None:
        # A hub that sends back what it was sent: no text of ours shows it.
        body = json.dumps({"error": f"you sent {self.headers.get('Authorization')}"}).encode()
        told = {"X-Error-Code": code, "X-Error-Message": message}
        self._send(status, {name: value for name, value in told.items() if value}, body)

    def _send(self, status: int, headers: dict[str, str], body: bytes, cut: int | None = None) -> None:
        self.send_response(status)
        for name, value in (headers | {"Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body[:cut])
        if cut is not None:
            self.close_connection = True
