"""Noise: what comes with texts from web pages and mailboxes, and what a model that wrote the answers left in them."""

from collections.abc import Iterator

import msgspec

from harness.data.checks.consistency.kept import Kept, share
from harness.data.checks.needed import need
from harness.data.checks.noise.boilerplate import Sentences
from harness.data.checks.noise.endings import ending_of
from harness.data.checks.noise.leftovers import itself_in, refuses, thinking_in, thinking_tag_in
from harness.data.checks.noise.markup import Span, html_in, quoted_mail_in, signature_in, unescaped
from harness.data.checks.noise.mojibake import mojibake_in, repaired
from harness.data.checks.personal.personal import excerpt, masked
from harness.data.checks.problem import Kind, Problem
from harness.data.row import DataRow

KINDS = (
    Kind(name="html", title="HTML", remedy="take the tags out and write characters as they are, as users will"),
    Kind(name="signature", title="Signatures of e-mails", remedy="cut them off, unless the model must read them"),
    Kind(name="quoted-mail", title="Quoted mail", remedy="leave the newest mail alone in the row"),
    Kind(name="boilerplate", title="Boilerplate", remedy="take the sentence out, unless every answer must have it"),
    Kind(name="mojibake", title="Wrongly decoded text", remedy="read the source again as UTF-8, or let ftfy repair it"),
    Kind(name="truncated", title="Answers that are cut", remedy="write the end, or leave the row out"),
    Kind(name="refusal", title="Refusals", remedy="answer, or leave the row out; keep only refusals that you want"),
    Kind(name="as-an-ai", title="A model speaks of itself", remedy="take the sentence out, or write the answer anew"),
    Kind(name="thinking", title="Thinking left in answers", remedy="take it out, or give every answer some"),
)
BY_DESIGN = 0.2
"""Share of the answers from which refusals are told as one problem: such data teaches to refuse."""
FEWEST = 20
"""Answers from which a share means something."""
UNSTOPPED = 0.05
"""Long answers that end without a mark are cut where they are no more than this share: the others show how it is."""
CUT = {
    "JSON": "the answer ends inside its JSON",
    "code": "the answer ends inside a fence of code",
    "sentence": "the answer ends inside a sentence",
}
OPENING = 60
"""Characters of an answer that are shown where all of it is meant."""


class Noise:
    """The check of all kinds above."""

    def __init__(self) -> None:
        need("detect_secrets", "ftfy", "phonenumbers")
        self._answers = 0
        self._refusals = Kept()
        self._unstopped = Kept()
        self._long = 0
        self._tagged, self._untagged = Kept(), Kept()
        self._sentences = Sentences()

    def see(self, row: DataRow) -> Iterator[Problem]:
        """Yield what is wrong with a row by itself."""
        around = "\n".join(message.text for message in row.messages)
        asked = ""
        for message in row.messages:
            text = message.text
            answered = message.role == "assistant"
            if not text or message.role == "system":
                continue
            if message.role in {"user", "assistant"}:
                where = "the answer" if answered else "the user's turn"
                yield from _copied(row, text, where, asked if answered else "", around)
            if answered:
                yield from self._answer(row, text, asked)
            asked = text if not answered else asked

    def finish(self) -> Iterator[Problem]:
        """Yield what all answers show: refusals, ends, thinking, boilerplate."""
        refusals = self._refusals
        if self._answers >= FEWEST and refusals.count > BY_DESIGN * self._answers:
            told = f"{share(refusals.count, self._answers)} answers refuse: such data teaches to refuse"
            yield Problem(kind="refusal", places=refusals.places, told=told)
        else:
            yield from refusals.each("refusal", "the answer refuses")
        if self._long >= FEWEST and self._unstopped.count <= UNSTOPPED * self._long:
            others = share(self._long - self._unstopped.count, self._long)
            told = f"the answer ends without a mark, and {others} long answers end with one"
            yield from self._unstopped.each("truncated", told)
        yield from self._thinking()
        for one in self._sentences.repeated():
            told = f"{share(one.count, one.answers)} answers have the same sentence"
            shown = masked(one.sentence)
            yield Problem(kind="boilerplate", places=one.places, told=f'{told}: "{shown[:120]}"')

    def _answer(self, row: DataRow, text: str, asked: str) -> Iterator[Problem]:
        """Yield what is wrong with an answer by itself, and note what others must show."""
        self._answers += 1
        opening = excerpt(text, 0, OPENING) if (refused := refuses(text)) else ""
        if refused:
            self._refusals.add(row.place, opening)
        elif span := itself_in(text, asked):
            yield _problem(row, "as-an-ai", "the answer says that a model wrote it", text, span)
        if span := thinking_tag_in(text):
            self._tagged.add(row.place, excerpt(text, *span))
        else:
            self._untagged.add(row.place)
            if span := thinking_in(text):
                yield _problem(row, "thinking", "the answer begins with thinking aloud", text, span)
        ending = ending_of(text)
        if ending in CUT:
            yield _problem(row, "truncated", CUT[ending], text, (len(text), len(text)))
        if ending in {"stopped", "unstopped"}:
            self._long += 1
        if ending == "unstopped":
            self._unstopped.add(row.place, excerpt(text, len(text), len(text)))
        self._sentences.add(row.place, text)

    def _thinking(self) -> Iterator[Problem]:
        """Yield the answers with thinking between tags, or those without, whichever are fewer."""
        tagged, untagged = self._tagged, self._untagged
        if tagged.count <= untagged.count:
            yield from tagged.each("thinking", "the answer has thinking between tags")
        else:
            told = (
                f"the answer has no thinking, and {share(tagged.count, self._answers)} answers have some between tags"
            )
            yield from untagged.each("thinking", told)


def _copied(row: DataRow, text: str, where: str, asked: str, around: str) -> Iterator[Problem]:
    """Yield what was copied with a text of a turn."""
    if span := html_in(text, around, asked):
        problem = _problem(row, "html", f"HTML in {where}", text, span)
        yield msgspec.structs.replace(problem, fixable=unescaped(text, around, asked) != text)
    if span := quoted_mail_in(text):
        yield _problem(row, "quoted-mail", f"quoted mail in {where}", text, span)
    elif span := signature_in(text, asked):
        yield _problem(row, "signature", f"the signature of an e-mail in {where}", text, span)
    if found := mojibake_in(text):
        span, meant = found
        told = (
            f'wrongly decoded text in {where}; "{masked(meant)[:40]}" was meant'
            if meant
            else f"lost characters in {where}"
        )
        problem = _problem(row, "mojibake", told, text, span)
        yield msgspec.structs.replace(problem, fixable=mojibake_in(repaired(text)) is None)


def _problem(row: DataRow, kind: str, told: str, text: str, span: Span) -> Problem:
    shown = excerpt(text, span[0], min(span[1], span[0] + 80))
    return Problem(kind=kind, places=(row.place,), told=told, shown=(shown,))
