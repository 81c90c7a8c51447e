"""The conditions that a case meets, and which of them are searched."""

import msgspec
import pytest

from harness.records.asked import Case
from harness.records.messages import Message
from harness.records.record import Json
from harness.verdicts.conditions import MOST_CONDITIONS, Condition, conditions_of, traits_of


def case(*said: str, system: str = "", expected: Json = None, tags: tuple[str, ...] = ()) -> Case:
    """Return a case with these user messages; the assistant's turns between them are always the same."""
    messages = [Message(role="system", content=system)] if system else []
    for text in said:
        messages += [Message(role="user", content=text), Message(role="assistant", content="certainly remarkable")]
    return Case(id="one", messages=tuple(messages), expected=expected, tags=tags)


def met(*cases: Case) -> dict[Condition, int]:
    """Return the conditions that are searched, with how many cases meet each: those given five times, of eleven."""
    others = [case(f"{letter} plain text of its own") for letter in "abcdef"]
    found = conditions_of([traits_of(one) for one in (*cases * 5, *others)])
    return {condition: len(places) for condition, places in found.items()}


@pytest.mark.parametrize(
    ("one", "condition"),
    [
        (case("q", tags=("vip", "vip")), Condition(kind="tag", value="vip")),
        (case("q", expected="billing"), Condition(kind="label", value="billing")),
        (case("q", expected={"queue": "bug", "n": [1]}), Condition(kind="label", field="queue", value="bug")),
        (case("q", expected=7), Condition(kind="label", value="7")),
        (
            case("Warum steht auf der Rechnung noch der alte Tarif, obwohl wir gewechselt haben?"),
            Condition(kind="language", value="de"),
        ),
        (case("q", "r", "s"), Condition(kind="turns", value="2")),
    ],
)
def test_what_five_cases_have_in_common_is_a_condition(one, condition):
    """And no other case meets it."""
    assert met(one)[condition] == 5


def test_short_and_long_questions_are_told_apart_by_the_lengths_that_there_are():
    """A tenth is at most 2 letters long, and a quarter more than 14; nothing else sets them apart."""
    lengths = [2] * 5 + [7] * 20 + [14] * 10 + [99] * 12
    found = conditions_of([traits_of(case(f"{place:0{length}}")) for place, length in enumerate(lengths)])
    counts = {(condition.kind, condition.value): len(places) for condition, places in found.items()}

    assert counts == {
        ("shorter", "2"): 5,
        ("longer", "2"): 42,
        ("shorter", "7"): 25,
        ("longer", "7"): 22,
        ("shorter", "14"): 35,
        ("longer", "14"): 12,
    }


def test_words_and_phrases_of_the_user_are_conditions():
    """Not of the assistant, and no phrase across a full stop."""
    cases = [case("my refund. dear") for _ in range(5)] + [case("my dear. refunds") for _ in range(5)]
    found = conditions_of([traits_of(one) for one in [*cases, case("another text here")]])
    values = {(condition.kind, condition.value): places for condition, places in found.items()}

    assert values["word", "refund"] == (0, 1, 2, 3, 4)
    assert values["word", "refunds"] == (5, 6, 7, 8, 9)
    assert not {value for _, value in values} & {"refund dear", "dear refunds", "certainly", "remarkable"}


def test_a_phrase_is_found_where_its_words_are_elsewhere_too():
    """A gift card is in six cases, a gift and a card each in eleven."""
    texts = ["gift card", "gift card"] * 3 + ["card, gift"] * 5 + ["plain"]
    found = conditions_of([traits_of(case(text)) for text in texts])

    assert found[Condition(kind="phrase", value="gift card")] == (0, 1, 2, 3, 4, 5)


def test_system_messages_that_start_alike_are_told_apart():
    """By their digest; each is shown by its start."""
    same = "You answer questions of customers. " * 20
    texts = [same + "Be brief."] * 5 + [same + "Be kind."] * 6 + [""]
    found = conditions_of([traits_of(case("q", system=text)) for text in texts])
    systems = {condition: places for condition, places in found.items() if condition.kind == "system"}

    assert sorted(map(len, systems.values())) == [5, 6]
    assert {condition.value for condition in systems} == {same[:200]}


def test_of_conditions_on_the_same_cases_the_plainest_is_kept():
    """A tag before a word, a word before a phrase, and the longer word."""
    tagged = met(case("a refund please", tags=("money",)))
    plain = met(case("get refund"))

    assert Condition(kind="tag", value="money") in tagged
    assert not {"get", "get refund"} & {condition.value for condition in plain}
    assert not {"refund", "please", "refund please"} & {condition.value for condition in tagged}
    assert Condition(kind="word", value="refund") in plain


def test_what_all_or_few_cases_meet_is_not_searched():
    """Four cases are too few, and all are everything."""
    texts = ["common rare"] * 4 + ["common usual"] * 6
    found = conditions_of([traits_of(case(text)) for text in texts])
    values = {condition.value for condition in found}

    assert not values & {"common", "rare"}
    assert all(5 <= len(places) < 10 for places in found.values())


def test_a_large_vocabulary_is_cut_to_the_most_frequent():
    """However many words there are."""
    often = [f"often{number}" for number in range(10)]
    cases = [
        case(" ".join([*often[: place + 1], *(f"w{word}" for word in range(300 * (place % 10), 2_900))]))
        for place in range(60)
    ]
    found = conditions_of([traits_of(one) for one in cases])

    assert len(found) <= MOST_CONDITIONS


def test_hostile_text_makes_no_trouble():
    """Lone surrogates, control characters, a text without end, and nothing at all."""
    texts = ["\ud800 \x1b[31m \u202e", "x" * 1_000_000, "", "\x00"]
    found = conditions_of([traits_of(case(text, system=text, expected=text)) for text in texts * 5])

    assert found
    assert all(len(condition.value) <= 2_000 for condition in found)
    assert not conditions_of([])


def test_how_near_training_rows_are_is_a_condition_where_it_is_known():
    """Below and from .2, and at the values that there are; a case of which it is not known meets neither."""
    near = [0.05, 0.1, 0.12, 0.15, 0.19, *[0.5] * 5, *[None] * 5]
    traits = [
        msgspec.structs.replace(traits_of(case(f"{letter} text")), nearest=value)
        for letter, value in zip("abcdefghijklmno", near, strict=True)
    ]

    found = conditions_of(traits)

    assert found[Condition(kind="unlike rows", value="0.20")] == (0, 1, 2, 3, 4)
    assert found[Condition(kind="like rows", value="0.20")] == (5, 6, 7, 8, 9)
    without = conditions_of([msgspec.structs.replace(one, nearest=None) for one in traits])
    assert not {"unlike rows", "like rows"} & {condition.kind for condition in without}
