"""Answers in another language than they should be in."""

from harness.data.checks.consistency import languages
from harness.data.checks.consistency.languages import Languages
from tests.data.checks.made import rows

ENGLISH = "The parcel was sent on Monday and it is on its way to you, so you will have it by the end of number {}."
GERMAN = "Das Paket wurde am Montag verschickt und ist auf dem Weg zu Ihnen, Sie haben es bis Ende der Nummer {}."
ASKED = "Where is my parcel that I ordered in the shop last week, with the number {}?"
FRAGT = "Wo ist mein Paket, das ich letzte Woche im Laden bestellt habe, mit der Nummer {}?"


def found(pairs: list[tuple[str, str]]) -> list[tuple[int, str]]:
    """Return how many rows each problem names, and its words."""
    check = Languages()
    numbered = ((asked.format(number), answer.format(number)) for number, (asked, answer) in enumerate(pairs))
    for one in rows(numbered):
        check.see(one)
    return [(len(one.places), one.told) for one in check.finish()]


def test_an_answer_in_another_language_than_its_question_is_told():
    """An answer in the question's own language never is."""
    pairs = [(ASKED, ENGLISH)] * 30

    assert found([*pairs, (ASKED, GERMAN)]) == [(1, "the answer is in another language than its question")]
    assert found([*pairs, (FRAGT, GERMAN)]) == []


def test_after_a_short_question_the_other_answers_decide():
    """Unless the question speaks of languages."""
    pairs = [("Parcel {}?", ENGLISH)] * 30

    assert found([*pairs, ("Parcel {}?", GERMAN)]) == [(1, 'the answer is in the language "de", most others in "en"')]
    assert found([*pairs, ("In German {}!", GERMAN)]) == []


def test_a_file_of_translations_is_told_once():
    """It can be what is meant."""
    ((count, told),) = found([(ASKED, GERMAN)] * 30)

    assert (count, told) == (30, "30 of 30 (100 %) answers are in another language than their question")


def test_answers_beyond_the_first_are_read_by_their_words(monkeypatch):
    """And those without the usual ones all the same by the library."""
    monkeypatch.setattr(languages, "LEARNED", 20)
    read = []
    known = languages.language_of
    monkeypatch.setattr(languages, "language_of", lambda text: read.append(text) or known(text))

    assert len(found([*[(ASKED, ENGLISH)] * 60, (ASKED, GERMAN)])) == 1
    assert len(read) == 2 * 20 + 2
