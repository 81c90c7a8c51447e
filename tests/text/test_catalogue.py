"""The catalogue of errors: its sections by name, and how they look in a terminal."""

import pytest

from harness.errors import InputError
from harness.text.catalogue import Section, find_section, in_terminal, read_catalogue

SECTIONS = tuple(Section(name=name, text="x") for name in ("DataError", "StoreError", "NoSuchModel"))
TEXT = """It means that
two lines are one.

```
a.jsonl:3: a message that has more words than one line of twenty
    and an indented one
```

**Usual causes:**

- a cause that is longer
  than a line
- [the page](pages.md), or [pages.md](pages.md)

**What to do:** Write `this`."""


@pytest.mark.parametrize("name", ["NoSuchModel", "nosuchmodel"])
def test_a_section_is_found_by_its_name(name):
    """In capitals or not."""
    assert find_section(SECTIONS, name).name == "NoSuchModel"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("NoSuchModle", "no error is called 'NoSuchModle'; did you mean NoSuchModel?"),
        ("DateError", "no error is called 'DateError'; did you mean DataError or StoreError?"),
        ("x\x1b[31m", "no error is called 'x\\x1b[31m'; `harness explain` lists them all"),
    ],
)
def test_for_a_wrong_name_the_nearest_are_suggested(name, words):
    """Or the way to the list of all."""
    with pytest.raises(InputError) as refused:
        find_section(SECTIONS, name)

    assert str(refused.value) == words


def test_a_section_fits_the_terminal():
    """Messages are indented, and what is under a dash is too."""
    assert list(in_terminal(TEXT, 26)) == [
        "It means that two lines",
        "are one.",
        "",
        "    a.jsonl:3: a message",
        "      that has more words",
        "      than one line of",
        "      twenty",
        "        and an indented",
        "      one",
        "",
        "Usual causes:",
        "",
        "- a cause that is longer",
        "  than a line",
        "- the page",
        "  (docs/pages.md), or",
        "  docs/pages.md",
        "",
        "What to do: Write `this`.",
    ]


def test_what_a_section_means_is_its_first_paragraph():
    """On one line."""
    assert Section(name="X", text=TEXT).meaning == "It means that two lines are one."


@pytest.mark.parametrize("section", read_catalogue(), ids=lambda one: one.name)
def test_no_markup_of_the_page_is_left(section):
    """At 60 columns."""
    lines = list(in_terminal(section.text, 60))

    assert not [line for line in lines if "**" in line or "](" in line or "```" in line]
    assert not [line for line in lines if len(line) > 60 and " " in line.strip()]
