"""Which label a text names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.scorers import bare_label, label_in_text
from harness.scorers.reading.label_readers import AmbiguousLabel

LABELS = (
    *(
        "bug",
        "billing",
        "card",
        "card lost",
        "lost_or_stolen_card",
        "non-urgent",
        "urgent",
        "reverted?",
        "A",
        "C",
        "C++",
    ),
)
DECORATIONS = [
    *("{}", " {}\n", "{}.", '"{}"', "'{}'", "`{}`", "**{}**", "**{}.**", "__{}__", "- {}", "({})", "[{}]", "{}!"),
    *("\u201c{}\u201d", "\u00ab {} \u00bb", "\u300c{}\u300d\u3002", "*{}*;", "\ufeff{}\u200b"),
]
SENTENCES = [
    "The label is {}.",
    "I'd say **{}**, since it is about money",
    "Label: {}",
    "Label:{}",
    "{} (quite sure)",
    "\\boxed{{{}}}",
    "<label>{}</label>",
    "<think>{}, or is it a bug?</think> {}",
    "Is it urgent? No, it's '{}'.",
    "I take {} because the customer asks: Where is it?",
    "{}\n\nThe customer was charged. So: {}",
    "L\u2019\u00e9tiquette : {} !",
]


@pytest.mark.parametrize("decoration", DECORATIONS)
@pytest.mark.parametrize("label", LABELS)
def test_a_decorated_label_is_read(label, decoration):
    """Quotes, bold, brackets, a full stop; what belongs to the label stays."""
    assert bare_label(decoration.format(label), LABELS) == label
    assert label_in_text(decoration.format(label), LABELS) == label


@pytest.mark.parametrize("sentence", SENTENCES)
@pytest.mark.parametrize("label", [label for label in LABELS if label not in ("A", "urgent")])
def test_a_label_in_a_sentence_is_read(label, sentence):
    """Once or repeatedly, and never a shorter one inside of it."""
    assert label_in_text(sentence.format(label, label), LABELS) == label


@pytest.mark.parametrize(
    "text", ["bug?", "bugs", "a bug", "bug or billing", "not bug", "card-lost", "~~bug~~", "", "...", "bug: x"]
)
def test_more_than_decoration_is_no_bare_label(text):
    """A sentence is the other reader's."""
    assert bare_label(text, LABELS) is None


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("-1", ("1", "2")),
        ("1.5", ("1", "5")),
        ("<1", ("1",)),
        (".5", ("5",)),
    ],
)
def test_a_number_is_not_read_from_another_one(text, labels):
    """Signs and points belong to it."""
    assert bare_label(text, labels) is None
    assert label_in_text(f"It is {text} I think", labels) is None


@pytest.mark.parametrize(
    "text",
    [
        *("debugging", "bugs", "bug-free", "a bug_report", "bug.txt", "billing's", "billing/card", "", "none of them"),
        *("Card Lost", "card-lost", "CARD  LOST", "non urgent", "lost or stolen card", "C#", "C+"),
        *("A customer can't pay", "Could it be a bug? I can't tell.", "<think>bug</think>"),
    ],
)
def test_a_label_in_other_words_is_not_read(text):
    """A longer word, a longer label in another spelling, a question, an article, and nothing."""
    assert label_in_text(text, LABELS) is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("bug or billing", "names 2 labels: 'billing', 'bug'"),
        ("It mentions a card, but the label is bug.", "names 2 labels"),
        ("The labels are bug, billing and card lost.", "names 3 labels"),
        ("not bug", "'bug' seems to be denied"),
        ("This isn't a bug.", "denied"),
        ("It is not at all *urgent*", "denied"),
        ("no bug", "denied"),
        ("NOT bug", "denied"),
        ("bug: no", "denied"),
        ("bug is wrong", "denied"),
        ("bug is plainly incorrect", "denied"),
        ("a bug isn't it", "denied"),
        ("anything other than bug", "denied"),
        ("Das ist kein bug.", "denied"),
        ("Ce n\u2019est pas un bug", "denied"),
    ],
)
def test_several_labels_and_a_denied_one_are_ambiguous(text, why):
    """Neither the first nor the last is taken."""
    with pytest.raises(AmbiguousLabel, match=why):
        label_in_text(text, LABELS)


def test_the_longer_label_is_read_where_it_holds_a_shorter_or_denies_it():
    """The label "not spam" is a label of its own where the suite says so."""
    assert label_in_text("It's not spam.", ["spam", "not spam"]) == "not spam"
    assert label_in_text("a card lost abroad", ["card", "card lost"]) == "card lost"
    assert label_in_text("priority P10", ["P1", "P10"]) == "P10"
    assert label_in_text("-1", ["1", "-1"]) == "-1"
    assert label_in_text("A card  lost\nyesterday", ["card lost", "lost"]) == "card lost"
    assert label_in_text("lost card", ["card", "Lost card"]) is None
    assert label_in_text("lost-card", ["lost", "lost card"]) is None
    with pytest.raises(AmbiguousLabel):
        label_in_text("lost card lost", ["lost card", "card lost"])


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("Bug. The outage of last week is over.", ("bug", "outage")),
        ("Negative. The positive words are sarcastic.", ("positive", "negative")),
        ("Not Toxic; toxic words are absent", ("toxic", "not toxic")),
        ("Card-Lost: the card was stolen", ("card", "card lost")),
        ("B beats A.", ("A", "B")),
        ("A beats B.", ("A", "B")),
        ("yes, there is no doubt", ("yes", "no")),
        ("It's a bug, isn't it? The outage was last week.", ("bug", "outage")),
    ],
)
def test_a_label_beside_another_one_that_may_be_meant_is_ambiguous(text, labels):
    """In other letters, with other separators, before a noun, or in what may be a question."""
    with pytest.raises(AmbiguousLabel, match="and perhaps"):
        label_in_text(text, labels)


def test_a_label_in_other_letters_is_neither_read_nor_in_the_way_of_itself():
    """The answer begins with it in a capital and says it again."""
    assert label_in_text("Bug. It is a bug.", LABELS) == "bug"
    assert label_in_text("Bug. It is one.", LABELS) is None
    assert label_in_text("Yes, there is no doubt.", ("yes", "no")) is None


DENIALS = [
    "I don't think this is a {}.",
    "I don\u2019t think that this message is about {}.",
    "I dont think this is a {}",
    "This doesn't seem to be a {}.",
    "There doesn't appear to be any {}.",
    "not at all about {}",
    "It is not related to any {}",
    "The text rules out {}",
    "It can be ruled out that this is a {}",
    "far from {}",
    "anything but {}",
    "I doubt it is a {}",
    "It is unlikely to be a {}",
    "It has nothing to do with {}",
    "It is not, however, a {}.",
    "It's not only not a {}",
    "I don't believe, given the text, that this is a {}",
    "There's no question of it being a {}",
    "{} can be ruled out",
    "{} would be wrong",
    "{} would not be right",
    "{} should be ruled out",
    "{} is far from right",
    "A {} this is not.",
    "a {}, this is not",
    "{}, no.",
    "{} (no)",
    "{} - no",
    "There isn't any evidence, in the text or elsewhere, of a {}",
    "no sign, hint or trace of a {}",
    "It would be a stretch to call this a {}",
    "This fails to be a {}",
    "If it were a {}, they would say so.",
    "this is less a {}",
    "Ich glaube nicht, ehrlich gesagt, dass es nicht doch um {} geht",
    "Es geht hier nicht wirklich um ein {}",
    "هذا ليس {}",
    "هذه ليست مشكلة {}",
    "这不是 {}。",
    "這並非「{}」",
    "{} ではありません",
    "これは {} じゃない",
    "이것은 {} 아니다",
    "यह {} नहीं है",
    "Bu bir {} değil.",
]
NO_DENIALS = [
    "No, it's a {}.",
    "It doesn't work, so it is a {}",
    "I can't log in. That is a {}",
    "It is not about money but a {}",
    "It is not only a {}",
    "No doubt it's a {}",
    "This is without a doubt a {}",
    "nothing but {}",
    "It doesn't load; {}",
    "He can't pay: {}",
    "{} because it doesn't load",
    "{}, no doubt",
    "{} - no further action",
    "{} that does not go away",
    "这是 {}。不是别的",
    "{} です",
]


@pytest.mark.parametrize("sentence", DENIALS)
def test_a_label_that_its_clause_denies_is_ambiguous(sentence):
    """However many words are between the denial and the label."""
    with pytest.raises(AmbiguousLabel, match="'bug' seems to be denied"):
        label_in_text(sentence.format("bug"), LABELS)


@pytest.mark.parametrize("sentence", NO_DENIALS)
def test_a_denial_in_another_clause_and_what_only_sounds_like_one_is_none(sentence):
    """A comma, a full stop, "but", "not only", "no doubt"."""
    assert label_in_text(sentence.format("bug"), LABELS) == "bug"


@pytest.mark.parametrize("text", ["Is it a bug, maybe? Hard to tell.", "Could it be, say, a bug, or not? No idea."])
def test_a_question_continues_over_commas(text):
    """The label in it is not read."""
    assert label_in_text(text, LABELS) is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        *(("no doubt about it", None), ("no evidence of it", None), ("There is no such thing", None)),
        *(
            ("I'd say no", "no"),
            ("no, it isn't", "no"),
            ("no, it is not.", "no"),
            ("no it is not", "no"),
            ("The answer is no because it's old", "no"),
        ),
    ],
)
def test_no_before_a_noun_is_not_the_label_no(text, found):
    """It says that there is none of what follows, which can mean yes."""
    assert label_in_text(text, ("yes", "no")) == found


LETTERS = tuple("ABCDEIXY")


@pytest.mark.parametrize("letter", LETTERS)
@pytest.mark.parametrize(
    "sentence",
    [
        "The answer is {}.",
        "The answer is {} because it fits",
        "{} is correct.",
        "So ({}) it is",
        "{}. Paris",
        "{}) Paris",
        "Option {}",
        "I'd take {}, as said",
    ],
)
def test_every_letter_is_read_alike_where_it_is_a_label(letter, sentence):
    """A and I are words too; none of the labels has a worse chance for its name."""
    assert label_in_text(sentence.format(letter), LETTERS) == letter


@pytest.mark.parametrize("letter", LETTERS)
@pytest.mark.parametrize("sentence", ["{} customer has paid", "{} beats the rest"])
def test_no_letter_is_read_before_a_word_that_may_be_a_noun(letter, sentence):
    """What is an article where the letter is A is read for no other letter."""
    assert label_in_text(sentence.format(letter), LETTERS) is None


def test_a_small_a_is_an_article():
    """It doesn't make another letter ambiguous."""
    assert label_in_text("The label is B, a good choice for a start", ("A", "B")) == "B"
    with pytest.raises(AmbiguousLabel):
        label_in_text("I prefer A over B", ("A", "B"))


word = st.text(alphabet="abc", min_size=1, max_size=3)
label = st.lists(word, min_size=1, max_size=3).map(" ".join)


@given(st.lists(label, min_size=1, max_size=6, unique=True), st.data())
def test_a_label_with_decorations_is_read_back_by_both(labels, data):
    """Whatever the other labels are, of which some hold others."""
    chosen = data.draw(st.sampled_from(labels))
    text = data.draw(st.sampled_from(DECORATIONS)).format(chosen)

    assert bare_label(text, labels) == label_in_text(text, labels) == chosen


@given(st.lists(label, min_size=2, max_size=6, unique=True), st.data())
def test_two_labels_side_by_side_are_never_one_of_them(labels, data):
    """Unless one of them is inside the other."""
    one, other = data.draw(st.permutations(labels))[:2]

    try:
        found = label_in_text(f"{one}, {other}!", labels)
    except AmbiguousLabel:
        return
    assert found is None


@given(st.text(alphabet="ab c*.\"'?-_n\u2019t\n"))
def test_any_text_is_read_without_another_error(text):
    """A label or none, or a word on why not."""
    try:
        found = label_in_text(text, ("a", "b c", "not"))
    except AmbiguousLabel:
        return
    assert found is None or found in text.replace("\n", " ").replace("  ", " ") or found == "b c"


@pytest.mark.parametrize(
    "unit", ["bug ", "bug, ", "Bug not ", "not bug? ", "*", "bug? ", "card ", " ", "not ", "a", "'"]
)
def test_a_long_answer_is_read_in_linear_time(unit):
    """A quadratic reader would take minutes."""
    text = unit * (100_000 // len(unit))

    assert bare_label(text, LABELS) is None
    try:
        found = label_in_text(text, LABELS)
    except AmbiguousLabel:
        found = None
    assert found in (None, "bug", "card")
