"""Readers of labels: which of a list of labels a text names. ``predicts_label`` takes one as ``read=``.

They rather read no label than a wrong one: a text that names two is ambiguous, and so is one that says what it is not.
"""

import functools
import re
from collections.abc import Callable, Collection, Iterator
from typing import NamedTuple

from harness.records.record import Record
from harness.scorers.reading.denials import find_denials, is_asked, is_denied, is_perhaps_asked
from harness.scorers.reading.reasoning import without_reasoning

_QUOTES = "\"'`´‘’‚‛“”„‟‹›«»「」『』＂＇"  # noqa: RUF001 - quotation marks of all languages
_NO_WIDTH = "\u200b\u2060\ufeff"
_BEFORE = re.compile(rf"(?:[\s*_({{\[【{_NO_WIDTH}{_QUOTES}]|[-•–—](?=\s))*+")  # noqa: RUF001 - dashes of lists
_AFTER = re.compile(rf"[\s*_)}}\]】.,;:!…。．，！।۔{_NO_WIDTH}{_QUOTES}]")  # noqa: RUF001 - full stops of all languages
_DECORATION = 40
"""Most characters around a label at each end."""

_SEPARATOR = r"[\s_‐‑-]"  # noqa: RUF001 - hyphens
_LEFT = r"(?<!\w)(?<!\w[-‐‑./&@+'’])"  # noqa: RUF001 - what joins words: hyphens, an apostrophe, ...
_RIGHT = r"(?![\w+#%])(?![-‐‑./&@'’]\w)(?![,:]\d)"  # noqa: RUF001
_LEFT_OF_NUMBER = r"(?<!\d[,:])(?<![-+−<>≤≥~$€£.])(?<![<>≤≥] )"  # noqa: RUF001 - 1 is not in -1, .1 or < 1
_SMALL_WORDS = frozenset("aAiIoOyYeEuU")
"""Letters that are words too, in English or Spanish."""
_WORD_AFTER = re.compile(r"\s+[^\W\d_]")
_NO_NOUN_AFTER = re.compile(
    r"\s+(?:is|was|has|does|did|should|and|or|not|over|to|than|vs|versus|against|rather|instead|with|for|in|on|from|by|of|"
    r"at|as|because|since|it|this|that|there|they|we|you|the|if|when|so|but|also|seems|appears|looks|fits|matches|"
    r"\w+n['’]t)(?![\w‐‑/-])",  # noqa: RUF001
    re.IGNORECASE,
)
"""Words that don't follow an article or "no" as in "no doubt"."""
_NO_PRONOUN_BEFORE = re.compile(r"\s+(?:is|because|since|seems|appears|looks|fits|matches)(?!\w)", re.IGNORECASE)
"""Words that don't follow the pronoun "I"."""


class AmbiguousLabel(ValueError):
    """The text names different labels, or denies one; the message says which. Scorers turn it into a score."""


class LabelReader(Record, frozen=True, kw_only=True):
    """Says which label a text names: ``find`` takes the text and the labels, and returns a label or None."""

    name: str
    find: Callable[[str, Collection[str]], str | None]

    def __call__(self, text: str, labels: Collection[str]) -> str | None:
        """Return the label that the text names, None for none; AmbiguousLabel where that can't be said."""
        return self.find(text, labels)

    def __repr__(self) -> str:
        """Return the name."""
        return self.name


def _whole(text: str, labels: Collection[str]) -> str | None:
    return text if text in labels else None


def _bare(text: str, labels: Collection[str]) -> str | None:
    text = without_reasoning(text)
    first = min(_BEFORE.match(text).end(), _DECORATION)  # type: ignore[union-attr]
    last = len(text)
    while last > first and len(text) - last < _DECORATION and _AFTER.match(text, last - 1):
        last -= 1
    inside = (text[start:end] for start in range(first + 1) for end in range(len(text), last - 1, -1))
    return max((part for part in inside if part in labels), key=len, default=None)


def _in_text(text: str, labels: Collection[str]) -> str | None:
    if label := _bare(text, labels):
        return label
    text = without_reasoning(text)
    denials = find_denials(text)
    named = set()
    perhaps = []
    for mention in _mentions(text, tuple(labels)):
        if is_asked(text, mention.end):
            continue
        if mention.label is None or is_perhaps_asked(text, mention.end):
            perhaps.append(mention)
        elif is_denied(text, denials, mention.start, mention.end):
            raise AmbiguousLabel(f"{mention.label!r} seems to be denied")
        else:
            named.add(mention.label)
    if len(named) > 1:
        raise AmbiguousLabel(f"the answer names {len(named)} labels: {', '.join(map(repr, sorted(named)))}")
    for mention in perhaps if named else ():
        if not named & mention.maybe:
            raise AmbiguousLabel(f"the answer names {min(named)!r}, and perhaps {min(mention.maybe)!r}")
    return named.pop() if named else None


whole_label = LabelReader(name="whole_label", find=_whole)
"""The label that the text is, character for character."""
bare_label = LabelReader(name="bare_label", find=_bare)
"""The label that the text is, but for quotes, brackets, bold, a list's dash, and a full stop or the like.

Reasoning is skipped. The longest label that fits is taken, so what belongs to a label stays.

>>> bare_label('**"billing".**', ["billing", "bug"])
'billing'
"""
label_in_text = LabelReader(name="label_in_text", find=_in_text)
"""The only label that is named in the text, in words of their own; AmbiguousLabel when there are several.

Reasoning is skipped, and so are questions. Of two labels that overlap, one inside the other is not named, also where
the longer one is written with other separators or in other letters. A label that is denied ("not spam") is ambiguous,
and so is one beside another label in other letters. A label of one letter, and "no", counts where no noun follows.

>>> label_in_text("I'd say it is card lost.", ["card", "card lost"])
'card lost'
"""


class _Mention(NamedTuple):
    start: int
    end: int
    label: str | None
    """None where it is written in another way, or may be an article."""
    maybe: frozenset[str]
    """The labels that may be meant."""


def _mentions(text: str, labels: tuple[str, ...]) -> Iterator[_Mention]:
    """Yield what is named, without labels inside of longer ones."""
    names = {" ".join(label.split()): label for label in labels}
    alike: dict[str, set[str]] = {}
    for label in labels:
        alike.setdefault(_loose(label), set()).add(label)
    reached = 0
    for match in _pattern(labels).finditer(text):
        start, end = match.span(1)
        if end <= reached:  # of those that start here the longest was found; one that ends earlier is inside another
            continue
        reached = end
        written = match[1]
        named = names.get(" ".join(written.split()))
        maybe = frozenset({named} if named else alike.get(_loose(written), {written}))
        if _is_small(written) and (named is None or not _stands_as_label(text, written, end)):
            if written in _SMALL_WORDS and (named is None or written == "I" or written.islower()):
                continue
            named = None
        yield _Mention(start, end, named, maybe)


def _loose(text: str) -> str:
    return " ".join(re.split(rf"{_SEPARATOR}+", text.casefold()))


def _is_small(word: str) -> bool:
    """Tell whether a label is also a letter or a word before nouns, as in "a bug" or "no doubt"."""
    return (len(word) == 1 and word.isalpha()) or word.casefold() == "no"


def _stands_as_label(text: str, label: str, end: int) -> bool:
    if not _WORD_AFTER.match(text, end):
        return True
    return bool((_NO_PRONOUN_BEFORE if label in "iI" else _NO_NOUN_AFTER).match(text, end))


@functools.lru_cache(maxsize=64)
def _pattern(labels: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted(labels, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?=({'|'.join(map(_as_words, longest_first))}))", re.IGNORECASE)


def _as_words(label: str) -> str:
    words = rf"{_SEPARATOR}+".join(map(re.escape, re.split(rf"(?<=\w){_SEPARATOR}+(?=\w)", label)))
    left = _LEFT + (_LEFT_OF_NUMBER if label[0].isdigit() else "")
    return f"{left}{words}{_RIGHT}"
