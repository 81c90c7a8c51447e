"""Progress away from a terminal: lines on standard error, and every response passed on."""

import sys

import pytest

from harness.records.answered import Response
from harness.text import progress
from harness.text.progress import ProgressBar, time_of, watch


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
    assert said[0] == "asking: 2 requests"
    assert said[-1].startswith("asking: 2 of 2 requests, ")
    assert said[-1].endswith(" tokens/s, 1 error, 0:00 left")


def test_a_line_comes_now_and_then(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Once the time is up; what was done earlier does not make the rest look quick."""
    monkeypatch.setattr(sys, "__stderr__", sys.stderr)
    with ProgressBar("training", "steps", 10, 4) as bar:
        bar.show(5, "loss 2.000", 2.0)
        monkeypatch.setattr(progress, "LINE_EVERY_S", -1.0)
        bar.show(6, "loss 1.500", 4.0)

    shown = capsys.readouterr()
    assert shown.err.splitlines() == ["training: 10 steps", "training: 6 of 10 steps, loss 1.500, 0:08 left"]
    assert shown.out == ""


def test_a_line_shows_brackets_as_they_are(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Names come from outside; nothing in them is markup."""
    monkeypatch.setattr(sys, "__stderr__", sys.stderr)
    with ProgressBar("asking", "requests", 1) as bar:
        bar.say("[bold]mine[/bold]")

    assert "[bold]mine[/bold]" in capsys.readouterr().err


@pytest.mark.parametrize(("seconds", "text"), [(0, "0:00"), (59.9, "0:59"), (60, "1:00"), (3671, "61:11")])
def test_durations_read_as_minutes(seconds: float, text: str):
    """Cut, not rounded, so that 59.9 s is never 0:60."""
    assert time_of(seconds) == text
