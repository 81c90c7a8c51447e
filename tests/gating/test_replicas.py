"""A whole run at several servers: the same verdict as at one, whatever is lost meanwhile."""

import json
from contextlib import ExitStack

from harness.runs.folder import read_answers, read_run
from harness.runs.names import find_run
from tests.apart import run_pytest
from tests.models.fakes import adapter_in, base_in
from tests.stub import RESET, serve

SUITE = """
from pathlib import Path
import pytest
from harness.scorers import exact_match

pytestmark = pytest.mark.suite(Path(__file__).parent / "cases.jsonl", max_tokens=8)

def test_answers_are_right(evaluate, gate):
    gate(evaluate(exact_match()), max_flips=0)
"""
CASES = 60


def project(folder):
    """Write a project with a base model, an adapter and a suite of sums."""
    base_in(folder / "tiny")
    adapter_in(folder / "adapters" / "mine")
    (folder / "harness.toml").write_text('base_model = "tiny"\n[engine]\nin_flight = 2\nmax_in_flight = 2\n')
    (folder / "test_sums.py").write_text(SUITE)
    cases = (
        {"id": f"{n}", "messages": [{"role": "user", "content": f"{n}+1"}], "expected": str(n + 1)}
        for n in range(CASES)
    )
    (folder / "cases.jsonl").write_text("".join(json.dumps(case) + "\n" for case in cases))


def test_a_server_that_dies_half_way_changes_no_verdict(tmp_path):
    """What it had is asked of the other, nothing else is asked twice, and the run says so."""
    project(tmp_path)
    with ExitStack() as stack:

        def reply(_model: str, question: str) -> str:
            return str(int(question.partition("+")[0]) + 1)

        first, second = (stack.enter_context(serve(reply, ("tiny", "mine"))) for _ in range(2))

        def dies(model: str, question: str) -> object:
            if len(second.asked) > 40:
                second.listed = RESET
                return RESET
            return reply(model, question)

        second.reply = dies
        done = run_pytest(tmp_path, "--candidate", "adapters/mine", "--base-url", first.url, "--base-url", second.url)

        assert done.ret == 0, done.outlines
        asked = len(first.asked) + sum(1 for _ in second.asked)
        run = find_run(tmp_path / "runs", "1")
        answers = list(read_answers(run))
        assert len(answers) >= 2 * CASES
        assert not [one for one in answers if one.response.error]
        assert len(second.asked) > 40
        assert asked <= len({one.request.key for one in answers}) + 60  # probes of both, noise, and what was in flight
    facts = "\n".join(read_run(run).notes)
    assert f"asked at 2 servers: {first.url}, {second.url}" in facts
    assert f"{second.url} was lost while it was asked" in facts
