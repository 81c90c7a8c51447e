"""The warning where a judge reads what an exact scorer decides."""

import pytest

from harness.text.pages import content_folder
from tests.gating.projects import Project, project  # noqa: F401 - the fixture

TESTS = """
from pathlib import Path

import pytest

pytestmark = pytest.mark.suite(Path(__file__).parent / "cases.jsonl", max_tokens=8)


@pytest.mark.parametrize("time", [1, 2])
def test_correct(evaluate, judge, gate, time):
    gate(evaluate(judge("correctness")), floor=0.1)
"""
WARNING = (
    "rubric 'correctness' needs no judge here: all 8 expected answers are a number: number_equals() "
    "decides them exactly, at no cost; see docs/judges.md"
)


def replies(model: str, _question: str) -> str:
    """Answer as the judge, and as the sides."""
    return '{"score": 5}' if model == "reader" else f"{model} says 7"


@pytest.fixture
def judging(project):  # noqa: F811
    """Make a project of eight sums whose server is also the judge."""

    def make(code: str = TESTS) -> Project:
        run = project(replies)
        run.stub.models.append("reader")
        run.believe("correctness", "completeness")
        run.suite(code=code, cases=8)
        return run

    return make


SHOWN = ("-W", "default::harness.gating.needless.NeedlessJudge")
"""As in a project where warnings are no errors, which they are here."""


def told(result: pytest.RunResult) -> list[str]:
    """Return the warnings in the summary."""
    return [line.partition("NeedlessJudge: ")[2] for line in result.outlines if "NeedlessJudge" in line]


@pytest.mark.parametrize("option", [["--collect-only"], ["--judge", "openai:reader"]])
def test_a_judge_of_numbers_is_warned_of_once(judging, option):
    """When the tests are collected; not again when they run, nor for each parameter."""
    run = judging()

    result = run.gate(*option, *SHOWN)

    assert (result.ret, told(result)) == (0, [WARNING])


@pytest.mark.parametrize(
    "code",
    [
        TESTS.replace("judge(", 'judge("correct" + "ness" if time else '),
        TESTS.replace("def test", '@pytest.mark.filterwarnings("default")\ndef test'),
    ],
    ids=["computed", "filtered"],
)
def test_what_is_not_known_before_is_warned_of_when_the_test_runs(judging, code):
    """Once, though the test waits and runs again."""
    run = judging(code)

    collected, result = run.gate("--collect-only"), run.gate("--judge", "openai:reader", *SHOWN)

    assert (collected.ret, result.ret) == (0, 0)
    assert (told(collected), len(told(result))) == ([], 1)


@pytest.mark.parametrize(
    ("code", "options"),
    [
        (TESTS, ["-W", "ignore::harness.gating.needless.NeedlessJudge"]),
        (TESTS.replace("def test", '@pytest.mark.filterwarnings("ignore:.*needs no judge")\ndef test'), []),
        (TESTS.replace("correctness", "completeness"), []),
    ],
    ids=["option", "mark", "no expected answer"],
)
def test_it_can_be_silenced_and_is_silent_where_a_reader_is_needed(judging, code, options):
    """By pytest's own filters."""
    result = judging(code).gate("--judge", "openai:reader", *options)

    assert (result.ret, told(result)) == (0, [])


def test_a_rubric_with_several_criteria_needs_a_reader(judging):
    """What is more than right or wrong is not told by an exact scorer."""
    run = judging()
    words = content_folder("judges").joinpath("correctness.toml").read_text().partition("[levels]")[0]
    levels = ", ".join(f'{level} = "level {level}"' for level in range(1, 6))
    criteria = "".join(f'[criteria.{name}]\nquestion = "Is it?"\nlevels = {{{levels}}}\n' for name in ("right", "kind"))
    reply = words.replace("{{ levels }}", "{{ criteria }}").replace('{"score": N}', '{"right": N, "kind": N}')
    (run.folder / "judges" / "correctness.toml").write_text(reply + criteria)

    result = run.gate("--collect-only", *SHOWN)

    assert (result.ret, told(result)) == (0, [])


def test_where_warnings_are_errors_nothing_is_asked(judging):
    """Exit 4, with the test."""
    run = judging()

    result = run.gate("--judge", "openai:reader", "-W", "error::harness.gating.needless.NeedlessJudge")

    assert (result.ret, run.stub.bodies) == (4, [])
    assert "test_sums.py::test_correct[1]: rubric 'correctness' needs no judge here" in result.stderr.str()


def test_cases_that_can_not_be_read_are_told_by_the_run(judging):
    """Not by the warning."""
    run = judging()
    (run.folder / "cases.jsonl").write_text("{")

    result = run.gate("--judge", "openai:reader")

    assert (result.ret, told(result)) == (4, [])
    assert "cases.jsonl:1" in result.stderr.str()
