"""A project with two real runs of the same suites, made once, whose commands are then tried in copies of it."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from harness.records.asked import ModelRef
from harness.records.saved import Run
from tests.apart import run_pytest
from tests.models.fakes import adapter_in, base_in
from tests.stub import Stub, serve

SUITE = """
from pathlib import Path
import pytest
from harness.scorers import answer_tokens, exact_match

HERE = Path(__file__).parent
pytestmark = pytest.mark.suite(HERE / "cases.jsonl", max_tokens=8)

def is_short(case, response):
    return len(response.text) < 3

def test_answers_are_right(evaluate, gate):
    gate(evaluate(exact_match()), max_flips=1)

def test_each_language_holds(evaluate, gate):
    gate(evaluate(is_short).by_tag("language"), max_flips=0)

def test_judge_is_content(evaluate, judge, gate):
    gate(evaluate(judge("completeness")), max_flips=0, advisory=True)

def test_answers_stay_short(evaluate, gate):
    gate(evaluate(answer_tokens()), max_rise=0.5, ceiling=4, advisory=True)

def test_judge_prefers_none(prefer):
    prefer("helpfulness")

@pytest.mark.suite(HERE / "cases.jsonl", tags=["pinned"], max_tokens=8)
def test_says_no_question_mark(case, answer):
    assert "?" not in answer.text
"""
CASES = tuple(
    {
        "id": f"sum-{n}",
        "messages": [{"role": "user", "content": f"{n}+1"}],
        "expected": str(n + 1),
        "tags": [f"language-{'de' if n % 2 else 'en'}", *["pinned"] * (n < 2)],
    }
    for n in range(6)
)


def reply(model: str, question: str) -> str:
    """Answer every sum; the adapter "forgetful" forgets two of them; the judge is content with everything."""
    if len(question) > 10:
        return '{"better": "A"}' if "Answer B" in question else '{"score": 4}'
    if model == "forgetful" and question in ("1+1", "2+1"):
        return "?"
    return str(sum(map(int, question.split("+"))))


@contextmanager
def two_runs(folder: Path) -> Iterator[Stub]:
    """Make the project in ``folder`` and gate first the adapter "mine", then "forgetful"."""
    base_in(folder / "tiny")
    for name in ("mine", "forgetful"):
        adapter_in(folder / "adapters" / name, weights=name.encode())
    (folder / "test_sums.py").write_text(SUITE)
    write_cases(folder, CASES)
    with serve(reply, ("tiny", "mine", "forgetful")) as stub:
        settings = f'base_model = "tiny"\nnoise_sample = 0\n[engine]\nbase_url = "{stub.url}"\n'
        (folder / "harness.toml").write_text(settings)
        for name in ("mine", "forgetful"):
            done = run_pytest(folder, "-q", "-p", "no:cacheprovider", "--candidate", f"adapters/{name}")
            assert done.ret == (0 if name == "mine" else 1), done.stdout.str() + done.stderr.str()
        yield stub


def empty_run(**changed: object) -> Run:
    """Return a run of "mine" against its base model in which nothing was asked."""
    base = ModelRef(base="tiny", base_digest="b" * 64, template_digest="t" * 64)
    nothing: dict[str, object] = dict.fromkeys(("command", "verdicts", "measures", "pinned"), ())
    facts = {"id": "0003-2026-11-22-1f3c", "time": "2026-11-22T14:07:31+00:00", "engine": "e", "judge": ""}
    candidate = msgspec.structs.replace(base, adapter="mine", adapter_digest="a" * 64)
    sides = {"baseline": base, "candidate": candidate}
    return Run(**nothing | facts | sides | {"versions": {}, "fingerprint": "", "timings": {}} | changed)


def write_cases(folder: Path, cases: tuple[object, ...]) -> None:
    """Write the case file."""
    (folder / "cases.jsonl").write_text("".join(json.dumps(case) + "\n" for case in cases))


def copied(folder: Path, to: Path) -> Path:
    """Return a copy of the project that a test may change."""
    return Path(shutil.copytree(folder, to, dirs_exist_ok=True))
