"""The form of an answer: JSON, code, a label or prose; the style of its keys; headings; its last mark."""

import re
from typing import Literal

import msgspec

from harness.records.record import UNREADABLE, Json

Form = Literal["a JSON object", "a JSON list", "JSON in a fence of code", "broken JSON", "code", "a label", "prose"]
KeyStyle = Literal["snake_case", "camelCase", "PascalCase", "kebab-case", "words with spaces", "mixed"]

LABEL = 60
"""Characters of the longest label."""
LABEL_WORDS = 3
LONG = 400
"""Characters from which prose has headings or none."""
LINE = 200
"""Characters of the longest answer in one line whose last mark is compared."""
LINE_WORDS = 4
"""Words from which one line is a sentence."""
ASKED = frozenset(
    (
        *("json", "yaml", "xml", "csv", "html", "code", "function", "program", "script", "sql", "query", "python"),
        *("javascript", "java", "bash", "regex", "class", "list", "lists", "table", "tables", "bullet", "bullets"),
        *("markdown", "format", "formatted", "wrap", "wrapped", "heading", "headings", "title", "titles", "titled"),
        *("section", "sections", "highlight", "highlighted", "paragraph", "paragraphs", "poem", "lyrics", "song"),
        *("only", "word", "yes", "capital", "lowercase", "uppercase", "punctuation", "end", "letter", "letters"),
    )
)
"""Who asks for a form, gets it: such rows are not compared with others, unless a system prompt is theirs."""

_WORD = re.compile(r"[a-z]+")
_FENCED = re.compile(r"```(?P<language>\w*)[ \t]*\n(?P<inside>.*?)\n?```\s*", re.DOTALL)
_STARTS_JSON = re.compile(r"""\{\s*(?:["'}]|\w+"?\s*:)|\[\s*(?:[{\["]|-?\d+\s*,)""")
_HEADING = re.compile(r"^#{1,6} \S", re.MULTILINE)
_CAPITAL_INSIDE = re.compile(r"[a-z0-9][A-Z]")


def asks_for_form(text: str) -> bool:
    """Tell whether who asks also says in which form; see ``ASKED``."""
    return not ASKED.isdisjoint(_WORD.findall(text.lower()))


def form_of(text: str) -> tuple[Form, Json]:
    """Return the form of an answer, and its value where it is JSON."""
    text = text.strip()
    if not text:
        return "a label", None
    if text[0] in "{[":
        try:
            value: Json = msgspec.json.decode(text)
        except UNREADABLE:
            if _STARTS_JSON.match(text):
                return "broken JSON", None
        else:
            return ("a JSON object" if isinstance(value, dict) else "a JSON list"), value
    if text.startswith("```") and (fenced := _FENCED.fullmatch(text)):
        inside = fenced["inside"].strip()
        is_json = _STARTS_JSON.match(inside) and fenced["language"].lower() in {"", "json"}
        return ("JSON in a fence of code" if is_json else "code"), None
    words = len(text.split())
    if len(text) <= LABEL and (words == 1 or (words <= LABEL_WORDS and text[-1] not in ".!?")):
        return "a label", None
    return "prose", None


def key_style(value: dict[str, Json]) -> KeyStyle | None:
    """Return how the keys of an object, at any depth, are written; None where all are single words.

    >>> key_style({"dueDate": 1, "queue": 2}), key_style({"due_date": {"dayOfWeek": 1}}), key_style({"queue": 1})
    ('camelCase', 'mixed', None)
    """
    styles = {style for key in _keys(value) if (style := _style(key))}
    return None if not styles else styles.pop() if len(styles) == 1 else "mixed"


def has_headings(text: str) -> bool | None:
    """Tell whether long prose has Markdown headings; None of shorter prose."""
    return _HEADING.search(text) is not None if len(text) >= LONG else None


def has_stop(text: str) -> bool | None:
    """Tell whether a sentence in one line ends with a full stop; None of anything else, such as a question."""
    text = text.strip()
    if len(text) > LINE or "\n" in text or len(text.split()) < LINE_WORDS or not text.isascii():
        return None
    return True if text[-1] == "." else False if text[-1].isalpha() else None


def _keys(value: Json) -> "list[str]":
    if isinstance(value, dict):
        return [*value, *(key for inner in value.values() for key in _keys(inner))]
    return [key for inner in value for key in _keys(inner)] if isinstance(value, list) else []


def _style(key: str) -> KeyStyle | None:
    if " " in key.strip():
        return "words with spaces"
    if "-" in key:
        return "kebab-case"
    if "_" in key.strip("_"):
        return "snake_case" if key == key.lower() or key == key.upper() else "mixed"
    if _CAPITAL_INSIDE.search(key):
        return "PascalCase" if key[0].isupper() else "camelCase"
    return None
