"""A judge reads both sides' answers by one rubric, and decides nothing unless it is trusted."""

import datetime as dt

import numpy as np
import pytest

from harness.config import load_config
from harness.drift.judged import Judging
from harness.drift.meaning import TOO_LONG, clusters_of
from harness.errors import InputError
from harness.records.asked import Case, Message, Response
from harness.text.pages import content_folder
from tests.stub import serve

RUBRIC = "completeness"
NOW = dt.datetime(2026, 11, 27, tzinfo=dt.UTC)


def answers(text: str, number: int = 30):
    """Return cases with the same answer."""
    return [
        (
            Case(id=f"c{place}", messages=(Message(role="user", content=f"{text} {place}?"),)),
            Response(request_key=f"{text}{place}", text=f"{text} {place}", finish_reason="stop"),
        )
        for place in range(number)
    ]


def levels(_model: str, question: str) -> str:
    """Say what is worst of a bad answer, and what is best of any other."""
    return '{"score": 1}' if "zzbad" in question else '{"score": 5}'


@pytest.fixture
def judging(tmp_path):
    """Return what asks a stub by a rubric; with ``waived`` its words count though nobody checked the judge."""
    with serve(levels, ("tiny",)) as stub:
        (tmp_path / "harness.toml").write_text(
            f'[judge]\nmodel = "openai:tiny"\nbase_url = "{stub.url}"\nmax_tokens = 8\n'
        )

        def make(rubric: str, *, waived: bool) -> Judging:
            words = content_folder("judges").joinpath(f"{rubric}.toml").read_text()
            (tmp_path / "judges").mkdir(exist_ok=True)
            (tmp_path / "judges" / f"{rubric}.toml").write_text(f"require_trusted = {str(not waived).lower()}\n{words}")
            return Judging((rubric,), load_config(tmp_path / "harness.toml"), tmp_path, NOW, 0)

        make.stub = stub
        yield make


def test_a_judge_that_nobody_checked_is_not_asked_and_decides_nothing(judging):
    """What moved could be the judge."""
    ((figure, change),) = judging(RUBRIC, waived=False)(answers("zzbad"), answers("good"))

    assert change is None
    assert "was never checked against people's labels" in figure.reason
    assert judging.stub.bodies == []


def test_what_a_judge_says_of_both_sides_is_compared(judging):
    """The mean of its scores; lower is worse."""
    ((figure, change),) = judging(RUBRIC, waived=True)(answers("zzbad"), answers("good"))

    assert (figure.name, figure.worse) == (f"judge: {RUBRIC}", "lower")
    assert (figure.now.mean, figure.reference.mean) == (0.0, 1.0)
    assert change.estimate.mean == -1.0
    assert len(judging.stub.bodies) == 60


def test_without_answers_of_the_release_no_judge_is_asked(judging):
    """There is nothing to compare with."""
    assert judging(RUBRIC, waived=True)(answers("zzbad"), ()) == ()


def test_a_rubric_that_reads_an_expected_answer_is_refused(tmp_path):
    """Logs have none."""
    with pytest.raises(InputError, match="--rubric correctness: it reads an expected answer, and logs have none"):
        Judging(("correctness",), load_config(tmp_path / "harness.toml"), tmp_path, NOW, 0)


def test_texts_of_one_meaning_are_in_one_cluster():
    """Of whichever source; what the model can't read is in none."""

    def embed(texts: list[str]) -> np.ndarray:
        turned = {"bill": (1.0, 0.0), "bug": (0.0, 1.0), "long": (0.0, 0.0)}
        return np.array([turned[text] for text in texts], dtype=np.float32)

    found = clusters_of({"logs": ["bill"] * 30 + ["long"], "suite": ["bill"] * 15 + ["bug"] * 15}, 0, embed)

    assert len(set(found["logs"][:30])) == 1
    assert found["logs"][30] == TOO_LONG
    assert found["suite"][0] == found["logs"][0] != found["suite"][-1]
    assert clusters_of({"logs": ["bill"] * 5, "suite": ["bug"] * 5}, 0, embed) == {}, "too few to have clusters"
