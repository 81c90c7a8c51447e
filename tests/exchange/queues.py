"""A project whose cases other tools were asked, and the files that they wrote (scripts/foreign_results.py)."""

import json
from pathlib import Path

from tests.apart import run_harness, run_pytest

FILES = Path(__file__).parent / "files"
ASKED = "Which queue is this for, billing or bug? One word. "
SUITE = """
from pathlib import Path
import pytest
from harness.scorers import exact_match

pytestmark = pytest.mark.suite(Path(__file__).parent / "cases.jsonl", max_tokens=16)

def test_the_right_queue(evaluate, gate):
    gate(evaluate(exact_match()), max_flips=0)
"""
QUESTIONS = {
    "twice": ("We were charged twice.", "billing"),
    "blank": ("The page stays blank.", "bug"),
    "vat": ("The invoice has no VAT number.", "billing"),
    "export": ("The export stops at row 7.", "bug"),
}


def case(name: str, question: str = "", expected: str = "") -> dict[str, object]:
    """Return one case, as a case file has it."""
    asked, right = QUESTIONS[name]
    messages = [{"role": "user", "content": question or ASKED + asked}]
    return {"id": name, "messages": messages, "expected": expected or right}


def project(folder: Path, *cases: dict[str, object]) -> Path:
    """Write a project whose suite has these cases, or all four; return its folder."""
    (folder / "suites").mkdir(parents=True)
    (folder / "harness.toml").write_text('base_model = "tiny"\nnoise_sample = 0\n')
    (folder / "suites" / "test_queues.py").write_text(SUITE)
    lines = [json.dumps(one) + "\n" for one in cases or map(case, QUESTIONS)]
    (folder / "suites" / "cases.jsonl").write_text("".join(lines))
    return folder


def imported(folder: Path, *arguments: object) -> tuple[int, str]:
    """Import files into a project; return the exit code, and all that was said."""
    done = run_harness(folder, "import", *map(str, arguments))
    return done.ret, "\n".join(done.outlines + done.errlines)


def gated(folder: Path, *arguments: str) -> tuple[int, str]:
    """Gate in a project; return the exit code, and all that was said in one line."""
    done = run_pytest(folder, "-q", "-p", "no:cacheprovider", "suites", *arguments)
    return done.ret, " ".join(" ".join(done.outlines + done.errlines).split())


def plain(path: Path, *lines: dict[str, object]) -> Path:
    """Write plain JSON Lines of answers."""
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def answer(name: str, said: str = "bug", **more: object) -> dict[str, object]:
    """Return a plain line with an answer to a case."""
    asked, expected = QUESTIONS[name]
    return {"id": name, "prompt": ASKED + asked, "answer": said, "expected": expected, "model": "old"} | more
