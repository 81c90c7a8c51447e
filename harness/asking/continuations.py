"""Which texts a suite asks about: how likely each is after its case's prompt, in place of an answer."""

import json
from collections.abc import Callable, Sequence

import msgspec

from harness.asking.cases import Suite
from harness.errors import CaseFileError
from harness.records.asked import Case
from harness.records.record import Json

OPTIONS = "options"
"""The field of a case's ``meta`` with its own options."""
Given = str | Sequence[str] | Callable[[Case], str | Sequence[str]]
"""What the mark says: "expected", "options", the same texts for all cases, or a function of a case."""


def with_continuations(suite: Suite, given: Given, place: str) -> Suite:
    """Return the suite as one that asks how likely texts are.

    "expected" is each case's expected answer, as JSON where it isn't a text; "options" is what its ``meta`` has under
    that name. ``place`` says in errors which mark it is.

    Raises:
        CaseFileError: a case has no texts, a blank one, or one twice.
    """
    texts = {case.id: _checked(_texts(case, given, place), case, place) for case in suite.cases}
    return msgspec.structs.replace(suite, continuations=texts)


def _texts(case: Case, given: Given, place: str) -> Json | Sequence[str]:
    if callable(given):
        return given(case)
    if given == "expected":
        expected = case.expected
        return json.dumps(expected, ensure_ascii=False) if isinstance(expected, dict | list | int | float) else expected
    if given == OPTIONS:
        return case.meta.get(OPTIONS)
    if isinstance(given, str):
        raise CaseFileError(
            f'{place}: continuations={given!r}: write "expected", "options", a list of texts, or a function of a case'
        )
    return tuple(given)


def _checked(texts: Json | Sequence[str], case: Case, place: str) -> tuple[str, ...]:
    found = (texts,) if isinstance(texts, str) else texts
    if not isinstance(found, list | tuple) or not found:
        raise CaseFileError(f"{place}: continuations: case {case.id!r} has no text for it, got {texts!r:.60}")
    wrong = [text for text in found if not (isinstance(text, str) and text.strip())]
    if wrong or len(set(found)) < len(found):
        what = f"{wrong[0]!r:.60}, which is not a text" if wrong else "the same text twice"
        raise CaseFileError(f"{place}: continuations: case {case.id!r} has {what}")
    return tuple(str(text) for text in found)
