"""Sentences that quote values of a file."""

import sys

import pytest

from harness.data.checks.personal.quotations import discreet

KEY = "ghp_" + "k3Yx9ZqLmN0pRt7" + "VwB2cD4fG6hJ8sA1uE5oI"
"""In the form of a token."""


def test_what_is_personal_is_hidden_and_the_rest_is_as_it_was():
    """By the same checksums and patterns as everywhere."""
    told = f"message 2: the role 'lena.brandt@nordkai-freight.no' and {KEY} in `role`; expected one of user, tool"

    assert discreet(told) == "message 2: the role 'le…no' and gh…oI in `role`; expected one of user, tool"


def test_a_word_that_is_cut_off_goes_whole():
    """No pattern knows the beginning of a key."""
    assert discreet(f"the column 'text' is '{KEY[:20]}...'; expected a list") == (
        "the column 'text' is '...'; expected a list"
    )


@pytest.mark.parametrize(
    "value", ["lena.brandt@nordkai-freight.no", KEY, "+49 30 901820", "4539 1488 0343 6467", "84.23.17.201"]
)
def test_without_the_extra_all_that_could_be_personal_is_hidden(value, monkeypatch):
    """Training rows needs none of its packages."""
    monkeypatch.setitem(sys.modules, "phonenumbers", None)
    monkeypatch.setitem(sys.modules, "detect_secrets", None)
    monkeypatch.setattr("harness.data.checks.personal.secrets._known", _not_installed)

    told = discreet(f"message 12: the name '{value}' is unknown; call +49 30 901821")

    assert told.startswith("message 12: the name '")
    assert told.endswith("is unknown; call …")
    assert not any(value[start : start + 5] in told for start in range(len(value) - 4))


def _not_installed() -> None:
    raise ModuleNotFoundError
