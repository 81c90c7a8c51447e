"""Progress away from a terminal: lines on standard error, and every response passed on."""

import sys

import pytest

from harness.records.asked import Response
from harness.text.progress import watch


def test_answers_whose_tokens_are_not_known_count_none(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """Their server does not count."""
    monkeypatch.setattr(sys, "__stderr__", sys.stderr)

    passed = list(watch(iter([Response(request_key="a", text="fine")]), 1))

    assert len(passed) == 1
    assert "0 tokens/s, 0 errors" in capsys.readouterr().err


def test_the_lines_say_how_far_it_is(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """One line at the start and one at the end of a short stream, and every response is passed on."""
    monkeypatch.setattr(sys, "__stderr__", sys.stderr)

    responses = [Response(request_key="a", tokens_out=5, seconds=1.0), Response(request_key="b", error="x")]
    passed = list(watch(iter(responses), 2))

    assert passed == responses
    said = capsys.readouterr().err.splitlines()
    assert said[0] == "asking 2 requests"
    assert said[-1].startswith("answered 2/2, ")
    assert "1 errors" in said[-1]
