"""Cases that no answer can pass, as a suite's scorers read them: the expected answer itself is scored."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import get_args

import msgspec

from harness.asking.cases import Suite
from harness.cases.finding import CaseFile, Finding
from harness.cases.unsatisfiable import breaks, never
from harness.errors import ScorerError
from harness.records.answered import Response
from harness.records.asked import Case
from harness.records.record import Json
from harness.records.scored import Score
from harness.scorers.calling.expected import BadExpected, wanted_of
from harness.scorers.cites import Cites
from harness.scorers.containing import Contains
from harness.scorers.corpus import CorpusBleu, MacroF1
from harness.scorers.declines import Declines
from harness.scorers.field import FieldEquals
from harness.scorers.filtered import MatchesFiltered
from harness.scorers.follows import FollowsInstructions
from harness.scorers.grounded import GroundedIn
from harness.scorers.keeps_to_context import KeepsToContext
from harness.scorers.labels import PredictsLabel
from harness.scorers.matching import ExactMatch
from harness.scorers.number import NumberEquals
from harness.scorers.overlap import Overlap
from harness.scorers.pattern import MatchesRegex
from harness.scorers.reading.wording import Called
from harness.scorers.repeats import OverRepeats
from harness.scorers.schema import MatchesSchema
from harness.scorers.schemas.rules import Rules
from harness.scorers.scoring import describe, score_one
from harness.scorers.similar import Similar
from harness.scorers.tool_calls import CallsTool
from harness.scorers.uses_only import UsesOnly
from harness.text.visible import quoted

ALL_RIGHT = 0.999
"""A score from which on an answer is all right; sums of floats can miss 1 by a hair."""
WORD = re.compile(r"[^\W\d_]{2,}(?:['\u2019][^\W\d_]+)*")
"""A word of two letters or more. Tokenizers in use make no token of two of them."""
OWN = "harness."
Reading = (
    ExactMatch
    | Contains
    | NumberEquals
    | FieldEquals
    | PredictsLabel
    | Overlap
    | CallsTool
    | MatchesRegex
    | FollowsInstructions
)
"""The scorers that read what a case expects."""
READING = get_args(Reading)
Checking = Similar | GroundedIn | Cites | Declines | KeepsToContext | UsesOnly
"""The scorers that can say of a case alone whether it has what they need: no model of meanings is loaded for that."""


class UsedSuite(msgspec.Struct, frozen=True, kw_only=True):
    """A suite as tests use it: its case file, how it is asked, and what scores it."""

    path: Path
    suite: Suite
    scorers: tuple[object, ...]


def find_impassable(file: CaseFile, used: UsedSuite) -> Iterator[Finding]:
    """Yield the cases of a suite that no answer can pass, and schemas that nothing follows."""
    scorers = list({describe(one): one for one in map(single_scorer, used.scorers)}.values())
    schemas = [one for one in scorers if isinstance(one, MatchesSchema)]
    for scorer in schemas:
        if problem := never(_schema(scorer)):
            told = f"nothing follows the schema: {problem}"
            yield Finding(kind="no-answer", where=(file.name, describe(scorer)), told=told)
    in_fields = any(isinstance(one, FieldEquals | PredictsLabel | Overlap) and one.field for one in scorers)
    for case in used.suite.cases:
        problems = [_breaks(scorer, case) for scorer in schemas if in_fields]
        problems += [_problem(used.suite, case, scorer) for scorer in scorers if isinstance(scorer, READING)]
        problems += [_lacks(scorer, case) for scorer in scorers if isinstance(scorer, Checking)]
        if told := next(filter(None, problems), ""):
            yield Finding(kind="no-answer", where=(file.place(case),), told=told)


def is_checked(scorer: object) -> bool:
    """Tell whether it can be seen what passes a scorer; not of judges, quantities and functions of one's own.

    Nor of filters, which can look for words around the expected answer.
    """
    single = single_scorer(scorer)
    return isinstance(single, Called) and not isinstance(single, MatchesFiltered)


def single_scorer(scorer: object) -> object:
    """Return the scorer of single answers inside of one of several, or of a figure."""
    if isinstance(scorer, OverRepeats):
        return single_scorer(scorer.scorer)
    if isinstance(scorer, MacroF1):
        return scorer.answers
    return scorer.sentence if isinstance(scorer, CorpusBleu) else scorer


def least_tokens(text: str) -> int:
    r"""Return a number of tokens that a text has at least, whatever the tokenizer.

    >>> least_tokens('{"queue": "billing", "note": "It doesn\'t work"}')
    6
    """
    return len(WORD.findall(text))


def _problem(suite: Suite, case: Case, scorer: Reading) -> str | None:
    """Return why no answer to a case can pass a scorer; None where one can, or nobody can tell."""
    if suite.continuations:
        return None
    answers = _right_answers(scorer, case)
    try:
        scores = [score_one(scorer, case, Response(request_key="", text=text)) for text in answers or ("",)]
    except ScorerError as problem:
        return _in_finding(problem, case)
    if isinstance(scorer, CallsTool):
        return _unknown_call(suite, case)
    return _too_little(suite, scorer, dict(zip(answers, scores, strict=False)))


def _lacks(scorer: Checking, case: Case) -> str | None:
    """Return what a case lacks that a scorer compares with; None where it has all."""
    try:
        scorer.check(case)
    except ScorerError as problem:
        return _in_finding(problem, case)
    return None


def _in_finding(problem: ScorerError, case: Case) -> str:
    return str(problem).removeprefix(f"case {case.id!r}: ").removesuffix("; correct the case file")


def _too_little(suite: Suite, scorer: Reading, scored: dict[str, Score]) -> str | None:
    """Return what is wrong where none of these answers is all right, or each takes too many tokens."""
    if not scored or any(score.value is None for score in scored.values()):
        return None
    right = [text for text, score in scored.items() if (score.value or 0) >= ALL_RIGHT]
    if not right:
        best = max(scored.values(), key=lambda score: score.value or 0)
        return f"the expected answer itself has {best.value:.3g} by {scorer!r}: {best.reason}"
    least = min(map(least_tokens, right))
    if least <= suite.sampling.max_tokens:
        return None
    return f"the expected answer has {least} tokens at least, and max_tokens is {suite.sampling.max_tokens}"


def _right_answers(scorer: Reading, case: Case) -> tuple[str, ...]:
    """Return answers of which one must be right if any is; none where the expected answer doesn't say."""
    if isinstance(scorer, CallsTool | MatchesRegex | FollowsInstructions) or not _reads_as_ours(scorer):
        return ()
    if isinstance(scorer, Contains) and scorer.texts:
        return ()
    expected = case.expected
    field: str | None = getattr(scorer, "field", None)
    plain = _texts(expected) if field is None else _in_field(expected, field)
    if isinstance(scorer, Overlap) and field is not None:
        plain += _texts(expected)
    return (*plain, *(f"```\n{text}\n```" for text in plain))


def _reads_as_ours(scorer: object) -> bool:
    """Tell whether the catalogue's own readers read the answer; what a function of somebody else's wants is unknown."""
    readers = [getattr(scorer, name, None) for name in ("read", "read_label")]
    return all((getattr(reader, "__module__", "") or "").startswith(OWN) for reader in readers if reader is not None)


def _texts(expected: Json) -> tuple[str, ...]:
    if isinstance(expected, str):
        return (expected,)
    if isinstance(expected, list) and expected and all(isinstance(one, str) for one in expected):
        return tuple(expected)
    if isinstance(expected, float):
        fixed = f"{expected:f}", repr(expected), f"{expected:.17g}"
        return (*fixed, *(one.replace(".", ",") for one in fixed))
    return (_json(expected),)


def _in_field(expected: Json, field: str) -> tuple[str, ...]:
    """Return JSON answers with the expected value in a field; of several accepted values one each."""
    if isinstance(expected, dict):
        return (_json(expected), *_alternatives(expected, field))
    values = expected if isinstance(expected, list) and expected else [expected]
    return tuple(_json(_nested(field, value)) for value in (expected, *values))


def _alternatives(expected: dict[str, Json], field: str) -> tuple[str, ...]:
    value = expected.get(field)
    return tuple(_json(_nested(field, one)) for one in value) if isinstance(value, list) else ()


def _nested(field: str, value: Json) -> Json:
    for step in reversed(field.split(".")):
        value = {step: value}
    return value


def _json(value: Json) -> str:
    return msgspec.json.encode(value).decode()


def _unknown_call(suite: Suite, case: Case) -> str | None:
    """Return which function is expected that the case's tools don't have, in every accepted way."""
    functions = [one.get("function") for one in suite.tools_for(case).functions]
    known = {str(one["name"]) for one in functions if isinstance(one, dict)}
    if not known:
        return None
    try:
        ways: Sequence[set[str]] = [{call.name for call in way} for way in wanted_of(case.expected)]
    except BadExpected:
        return None
    strange = [sorted(names - known) for names in ways]
    if not all(strange):
        return None
    return f"expects a call of {quoted(strange[0][0])}, which is not among its tools ({', '.join(sorted(known))})"


def _breaks(scorer: MatchesSchema, case: Case) -> str | None:
    problem = breaks(_schema(scorer), case.expected) if isinstance(case.expected, dict) else None
    return f"the expected answer {problem}: an answer that is right breaks {scorer!r}" if problem else None


def _schema(scorer: MatchesSchema) -> Json:
    return msgspec.json.decode(scorer.rules, type=Rules).schema
