"""Instructions on the whole answer: how it begins and ends, what it is in, and which answers it gives."""

from harness.records.record import Record
from harness.scorers.following.bounds import Broken, Text, Texts, listed
from harness.scorers.reading.json_values import NotJson, parse_json
from harness.scorers.reading.normal import Normal, normalized
from harness.scorers.reading.readers import unfenced
from harness.text.visible import for_terminal

_LOOSE: tuple[Normal, ...] = ("NFC", "case", "white space")
_QUOTES = ('""', "\u201c\u201d")
_BETWEEN_ANSWERS = "******"


class JsonAnswer(Record, frozen=True, kw_only=True, tag_field="follows", tag="json"):
    """The answer is JSON, and a code fence can be around it."""

    def broken(self, text: str) -> Broken | None:
        """Return what is wrong."""
        try:
            parse_json(unfenced(text))
        except NotJson as problem:
            return Broken(reason=f"not JSON: {problem}", symptom="not JSON")
        return None


class OneOf(Record, frozen=True, kw_only=True, tag_field="follows", tag="one_of"):
    """One of these answers is given, word for word."""

    answers: Texts

    def broken(self, text: str) -> Broken | None:
        """Return what is wrong."""
        if any(answer in text for answer in self.answers):
            return None
        return Broken(reason=f"none of {listed(self.answers)}", symptom="none of the answers")


class Quoted(Record, frozen=True, kw_only=True, tag_field="follows", tag="quoted"):
    """Double quotation marks are around the whole answer."""

    def broken(self, text: str) -> Broken | None:
        """Return what is wrong."""
        text = text.strip()
        if len(text) > 1 and text[0] + text[-1] in _QUOTES:
            return None
        return Broken(reason="no quotation marks around the answer", symptom="not quoted")


class TwoAnswers(Record, frozen=True, kw_only=True, tag_field="follows", tag="two_answers"):
    """Two different answers with ``******`` between them."""

    def broken(self, text: str) -> Broken | None:
        """Return what is wrong."""
        parts = [part.strip() for part in text.split(_BETWEEN_ANSWERS)]
        found = [part for part in parts if part]
        if len(found) != 2 or not all(parts[1:-1]):
            reason = f"answers between {_BETWEEN_ANSWERS}: {len(found)}, wanted 2"
            return Broken(reason=reason, symptom="not two answers")
        if found[0] == found[1]:
            return Broken(reason="both answers are the same", symptom="not two answers")
        return None


class StartsWith(Record, frozen=True, kw_only=True, tag_field="follows", tag="starts_with"):
    """The answer begins with a text; letters' case and white space don't count."""

    text: Text

    def broken(self, text: str) -> Broken | None:
        """Return what is wrong."""
        if normalized(text, _LOOSE).startswith(normalized(self.text, _LOOSE)):
            return None
        return Broken(reason=f"does not begin with {for_terminal(self.text, 60)!r}", symptom="wrong start")


class EndsWith(Record, frozen=True, kw_only=True, tag_field="follows", tag="ends_with"):
    """The answer ends with a text; letters' case, white space and a quotation mark after it don't count."""

    text: Text

    def broken(self, text: str) -> Broken | None:
        """Return what is wrong."""
        answer = normalized(text, _LOOSE)
        wanted = normalized(self.text, _LOOSE)
        if answer.endswith(wanted) or answer.strip('"\u201d').endswith(wanted.strip('"\u201d')):
            return None
        return Broken(reason=f"does not end with {for_terminal(self.text, 60)!r}", symptom="wrong end")
