"""A small OCI registry for tests: the calls of the distribution API that pushing and pulling make."""

import base64
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit

from tests.loopback import listening

Answer = tuple[int, dict[str, str], bytes]
USER, PASSWORD = "ada", "s3cret-pass"
LOGIN = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()


@dataclass
class OciStub:
    """What is there, and what was asked.

    ``lists`` is whether it keeps lists of referrers. ``login`` is how it wants to know who asks: "basic", "token", or
    not at all. A token is for reading, or for both. ``refused`` maps the start of what is asked to an answer.
    """

    host: str = ""
    lists: bool = True
    login: str = ""
    blobs: dict[str, bytes] = field(default_factory=dict)
    manifests: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    refused: dict[str, tuple[int, bytes]] = field(default_factory=dict)

    def answer(self, method: str, path: str, headers: dict[str, str], content: bytes) -> Answer:
        """Do what was asked, and return status, headers and the answer."""
        parts, sent = urlsplit(path), headers.get("Authorization", "")
        if parts.path == "/token":
            scope = parse_qs(parts.query)["scope"][0]
            return (200, {}, json.dumps({"token": scope}).encode()) if sent == f"Basic {LOGIN}" else (401, {}, b"{}")
        self.asked.append(f"{method} {parts.path}")
        for start, (status, told) in self.refused.items():
            if self.asked[-1].startswith(start):
                return status, {}, told
        wanted = "pull,push" if method in {"PUT", "POST"} else "pull"
        if self.login == "basic" and sent != f"Basic {LOGIN}":
            return 401, {"Www-Authenticate": 'Basic realm="here"'}, b""
        if self.login == "token" and not sent.startswith(f"Bearer repository:team/triage:{wanted}"):
            scope = f'realm="http://{self.host}/token",service="here",scope="repository:team/triage:{wanted}"'
            return 401, {"Www-Authenticate": f"Bearer {scope}"}, b""
        if parts.path == "/v2/":
            return 200, {}, b"{}"
        kind, _, name = parts.path.removeprefix("/v2/team/triage/").partition("/")
        return self._known(method, kind, name, parts.query, content)

    def _known(self, method: str, kind: str, name: str, query: str, content: bytes) -> Answer:
        if method == "POST":
            return 202, {"Location": "/v2/team/triage/blobs/uploads/one?state=x"}, b""
        if method == "PUT":
            digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
            if kind == "blobs":
                assert parse_qs(query)["digest"] == [digest]
                self.blobs[digest] = content
                return 201, {}, b""
            return self._put_manifest(name, digest, content)
        if kind == "referrers":
            found = [self._described(digest) for digest in self._about(name)] if self.lists else None
            return (404, {}, b"") if found is None else (200, {}, json.dumps(_index(found)).encode())
        there = self.blobs if kind == "blobs" else self.manifests
        return (200, {}, there[name]) if name in there else (404, {}, b"")

    def _put_manifest(self, name: str, digest: str, content: bytes) -> Answer:
        told = json.loads(content)
        for blob in (*told.get("layers", []), *([told["config"]] if "config" in told else [])):
            assert len(self.blobs[blob["digest"]]) == blob["size"]
        assert all(one["digest"] in self.manifests for one in told.get("manifests", []))
        self.manifests |= {name: content, digest: content}
        subject = told.get("subject", {}).get("digest", "")
        return 201, {"OCI-Subject": subject} if subject and self.lists else {}, b""

    def _about(self, subject: str) -> list[str]:
        whole = {
            digest: json.loads(content) for digest, content in self.manifests.items() if digest.startswith("sha256:")
        }
        return [digest for digest, told in whole.items() if told.get("subject", {}).get("digest") == subject]

    def _described(self, digest: str) -> dict[str, object]:
        told = json.loads(self.manifests[digest])
        about = {"artifactType": told["artifactType"], "annotations": told["annotations"]}
        return {"mediaType": told["mediaType"], "digest": digest, "size": len(self.manifests[digest])} | about


@contextmanager
def oci_stub() -> Iterator[OciStub]:
    """Serve one on a port of this machine."""
    stub = OciStub()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 65_536

        def handle_any(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, headers, answer = stub.answer(self.command, self.path, dict(self.headers), content)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(answer))}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer)

        do_GET = do_POST = do_PUT = do_HEAD = handle_any  # noqa: N815

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    with listening(Handler) as stub.host:
        yield stub


def _index(manifests: list[dict[str, object]]) -> dict[str, object]:
    return {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": manifests}
