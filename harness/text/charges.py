"""What each step of a template costs: what it reads, and what it makes, is charged before it happens.

The figures are rough, and always too high rather than too low: no template that shows a chat comes near the limit.
"""

import re
import types
from collections.abc import ItemsView, KeysView, Mapping, Sequence, Sized, ValuesView
from typing import Any

from jinja2 import TemplateRuntimeError, Undefined
from jinja2.environment import Environment
from jinja2.nodes import EvalContext
from jinja2.runtime import Context
from jinja2.utils import Namespace

WORK = 200_000_000
"""Units of one rendering, some seconds at most. To read a character is one unit ..."""
MADE = 2
"""... to make one is two, so that no rendering takes more than some hundred megabytes ..."""
ELEMENT = 100
"""... to look at an element of a list, or at one character in Python code, is a hundred ..."""
STEP = 1_000
"""... and a round of a loop, a call, a filter or a test is a thousand."""
LONGEST_NUMBER = 10_000
"""Binary digits; Python shows no number of more than 14,000."""

_QUICK_FILTERS = frozenset({"abs", "attr", "count", "d", "default", "first", "float", "items", "last", "length"})
_TEXT_FILTERS = frozenset(
    {"capitalize", "center", "e", "escape", "filesizeformat", "forceescape", "format", "indent", "int", "lower"}
    | {"replace", "reverse", "round", "safe", "string", "title", "tojson", "trim", "truncate", "upper", "urlencode"}
    | {"wordcount"}
)
_SLOW_FILTERS = frozenset({"pprint", "striptags", "urlize", "wordwrap", "xmlattr"})
_COMPARING_TESTS = frozenset(
    {"!=", "<", "<=", "==", ">", ">=", "eq", "equalto", "ge", "greaterthan", "gt", "in", "le", "lessthan", "lower"}
    | {"lt", "ne", "upper"}
)
_NUMBERS = re.compile(r"\d+")
_WIDTH_FROM_A_VALUE = re.compile(r"%[^a-zA-Z%]*\*|\{[^{}]*\{")
_NEVER = frozenset({"translate", "to_bytes", "fromkeys"})


class TooMuchWork(TemplateRuntimeError):
    """A template does more than its limit allows."""


class Charges:
    """The account of one rendering at a time."""

    def __init__(self) -> None:
        self._left = WORK

    def start(self) -> None:
        """Begin a rendering."""
        self._left = WORK

    def spend(self, units: int) -> None:
        """Charge units.

        Raises:
            TooMuchWork: there are not as many left.
        """
        self._left -= units
        if self._left < 0:
            raise TooMuchWork("it repeats or writes more than any chat needs; look for loops and repeats without end")

    def made(self, characters: int) -> None:
        """Charge for new text."""
        self.spend(MADE * characters)

    def round(self, characters: int) -> bool:
        """Charge for a round of a loop, or a call of a macro or block, with the text in its body; always true."""
        self.made(characters)
        return True

    def shown(self, value: object) -> object:
        """Charge for a value that becomes text, and return it."""
        self.made(self.size(value))
        return value

    def read(self, value: object) -> object:
        """Charge for a value that is compared, and return it."""
        self.spend(self.size(value))
        return value

    def result(self, value: object) -> object:
        """Charge for what was made, and return it: no list holds so much that it could not be looked through."""
        if isinstance(value, str | bytes):
            self.made(len(value))
        elif isinstance(value, list | tuple | dict):
            self.size(value)
        return value

    def cut(self, value: object) -> object:
        """Charge for a slice, and return it."""
        self.made(_length(value))
        return value

    def size(self, value: object) -> int:
        """Return how many characters a value has as text, charged for the elements that this looks at."""
        total, waiting = 0, [value]
        while waiting:
            one = waiting.pop()
            if isinstance(one, str | bytes):
                total += len(one)
                continue
            inner = _inner(one)
            self.spend(ELEMENT * (1 + len(inner)))
            total += ELEMENT
            waiting.extend(inner if isinstance(inner, list | tuple) else ())
        return total

    def operator(self, operator: str, left: object, right: object) -> None:
        """Charge for an operator between two values."""
        if isinstance(left, int) and isinstance(right, int):
            self._number(operator, left, right)
        elif operator == "+":
            self.made(_length(left) + _length(right))
        elif operator == "*":
            times, repeated = (left, right) if isinstance(left, int) else (right, left)
            self.made(_length(repeated) * max(times, 0) if isinstance(times, int) else 0)
        elif operator == "%" and isinstance(left, str | bytes):
            self._formatted(left, right)

    def _number(self, operator: str, left: int, right: int) -> None:
        self.spend(ELEMENT)
        bits = left.bit_length() * right if operator == "**" else left.bit_length() + right.bit_length()
        if operator in {"*", "**"} and bits > LONGEST_NUMBER:
            raise TooMuchWork(f"it computes a number of more than {LONGEST_NUMBER:,} binary digits")

    def call(self, function: object, args: Sequence[Any], named: Mapping[str, Any]) -> Sequence[Any]:
        """Charge for a call, and return its arguments."""
        self.spend(STEP + ELEMENT * (len(args) + len(named)))
        self.spend(sum(map(_length, (*args, *named.values()))))
        method = getattr(function, "__wrapped__", function)  # jinja2 wraps `format`
        owner = getattr(method, "__self__", None)
        if isinstance(method, types.BuiltinFunctionType) and owner is not None:
            if method.__name__ in _NEVER:
                raise TooMuchWork(f"`{method.__name__}` is not for templates")
            if isinstance(owner, str | bytes):
                return self._text_method(method.__name__, owner, args, named)
            self.spend(self.size(owner) if isinstance(owner, list | tuple) else 0)
        return args

    def _text_method(
        self, name: str, owner: str | bytes, args: Sequence[Any], named: Mapping[str, Any]
    ) -> Sequence[Any]:
        length = len(owner)
        self.spend(length)
        if name in {"center", "ljust", "rjust", "zfill"}:
            self.made(length + _largest(args))
        elif name == "expandtabs":
            self.made(length * max(8, _largest((*args, *named.values()))))
        elif name in {"split", "rsplit", "splitlines"}:
            self.spend(ELEMENT // 2 * length)
        elif name == "replace" and len(args) >= 2:
            self.made(length + (_count(owner, args[0]) * _length(args[1])))
        elif name in {"format", "format_map"}:
            self._formatted(owner, (*args, *named.values()))
        elif name == "join" and args:
            parts = list(args[0])
            self.made(self.size(parts) + length * len(parts))
            return (parts, *args[1:])
        if name in {"rfind", "rindex", "rsplit", "rpartition"}:
            self.spend(length * max(map(_length, args), default=0))
        return args

    def filter(self, name: str, args: Sequence[Any], named: Mapping[str, Any]) -> Sequence[Any]:
        """Charge for a filter, and return its arguments."""
        self.spend(STEP)
        if name == "join":  # it reads to the end, so a list is as good, and can be counted
            args = tuple(list(one) if isinstance(one, types.GeneratorType) else one for one in args)
        given = [one for one in (*args, *named.values()) if not isinstance(one, Context | EvalContext | Environment)]
        if name in _QUICK_FILTERS or not given:
            return args
        size = sum(map(self.size, given))
        self.spend(size if name in _TEXT_FILTERS else size + ELEMENT * sum(map(_length, given)))
        if name in _SLOW_FILTERS or (name == "sum" and any(isinstance(one, list | tuple) for one in given[1:])):
            self.spend(size * size)
        if name == "format":
            self._formatted(str(given[0]), given[1:])
        self.made(_makes(name, given, size))
        return args

    def test(self, name: str, args: Sequence[Any], named: Mapping[str, Any]) -> Sequence[Any]:
        """Charge for a test, and return its arguments."""
        self.spend(STEP)
        if name in _COMPARING_TESTS:
            self.spend(sum(map(self.size, (*args, *named.values()))))
        return args

    def _formatted(self, text: str | bytes, given: object) -> None:
        pattern = text if isinstance(text, str) else text.decode("latin-1")
        if _WIDTH_FROM_A_VALUE.search(pattern):
            raise TooMuchWork("it takes the width of a text from a value")
        fields = pattern.count("%") + pattern.count("{")
        widths = sum(int(digits) if len(digits) < 10 else WORK for digits in _NUMBERS.findall(pattern))
        self.made(len(pattern) + widths + fields * self.size(given))


def _makes(name: str, given: Sequence[Any], size: int) -> int:
    """Return how many characters a filter makes, where that is more than it reads."""
    number, others = _largest(given), given[1:]
    longest = max(map(_length, others), default=0)
    match name:
        case "batch" | "center" | "slice":
            made = number
        case "round":  # it computes 10 to this power
            made = number * number
        case "indent":
            made = (str(given[0]).count("\n") + 1) * max(4, number, longest)
        case "tojson":
            made = size * (1 + number)
        case "join":
            made = size + _length(given[0]) * longest
        case "replace" if len(given) >= 3:
            made = str(given[0]).count(str(given[1])) * _length(given[2])
        case "replace":
            made = size * longest
        case _:
            made = 0
    return made


def _inner(value: object) -> Sequence[object]:
    """Return the values that a value shows as text, or of which it makes new ones."""
    if isinstance(value, list | tuple | range):
        return value
    if isinstance(value, dict):
        return [*value, *value.values()]
    if isinstance(value, set | frozenset | KeysView | ValuesView | ItemsView):
        return list(value)
    return list(getattr(value, "_Namespace__attrs").values()) if isinstance(value, Namespace) else ()  # noqa: B009


def _length(value: object) -> int:
    return len(value) if isinstance(value, Sized) and not isinstance(value, Undefined) else 0


def _largest(values: Sequence[object]) -> int:
    return max((abs(one) for one in values if isinstance(one, int)), default=0)


def _count(text: str | bytes, old: object) -> int:
    if isinstance(text, str):
        return text.count(old) if isinstance(old, str) else 0
    return text.count(old) if isinstance(old, bytes) else 0
