"""A user's project with a stub server behind it, in which tests run pytest."""

import json
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from harness.text.pages import content_folder
from tests.apart import run_pytest
from tests.models.fakes import adapter_in, base_in
from tests.stub import Reply, Sent, Stub, completion, serve
from tests.waiting import until

SUITE = """
from pathlib import Path
import pytest
from harness.scorers import exact_match

pytestmark = pytest.mark.suite(Path(__file__).parent / "cases.jsonl", max_tokens=8)

def test_answers_are_right(evaluate, gate):
    gate(evaluate(exact_match()), {thresholds})
"""


class Project:
    """A user's project with a stub server behind it; ``gate`` runs pytest in it."""

    def __init__(self, folder: Path, stub: Stub) -> None:
        self.folder = folder
        self.stub = stub

    def suite(self, thresholds: str = "max_flips=0", cases: int = 4, code: str = SUITE) -> None:
        """Write a suite of sums, of which every answer is known."""
        (self.folder / "test_sums.py").write_text(code.replace("{thresholds}", thresholds))
        self.cases(
            *(
                {"id": f"sum-{n}", "messages": [{"role": "user", "content": f"{n}+1"}], "expected": str(n + 1)}
                for n in range(cases)
            )
        )

    def cases(self, *cases: object) -> None:
        """Write the case file."""
        (self.folder / "cases.jsonl").write_text("".join(json.dumps(case) + "\n" for case in cases))

    def believe(self, *rubrics: str) -> None:
        """Write shipped rubrics into the project whose gates count though no judge was checked."""
        (self.folder / "judges").mkdir(exist_ok=True)
        for name in rubrics:
            words = content_folder("judges").joinpath(f"{name}.toml").read_text("utf-8")
            text = words.replace("\nversion =", "\nrequire_trusted = false\nversion =", 1)
            (self.folder / "judges" / f"{name}.toml").write_text(text, "utf-8")

    def gate(self, *options: str, candidate: str = "adapters/mine") -> pytest.RunResult:
        """Run pytest with the stub server as engine."""
        chosen = ("--candidate", candidate) if candidate else ()
        server = () if "--base-url" in options else ("--base-url", self.stub.url)
        return run_pytest(self.folder, *chosen, *server, *options)

    @property
    def asked(self) -> list[tuple[str, str]]:
        """Every (model, last message) that the server was asked, the probes left out."""
        return [(body["model"], body["messages"][-1]["content"]) for body in self.stub.bodies if "logprobs" not in body]

    def run(self) -> dict[str, object]:
        """Return the newest run.json."""
        path = max(self.folder.glob("runs/*/run.json"))
        return json.loads(path.read_text())

    def report(self) -> str:
        """Return the only report."""
        (path,) = self.folder.glob("runs/*/report.html")
        return path.read_text()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Reply], Project]]:
    """Make a project whose server answers with the given function."""
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    base_in(tmp_path / "tiny")
    adapter_in(tmp_path / "adapters" / "mine")
    servers = []

    def make(reply: Reply, noise_sample: int = 0) -> Project:
        (tmp_path / "harness.toml").write_text(f'base_model = "tiny"\nnoise_sample = {noise_sample}\n')
        servers.append(serve(reply, ("tiny", "mine")))
        return Project(tmp_path, servers[-1].__enter__())

    yield make
    for server in servers:
        server.__exit__(None, None, None)


def right(_model: str, question: str) -> str:
    """Answer every sum."""
    return str(sum(map(int, question.split("+"))))


def forgetful(model: str, question: str) -> str:
    """Answer as the base model does, but let the adapter forget two sums."""
    return "?" if model == "mine" and question in ("1+1", "2+1") else right(model, question)


def stuck_on_the_last_sum(release: threading.Event) -> Reply:
    """Answer at once, but the last sum only when released."""

    def reply(model: str, question: str) -> str | Sent:
        if question != "3+1":
            return right(model, question)
        return Sent(completion(right(model, question)), until=release)

    return reply


@contextmanager
def half_way(run: Project) -> Iterator[subprocess.Popen[str]]:
    """Run pytest in the background, up to the point where nothing but the last sum is unanswered."""
    store = run.folder / "runs" / "answers.sqlite"
    command = [sys.executable, "-m", "pytest", "--candidate", "adapters/mine", "--base-url", run.stub.url]
    # What a shell starts in the background ignores Ctrl-C, and so would what the tests start there.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        started = subprocess.Popen(command, cwd=run.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    finally:
        signal.signal(signal.SIGINT, before)
    with started as process:
        until(lambda: kept(store) == 15 or process.poll() is not None)
        assert process.poll() is None, process.stdout.read()
        yield process


def kept(store: Path) -> int:
    """Count the answers in a store."""
    if not store.exists():
        return 0
    with closing(sqlite3.connect(store)) as database:
        try:
            return database.execute("SELECT count(*) FROM answers").fetchone()[0]
        except sqlite3.Error:
            return 0
