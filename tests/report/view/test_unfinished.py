"""How far a run is, in words."""

import msgspec
import pytest

from harness.report.view.unfinished import MOST_STOPPED, unfinished_row, unfinished_rows
from harness.runs.listing import Unfinished
from harness.runs.progress import Progress


def row(state: str, **changed: object):
    """Return the row of a run in this state."""
    facts = {"candidate": "mine", "baseline": "tiny", "started": "2026", "step": "asking", "requests": 400, "tests": 9}
    far = Progress(**facts | changed)
    return unfinished_row(Unfinished(id="0007-2026-11-22-1f3c", state=state, progress=far))


@pytest.mark.parametrize(
    ("state", "changed", "line", "done", "total"),
    [
        ("under way", {"step": "starting", "requests": 0}, "the models are being started", 0, 0),
        ("stopped", {"step": "starting", "requests": 0}, "before the first answer", 0, 0),
        ("under way", {"answered": 120, "left_s": 70.0}, "120 of 400 requests answered, 1:10 left", 120, 400),
        (
            "under way",
            {"answered": 1200, "requests": 4000, "errors": 1},
            "1,200 of 4,000 requests answered, 1 error",
            1200,
            4000,
        ),
        ("stopped", {"answered": 120, "left_s": 70.0}, "120 of 400 requests answered", 120, 400),
        (
            "under way",
            {"step": "testing", "answered": 400, "tests_done": 3, "verdicts": {"failed": 1, "passed": 2}},
            "3 of 9 tests ended (gates: 2 passed and 1 failed)",
            3,
            9,
        ),
        (
            "under way",
            {"step": "testing", "answered": 5, "requests": 60, "tests_done": 1, "tests": 1},
            "1 of 1 test ended; 5 of 60 requests answered",
            1,
            1,
        ),
        ("under way", {"step": "saving"}, "the tests have ended, and the run is being saved", 0, 0),
        ("stopped", {"step": "saving"}, "while it was being saved", 0, 0),
    ],
)
def test_each_step_has_its_words(state, changed, line, done, total):
    """What is shown of a stopped run does not promise that it continues."""
    shown = row(state, **changed)

    assert (shown.state, shown.line, shown.done, shown.total) == (state, line, done, total)
    assert shown.name == "Run 7: mine against tiny"


def test_a_run_that_noted_nothing_is_named_by_its_folder():
    """Stopped, or just started."""
    rows = [
        unfinished_row(Unfinished(id=name, state=state, progress=None))
        for name, state in (("0007", "under way"), ("odd\x1b[31m", "stopped"))
    ]

    assert [(one.name, one.line) for one in rows] == [
        ("Run 7", "it has just started"),
        ("odd⟨ESC⟩[31m", "nothing shows how far it came"),
    ]


def test_what_is_under_way_comes_first_and_of_stopped_runs_the_newest():
    """A folder in which a hundred runs were stopped hides nothing else."""
    stopped = [Unfinished(id=f"{n:04}", state="stopped", progress=None) for n in range(1, 101)]
    going = Unfinished(id="0050-2026-11-22-1f3c", state="under way", progress=None)

    rows = unfinished_rows([*stopped, going])

    assert [one.name for one in rows[:2]] == ["Run 50", "Run 100"]
    assert len(rows) == 1 + MOST_STOPPED + 1
    assert (rows[-1].name, rows[-1].state) == ("90 older runs", "stopped")
    assert [one.name for one in unfinished_rows(stopped[:2])] == ["Run 2", "Run 1"]


def test_a_name_that_is_no_text_can_be_sent():
    """A folder that another system named, in bytes that are not UTF-8."""
    sent = msgspec.json.encode(unfinished_row(Unfinished(id="a\udcff", state="stopped", progress=None)))

    assert msgspec.json.decode(sent)["id"] == "a?"
    assert msgspec.json.decode(sent)["name"] == "a⟨U+DCFF⟩"
