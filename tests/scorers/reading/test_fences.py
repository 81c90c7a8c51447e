"""The reader of the only code fence in an answer."""

import pytest

from harness.scorers import exact_match, fenced, predicts_label
from harness.scorers.reading.fences import AmbiguousCode


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("Here:\n```python\nx = 1\n```\nBye", "x = 1"),
        ("~~~\na\n~~~", "a"),
        ("````\n```\nx\n```\n````", "```\nx\n```"),
        ("```\r\nx\r\n```", "x"),
        ("```\nx\n```\nagain\n```py\nx\n```", "x"),
        ("<think>```\ny\n```</think>```\nx\n```", "x"),
        ("no fence, but `code`", "no fence, but `code`"),
        ("inline ```code``` here", "inline ```code``` here"),
        ("```\n```", ""),
        ("", ""),
    ],
)
def test_the_only_fence_is_read(text, read):
    """Whatever is around it; without one the whole answer is."""
    assert fenced(text) == read


@pytest.mark.parametrize("text", ["```\nx\n```\n```\ny\n```", "```python\nx = 1", "```\nx\n```\n```\n"])
def test_two_fences_or_an_open_one_are_refused(text):
    """A cut answer may parse by chance."""
    with pytest.raises(AmbiguousCode):
        fenced(text)


def test_every_scorer_calls_that_wrong(score):
    """A scorer of labels still says which class was expected."""
    given = score(predicts_label(["a", "b"], read=fenced), "```\na", "a")

    assert (given.value, given.category, given.classes) == (0, "ambiguous code", ("a", "(none)"))
    assert score(exact_match(read=fenced), "So:\n```\na\n```", "a").value == 1
