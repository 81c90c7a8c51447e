"""A server that sends back every secret that it was sent, in each header and body: no file and no screen shows it."""

import base64
import json
import socketserver
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import pytest

from tests.apart import run_pytest
from tests.models.fakes import adapter_in, base_in

KEY = "sk-Planted-7f3a9c2e51"
LOGIN = "grace:pA5@s/w?rd#9%x!Q"
TOKEN = "hf_Bystander8h2k4m6"
WINDOW = 7
"""No part of a secret that is this long is in anything that leaves the process."""

SUITE = """
import logging
import os
import warnings
from pathlib import Path
import pytest
from harness import Score
from harness.scorers import exact_match

pytestmark = pytest.mark.suite(Path(__file__).parent / "cases.jsonl", max_tokens=8)

def test_answers_are_right(evaluate, gate):
    gate(evaluate(exact_match()), max_flips=0)

def test_each_answer(case, answer):
    assert answer.text == "fine"

def test_reasons_that_show_what_they_should_not(evaluate):
    evaluate(lambda case, answer: Score(value=1.0, reason=f"found {os.environ['HF_TOKEN']}"))

@pytest.mark.xfail(reason="found " + os.environ["HF_TOKEN"])
def test_that_is_expected_to_fail():
    raise ValueError

@pytest.mark.skip(reason="found " + os.environ["HF_TOKEN"])
def test_that_is_skipped():
    pass

def test_that_breaks_with_a_secret_at_hand(record_property):
    found = os.environ["HF_TOKEN"]
    long = ["x" * 100 + found, found + "x" * 300]
    record_property("found", found)
    print("found", found)
    logging.getLogger("library").error("found %s", found)
    warnings.warn(f"found {found}")
    raise ValueError(f"found {found}")
"""
CONTENTS = {
    "content": lambda echo: said(content=f"I know {echo}"),
    "content in parts": lambda echo: said(content=[{"type": "text", "text": part} for part in (echo[:9], echo[9:])]),
    "content, escaped": lambda echo: said().replace(b"fine", escaped(echo)),
    "a part that is not text": lambda echo: said(content=[{"type": echo}]),
    "refusal": lambda echo: said(content=None, refusal=echo),
    "finish_reason": lambda echo: said(finish_reason=echo),
    "usage": lambda echo: said(usage={"prompt_tokens": echo, echo: 1}),
    "choices' error": lambda echo: said(finish_reason="content_filter", error={"message": echo}),
    "error in a 200": lambda echo: json.dumps({"error": {"message": echo, "code": 400, "type": echo}}).encode(),
    "unknown fields": lambda echo: said(echo=echo),
}
"""Bodies sent with status 200, by what has the echo in it."""
ERRORS = {
    "JSON": lambda echo: json.dumps({"error": {"message": f"no {echo}", "param": echo, "code": echo}}).encode(),
    "JSON, escaped": lambda echo: b'{"error": "no %s"}' % escaped(echo),
    "FastAPI": lambda echo: json.dumps({"detail": [{"loc": ["body", echo], "type": echo, "msg": echo}]}).encode(),
    "text": lambda echo: f"no {echo}".encode(),
    "HTML": lambda echo: f"<h1>no {echo.replace('&', '&amp;')}</h1><a href='/?q={quote(echo)}'>".encode(),
}
"""Bodies sent with status 400."""
STOPS = {
    "401": lambda echo: reply(401, echo, json.dumps({"error": f"wrong: {echo}"}).encode()),
    "redirect": lambda echo: reply(302, echo, b"", f"Location: http://{echo}/?next=//{echo}@x"),
    "malformed header": lambda echo: reply(200, echo, b"", f"bad {echo}"),
    "malformed header's name": lambda echo: reply(200, echo, b"", f"bad {echo}: 1"),
    "header that is too long": lambda echo: reply(200, echo, b"", f"X-Long: {'x' * 60}{echo * 400}"),
    "malformed status": lambda echo: f"HTTP/{echo} 200 OK\r\n\r\n".encode(),
    "malformed chunk": lambda echo: (
        reply(200, echo, b"", "Transfer-Encoding: chunked").partition(b"\r\n\r\n")[0] + f"\r\n\r\n{echo}\r\n".encode()
    ),
    "no list": lambda echo: reply(200, echo, json.dumps({echo: echo}).encode()),
    "unknown models": lambda echo: reply(200, echo, json.dumps({"data": [{"id": echo}, {"id": "x"}]}).encode()),
}
"""Whole replies to the question for the list of models; each stops the run."""


def said(**changed: object) -> bytes:
    """Return a chat completion with other fields."""
    message = {"role": "assistant", "content": "fine"}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    body = {"choices": [choice], "usage": {"prompt_tokens": 3, "completion_tokens": 1}}
    for name, value in changed.items():
        (message if name in {"content", "refusal"} else choice if name in {"finish_reason", "error"} else body)[
            name
        ] = value
    return json.dumps(body).encode()


def escaped(echo: str) -> bytes:
    """Return a text as JSON that hides every character of it."""
    return "".join(f"\\u{ord(char):04x}" for char in echo).encode()


def reply(status: int, echo: str, body: bytes, *headers: str) -> bytes:
    """Return an HTTP reply with the echo in its reason and in headers."""
    lines = [
        f"HTTP/1.1 {status} because {echo}",
        f'WWW-Authenticate: Bearer realm="{echo}"',
        f"Set-Cookie: key={echo}",
        f"Retry-After: {echo}",
        f"X-Request-Id: {echo}",
        f"Content-Length: {len(body)}",
        *headers,
    ]
    if any(line.startswith("Transfer-Encoding") for line in headers):
        lines.remove(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Echo(socketserver.StreamRequestHandler):
    """Reads one request, and sends back what it was sent, where the question says."""

    def handle(self) -> None:
        """Answer one request."""
        line, length, sent = self.rfile.readline().decode(), 0, ""
        while header := self.rfile.readline().decode().strip():
            name, _, value = header.partition(": ")
            length = int(value) if name.lower() == "content-length" else length
            sent = value if name.lower() == "authorization" else sent
        body = self.rfile.read(length)
        echo = self.server.echo_of(sent)
        self.server.sent.add(sent)
        if "/models" in line:
            answer = self.server.listing(echo)
        else:
            answer = answer_to(json.loads(body)["messages"][-1]["content"], echo)
        self.wfile.write(answer.replace(b"HTTP/1.1 200", b"HTTP/1.1 200", 1))


def answer_to(question: str, echo: str) -> bytes:
    """Return the reply that a question asks for."""
    if question in CONTENTS:
        return reply(200, echo, CONTENTS[question](echo), "Connection: close")
    return reply(400, echo, ERRORS[question](echo), "Connection: close")


def forms_sent(authorization: str) -> str:
    """Return a header, and for a login what it says, as it is and as in a URL; and what it should not know."""
    scheme, _, value = authorization.partition(" ")
    login = base64.b64decode(value).decode() if scheme == "Basic" else value
    password = login.partition(":")[2] or login
    return f"{authorization} {login} {quote(password, safe='')} {TOKEN}"


class Server(socketserver.ThreadingTCPServer):
    """``listing`` makes the reply to the question for the models; ``sent`` holds each Authorization header."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Echo)
        self.listing: Callable[[str], bytes] = STOPS["401"]
        self.sent: set[str] = set()
        self.echo_of = forms_sent


@pytest.fixture
def server() -> Iterator[Server]:
    """Serve in a thread until the test ends."""
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def address(request, server, monkeypatch) -> tuple[str, str]:
    """Return an address with a secret, and the secret: the key in a variable, or the password in the address."""
    place = f"127.0.0.1:{server.server_address[1]}/v1"
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    if request.param == "key":
        monkeypatch.setenv("PLANTED", KEY)
        return f"http://{place}", KEY
    user, _, password = LOGIN.partition(":")
    return f"http://{user}:{quote(password, safe='')}@{place}", password


@pytest.fixture
def project(tmp_path, monkeypatch) -> Path:
    """Make a project of one suite, with a case for each place of an echo."""
    folder = tmp_path / "project"
    base_in(folder / "tiny")
    adapter_in(folder / "adapters" / "mine")
    (folder / "harness.toml").write_text('base_model = "tiny"\n[engine]\napi_key_env = "PLANTED"\n')
    (folder / "test_echo.py").write_text(SUITE)
    cases = [
        {"id": name, "messages": [{"role": "user", "content": name}], "expected": "fine"}
        for name in (*CONTENTS, *ERRORS)
    ]
    (folder / "cases.jsonl").write_text("".join(json.dumps(case) + "\n" for case in cases))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(folder / "summary.md"))
    monkeypatch.setenv("HOME", str(tmp_path))
    return folder


def parts_of(secret: str) -> set[bytes]:
    """Return every part of a secret in each form, as far as it is long enough to be known."""
    forms = {secret, quote(secret, safe=""), json.dumps(secret)[1:-1], escaped(secret).decode()}
    for text in (secret, f"grace:{secret}"):
        forms.add(base64.b64encode(text.encode()).decode().rstrip("="))
    return {form[start : start + WINDOW].encode() for form in forms for start in range(len(form) - WINDOW + 1)}


def where(secret: str, texts: dict[str, bytes]) -> dict[str, list[bytes]]:
    """Return which texts have a part of a secret in them."""
    parts = parts_of(secret)
    found = {name: sorted(part for part in parts if part in text) for name, text in texts.items()}
    return {name: parts for name, parts in found.items() if parts}


def everything(folder: Path, done: pytest.RunResult, screen: tuple[str, str]) -> dict[str, bytes]:
    """Return every file of the project that a run wrote, and what it showed."""
    texts = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    shown = "\n".join((*done.outlines, *done.errlines, *screen))
    return texts | {"screen": shown.encode()}


@pytest.mark.parametrize("address", ["key", "login"], indirect=True)
def test_no_echo_in_an_answer_or_an_error_is_in_anything_that_a_run_writes(project, server, address, capfd):
    """One run meets all of them; the store, the report, JUnit and the summary are written."""
    url, secret = address

    done = run_pytest(
        project,
        *(
            "-l",
            "-q",
            "-rA",
            "--log-file=log.txt",
            "-W",
            "default",
            "-p",
            "no:cacheprovider",
            "--junitxml=junit.xml",
            "-o",
            "junit_family=xunit1",
            "--base-url",
            url,
        ),
        *("--candidate", "openai:new", "--baseline", "openai:old"),
    )

    texts = everything(project, done, capfd.readouterr())
    assert server.sent  # the secret did arrive there
    assert all(secret in unquote(forms_sent(sent)) for sent in server.sent)
    assert where(secret, texts) == where(TOKEN, texts) == {}
    assert done.ret == 1
    written = {Path(name).name for name in texts}
    assert {"run.json", "answers.jsonl", "scores.jsonl", "report.html", "junit.xml", "summary.md"} <= written
    for name in ("answers.jsonl", "scores.jsonl", "answers.sqlite", "junit.xml", "log.txt", "screen"):
        [text] = [text for path, text in texts.items() if Path(path).name == name]
        assert b"***" in text, name
    assert b"ValueError: found ***" in texts["screen"]


@pytest.mark.parametrize(
    ("address", "stop"),
    [*(("key", stop) for stop in STOPS), *(("login", stop) for stop in ("401", "redirect", "unknown models"))],
    indirect=["address"],
)
def test_no_echo_that_stops_a_run_is_in_anything_that_it_writes(project, server, address, stop, capfd):
    """The server is asked for its models, and answers wrongly."""
    url, secret = address
    server.listing = STOPS[stop]

    done = run_pytest(project, "-l", "-q", "-p", "no:cacheprovider", "--base-url", url, "--candidate", "adapters/mine")

    texts = everything(project, done, capfd.readouterr())
    assert all(secret in unquote(forms_sent(sent)) for sent in server.sent)
    assert where(secret, texts) == where(TOKEN, texts) == {}
    assert done.ret in {4, 6}
    assert urlsplit(url).netloc.rpartition("@")[2].encode() in texts["screen"]
