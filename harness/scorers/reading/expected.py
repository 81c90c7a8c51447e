"""Read what a case expects, for the scorer that needs it; a case that can't be scored is an error, never a 0."""

from collections.abc import Callable, Sequence
from typing import NoReturn

from harness.errors import ScorerError
from harness.records.asked import Case
from harness.records.record import Json
from harness.records.scored import Scorer
from harness.scorers.reading.json_values import look_up
from harness.text.visible import quoted


def expected_texts(case: Case, scorer: Scorer, field: str | None = None) -> tuple[str, ...]:
    """Return the accepted texts: ``expected`` or its field, a string or a list of strings, none of them blank.

    Raises:
        ScorerError: the case expects something else.
    """
    expected = expected_value(case, scorer, field)
    texts = expected if isinstance(expected, list) else [expected]
    if not are_texts(texts):
        refuse(case, scorer, f"{_place(case, field)} to be a string or a list of strings, none of them blank", expected)
    return tuple(texts)


def expected_value(case: Case, scorer: Scorer, field: str | None = None) -> Json:
    """Return ``expected``, or its field where it is an object.

    Raises:
        ScorerError: the case expects nothing, or lacks the field.
    """
    if case.expected is None:
        refuse(case, scorer, "`expected`", None)
    if field is None or not isinstance(case.expected, dict):
        return case.expected
    try:
        return look_up(case.expected, field)
    except LookupError:
        refuse(case, scorer, f"the field `{field}` in `expected`", case.expected)


def are_texts(texts: Sequence[Json]) -> bool:
    """Tell whether there is at least one text, all are strings, and none is blank."""
    return bool(texts) and all(isinstance(text, str) and text.strip() for text in texts)


def comparable(case: Case, scorer: Scorer, texts: Sequence[str], form: Callable[[str], str]) -> tuple[str, ...]:
    """Return the forms in which texts are compared.

    Raises:
        ScorerError: nothing but white space is left of one, and so every answer would match it, or an empty one.
    """
    forms = tuple(map(form, texts))
    for text, left in zip(texts, forms, strict=True):
        if not left.strip():
            refuse(case, scorer, "texts of which something is left to compare", text)
    return forms


def refuse(case: Case, scorer: Scorer, need: str, got: Json) -> NoReturn:
    """Raise the error that names the case, the scorer, what it needs, and what it got.

    Raises:
        ScorerError: always.
    """
    found = "nothing" if got is None else quoted(got)
    raise ScorerError(f"case {case.id!r}: {scorer!r} needs {need}, got {found}; correct the case file")


def checked_field(field: str) -> str:
    """Return a dotted path if every step has a name.

    Raises:
        ScorerError: a step is empty.
    """
    if not all(field.split(".")):
        raise ScorerError(f"{field!r} is not a path to a field; write it as `queue` or `customer.name`")
    return field


def _place(case: Case, field: str | None) -> str:
    return f"the field `{field}` of `expected`" if field and isinstance(case.expected, dict) else "`expected`"
