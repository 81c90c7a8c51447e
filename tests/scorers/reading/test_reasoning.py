"""Reasoning inside of an answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.scorers import exact_match, number_equals, without_reasoning


@pytest.mark.parametrize(
    ("answer", "left"),
    [
        ("<think>hm\n</think>\n\nbug", "bug"),
        ("<Thinking>hm</Thinking> bug", "bug"),
        ("[THINK]hm[/THINK]bug", "bug"),
        ("so it is\n</think>\nbug", "bug"),
        ("It is <think>hm</think>a bug", "It is a bug"),
        ("bug <think>or is it", "bug"),
        ("<think>or is it", ""),
        ("<think>a<think>b</think>bug", "bug"),
        ("<think></think>bug", "bug"),
        ("I think it is a bug", "I think it is a bug"),
        ("<thinker>bug</thinker>", "<thinker>bug</thinker>"),
        ("", ""),
    ],
)
def test_reasoning_is_left_out(answer, left):
    """Whole, never ended, or begun by the prompt."""
    assert without_reasoning(answer) == left


@given(st.text(), st.text())
def test_what_follows_reasoning_is_the_answer(thought, answer):
    """Whatever was thought."""
    thought, answer = thought.replace("<", ""), answer.replace("<", "").replace("[", "")

    assert without_reasoning(f"<think>{thought}</think>{answer}") == answer.strip()


def test_any_scorer_can_leave_it_out(score):
    """By its reader."""
    assert score(exact_match(read=without_reasoning), "<think>4?</think>5", "5").value == 1
    assert score(number_equals(read=without_reasoning), "5<think>or 4", 5).value == 1


@pytest.mark.parametrize("unit", ["<think>", "</think>", "<think></think>", "<"])
def test_a_long_answer_of_tags_is_read_in_linear_time(unit):
    """A quadratic reader would take minutes."""
    assert len(without_reasoning(unit * 300_000)) in (0, 300_000)
