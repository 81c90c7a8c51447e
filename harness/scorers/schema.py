"""The answer is JSON that follows a JSON schema. jsonschema-rs validates, and nothing is fetched from the network."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.errors import InputError
from harness.records.answered import Response
from harness.records.asked import Case
from harness.records.record import Json, digest
from harness.records.scored import Score, Scorer
from harness.scorers.reading.answer import read_answer
from harness.scorers.reading.apart import GaveUp
from harness.scorers.reading.json_values import NotJson, parse_json_exactly
from harness.scorers.reading.limit import TookTooLong, unfinished
from harness.scorers.reading.outcome import NotReadable, right, wrong
from harness.scorers.reading.readers import Reader, whole
from harness.scorers.reading.wording import Called, written
from harness.scorers.schemas.checking import LONGEST_MESSAGE, checked
from harness.scorers.schemas.rules import as_json, rules_of
from harness.scorers.schemas.worker import first_failure
from harness.text.regular import read_regular_text
from harness.text.visible import for_terminal, quoted

Schema = Path | str | dict[str, Json] | bool
"""A file, or a schema as a value."""

ADVICE = "let no reference lead to the same place many times, and give patterns no repeats inside repeats, as (a+)+"


def matches_schema(
    schema: Schema, *, remotes: Mapping[str, Schema] | None = None, formats: bool = False, read: Reader = whole
) -> Scorer:
    """Make a scorer: does the answer follow a JSON schema, given as a file or as a value?

    ``$schema`` names the draft, from 4 to 2020-12, which is the default. A reference can lead into the schema itself,
    to the specification's own schemas, and to ``remotes``: local copies of other documents by their URI, which is
    absolute or relative to the schema's. A copy is given as the schema is. Patterns are those of ECMA 262.
    ``formats=True`` asserts ``format``, which otherwise says nothing, as in the specification.

    Raises:
        InputError: a file can't be read; it does not hold a JSON schema; or a reference, a pattern or an asserted
            format in it is broken, also where no answer may ever lead to it.
    """
    place = str(Path(schema)) if isinstance(schema, Path | str) else "the schema given to matches_schema"
    content = _content(schema, place)
    copies = {uri: _content(copy, f"{place}: remotes[{quoted(uri)}]") for uri, copy in (remotes or {}).items()}
    try:
        rules = checked(rules_of(content, copies, formats=formats))
    except (ValueError, RecursionError) as problem:
        raise InputError(f"{place}: not a usable JSON schema: {problem}") from problem
    call = written(
        "matches_schema",
        read,
        Path(schema).name if isinstance(schema, Path | str) else None,
        digest=_digest(content),
        remotes=_digest(copies) if copies else None,
        formats=formats,
    )
    return MatchesSchema(call=call, rules=as_json(rules), read=read)


class MatchesSchema(Called, kw_only=True, frozen=True):
    """See ``matches_schema``."""

    rules: str
    """``Rules`` as JSON."""
    read: Reader

    def __call__(self, case: Case, response: Response) -> Score:
        """Score one answer."""
        try:
            value = parse_json_exactly(read_answer(self.read, case, response))
        except NotReadable as problem:
            return wrong(str(problem), problem.symptom)
        try:
            failure = first_failure(self.rules, value)
        except TookTooLong:
            return unfinished(self, "applying the schema to this answer", ADVICE)
        except GaveUp as problem:
            reason = f"{self!r} gave up: applying the schema to this answer {problem}; {ADVICE}"
            return Score(value=None, reason=reason, category="took too long")
        return wrong(_told(*failure), "breaks the schema") if failure else right()


def _content(schema: Schema, place: str) -> Json:
    """Return a schema as the JSON value that it is written as."""
    try:
        if isinstance(schema, Path | str):
            return parse_json_exactly(read_regular_text(Path(schema)))
        copy: Json = json.loads(json.dumps(schema, allow_nan=False))
    except FileNotFoundError:
        raise InputError(f"{place}: no such file{_looked_in(schema)}") from None
    except OSError as problem:
        raise InputError(f"{place}: can't be read: {problem.strerror}") from problem
    except UnicodeDecodeError as problem:
        raise InputError(f"{place}: not UTF-8 at byte {problem.start}; save the file as UTF-8") from problem
    except (NotJson, TypeError, ValueError, RecursionError) as problem:
        raise InputError(f"{place}: not JSON: {problem}") from problem
    return copy


def _looked_in(schema: Schema) -> str:
    """Say where a path without a folder leads: not to the test's folder, as that of a case file does."""
    if not isinstance(schema, Path | str) or Path(schema).is_absolute():
        return ""
    return (
        f" in {for_terminal(str(Path.cwd()))}, where pytest runs; for a file beside the test write "
        f"Path(__file__).parent / {quoted(str(schema))}"
    )


def _digest(content: Json) -> str:
    return digest(json.dumps(content, sort_keys=True, default=str))[:12]


def _told(path: Sequence[str | int], message: str) -> str:
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    # The end of a message says what was asked; the start quotes the answer, however long that is.
    asked = message if len(message) <= LONGEST_MESSAGE else f"{message[:100]} ... {message[-100:]}"
    return f"{for_terminal('$' + ''.join(steps))}: {for_terminal(asked, LONGEST_MESSAGE + 5)}"
