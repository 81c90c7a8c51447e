"""How answers end."""

import pytest

from harness.data.checks.noise.endings import cut_json, ending_of

LONG = "The order was sent on Monday from our store in Bremen, and the parcel has been with the carrier since then"


@pytest.mark.parametrize(
    ("text", "ending"),
    [
        ('{"queue": "bug", "priority": "P', "JSON"),
        ('{"queue": "bug"', "JSON"),
        ('[{"a": 1}, {"a"', "JSON"),
        ('{"queue": "bug"}', "other"),
        ('{"queue": bug}', "other"),
        ("[1] is the first note in the list", "other"),
        ("Run this:\n```python\nprint(1)\n", "code"),
        ("Run this:\n```python\nprint(1)\n```", "other"),
        ("1. Run this:\n   ```python\n   print(1)\n    ```", "other"),
        ("Run this:\n```html\n<p>Hello</p>```\nand open it", "other"),
        ("Write ```total``` there", "other"),
        (f"{LONG}.\n\necho 'The number of all of the files is' $count in total", "other"),
        (f"{LONG}.\n\ngrep --count order *.txt | sort by name and number", "other"),
        (
            "The sea was calm and the night was long\nThe wind had gone to bed\nAnd somebody was singing a low song",
            "other",
        ),
        (f"{LONG}.", "stopped"),
        (f"{LONG}, with the", "sentence"),
        (f"{LONG},", "sentence"),
        (f"{LONG} and", "sentence"),
        (LONG, "unstopped"),
        (f"{LONG} (see below)", "stopped"),
        ("The order is late", "other"),
        (f"{LONG}.\n- apples and pears for the winter in the cellar", "other"),
        (f"{LONG}.\n\n- Winston Churchill", "other"),
        (f"{LONG}.\n#travel #food and the sea with all of you here", "other"),
        (f"{LONG}.\nhttps://tidewell.io/help", "other"),
        (f"{LONG}.\nThe total of all of these is 42", "other"),
        (f"{LONG}.\n| a | b | c | d | e | f | g", "other"),
        (f"{LONG}.\nHow To Win Friends And Influence People", "other"),
        ("", "other"),
    ],
)
def test_the_end_of_an_answer_is_told(text, ending):
    """Entries, titles, addresses and formulas end as they like."""
    assert ending_of(text) == ending


def test_deep_json_breaks_nothing():
    """It is not cut, or it is: no error."""
    assert not cut_json("[" * 100_000 + "1" + "]" * 100_000)
