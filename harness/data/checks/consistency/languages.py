"""Answers in another language than their question, or than the other answers where the question is too short to tell.

py3langid takes up to a millisecond for a text. So the first answers alone are all read by it, and show which words the
language of the file uses all the time; an answer with enough of these words is in it, and only others are read.
"""

import re
from collections import Counter
from collections.abc import Iterator

from harness.data.checks.consistency.kept import Kept, share
from harness.data.checks.problem import Problem
from harness.data.row import DataRow
from harness.records.asked import Case
from harness.scorers.failures.language import is_wrong_language, language_of, mentions_language

LEARNED = 200
"""Answers that are all read."""
OFTEN = 0.1
"""Share of the first answers in the main language that a usual word of it is in."""
ENOUGH = 0.25
"""Share of an answer's words that are usual ones, when it is in the main language."""
SHORTEST = 40
"""Characters. No language is told of a shorter answer."""
MOST = 0.2
"""Where more answers than this are in another language than their question, that is the task, and told once."""

_WORD = re.compile(r"[^\W\d_]+")


class Languages:
    """Finds answers in another language."""

    def __init__(self) -> None:
        self._read = 0
        self._answers = 0
        self._languages: Counter[str] = Counter()
        self._often: Counter[str] = Counter()
        self._usual: frozenset[str] = frozenset()
        self._wrong = Kept()
        self._alone: dict[str, Kept] = {}

    def see(self, row: DataRow) -> None:
        """Read an answer, unless its words show that it is in the main language."""
        text = row.output
        if len(text) < SHORTEST:
            return
        self._answers += 1
        words = {word.lower() for word in _WORD.findall(text[:600])}
        if self._usual and len(words & self._usual) >= ENOUGH * len(words):
            return
        language = language_of(text)
        if language is None:
            return
        if not self._usual:
            self._learn(language, words)
        question = row.messages[-2].text if len(row.messages) > 1 else ""
        if language_of(question) is not None:
            if is_wrong_language(Case(id="row", messages=row.messages[:-1]), "", text):
                self._wrong.add(row.place)
        elif not mentions_language(row.system) and not mentions_language(row.input):
            self._alone.setdefault(language, Kept()).add(row.place)

    def finish(self) -> Iterator[Problem]:
        """Yield the answers in another language; one problem where that is the task."""
        main = self._main()
        others = {language: kept for language, kept in self._alone.items() if main and language != main}
        wrong = self._wrong.count + sum(kept.count for kept in others.values())
        if wrong > MOST * self._answers:
            told = f"{share(wrong, self._answers)} answers are in another language than their question"
            places = (*self._wrong.places, *(place for kept in others.values() for place in kept.places))
            yield Problem(kind="language", places=places, told=told)
            return
        yield from self._wrong.each("language", "the answer is in another language than its question")
        for language, kept in others.items():
            yield from kept.each("language", f'the answer is in the language "{language}", most others in "{main}"')

    def _learn(self, language: str, words: set[str]) -> None:
        """Count the words of one of the first answers; after enough of them, know the usual ones."""
        self._read += 1
        self._languages[language] += 1
        if language == self._main():
            self._often.update(words)
        if self._read >= LEARNED and (main := self._main()):
            least = OFTEN * self._languages[main]
            self._usual = frozenset(word for word, count in self._often.items() if count >= least)

    def _main(self) -> str | None:
        """Return the language of most answers; None where no language is that of most."""
        if not self._languages:
            return None
        ((language, count),) = self._languages.most_common(1)
        return language if count > (1 - MOST) * self._languages.total() else None
