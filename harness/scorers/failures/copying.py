"""Tell that an answer is copied from the messages rather than written. Precise rather than complete.

A good answer can hold the prompt's words too: a corrected text, a quotation, a passage that answers a question about
it. So nearly every word must be copied, and where a task asks for the prompt's own words, the task with them.
"""

from collections.abc import Iterable, Iterator

from harness.records.asked import Case
from harness.records.messages import Message
from harness.text.later import pattern_later

BLOCK = 6
"""Words. An answer is compared with a message in blocks of this size; nobody writes such a block twice by chance."""
SHARE = 0.95
"""The share of an answer's words that are in copied blocks when it was copied. Who answers adds more than that."""
""
PART = 0.5
"""And the copy is this part of the message. Less can be a quotation, an option chosen, or sentences of a summary."""
READ = 20_000
"""Characters of an answer that are compared with the messages."""

_WORD = pattern_later(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W_\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")
_TAKES = pattern_later(
    # English: repeat, extract, answer from a text; correct, edit, fill in, run
    r"\b(?:repeat\w*|cop(?:y|ies)|recit\w*|verbatim|word for word|unchanged|extract\w*|quot(?:e|es|ation|ing)"
    r"|excerpt\w*"
    r"|retriev\w*|identif\w*|highlight\w*|underlin\w*|select\w*|choose|find|locate|exact|according to|given the"
    r"|(?:from|in|on) (?:the|this) (?:\w+ )?(?:text|article|passage|paragraph|context|document|information|abstract"
    r"|sentence)"
    r"|gramma\w*|spell\w*|typos?|mistakes?|errors?|correct\w*|proofread\w*|edit|fix|punctuat\w*|capitali\w*|uppercase"
    r"|lowercase|(?:upper|lower) case|format\w*|reorder\w*|rearrang\w*|insert|replace|fill (?:in|out|the)|blanks?"
    r"|complete the"
    r"|remove|delete|anonymi\w*|mask|redact\w*|clean up|transcri\w*|minimal\w*|output|prints?|convert\w*)\b"
    # say, echo, write exactly; sort, split, mark up
    r"|\b(?:echo\w*|parrot\w*|what i (?:say|said|write|wrote|type|typed)|after me|(?:re)?format\w*|bullet\w*|bold"
    r"|italics?"
    r"|(?:sort|split|wrap|parse) (?:it|this|these|the (?:following|words|names|lines|text))|alphabet\w*|line breaks?"
    r"|restructur\w*"
    r"|(?:say|type|write|send|return|reply|respond|answer)(?: \w+){0,2}? exactly|exactly (?:this|as|the following)"
    r")\b"
    r"|\b(?:say|type)(?: only| just| back| out)?(?: \w+)? ?[:\"“]"
    r"|\b(?:write|send|return)(?: only| just| back| out| down)? (?:this|these|the following)(?: \w+)? ?[:\"“]"
    r"|\b(?:reply|respond|answer)(?: only| just)? with(?: (?:this|these|the following)(?: \w+)?)? ?[:\"“]"
    r"|\[[\s_.]*\]|_{3,}|\.{4,}"
    # German, French, Spanish, Italian, Portuguese, Dutch, Russian, Chinese, Japanese, Korean
    r"|wiederhol|zitier|wörtlich|auszug|extrahier|korrigier|berichtig|verbesser|rechtschreib|grammatik|fehler|répét"
    r"|cite[rz]?\b"
    r"|extrai|corrig|grammair|orthograph|erreur|repit|cita\b|extra[ey]|gramática|ortograf|error|ripet|estra|grammatica"
    r"|errori|repet|extrair|erros|herhaal|citeer|haal\b|verbeter|fout|повтор|цитат|извлек|исправ|ошиб|提取|抽取|引用|重复|复述"
    r"|(?:^|[.!?\n] ?)(?:sage?|schreibe?|dis|dites|écri[st]|di|diga|escribe|scrivi|escreva|zeg|schrijf|скажи|напиши)"
    r"(?: \w+){0,2} ?[:\"“«„]|genau (?:dies|das|diesen|so)|exactement|exactamente|esattamente|exatamente"
    r"|(?:说|說|写)[:：“]|формат|sortier|formatier"
    r"|纠正|改正|修改|填空|错误|繰り返|抜き出|訂正|修正|添削|誤り|반복|추출|인용|수정|교정"
)

_FORMS = pattern_later(
    r"\b(?:json|yaml|toml|csv|tsv|xml|html|markdown|latex|dict(?:ionary)?|key[- ]value|tables?|tabular|tabulate|columns"
    r"|spreadsheet|tabellen?|tableaux?|tablas?|tabella|tabelas?|tabel)\b|таблиц|表"
)
_MARK = pattern_later(r"[{}\[\]|<>:\",;=\t&]")
MARKED = 1.5
"""A text that was put into a form has so many times the marks that it had, also for each word: brackets, bars."""


def is_copy(case: Case, expected: str, text: str) -> bool:
    """Tell whether an answer is copied from a message.

    It is not where the expected answer holds the same words, or is taken from the message as well, or where it has the
    form that was asked for: JSON, a table. A short answer is a copy when it is the whole last message.
    """
    answer, wanted = words_of(text[:READ]), words_of(expected)
    if len(answer) <= BLOCK:
        echoes = len(answer) >= 3 and _is_last_message(case, answer) and not _takes(case.messages[:-1])
        return echoes and not _holds(wanted, answer)
    for message in reversed(case.messages):
        source = words_of(message.text)
        if _copies(answer, source, wanted):
            if _is_put_into_form(case.messages, text[:READ], message.text):
                return False
            return not _takes(case.messages) or (_takes((message,)) and _echoes(answer, source))
    return False


def _takes(messages: Iterable[Message]) -> bool:
    """Tell whether a message asks for the prompt's own words."""
    return any(_TAKES().search(message.text.casefold()) for message in messages)


def _is_put_into_form(messages: Iterable[Message], text: str, source: str) -> bool:
    """Tell whether a message names a form such as JSON, and the answer is more in one than its source was."""
    if not any(_FORMS().search(message.text.casefold()) for message in messages):
        return False
    marks, had = len(_MARK().findall(text)), len(_MARK().findall(source))
    longer = len(words_of(text)) / len(words_of(source))
    return marks > MARKED * had * max(1, longer)


def words_of(text: str) -> list[str]:
    """Return the words of a text, where Chinese, Japanese and Korean characters are words of their own."""
    return _WORD().findall(text.casefold())


def _copies(answer: list[str], source: list[str], wanted: list[str]) -> bool:
    blocks = set(_blocks(source))
    if not blocks or _covered(wanted, blocks) >= PART * max(1, len(wanted)):
        return False
    copied = _covered(answer, blocks - set(_blocks(wanted)))
    return copied >= SHARE * len(answer) and copied >= PART * len(source)


def _covered(words: list[str], blocks: set[tuple[str, ...]]) -> int:
    """Count the words that are in one of these blocks."""
    count, end = 0, 0
    for start, block in enumerate(_blocks(words)):
        if block in blocks:
            count += start + BLOCK - max(start, end)
            end = start + BLOCK
    return count


def _echoes(answer: list[str], source: list[str]) -> bool:
    """Tell whether the answer has the beginning and the end of a message, and so the task in it."""
    found = set(_blocks(answer))
    return tuple(source[:BLOCK]) in found and tuple(source[-BLOCK:]) in found


def _blocks(words: list[str]) -> Iterator[tuple[str, ...]]:
    return zip(*(words[place:] for place in range(BLOCK)), strict=False)


def _is_last_message(case: Case, answer: list[str]) -> bool:
    return bool(case.messages) and answer == words_of(case.messages[-1].text)


def _holds(words: list[str], part: list[str]) -> bool:
    return f" {' '.join(part)} " in f" {' '.join(words)} "
