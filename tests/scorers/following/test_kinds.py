"""Every kind of instruction: what follows it and what breaks it, at the borders too."""

import pytest

from harness.scorers.following.casing import Untold
from harness.scorers.following.instructions import KINDS, read_instructions
from harness.scorers.follows import checked

LONG_ENGLISH = "the weather is lovely today and we are going to walk along the river"

KANNADA = "ನಮಸ್ಕಾರ, ನೀವು ಹೇಗಿದ್ದೀರಿ? ನಾನು ಇಂದು ಮಾರುಕಟ್ಟೆಗೆ ಹೋಗುತ್ತೇನೆ."

EXAMPLES = [
    ({"follows": "words", "at_least": 3}, ["one two three", "a b c d", "茶を飲"], [("one two", "too few words")]),
    ({"follows": "words", "less_than": 3}, ["one two", "one"], [("one two three", "too many words")]),
    ({"follows": "words", "at_most": 3}, ["one two three"], [("one two three four", "too many words")]),
    (
        {"follows": "words", "at_least": 2, "at_most": 2},
        ["नमस्ते दुनिया", "привет, мир!"],
        [("नमस्ते", "too few words"), ("one two three", "too many words")],
    ),
    (
        {"follows": "sentences", "at_least": 3},
        ["One. Two! Three?", "今日は。元気\uff1fはい。", "यह एक है। यह दो है। यह तीन है।"],
        [("Dr. Smith met J. Doe. They left.", "too few sentences"), ("1. One.\n2. Two.", "too few sentences")],
    ),
    ({"follows": "sentences", "less_than": 3}, ["One. Two."], [("One. Two. Three.", "too many sentences")]),
    (
        {"follows": "paragraphs", "at_least": 2, "at_most": 2},
        ["one\n\ntwo", "one\n \n\n\ntwo\n\n", "a\r\n\r\nb"],
        [("one\ntwo", "too few paragraphs"), ("1\n\n2\n\n3", "too many paragraphs")],
    ),
    (
        {"follows": "paragraphs", "separator": "***", "at_least": 2, "at_most": 2},
        ["one\n***\ntwo", "one\n\nmore *** two", "***\none\n***\ntwo\n***"],
        [
            ("one\n\ntwo", "too few paragraphs"),
            ("1\n***\n2\n***\n3", "too many paragraphs"),
            ("one\n***\n***\ntwo", "empty paragraph"),
        ],
    ),
    (
        {"follows": "first_word", "word": "President", "paragraph": 2, "paragraphs": 2},
        ["News\n\nPresident Ford spoke.", 'News\n\n"president", he said', "News\n\nPresident: yes"],
        [
            ("News\n\nThe president spoke.", "wrong first word"),
            ("News\n\nPresidential words", "wrong first word"),
            ("President", "too few paragraphs"),
            ("a\n\nPresident\n\nc", "too many paragraphs"),
        ],
    ),
    ({"follows": "first_word", "word": "да"}, ["Да, конечно"], [("Нет", "wrong first word")]),
    ({"follows": "first_word", "word": "b", "paragraph": 2}, ["a\n\nb\n\nc"], [("a", "too few paragraphs")]),
    (
        {"follows": "keywords", "words": ["mom", "Straße"]},
        ["Mom in the STRASSE", "a moment on the straße"],
        [("mom", "keyword missing"), ("", "nothing answered")],
    ),
    ({"follows": "keywords", "words": ["mom"], "match": "words"}, ["Mom!"], [("a moment", "keyword missing")]),
    ({"follows": "keywords", "words": ["a.c"]}, ["see a.c"], [("abc", "keyword missing")]),
    ({"follows": "keywords", "words": ["e\u0301t\u00e9"]}, ["\u00e9te\u0301"], [("ete", "keyword missing")]),
    (
        {"follows": "forbidden_words", "words": ["rock", "c++", "茶"]},
        ["a rocket", "c+", "水"],
        [("I Rock.", "forbidden word"), ("in c++ code", "forbidden word"), ("喝茶吧", "forbidden word")],
    ),
    ({"follows": "forbidden_words", "words": ["rock"], "match": "anywhere"}, ["roc"], [("a rocket", "forbidden word")]),
    (
        {"follows": "keyword_count", "word": "war", "at_least": 2},
        ["War and war", "towards a warm"],
        [("war", "keyword too seldom")],
    ),
    (
        {"follows": "keyword_count", "word": "war", "match": "words", "less_than": 2},
        ["war towards warm", "peace"],
        [("war, War", "keyword too often")],
    ),
    (
        {"follows": "letter_count", "letter": "E", "at_least": 2, "at_most": 3},
        ["eE", "eee"],
        [("e", "letter too seldom"), ("eeee", "letter too often")],
    ),
    ({"follows": "letter_count", "letter": "!", "less_than": 2}, ["a!"], [("a!!", "letter too often")]),
    (
        {"follows": "capital_words", "at_least": 2},
        ["NASA and COVID-19", "I'M here. I am", "МИР И мир"],
        [("NASA and Nasa", "too few capital words"), ("123 456", "too few capital words")],
    ),
    ({"follows": "capital_words", "less_than": 2}, ["The USA"], [("The U.S. and UN", "too many capital words")]),
    (
        {"follows": "no_commas"},
        ["a b; c."],
        [("a, b", "has a comma"), ("苹果、梨", "has a comma"), ("نعم، لا", "has a comma")],
    ),
    (
        {"follows": "uppercase", "language": "en"},
        ["YES", "A", LONG_ENGLISH.upper(), "É 1!"],
        [
            ("YES, Sir", "not in capital letters"),
            ("123", "not in capital letters"),
            ("茶", "not in capital letters"),
            ("ICH GEHE HEUTE MIT MEINER SCHWESTER IN DEN GARTEN UND PFLANZE BLUMEN", "wrong language"),
        ],
    ),
    ({"follows": "uppercase"}, ["ДА"], [("Да", "not in capital letters")]),
    (
        {"follows": "lowercase", "language": "en"},
        ["etchings", LONG_ENGLISH],
        [
            ("Etchings", "not in small letters"),
            ("ich gehe heute mit meiner schwester in den garten und pflanze blumen", "wrong language"),
        ],
    ),
    (
        {"follows": "language", "code": "kn"},
        [KANNADA],
        [("42", "wrong language"), (LONG_ENGLISH, "wrong language"), ("yes", "wrong language")],
    ),
    (
        {"follows": "language", "code": "de"},
        ["Wir gehen heute am Fluss spazieren, weil das Wetter so schön ist."],
        [(KANNADA, "wrong language"), (LONG_ENGLISH, "wrong language")],
    ),
    (
        {"follows": "language", "code": "ur"},
        ["آج موسم بہت خوبصورت ہے اور ہم دریا کے کنارے چہل قدمی کریں گے\u06d4"],
        [("aaj mausam bohat khoobsurat hai aur hum darya kinare chalein ge", "wrong language")],
    ),
    (
        {"follows": "bullets", "at_least": 2, "at_most": 2},
        ["* a\n* b", "List:\n- a\n  + b", "- a\n**bold**\n---\n- b"],
        [("* a", "too few bullets"), ("* a\n* b\n* c", "too many bullets"), ("*a*\n*b*", "too few bullets")],
    ),
    (
        {"follows": "highlights", "at_least": 2},
        ["*one* and **two**", "*один* *два*"],
        [("*one*", "too few highlights"), ("** ** *  *", "too few highlights"), ("*a\nb* c", "too few highlights")],
    ),
    (
        {"follows": "sections", "marker": "SECTION", "at_least": 2},
        ["SECTION 1\na\nSECTION 2\nb", "**SECTION1:** a\nSECTION 2"],
        [("SECTION 1\na", "too few sections"), ("Section 1 Section 2", "too few sections")],
    ),
    (
        {"follows": "title"},
        ["<<A title>>\ntext", "text <<x>>", "<<<a>>>"],
        [("<A title>", "title missing"), ("<<>>", "title missing"), ("<<a\nb>>", "title missing")],
    ),
    (
        {"follows": "placeholders", "at_least": 2},
        ["[name] at [address]", "[имя][адрес]"],
        [("[name] at (address)", "too few placeholders"), ("[a\nb] [c]", "too few placeholders")],
    ),
    (
        {"follows": "postscript", "marker": "P.S."},
        ["Bye\n\nP.S. call me", "Bye\n**p. s.** call", "P.S. only"],
        [("Bye", "postscript missing"), ("The letters P.S. in a line", "postscript missing")],
    ),
    ({"follows": "postscript", "marker": "P.P.S"}, ["a\nP.P.S. b"], [("a\nP.S. b", "postscript missing")]),
    (
        {"follows": "json"},
        ['{"a": 1}', '```json\n{"a": 1}\n```', "[]"],
        [("Sure: {}", "not JSON"), ('{"a": NaN}', "not JSON"), ("[" * 100_000, "not JSON")],
    ),
    (
        {"follows": "one_of", "answers": ["My answer is yes.", "My answer is no."]},
        ["My answer is no.", "Well. My answer is yes."],
        [("So my answer is no.", "none of the answers"), ("no", "none of the answers")],
    ),
    (
        {"follows": "quoted"},
        ['"All of it."', "\u201cAll\u201d", '""'],
        [('"Not" all', "not quoted"), ('"', "not quoted"), ("'All'", "not quoted")],
    ),
    (
        {"follows": "two_answers"},
        ["one\n******\ntwo", "one ****** two ******", "******\none\n******\ntwo"],
        [
            ("one", "not two answers"),
            ("one\n******\none", "not two answers"),
            ("1 ****** 2 ****** 3", "not two answers"),
            ("1 ****** ****** 2", "not two answers"),
        ],
    ),
    (
        {"follows": "starts_with", "text": "Write a haiku."},
        ["Write a haiku.\n\nOld pond", "write  a\nHAIKU. x"],
        [("Sure! Write a haiku.", "wrong start"), ("Write a haiku", "wrong start")],
    ),
    (
        {"follows": "ends_with", "text": "Any questions?"},
        ["Done. Any questions?", 'He said "any QUESTIONS?"\n'],
        [("Any questions? No.", "wrong end"), ("Any questions", "wrong end")],
    ),
]
RIGHT = [(given, text) for given, texts, _ in EXAMPLES for text in texts]
WRONG = [(given, *wrong) for given, _, wrongs in EXAMPLES for wrong in wrongs]


def found(given, text):
    """Return what is wrong with an answer to one instruction."""
    return checked(read_instructions(given), text)[0]


def test_every_kind_has_an_example():
    """One of each, with an answer that follows it and one that doesn't."""
    assert {given["follows"] for given, _ in RIGHT} == {given["follows"] for given, *_ in WRONG} == set(KINDS)
    assert len(KINDS) == 25


@pytest.mark.parametrize(("given", "text"), RIGHT)
def test_an_answer_follows_its_instruction(given, text):
    """In several scripts, and at the border."""
    assert found(given, text) is None


@pytest.mark.parametrize(("given", "text", "symptom"), WRONG)
def test_an_answer_that_breaks_its_instruction_says_how(given, text, symptom):
    """In a category, and with a reason."""
    broken = found(given, text)

    assert broken.symptom == symptom
    assert broken.reason


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_answer_follows_nothing(kind):
    """Not even "no commas", or fewer than ten words."""
    given = next(given for given, _ in RIGHT if given["follows"] == kind)

    assert found(given, " \n").symptom == "nothing answered"


def test_a_language_of_few_words_is_neither_right_nor_wrong():
    """A word alone is in many languages; its letters can still be wrong."""
    assert isinstance(found({"follows": "language", "code": "de"}, "Ja."), Untold)
    assert found({"follows": "language", "code": "ru"}, "Ja.").symptom == "wrong language"


def test_close_languages_are_not_told_apart():
    """Danish and Norwegian are too close."""
    norwegian = "Været er veldig fint i dag, og vi skal gå en lang tur langs elven sammen."

    assert found({"follows": "language", "code": "da"}, norwegian) is None


def test_the_reason_says_what_was_counted_and_wanted():
    """With both bounds, or with the one number that they leave."""
    assert found({"follows": "words", "at_least": 3}, "a b").reason == "words: 2, wanted at least 3"
    assert found({"follows": "words", "less_than": 2}, "a b").reason == "words: 2, wanted less than 2"
    assert found({"follows": "bullets", "at_least": 3, "at_most": 3}, "a").reason == "bullets: 0, wanted exactly 3"
    assert (
        found({"follows": "words", "at_least": 3, "at_most": 5}, "a").reason
        == "words: 1, wanted at least 3 and at most 5"
    )


@pytest.mark.parametrize(
    "unit",
    ["a", "*", "*a", "[", "<<a\n", ". ", '. "', "\n", " \n", "a-", "A.", "{", "\0", "\ud800", "```a", "\u0301\u0316"],
    ids=repr,
)
def test_time_grows_with_the_length_of_a_hostile_answer(unit):
    """A hundred thousand characters that patterns of careless checks take minutes for, against every kind."""
    instructions = read_instructions([given for given, *_ in EXAMPLES if given["follows"] != "json"])

    given = checked(instructions, "x" + unit * (100_000 // len(unit)))

    assert len(given) == len(instructions)
