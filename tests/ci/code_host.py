"""A small code host for tests: the parts of GitHub's and GitLab's API that are asked, and what was sent to them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit

from tests.loopback import listening

BOT = {"login": "github-actions[bot]", "id": 7}


@dataclass
class CodeHost:
    """What is there, and what was asked. ``refused`` maps the start of what is asked to statuses, used in turn."""

    url: str = ""
    comments: list[dict[str, object]] = field(default_factory=list)
    notes: list[dict[str, object]] = field(default_factory=list)
    pulls: list[dict[str, object]] = field(default_factory=list)
    checks: list[dict[str, object]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    refused: dict[str, list[int]] = field(default_factory=dict)

    def refusal(self, asked: str) -> tuple[int, object] | None:
        """Return the next refusal of what is asked, which shows the token; None where there is none."""
        for start, statuses in self.refused.items():
            if asked.startswith(start) and statuses:
                return statuses.pop(0), {"message": f"no, {next(iter(self.tokens))}"}
        return None

    def answer(self, method: str, path: str, body: dict[str, object]) -> tuple[int, object]:
        """Do what was asked, and return a status and the answer."""
        self.asked.append(f"{method} {path}")
        if refusal := self.refusal(self.asked[-1]):
            return refusal
        parts, query = urlsplit(path), parse_qs(urlsplit(path).query)
        if method == "GET" and parts.path.endswith("/pulls"):
            return 200, [one for one in self.pulls if one["label"] == query["head"][0]]
        if parts.path == "/user":
            return 200, {"id": 7}
        if parts.path.endswith("/check-runs"):
            self.checks.append(body)
            return 201, {}
        return self._texts(method, parts.path, query, body)

    def _texts(
        self, method: str, path: str, query: dict[str, list[str]], body: dict[str, object]
    ) -> tuple[int, object]:
        """Answer about comments, or notes."""
        there = self.notes if "/notes" in path else self.comments
        if method == "GET":
            page, size = int(query["page"][0]), int(query["per_page"][0])
            return 200, there[(page - 1) * size : page * size]
        if method == "POST":
            there.append({"id": 100 + len(there), "user": BOT, "author": BOT, "body": body["body"]})
            return 201, there[-1]
        (one,) = [each for each in there if str(each["id"]) == path.rpartition("/")[2]]
        one["body"] = body["body"]
        return 200, one


@contextmanager
def serve_host() -> Iterator[CodeHost]:
    """Serve a code host on this machine."""
    host = CodeHost()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            body = json.loads(self.rfile.read(length) or b"{}")
            host.tokens.add((self.headers["authorization"] or self.headers["private-token"]).removeprefix("Bearer "))
            status, said = host.answer(self.command, self.path, body)
            content = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(content)))
            if status == 429:
                self.send_header("retry-after", "3")
            if status == 302:
                self.send_header("location", f"{host.url}/elsewhere")
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = do_PUT = _answer  # noqa: N815 - the names that http.server looks for

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with listening(Handler) as place:
        host.url = f"http://{place}"
        yield host
