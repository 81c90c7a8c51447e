"""Tell that an answer is in another language than it should be. py3langid does it; this module decides when to ask.

Its model is 4.5 MB of numbers (no pickle), takes a second to load, and 1.7 microseconds for each letter.
"""

import functools
import re
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from harness.records.asked import Case

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

LEAST = 40
"""Letters, counted in bytes of UTF-8, so that 14 Chinese characters count as much as 40 Latin letters. In shorter
texts names and loanwords outweigh the rest."""
READ = 600
"""Characters of a text that are looked at."""
LONGEST_READ = 20_000
"""Characters of an answer that must be in a language, of which all are looked at."""
ASKED = 200
"""Characters of a question that are looked at to tell its language."""
SURE = 0.9
"""Confidence of py3langid: with this, none of 3,900 answers in shared data were taken for another language."""
SHARED = 0.25
"""An answer that shares this part of its words with the question is in its language: "the" and "is" are enough."""

_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`|https?://\S+", re.DOTALL)
_WORDS = re.compile(r"[^\W\d_]+")
_ABOUT_LANGUAGE = re.compile(
    r"translat|übersetz|tradu[cizt]|vertaal|перев[её]д|перевод|翻译|翻譯|翻訳|번역|\blanguages?\b|\bsprache|\blangue|\bidioma"
    r"|\b(?:english|german|french|spanish|italian|portuguese|dutch|russian|chinese|japanese|korean|arabic|hindi|polish"
    r"|turkish|swedish|danish|norwegian|finnish|czech|greek|hebrew|thai|vietnamese|indonesian|ukrainian|latin"
    r"|englisch|deutsch|französisch|spanisch|italienisch|anglais|allemand|français|espagnol|inglés|alemán|francés"
    r"|español|inglese|tedesco|francese|italiano|inglês|alemão|português|nederlands|engels|duits)"
    r"|английск|немецк|французск|русск|中文|英文|英语|日本語|英語|한국어"
)
_FAMILIES = ("da nb nn no", "bs hr sr srl", "id ms", "gl pt", "cs sk", "af nl", "wuu yue zh")
"""Languages too close to be told apart in a sentence."""
_FAMILY = {code: codes.split()[-1] for codes in _FAMILIES for code in codes.split()}


def language_of(text: str) -> str | None:
    """Return the code of the language that a text is written in, by its start; None when that can't be told.

    Languages that are too close to be told apart have one code: Danish is "no", Czech "sk".
    """
    start = _prose(text[:ASKED])
    return _language(start) if _weight(start) >= LEAST else None


def known_languages() -> frozenset[str]:
    """Return the codes of ISO 639 that ``most_likely`` knows."""
    return frozenset(_identifier().nb_classes) - {"zxx"}


def most_likely(text: str) -> tuple[frozenset[str], bool] | None:
    """Return the codes of the language that a text is most likely in, and whether that is sure.

    They are several where languages are too close to be told apart, such as Danish and Norwegian. None: too short to
    tell.
    """
    prose = _CODE.sub(" ", text[:LONGEST_READ])
    if _weight(prose) < LEAST:
        return None
    found: Counter[str] = Counter()
    for code, confidence in _identifier().rank(prose):
        found[_FAMILY.get(code, code)] += confidence
    ((name, confidence),) = found.most_common(1)
    return frozenset(code for code in known_languages() if _FAMILY.get(code, code) == name), confidence >= SURE


def mentions_language(text: str) -> bool:
    """Tell whether a text speaks of languages, or of translating: who asks so, can want another one than the text's."""
    return _ABOUT_LANGUAGE.search(text.casefold()) is not None


def is_wrong_language(case: Case, expected: str, text: str) -> bool:
    """Tell whether an answer is in another language than the expected text.

    Where that is too short to tell, the answer must differ from the user's last message and from the system message,
    and none of the messages can mention languages: who asks for a translation wants another one.
    """
    answer = _prose(text)
    if _weight(answer) < LEAST:
        return False
    wanted = _wanted(case, expected)
    if _share_words(answer, wanted):
        return False
    asked = {language for one in wanted if (language := _language(one))}
    said = _language(answer) if asked else None
    return said is not None and said not in asked


def _wanted(case: Case, expected: str) -> list[str]:
    """Return texts in the language that the answer should have, each long enough; none where it is not known."""
    messages = [message.text for message in case.messages]
    texts = [_prose(expected)]
    if _weight(texts[0]) < LEAST:
        if any(map(mentions_language, messages)):
            return []
        texts = [_prose(message) for message in (*messages[:1], *messages[-1:])]
    return [text for text in texts if _weight(text) >= LEAST]


def _share_words(answer: str, texts: Sequence[str]) -> bool:
    words = set(_WORDS.findall(answer.casefold()))
    known = {word for text in texts for word in _WORDS.findall(text.casefold())}
    return len(words & known) >= SHARED * len(words)


def _prose(text: str) -> str:
    """Return the start of a text without code and addresses; nothing of JSON, whose keys are English everywhere."""
    text = _CODE.sub(" ", text[:READ])
    return "" if text.lstrip()[:1] in {"{", "["} else text


def _weight(text: str) -> int:
    return sum(len(word.encode(errors="replace")) for word in _WORDS.findall(text))


@functools.lru_cache(maxsize=4096)
def _language(text: str) -> str | None:
    """Return the code of a text's language or family; None when it is not sure, or the text is in none."""
    found: Counter[str] = Counter()
    for code, confidence in _identifier().rank(text):
        found[_FAMILY.get(code, code)] += confidence
    ((name, confidence),) = found.most_common(1)
    return None if confidence < SURE or name == "zxx" else name


@functools.cache
def _identifier() -> "LanguageIdentifier":
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
