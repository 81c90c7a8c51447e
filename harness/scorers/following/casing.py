"""Instructions on letters' case and on the language."""

from harness.records.record import Record
from harness.scorers.failures.language import known_languages, most_likely
from harness.scorers.following.bounds import Broken, Text
from harness.scorers.following.scripts import is_in_another_script


class Untold(Exception):
    """Nobody can tell whether the answer follows the instruction."""


class Language(Record, frozen=True, kw_only=True, tag_field="follows", tag="language"):
    """The answer is in a language, by its ISO 639-1 code."""

    code: Text

    def __post_init__(self) -> None:
        """Refuse a code that py3langid does not know.

        Raises:
            ValueError: it is unknown.
        """
        _check(self.code)

    def broken(self, text: str) -> Broken | None:
        """Return what is wrong.

        Raises:
            Untold: the answer is too short, or too mixed, to tell its language.
        """
        if not any(map(str.isalpha, text)):
            return Broken(reason=f"no letters, wanted the language {self.code!r}", symptom="wrong language")
        found = most_likely(text)
        if found is not None and self.code in found[0]:
            return None
        if is_in_another_script(text, self.code):
            return Broken(reason=f"not in the letters of the language {self.code!r}", symptom="wrong language")
        if found is None or not found[1]:
            raise Untold(f"nobody can tell whether the language of so few or mixed words is {self.code!r}")
        return _another(found, self.code)


class _Cased(Record, frozen=True, kw_only=True):
    """Letters of one case. ``language`` is that of the answer, where it is long enough to tell."""

    language: str | None = None

    def __post_init__(self) -> None:
        """Refuse a code that py3langid does not know.

        Raises:
            ValueError: it is unknown.
        """
        if self.language is not None:
            _check(self.language)


class Uppercase(_Cased, frozen=True, kw_only=True, tag_field="follows", tag="uppercase"):
    """No small letter."""

    def broken(self, text: str) -> Broken | None:
        """Return what is wrong."""
        if not text.isupper():
            return Broken(reason="not in capital letters alone", symptom="not in capital letters")
        return None if self.language is None else _another(most_likely(text.lower()), self.language)


class Lowercase(_Cased, frozen=True, kw_only=True, tag_field="follows", tag="lowercase"):
    """No capital letter."""

    def broken(self, text: str) -> Broken | None:
        """Return what is wrong."""
        if not text.islower():
            return Broken(reason="not in small letters alone", symptom="not in small letters")
        return None if self.language is None else _another(most_likely(text), self.language)


def _check(code: str) -> None:
    if code not in known_languages():
        raise ValueError(f"unknown language {code!r}; it takes {', '.join(sorted(known_languages()))}")


def _another(found: tuple[frozenset[str], bool] | None, wanted: str) -> Broken | None:
    if found is None or wanted in found[0] or not found[1]:
        return None
    codes = "/".join(sorted(found[0]))
    return Broken(reason=f"in the language {codes!r}, wanted {wanted!r}", symptom="wrong language")
