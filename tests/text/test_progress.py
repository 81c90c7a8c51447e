"""Progress away from a terminal: lines on standard error, and every response passed on."""

import io
import re
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


def test_replicas_are_told_among_the_figures(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """As they are when the line is written; a log that is no terminal gets no control characters."""
    monkeypatch.setattr(sys, "__stderr__", sys.stderr)

    list(watch(iter([Response(request_key="a", text="fine")]), 1, lambda: "1 of 2 servers, 1 lost"))

    said = capsys.readouterr().err
    assert said.endswith("0 errors, 1 of 2 servers, 1 lost, 0:00 left\n")
    assert said.replace("\n", "").isprintable()


def test_what_is_said_beside_a_bar_stays_above_it(monkeypatch: pytest.MonkeyPatch):
    """On a terminal the line takes the place of the bar, which is drawn again below, with what holds by then."""
    terminal = io.StringIO()
    terminal.isatty = lambda: True
    monkeypatch.setattr(sys, "__stderr__", terminal)
    monkeypatch.setenv("TERM", "xterm")
    there = ["2 of 2 servers"]
    with ProgressBar("asking", "requests", 2, now=lambda: there[0]):
        there[0] = "1 of 2 servers"
        progress.say("one is lost")
    progress.say("later")

    shown = terminal.getvalue()
    assert re.search(r"\x1b\[2K[^\n]*one is lost\r?\n.*1 of 2 servers", shown, re.DOTALL)
    assert shown.index("2 of 2 servers") < shown.index("one is lost")
    assert shown.endswith("later\n")


@pytest.mark.parametrize(("seconds", "text"), [(0, "0:00"), (59.9, "0:59"), (60, "1:00"), (3671, "61:11")])
def test_durations_read_as_minutes(seconds: float, text: str):
    """Cut, not rounded, so that 59.9 s is never 0:60."""
    assert time_of(seconds) == text
