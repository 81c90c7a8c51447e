"""Whether the words around a label deny it ("not spam", "I doubt it is spam") or ask for it.

Of the clause before the label all words count, so a denial of something else in that clause is taken for one of the
label too: rather no label than the opposite one.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence

from harness.text.later import pattern_later

REACH = 250
"""Characters before a label in which its clause begins."""

_QUOTES = "\"'`´‘’‚‛“”„‟‹›«»「」『』＂＇"  # noqa: RUF001 - quotation marks of all languages
_NOT = r"not\b|\w*n['’]t\b"  # noqa: RUF001
_BOUND = pattern_later(
    r"[.!?](?=[\s\"'”’)*]|\Z)|[;。！？，；：]|(?<!\bnot)(?<!n['’]t)(?::|,(?![^,.;:!?]{0,40}\b(?:of|or|nor)\b))|\n\s*\n|\n\s*[-*•]\s|"  # noqa: RUF001
    r"\b(?<!anything )(?<!nothing )(?<!else )(?<!all )but\b|\b(?:aber|sondern|mais|pero|sino|mas|maar|но)\b",
    re.IGNORECASE,
)
_ASIDE = pattern_later(
    r"(?:(?<=\bnot)|(?<=n['’]t)),[^,.;:!?]{0,80},|,[^,.;:!?]{0,80},(?=\s+(?:that|of|dass|que)\b)",  # noqa: RUF001
    re.IGNORECASE,
)
"""Between commas after which the clause continues: "not, however, a bug"."""
_DENIES = pattern_later(
    r"(?P<agrees>\bnot\s+(?:only|just|merely)\b|\bno\s+(?:doubt\b|question\b(?!\s+of\b))|\bnothing\s+(?:else\s+)?but\b|"
    r"\b(?:without|beyond)\s+(?:an?\s+|any\s+)?(?:reasonable\s+)?(?:doubt|question)\b)|"
    rf"(?<!\w)(?:{_NOT}|(?:not|no|never|neither|nor|non|none|nothing|nobody|nowhere|without|hardly|barely|scarcely|"
    r"rarely|seldom|cannot|(?:do|does|did|is|are|was|were|ca|could|wo|would|should|has|have|had|ai)nt|than|instead|"
    r"except|unlike|unlikely|doubt\w*|rul(?:e|es|ed|ing)\s+(?:\w+\s+){0,2}out|exclud\w+|dismiss\w*|far\s+from|"
    r"anything\s+but|short\s+of|(?:lack|absence)\s+of|hard\s+to|(?:wrong|false|incorrect|mistake|mistaken)\s+to|"
    r"(?:wrong|false|untrue)\s+that|stretch\s+to|less\s+(?:of\s+)?an?|refuse\s+to|fail\w*\s+to\s+(?:be|qualify|count)|"
    r"if\s+(?:it|this|that)\s+(?:were|was|is)|"
    r"nicht|kein\w{0,2}|nie|niemals|ohne|weder|noch|statt|pas|jamais|aucune?|ni|sans|sin|nunca|sem|não|niet|geen|"
    r"не|нет|ليس|ليست|ليسوا|غير|لا|لم|لن)\b)|"
    r"(?:不是|不属于|不屬於|不算|并非|並非|绝非|絕非)",
    re.IGNORECASE,
)
_NO = (
    r"(?:no|not|\w*n['’]t|cannot|hardly|never|false|nope|unlikely|doubtful|incorrect|wrong|untrue|ruled\s+out|excluded|"  # noqa: RUF001
    r"far\s+from|anything\s+but|out\s+of\s+the\s+question|nein|nicht|falsch)\b"
)
_DENIED_AFTER = pattern_later(
    rf"[\s*_?:=)}}\]{_QUOTES}]+(?:(?:is|was|are|does|do|can|could|would|should|might|must|will|be|been|has|have|seems|looks|"
    r"it|this|it['’]s|\w+ly|ist|das|es)\s+){0,4}"  # noqa: RUF001
    rf"{_NO}|[\s,(–—-]+(?:(?:this|it|that)\s+is\s+)?{_NO}[\s)]*(?:[.!;,]|\Z)",  # noqa: RUF001
    re.IGNORECASE,
)
_AFTER_IN_OTHER_ORDERS = pattern_later(
    rf"[\s{_QUOTES}]*(?:(?:では|じゃ|で)\s?(?:ない|なく|ありません)|(?:이|가|은|는)?\s*(?:아니|아닙니다|아님)|\s(?:नहीं|değil)(?!\w))"
)
"""Behind what they deny: in Japanese, Korean, Hindi and Turkish."""
_ITSELF_DENIES = pattern_later(_NO, re.IGNORECASE)
"""A label such as "no" or "not spam": "no, it is not" repeats it."""
_ASKED = pattern_later(r"[^.!?:;,\n\"“。！？，：]{0,100}[?？]")  # noqa: RUF001 - a question continues to its mark
_PERHAPS_ASKED = pattern_later(r"[^.!?:;\n\"“。！？：]{0,100}[?？]")  # noqa: RUF001


def find_denials(text: str) -> Sequence[int]:
    """Return where the words of denial begin, in order."""
    return [match.start() for match in _DENIES().finditer(text) if not match["agrees"]]


def is_denied(text: str, denials: Sequence[int], start: int, end: int) -> bool:
    """Tell whether the clause before ``text[start:end]``, or what follows it, denies it.

    >>> said = "I don't think that this is a bug."
    >>> is_denied(said, find_denials(said), 29, 32)
    True
    """
    before = bisect_left(denials, start) - 1  # the last one is in the clause, or none is
    is_near = before >= 0 and start - denials[before] <= REACH
    if is_near and not _BOUND().search(_ASIDE().sub(" ", text[denials[before] : start])):
        return True
    if _AFTER_IN_OTHER_ORDERS().match(text, end):
        return True
    return not _ITSELF_DENIES().match(text, start) and bool(_DENIED_AFTER().match(text, end))


def is_asked(text: str, end: int) -> bool:
    """Tell whether what ends there is in a question."""
    return bool(_ASKED().match(text, end))


def is_perhaps_asked(text: str, end: int) -> bool:
    """Tell whether a question mark follows behind a comma: "a bug, maybe?" asks, "bug, is that all?" doesn't."""
    return bool(_PERHAPS_ASKED().match(text, end))
