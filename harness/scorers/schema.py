"""The answer is JSON that follows a JSON schema. jsonschema validates, and nothing is fetched from the network."""

import functools
import json
from collections.abc import Callable, Hashable, Iterator
from pathlib import Path

from harness.errors import InputError, ScorerError
from harness.records.asked import Case, Response
from harness.records.record import Json, digest
from harness.records.scored import Score, Scorer
from harness.scorers.reading.answer import read_answer
from harness.scorers.reading.json_values import NotJson, parse_json
from harness.scorers.reading.limit import TookTooLong, unfinished, within_limit
from harness.scorers.reading.outcome import right, wrong
from harness.scorers.reading.readers import Reader, whole
from harness.scorers.reading.wording import Called, written
from harness.text.regular import read_regular_text
from harness.text.visible import for_terminal, quoted

LONGEST_MESSAGE = 200
"""Characters of jsonschema's own words, which quote the answer."""
ADVICE = "give its patterns no repeats inside repeats, as (a+)+, and let no reference lead to the same place many times"
_DEFAULT_DRAFT = "https://json-schema.org/draft/2020-12/schema"


def matches_schema(schema: Path | str | dict[str, Json] | bool, *, read: Reader = whole) -> Scorer:
    """Make a scorer: does the answer follow a JSON schema, given as a file or as a value?

    ``$schema`` names the draft; the default is 2020-12. ``format`` is not checked, as in the specification. References
    can point into the schema itself or to the specification's own schemas, nowhere else.

    Raises:
        InputError: the file can't be read, or it does not hold a JSON schema.
    """
    if isinstance(schema, Path | str):
        path = Path(schema)
        name, text, place = path.name, _read(path), str(path)
    else:
        name, text, place = None, _canonical(schema), "the schema given to matches_schema"
    try:
        _first_failure(text)
    except (ValueError, RecursionError) as problem:
        raise InputError(f"{place}: not a JSON schema: {problem}") from problem
    call = written("matches_schema", read, name, digest=digest(text)[:12])
    return MatchesSchema(call=call, schema=text, read=read)


class MatchesSchema(Called, kw_only=True, frozen=True):
    """See ``matches_schema``."""

    schema: str
    """Canonical JSON."""
    read: Reader

    def __call__(self, case: Case, response: Response) -> Score:
        """Score one answer."""
        try:
            value = parse_json(read_answer(self.read, case, response))
        except NotJson as problem:
            return wrong(str(problem), problem.symptom)
        try:
            failure = within_limit(lambda: _first_failure(self.schema)(value))
        except TookTooLong:
            return unfinished(self, "applying the schema to this answer", ADVICE)
        except Exception as problem:
            raise ScorerError(
                f"case {case.id!r}: {self!r} can't apply its schema: {type(problem).__name__}: "
                f"{for_terminal(str(problem), LONGEST_MESSAGE)}; correct the schema (patterns are Python's, "
                "references must stay inside it and must not be endless)"
            ) from problem
        return wrong(failure, "breaks the schema") if failure else right()


def _read(path: Path) -> str:
    try:
        return _canonical(parse_json(read_regular_text(path)))
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except OSError as problem:
        raise InputError(f"{path}: can't be read: {problem.strerror}") from problem
    except UnicodeDecodeError as problem:
        raise InputError(f"{path}: not UTF-8 at byte {problem.start}; save the file as UTF-8") from problem
    except NotJson as problem:
        raise InputError(f"{path}: not JSON: {problem}") from problem


def _canonical(schema: Json) -> str:
    try:
        return json.dumps(schema, sort_keys=True, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as problem:
        raise InputError(f"the schema given to matches_schema is not JSON: {problem}") from problem


@functools.cache
def _first_failure(schema: str) -> Callable[[Json], str]:
    """Return the function that says where a value first fails, or nothing; ValueError for a broken schema."""
    from jsonschema import SchemaError, ValidationError
    from jsonschema.validators import extend, validator_for
    from jsonschema_specifications import REGISTRY  # type: ignore[import-untyped]

    content = json.loads(schema)
    if not isinstance(content, dict | bool):
        raise ValueError("a schema is an object, true or false")  # noqa: TRY004 - an error in the file, not in the caller
    draft = content.get("$schema", _DEFAULT_DRAFT) if isinstance(content, dict) else _DEFAULT_DRAFT
    kind = validator_for({"$schema": draft}, default=None) if isinstance(draft, str) else None
    if kind is None:
        raise ValueError(f"$schema: no draft is called {quoted(draft)}; the newest known is {_DEFAULT_DRAFT!r}")
    try:
        kind.check_schema(content)
    except SchemaError as problem:
        raise ValueError(f"{problem.json_path}: {for_terminal(problem.message, LONGEST_MESSAGE)}") from problem

    def unique_items(_: object, asked: Json, value: Json, __: object) -> Iterator[Exception]:
        if asked and isinstance(value, list) and len(set(map(_hashable, value))) < len(value):
            yield ValidationError(f"{quoted(value)} has non-unique elements")

    # jsonschema compares objects pair by pair: minutes for 8,000 of them, hours for a megabyte.
    validator = extend(kind, {"uniqueItems": unique_items})(content, registry=REGISTRY)

    def first_failure(value: Json) -> str:
        for error in validator.iter_errors(value):
            # The end of a message says what was asked; the start quotes the answer, however long that is.
            message = error.message
            asked = message if len(message) <= LONGEST_MESSAGE else f"{message[:100]} ... {message[-100:]}"
            return f"{for_terminal(error.json_path)}: {asked}"
        return ""

    return first_failure


def _hashable(value: Json) -> Hashable:
    """Return something that is equal for equal JSON values only: 1 is 1.0, true is not 1."""
    if isinstance(value, dict):
        return "object", frozenset((key, _hashable(inner)) for key, inner in value.items())
    if isinstance(value, list):
        return "array", tuple(map(_hashable, value))
    return (isinstance(value, bool), value)
