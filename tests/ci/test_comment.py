"""The comment: what to do, what would decide, the trend; within GitHub's limit, and safe against what answers say."""

import html
import re

import msgspec

from harness.ci.comment import LONGEST, Around, comment_text, marker
from harness.ci.ended import Ended
from harness.ci.trend import push_of, read_hidden, with_push
from harness.records.compared import Gate, Row, RowLabel
from harness.records.saved import Pinned
from harness.verdicts.gate import decide
from tests.ci.sessions import ended, run_of, verdict
from tests.judged_runs import judged_by
from tests.sample_run import sample_run

AROUND = Around(name="release-gate", job="https://github.com/ada/larkspur/actions/runs/7")
HOSTILE = (
    "[x](https://evil.example) <img src=x> @ada/all #12 GH-12 ![](//evil) --> ``` | \n\n# h \u202e www.evil.example"
)


def text_of(session: Ended) -> str:
    """Return the comment of the first push."""
    return comment_text(session, (push_of(session, "a" * 40, 1, 1),), AROUND)


def test_it_says_what_to_do_and_how_many_more_cases_would_decide():
    """For an inconclusive gate; the hidden line that finds it is the first."""
    text = text_of(ended("inconclusive"))

    assert text.startswith(f"{marker('release-gate')}\n### ❔ triage-too-hot against triage is inconclusive")
    assert "Do not release triage-too-hot yet." in text
    assert "**What would decide**\n\n- Labels are right: about 90 more cases like these would probably decide\n" in text
    assert "commit aaaaaaaaaaaa · [job](https://github.com/ada/larkspur/actions/runs/7)" in text


def test_it_says_how_many_more_labels_would_decide():
    """Of a judge's scores that labels correct."""
    told = RowLabel(baseline=1, candidate=1)
    rows = [Row(case_id=f"{n}", baseline=1, candidate=1, label=told if n < 60 else None) for n in range(180)]
    short = decide("t.py::test_judged", judged_by(rows), Gate(max_drop=0.04))

    text = text_of(Ended(exit_code=4, runs=(run_of(short),)))

    assert "- Judged: about 17 more labels of these answers would probably decide\n" in text


def test_of_several_candidates_the_outcome_of_all_comes_first():
    """The first one passed, and the job failed."""
    first, second = run_of(verdict("passed"), number=1), run_of(verdict("failed"), number=2)

    text = text_of(Ended(exit_code=1, runs=(first, second)))

    assert text.startswith(f"{marker('release-gate')}\n### ❌ The release gate is failed\n")
    assert text.index("is failed") < text.index("### ✅") < text.index("### ❌", text.index("### ✅"))


def test_what_is_decided_is_short_of_nothing():
    """Passed, and failed."""
    for outcome in ("passed", "failed"):
        assert "What would decide" not in text_of(ended(outcome))


def test_it_shows_the_pushes_before_and_keeps_them():
    """Three of them."""
    first, second, third = (
        push_of(ended(outcome), letter * 40, number, 1)
        for number, (outcome, letter) in enumerate([("failed", "a"), ("inconclusive", "b"), ("passed", "c")])
    )

    text = comment_text(ended("passed"), with_push(with_push((first,), second), third), AROUND)

    assert "| all together | ❌ failed | ❔ inconclusive | ✅ passed |" in text
    assert read_hidden(text) == (first, second, third)


def test_a_session_without_a_run_replaces_an_older_result():
    """Nothing of an earlier push is shown as if it were this one's."""
    text = text_of(Ended(exit_code=4, runs=()))

    assert "### ❌ The release gate is failed" in text
    assert "No run was saved: pytest was called wrongly" in text
    assert "| Gate |" not in text


def test_an_exit_code_that_says_otherwise_is_shown_first():
    """The gates passed, pytest did not."""
    text = text_of(Ended(exit_code=1, runs=ended("passed").runs))

    assert text.index("**pytest ended with exit code 1") < text.index("### ✅")


def test_results_of_a_fork_are_named_as_such():
    """Its own code wrote them."""
    text = comment_text(ended("passed"), (), msgspec.structs.replace(AROUND, foreign=True))

    assert "These results were written by the code of a fork." in text


def test_an_address_that_is_no_plain_one_is_no_link():
    """It comes from outside too."""
    around = msgspec.structs.replace(AROUND, job="javascript:alert(1)", report="https://x.example/a)[b](c")

    assert "](" not in comment_text(ended("passed"), (), around).split("\n| ")[-1]


def test_nothing_that_an_answer_says_is_markup():
    """In names, reasons, tags and ids: no link, picture, mention, issue, tag, comment or table of theirs."""
    bad = msgspec.structs.replace(verdict("failed"), test_id=f"suites/x.py::test_{HOSTILE}", reasons=(HOSTILE,))
    unsure = msgspec.structs.replace(verdict("inconclusive"), reasons=(HOSTILE, HOSTILE), test_id=f"x::{HOSTILE}")
    run = run_of(
        bad,
        unsure,
        candidate=msgspec.structs.replace(sample_run().run.candidate, adapter=HOSTILE),
        pinned=(Pinned(test_id=f"a.py::{HOSTILE}", case_id=HOSTILE, outcome="failed", reason=HOSTILE),),
        broken=(HOSTILE,),
        unmeasured=(HOSTILE,),
        notes=(HOSTILE,),
    )
    session = Ended(exit_code=1, runs=(run,))

    text = comment_text(session, (push_of(session, "a" * 40, 1, 1), push_of(session, "b" * 40, 2, 1)), AROUND)

    shown = re.sub(r"<!-- tunegate-[a-z]+:[A-Za-z0-9+/=_.-]* -->", "", text)
    assert shown.count("](") == 1  # the job's own
    assert "<" not in shown
    assert ">" not in shown
    assert "@" not in shown
    assert "```" not in shown
    assert "://evil" not in shown
    assert "www.evil" not in shown
    assert not re.search(r"#\d|GH-\d|@\w", html.unescape(shown))
    assert "\u202e" not in text
    columns = {len(re.findall(r"(?<!\\)\|", line)) for line in shown.splitlines() if line.startswith("|")}
    assert columns == {10, 4}


def test_thousands_of_gates_stay_within_githubs_limit():
    """In characters, and in bytes too; what doesn't fit is counted, and the trend is still whole."""
    one = verdict("inconclusive")
    many = [msgspec.structs.replace(one, test_id=f"suites/x/test_x.py::test_{n}_{'é' * 90}") for n in range(2_000)]
    session = Ended(exit_code=6, runs=(run_of(*many),))
    pushes = (push_of(session, "a" * 40, 1, 1), push_of(session, "b" * 40, 2, 1))

    text = comment_text(session, pushes, AROUND)

    assert len(text.encode()) <= LONGEST
    assert re.search(r"… 1,\d{3} more rows: see the report\.", text)
    assert len(read_hidden(text)) == 2
    assert text.rstrip().endswith("-->")


def test_so_many_candidates_that_not_each_has_room_are_counted():
    """Each run that fits is whole."""
    one = verdict("failed")
    runs = tuple(run_of(one, number=number) for number in range(1, 400))

    text = text_of(Ended(exit_code=1, runs=runs))

    assert len(text.encode()) <= LONGEST
    assert re.search(r"… \d+ more candidates: see the report\.", text)
