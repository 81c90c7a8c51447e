"""Copies and contradictions in training rows: what is one, and what only looks like one."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.data.alike.likeness import told
from harness.data.checks.copies import KINDS, Copies
from tests.data.made_rows import row, rows, talk

CHARGED = "I was charged twice for my order and want my money back"


def found(some, masked=str):
    """Return the problems of rows."""
    check = Copies(masked)
    return [problem for one in some for problem in check.see(one)] + list(check.finish())


def kinds(some):
    """Return the kinds of problems, each with the lines of its rows."""
    return [(problem.kind, [int(place.rpartition(":")[2]) for place in problem.places]) for problem in found(some)]


def test_no_rows_have_no_copies():
    """Neither does a single one, nor rows with nothing in them."""
    assert found([]) == []
    assert found([row(CHARGED, "billing")]) == []
    assert found([row("", "", 1), row(" ", "\n", 2)]) == []


@pytest.mark.parametrize(
    ("other", "differing"),
    [
        (CHARGED, "2 rows are the same"),
        (f"  {CHARGED}\n", "2 rows are the same, but for white space"),
        (CHARGED.upper(), "2 rows are the same, but for case"),
        (f"{CHARGED}!", "2 rows are the same, but for punctuation"),
        (f"{CHARGED.upper()}!", "2 rows are the same, but for case and punctuation"),
        (f" {CHARGED.upper()} !", "2 rows are the same, but for case, white space and punctuation"),
    ],
)
def test_the_same_rows_are_duplicates_and_it_is_told_what_they_differ_in(other, differing):
    """All that any of them differs in."""
    (problem,) = found(rows((CHARGED, "billing"), ("Where is it?", "delivery"), (other, "billing")))

    assert (problem.kind, problem.told) == ("duplicate", differing)
    assert problem.places == ("train.jsonl:1", "train.jsonl:3")
    assert problem.shown == (f"{CHARGED} → billing", f"{other.strip()} → billing")


def test_what_outputs_of_duplicates_differ_in_is_told():
    """The input is the same, letter by letter; so clean takes neither away."""
    (problem,) = found(rows((CHARGED, "billing"), (CHARGED, "Billing.")))

    assert problem.told == "2 rows are the same, but for case and punctuation"
    assert not problem.fixable


def test_all_copies_of_a_row_are_one_cluster():
    """In the order of the files, over several of them."""
    some = [
        row(CHARGED, "billing", 4, file="b.jsonl"),
        row(CHARGED, "billing", 2, file="a.jsonl"),
        row(CHARGED, "billing", 9),
    ]

    (problem,) = found(some)

    assert problem.places == ("b.jsonl:4", "a.jsonl:2", "train.jsonl:9")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("What is 17 + 25?", "What is 17 - 25?"),
        ("Charge me $1 more", "Charge me £1 more"),
        ("Is -5 right?", "Is 5 right?"),
        ("किताब कहाँ है", "कीताब कहाँ है"),
    ],
)
def test_signs_beside_numbers_and_vowels_of_other_scripts_count(one, other):
    """They are no punctuation: these rows neither repeat nor contradict each other."""
    assert not [kind for kind, _ in kinds(rows((one, "a"), (other, "b"))) if kind in {"duplicate", "contradiction"}]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (CHARGED, CHARGED.replace("order", "last order")),
        (
            "Mehl, Butter und Zucker in einer Schüssel verrühren",
            "Mehl, Butter und Zucker in einer großen Schüssel verrühren",
        ),
        ("我的银行卡昨天晚上在机场丢失了请问应该怎么办", "我的银行卡昨天晚上在机场丢失了请问应该怎么做"),
        (
            "def add(first, second):\n    return first + second",
            "def add(first, second):\n    return first + second  # sum",
        ),
    ],
)
def test_nearly_the_same_rows_are_near_duplicates(one, other):
    """Tickets, recipes, Chinese, code."""
    (problem,) = found(rows((one, "x"), ("Something else altogether, about gardens", "y"), (other, "x")))

    assert (problem.kind, problem.places) == ("near-duplicate", ("train.jsonl:1", "train.jsonl:3"))
    assert "alike), and the same output" in problem.told


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("How do I cancel my card?", "How do I order a new phone?"),
        ("Can I pay with a cheque", "Where was my parcel left"),
        ("你好", "再见"),
        ("!!!", "???"),
    ],
)
def test_rows_that_ask_different_things_are_no_copies(one, other):
    """However they begin."""
    assert found(rows((one, "x"), (other, "x"))) == []


def test_rows_that_differ_in_a_number_or_a_name_alone_are_a_template():
    """Their cluster is shown, once and as nothing else."""
    some = rows(
        ("Please tell Ben Klein that order 4711 is late", "Dear Ben, order 4711 is late."),
        ("Please tell Maria that order 12 is late", "Dear Maria, order 12 is late."),
        ("Please tell Jo Ann that order A-99 is late", "Dear Jo, order A-99 is late."),
    )

    assert kinds(some) == [("template", [1, 2, 3])]


def test_two_rows_of_one_template_are_nearly_the_same():
    """Two make no template yet, so they are told where they have the same output; sums are no copies."""
    some = rows(("My order 4711 never came to the office", "late"), ("My order 4712 never came to the office", "late"))

    sums = rows(("What is 6 + 2? Answer by the number.", "8"), ("What is 8 - 2? Answer by the number.", "6"))

    assert kinds(some) == [("near-duplicate", [1, 2])]
    assert kinds(sums) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("Where do I find my old Passport now", "here"), ("Where do I find my old Ticket now", "somewhere else")),
        (("What is 3 + 4?", "7"), ("What is 5 + 6?", "11")),
        (("Hello Anna", "Hi"), ("Hello Ben", "Hi")),
    ],
)
def test_other_outputs_and_a_few_words_are_no_template(one, other):
    """A capital letter alone does not show that the word does not matter."""
    assert "template" not in dict(kinds(rows(one, other)))


def test_the_same_input_with_different_outputs_is_a_contradiction():
    """Shown side by side, each output once."""
    (same, problem) = found(rows((CHARGED, "billing"), (f"{CHARGED}.", "refund"), (CHARGED, "billing")))

    assert (same.kind, same.places) == ("duplicate", ("train.jsonl:1", "train.jsonl:3"))
    assert (problem.kind, problem.told) == ("contradiction", "the same input has 2 different outputs")
    assert problem.shown == (f"{CHARGED} → billing", f"{CHARGED}. → refund")


def test_nearly_the_same_input_with_different_outputs_contradicts_too():
    """From .9 on."""
    asked = "My card has not arrived yet although I ordered it two weeks ago, what can I do about it"

    assert kinds(rows((asked, "card_arrival"), (f"{asked} now", "lost_card"))) == [("near-contradiction", [1, 2])]


def test_inputs_with_other_numbers_do_not_contradict_each_other():
    """They ask for different answers."""
    story = "A baker sells {} rolls on each morning of the week and half of that on a Sunday, how many are sold in all?"

    assert kinds(rows((story.format(40), "two hundred"), (story.format(60), "some more"))) != []
    assert "contradiction" not in str(kinds(rows((story.format(40), "two hundred"), (story.format(60), "more"))))


def test_other_numbers_and_words_with_other_outputs_are_two_rows():
    """A question with other numbers and other words has another answer: no one would leave one of them out."""
    asked = "Name {} cities with more than one million people, in any order that you like"
    other = asked.replace("one million people", "many more people").format(5)

    assert kinds(rows((asked.format(3), "Rome, Cairo, Lima"), (other, "Oslo, Bern, Riga, Kyiv, Baku"))) == []
    more = f"{asked.format(3)} 5"
    assert kinds(rows((asked.format(3), "cities"), (more, "cities"))) == [("near-duplicate", [1, 2])]


@pytest.mark.parametrize(
    "outputs",
    [
        ("It was sent on Monday and comes by the end of this week.", "We sent it: look for it by Friday or Saturday."),
        (
            "def total(values):\n    return sum(values, start=0) or None",
            "def total(values): return sum(list(values), 0)",
        ),
    ],
    ids=["prose", "code"],
)
def test_free_outputs_of_nearly_the_same_input_are_copies_and_no_contradiction(outputs):
    """Many texts and programs are right: only labels and JSON say that one of two is wrong."""
    asked = "My card has not arrived yet although I ordered it two weeks ago, what can I do about it"

    assert kinds(rows((asked, outputs[0]), (f"{asked} now", outputs[1]))) == [("near-duplicate", [1, 2])]


@pytest.mark.parametrize(
    "outputs", [("card", "lost"), ('{"queue": "card"}', '{"queue": "bug", "why": "a b c d e f g h"}')]
)
def test_labels_and_json_of_nearly_the_same_input_contradict(outputs):
    """However long the JSON is."""
    asked = "My card has not arrived yet although I ordered it two weeks ago, what can I do about it"

    assert kinds(rows((asked, outputs[0]), (f"{asked} now", outputs[1]))) == [("near-contradiction", [1, 2])]


def test_other_system_prompts_and_tools_make_other_rows():
    """They decide what the right output is."""
    some = [row(CHARGED, "billing", 1, system="Answer with a label."), row(CHARGED, "Sorry!", 2, system="Be kind.")]

    assert found(some) == []


def test_rows_without_input_are_compared_by_their_outputs():
    """They contradict nothing, as there is nothing that they answer."""
    some = rows(
        ("", "Roses are red and violets are blue"),
        ("", "Mountains are high"),
        ("", "Roses are red and violets are blue"),
    )

    assert kinds(some) == [("duplicate", [1, 3])]


def test_earlier_turns_are_part_of_the_input():
    """The same last question after another conversation is another row."""
    some = [
        talk("How do I block my card?", "In the app.", "And then what?", "Order a new one.", line=1),
        talk("I want to sell my house.", "Ask an agent.", "And then what?", "Sign a contract.", line=2),
    ]

    assert found(some) == []


def test_what_all_inputs_begin_with_makes_them_no_copies():
    """Instructions of a prompt that each row repeats."""
    frame = "You read a ticket of a customer and say in one word which team of ours it is for. Ticket:"
    asked = (
        "my parcel is late", "the card was charged twice", "how do I log in", "please cancel it", "the screen is black",
        "can I pay by cheque", "who is my contact", "no heating since Monday", "change my address", "thanks for all",
    )  # fmt: skip
    pairs = [(f"{frame} {text}", f"team {place}") for place, text in enumerate(asked)]

    assert kinds(rows(*pairs)) == []
    assert kinds(rows(*pairs, (f"{frame} My parcel is late!", "team 0"))) == [("duplicate", [1, 11])]


def test_personal_data_is_masked_before_it_is_cut():
    """What is shown went through the given function whole."""
    asked = "x" * 190 + " 4111 1111 1111 1111"

    (problem,) = found(rows((asked, "a"), (asked, "a")), lambda text: text.replace("4111 1111 1111 1111", "[card]"))

    assert problem.shown[0] == f"{'x' * 190} [card] → a"


def test_large_clusters_show_their_first_rows():
    """All of them have their place."""
    (problem,) = found([row(CHARGED, "billing", line) for line in range(1, 101)])

    assert (len(problem.places), len(problem.shown)) == (100, 20)


def test_a_crowd_of_nearly_the_same_rows_is_one_cluster():
    """Although not each is compared with each."""
    fruit = ["apple", "pear", "plum", "cherry", "grape", "lemon", "lime", "melon", "fig", "date"]
    pairs = [(f"{CHARGED} for the {one} and the {other} today", "billing") for one in fruit for other in fruit]
    others = [(f"{word} {place * 7919 + 12345}", "other") for place, word in enumerate(fruit * 15)]

    (problem,) = [problem for problem in found(rows(*pairs, *others)) if problem.kind == "near-duplicate"]

    assert len(problem.places) == 100


def test_half_a_character_is_a_character():
    """As JSON can hold it."""
    assert kinds(rows(("a\ud800 lone half", "x"), ("a\ud800 lone half", "x"))) == [("duplicate", [1, 2])]


def test_every_problem_is_of_a_kind_with_a_remedy():
    """By its name."""
    names = {kind.name for kind in KINDS}

    assert {"duplicate", "near-duplicate", "template", "contradiction", "near-contradiction"} == names
    assert all(kind.remedy and kind.title for kind in KINDS)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.text("ab 1.", max_size=8), st.sampled_from(["x", "y"])), max_size=12))
def test_rows_are_duplicates_exactly_when_question_and_answer_are_the_same(pairs):
    """But for what is folded: here punctuation and white space, where anything is left."""
    groups = {}
    for line, (asked, answer) in enumerate(pairs, start=1):
        key = told(asked.strip()) if asked.strip() else None, answer
        groups.setdefault(key, []).append(line)

    duplicates = [lines for kind, lines in kinds(rows(*pairs)) if kind == "duplicate"]

    assert duplicates == [lines for lines in groups.values() if len(lines) > 1 and lines]
