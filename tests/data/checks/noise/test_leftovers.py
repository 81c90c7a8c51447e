"""Refusals, talk of itself and thinking that a model left in answers."""

import ast
from pathlib import Path

import pytest

from harness.data.checks.noise.leftovers import itself_in, refuses, thinking_in, thinking_tag_in
from harness.scorers.failures.refusal import is_refusal
from tests.scorers.failures import test_refusal

TEXTS = [
    node.value
    for node in ast.walk(ast.parse(Path(test_refusal.__file__).read_text()))
    if isinstance(node, ast.Constant) and isinstance(node.value, str)
]


def test_the_quick_look_loses_no_refusal():
    """Of all texts that the tests of ``is_refusal`` have."""
    assert [text for text in TEXTS if refuses(text) != is_refusal(text)] == []
    assert sum(map(refuses, TEXTS)) > 40


@pytest.mark.parametrize(
    "text",
    [
        "I am ChatGPT, and I like it.",
        "As an AI language model, I like it.",
        "I'm just a chatbot, but try this.",
        "My knowledge cutoff is 2021.",
    ],
)
def test_talk_of_itself_is_found_unless_it_was_asked_for(text):
    """Wherever it is."""
    assert itself_in(f"Well. {text}", "Which tea is best?") is not None
    assert itself_in(f"Well. {text}", "Are you an AI?") is None


def test_other_talk_is_left_alone():
    """Of models and updates that are somebody else's."""
    assert itself_in("The last update broke the chatbot on our page.", "What broke?") is None
    assert itself_in("Nobody knows whether this one is better than ChatGPT.", "Is it good?") is None
    assert itself_in("Als Sprachmodell sagt es Wort für Wort.", "Wie schreibt ein Sprachmodell?") is None
    assert itself_in("As an aid worker, she was trained by nurses.", "Who was she?") is None


@pytest.mark.parametrize("text", ["<think>hm</think>Yes", "so</think>Yes", "[THINK]a[/THINK]b", "<Reasoning>a"])
def test_a_tag_of_thinking_is_found(text):
    """Begun or ended."""
    assert thinking_tag_in(text) is not None


@pytest.mark.parametrize(
    "text",
    ["Let's think step by step. 2 + 2", "Okay, so the user wants a refund.", "Hmm, let me think about it"],
)
def test_thinking_aloud_at_the_start_is_found(text):
    """Not later in the answer."""
    assert thinking_in(text) is not None
    assert thinking_in(f"Refund it. {text}") is None


@pytest.mark.parametrize(
    "text",
    [
        "They need to spend 30/10 = 3 dollars.",
        "They said no.",
        "Let me know if it helps.",
        "The users want more",
        "I think so.",
        "Let's go",
        "Okay.",
    ],
)
def test_other_starts_are_left_alone(text):
    """They only begin alike."""
    assert thinking_in(text) is None
