"""Text: answers in free words, close to what people wrote."""

from pathlib import Path

import pytest

from harness.scorers import rouge

HERE = Path(__file__).parent
# Words in common with the expected text: cheap and the same each time, but blind to meaning, so its floor is low.
OVERLAP = rouge("rougeL")
# `system` is the system message of your training: ask the model as it will be asked in use.
pytestmark = pytest.mark.suite(HERE / "cases.jsonl", system=HERE / "system.txt", max_tokens=64)


def test_answers_share_words_with_what_people_wrote(evaluate, gate):
    # Few cases can't rule out a drop, so only the floor is gated. With 59 or more, max_drop=0.10 may be decided;
    # `harness power` tells.
    gate(evaluate(OVERLAP), floor=0.25)


def test_judge_finds_the_answers_usable(evaluate, judge, gate):
    # Advisory: it is reported and fails nothing, until people's labels show that the judge can be believed.
    gate(evaluate(judge("usable")), floor=0.5, max_unscored=2, advisory=True)
