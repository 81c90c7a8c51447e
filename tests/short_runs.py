"""A project whose suite of 240 cases was asked by three adapters, made once; commands are tried in copies of it."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.apart import run_pytest
from tests.models.fakes import adapter_in, base_in
from tests.saved_runs import write_cases
from tests.stub import Stub, serve

SUITE = """
from pathlib import Path
import pytest
from harness.scorers import exact_match

HERE = Path(__file__).parent
pytestmark = pytest.mark.suite(HERE / "cases.jsonl", max_tokens=8)

def test_answers_are_right(evaluate, gate):
    gate(evaluate(exact_match()), max_drop=0.10)

def test_each_language_holds(evaluate, gate):
    gate(evaluate(exact_match()).by_tag("language"), max_drop=0.3)

@pytest.mark.suite(HERE / "cases.jsonl", tags=["pinned"], max_tokens=8)
def test_says_no_question_mark(case, answer):
    assert "!" not in answer.text
"""
NAMES = ("one", "two", "three", "worse")
CASES = tuple(
    {
        "id": f"sum-{n}",
        "messages": [{"role": "user", "content": f"{n}+1"}],
        "expected": str(n + 1),
        "tags": [f"language-{'de' if n % 3 else 'en'}", *["pinned"] * (n < 2)],
    }
    for n in range(240)
)


def reply(model: str, question: str) -> str:
    """Answer a sum; each model misses hard ones, and "worse" a third of all others."""
    first, second = map(int, question.split("+"))
    hard = random.Random(first).random()  # noqa: S311 - to be the same each time
    own = random.Random(f"{model}{first}").random()  # noqa: S311 - as above
    misses = hard > 0.85 or (hard > 0.7 and own > 0.5) or (model == "worse" and own > 0.66)
    return "?" if misses and first > 1 else str(first + second)


@contextmanager
def three_runs(folder: Path) -> Iterator[Stub]:
    """Make the project in ``folder`` and gate three adapters; "worse" is there and was not asked."""
    base_in(folder / "tiny")
    for name in NAMES:
        adapter_in(folder / "adapters" / name, weights=name.encode())
    suite = folder / "suites" / "sums"
    suite.mkdir(parents=True)
    (suite / "test_sums.py").write_text(SUITE)
    write_cases(suite, CASES)
    with serve(reply, ("tiny", *NAMES)) as stub:
        settings = f'base_model = "tiny"\nnoise_sample = 0\n[engine]\nbase_url = "{stub.url}"\n'
        (folder / "harness.toml").write_text(settings)
        for name in NAMES[:3]:
            gate(folder, name)
        yield stub


def gate(folder: Path, name: str, *options: str) -> tuple[int, str]:
    """Gate an adapter, and return the exit code with all that was printed."""
    done = run_pytest(folder, "suites", "-q", "-p", "no:cacheprovider", "--candidate", f"adapters/{name}", *options)
    return done.ret, done.stdout.str() + done.stderr.str()
