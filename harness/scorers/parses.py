"""The answer parses: as JSON, YAML, XML, CSV, Python, SQL or a table of Markdown. Nothing of it is executed."""

import difflib
from importlib.util import find_spec
from typing import Literal, get_args

from harness.errors import ScorerError
from harness.records.answered import Response
from harness.records.asked import Case
from harness.records.scored import Score, Scorer
from harness.scorers.parsing.formats import parse_as_csv, parse_as_json, parse_as_xml
from harness.scorers.parsing.worker import UNCHECKED, Unchecked, parse_apart
from harness.scorers.reading.answer import read_answer
from harness.scorers.reading.apart import GaveUp
from harness.scorers.reading.limit import TookTooLong, unfinished
from harness.scorers.reading.outcome import NotReadable, right, wrong
from harness.scorers.reading.readers import Reader, whole
from harness.scorers.reading.wording import Called, written
from harness.text.visible import for_terminal

Language = Literal["json", "yaml", "xml", "csv", "python", "sql", "markdown-table"]

ADVICE = "limit the answer with max_tokens"
_NEEDS = {
    "yaml": ("yaml", "pyyaml"),
    "sql": ("sqlglot", "sqlglot"),
    "markdown-table": ("markdown_it", "markdown-it-py"),
}


def parses_as(
    language: Language, *, dialect: str | None = None, delimiter: str | None = None, read: Reader = whole
) -> Scorer:
    """Make a scorer: does the answer parse as this language?

    The whole answer must, without a code fence or a sentence around it; ``read=unfenced`` takes the fence away, and
    ``read=fenced`` reads the only fence in a longer answer. What any sentence is as well does not count: a YAML scalar,
    single words of Python, CSV of one row or one column. ``dialect`` is one of sqlglot's for SQL (``postgres``,
    ``mysql``, ``tsql``, ...); without one its own mix of all is read. ``delimiter`` is that of CSV, a comma by default.
    YAML, SQL and tables need ``pip install 'tunegate[parse]'``.

    Raises:
        ScorerError: the language, the dialect or the delimiter is not known, or its parser is not installed.
    """
    if language not in get_args(Language):
        raise ScorerError(f"parses_as({language!r}): {_nearest(str(language), get_args(Language))}")
    module, package = _NEEDS.get(language, ("", ""))
    if module and find_spec(module) is None:
        raise ScorerError(f"parses_as({language!r}) needs the package {package}: pip install 'tunegate[parse]'")
    if dialect is not None:
        _check_dialect(language, dialect)
    if delimiter is not None and (language != "csv" or len(delimiter) != 1 or delimiter in '"\r\n'):
        raise ScorerError(f"parses_as({language!r}, delimiter={delimiter!r}): it is one character, of CSV alone")
    call = written("parses_as", read, language, dialect=dialect, delimiter=delimiter)
    return ParsesAs(call=call, language=language, dialect=dialect or "", delimiter=delimiter or ",", read=read)


class ParsesAs(Called, kw_only=True, frozen=True):
    """See ``parses_as``."""

    language: Language
    dialect: str
    delimiter: str
    read: Reader

    def __call__(self, case: Case, response: Response) -> Score:
        """Score one answer."""
        try:
            text = read_answer(self.read, case, response)
            self._parse(_with_empty_fields(text, response.text, self.delimiter) if self.language == "csv" else text)
        except NotReadable as problem:
            return wrong(for_terminal(str(problem), 200), problem.symptom)
        except Unchecked as problem:
            return Score(value=None, reason=str(problem), category=UNCHECKED)
        except TookTooLong:
            return unfinished(self, "parsing this answer", ADVICE)
        except GaveUp as problem:
            reason = f"{self!r} gave up: parsing this answer {problem}; {ADVICE}"
            return Score(value=None, reason=reason, category="took too long")
        return right()

    def _parse(self, text: str) -> None:
        if self.language == "json":
            parse_as_json(text)
        elif self.language == "xml":
            parse_as_xml(text)
        elif self.language == "csv":
            parse_as_csv(text, self.delimiter)
        else:
            parse_apart(self.language, text, self.dialect)


def _with_empty_fields(text: str, answer: str, delimiter: str) -> str:
    """Return what was read of an answer, with the tabs at its ends that a reader took for white space."""
    start = answer.rfind(text)
    if not delimiter.isspace() or start < 0:
        return text
    lost = delimiter + "\r\n"
    before, after = answer[:start], answer[start + len(text) :]
    first = before[len(before.rstrip(lost)) :].lstrip("\r\n")
    last = after[: len(after) - len(after.lstrip(lost))].rstrip("\r\n")
    return f"{first}{text}{last}"


def _check_dialect(language: str, dialect: str) -> None:
    if language != "sql":
        raise ScorerError(f"parses_as({language!r}, dialect={dialect!r}): only SQL has dialects")
    from sqlglot.dialects.dialect import Dialects

    known = tuple(sorted(one.value for one in Dialects if one.value))
    if dialect not in known:
        raise ScorerError(f"parses_as('sql', dialect={dialect!r}): {_nearest(dialect, known)}")


def _nearest(got: str, known: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(got.lower(), known, n=1)
    return f"did you mean {near[0]!r}?" if near else f"it takes {', '.join(map(repr, known))}"
