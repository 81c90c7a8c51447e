"""Rows that differ from nearly all others under the same system prompt are named; mixed files are told once."""

import pytest

from harness.data.checks.consistency.consistency import KINDS, Consistency
from harness.data.checks.consistency.forms import form_of, has_headings, has_stop
from harness.data.checks.consistency.prompts import Asked
from harness.scorers.schema import matches_schema
from tests.data.checks.made import kinds, problems, rows

SYSTEM = "Triage this ticket as JSON with queue and priority."


def json_rows(count: int) -> list[tuple[str, str]]:
    """Return pairs whose answers have the same form."""
    return [(f"Ticket {number}", f'{{"queue": "bug", "due_date": "{number}"}}') for number in range(count)]


def prose(count: int) -> list[tuple[str, str]]:
    """Return pairs whose answers are sentences."""
    return [(f"What is {number}?", f"This is the number {number} and no other one.") for number in range(count)]


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ('{"a": 1}', "a JSON object"),
        ("[1, 2]", "a JSON list"),
        ('```json\n{"a": 1}\n```', "JSON in a fence of code"),
        ("{'a': 1}", "broken JSON"),
        ('{"a": 1', "broken JSON"),
        ('{"a": 1,}', "broken JSON"),
        ("```python\nprint(1)\n```", "code"),
        ("card_arrival", "a label"),
        ("Refund_not_showing_up?", "a label"),
        ("very urgent", "a label"),
        ("It is late.", "prose"),
        ("[1] is the first note.", "prose"),
        ("", "a label"),
    ],
)
def test_the_form_of_an_answer(text, form):
    """By what it begins with, and whether it can be read."""
    assert form_of(text)[0] == form


def test_headings_and_stops_are_looked_for_where_they_can_be():
    """In long prose, and in one line."""
    assert has_headings("# A\n" + "x" * 400)
    assert has_headings("x" * 400) is False
    assert has_headings("# A") is None
    assert has_stop("The parcel is late.")
    assert has_stop("The parcel is late") is False
    assert has_stop("Is the parcel late?") is None


@pytest.mark.parametrize(
    ("answer", "kind", "told"),
    [
        ("It is a bug, I think.", "mixed-form", "1 of 31 (3.2 %) answers are prose; 30 of 31 (97 %) are a JSON object"),
        ('{"queue": "bug", ', "mixed-form", "1 of 31 (3.2 %) answers are broken JSON; 30 of 31"),
        ('{"queue": "bug", "dueDate": "1"}', "key-style", "1 of 31 (3.2 %) answers' keys are camelCase"),
        ('{"queue": "bug"}', "keys", "1 of 31 (3.2 %) JSON answers have no 'due_date', unlike"),
        ('{"queue": "bug", "due_date": "1", "note": ""}', "keys", "1 of 31 (3.2 %) JSON answers have 'note', unlike"),
    ],
)
def test_the_row_that_differs_is_named(answer, kind, told):
    """With the share of its way, and that of the others."""
    found = problems(Consistency(), rows([*json_rows(30), ("Ticket", answer)], SYSTEM))

    one = next(one for one in found if one.kind == kind)
    assert one.places == ("rows.jsonl:31",)
    assert one.told.startswith(told)


def test_few_rows_show_nothing():
    """Nineteen are too few to tell what is usual."""
    assert kinds(Consistency(), rows([*json_rows(18), ("Ticket", "It is a bug, I think.")], SYSTEM)) == []


def test_a_mixed_file_is_told_once():
    """Half and half is a design; the first row of each half is named."""
    (found,) = problems(Consistency(), rows([*json_rows(30), *prose(30)], SYSTEM))

    assert (found.kind, found.places) == ("mixed-form", ("rows.jsonl:1", "rows.jsonl:31"))
    assert "are mixed: 30 of 60 (50 %) are a JSON object, 30 of 60 (50 %) are prose" in found.told


def test_two_tasks_with_system_prompts_of_their_own_are_not_mixed():
    """Each is compared with its like."""
    both = [*rows(json_rows(30), SYSTEM), *rows(prose(30), "Answer in one sentence, please, and kindly.")]

    assert kinds(Consistency(), both) == []


def test_a_form_that_was_asked_for_is_not_compared():
    """Unless a system prompt is there."""
    asked = [*prose(30), ("Give me this as JSON", '{"a": 1}')]

    assert kinds(Consistency(), rows(asked)) == []
    assert kinds(Consistency(), rows(asked, "Answer in one sentence.")) == ["mixed-form"]


def test_short_answers_beside_sentences_are_no_problem():
    """But a sentence among labels is one."""
    assert kinds(Consistency(), rows([*prose(30), ("Spell it", "S-U-N")])) == []
    labels = [(f"Ticket {number}", "card_arrival") for number in range(30)]
    assert kinds(Consistency(), rows([*labels, ("Ticket", "It is about the card's arrival.")])) == ["mixed-form"]


def test_keys_that_come_and_go_are_told_once():
    """With the share of each."""
    some = [(asked, answer.replace("}", ', "note": "x"}')) for asked, answer in json_rows(15)]

    (found,) = problems(Consistency(), rows([*json_rows(15), *some], SYSTEM))

    assert found.told == "keys come and go in JSON answers: 'note' in 15 of 30 (50 %)"


def test_a_label_in_two_spellings_is_told():
    """Not numbers and symbols, which differ by what looks like spelling."""
    labels = ["card_arrival"] * 10 + ["Card arrival"] + ["-1", "1", "C", "C#"] * 3

    (found,) = problems(Consistency(), rows([("Ticket", label) for label in labels]))

    assert (found.kind, found.places) == ("label-spelling", ("rows.jsonl:11",))
    assert found.told == "the label is written 'Card arrival', and as 'card_arrival' in 10 of 11 (91 %)"


def test_single_words_are_labels_where_they_recur():
    """Two answers of one word can be any: a colour, a yes."""
    some = ["blue", "Blue", "Blue", "no.", "No", "Madrid", "Madrid.", *["yes"] * 5, "Yes"]

    (found,) = problems(Consistency(), rows([("What is it?", word) for word in some]))

    assert (found.kind, found.places) == ("label-spelling", ("rows.jsonl:13",))


def test_full_stops_and_headings():
    """In the few answers that differ."""
    stops = [*prose(30), ("What is it?", "This is the number one and no other")]
    long = [(asked, answer * 12) for asked, answer in prose(30)]

    assert kinds(Consistency(), rows(stops)) == ["full-stop"]
    assert kinds(Consistency(), rows([*long, ("What?", "# Number\n" + "It is one. " * 50)])) == ["headings"]


def test_answers_are_held_against_the_schema_of_the_suite_with_their_prompt():
    """Others are not; a repeated e-mail address in the reason is masked."""
    schema = {"type": "object", "properties": {"queue": {"enum": ["bug", "billing"]}}, "required": ["queue"]}
    suite = Asked(name="triage", systems=frozenset({SYSTEM}), answers=matches_schema(schema))
    answers = ['{"queue": "bug"}', '{"queue": "ada.byron@tidewell.io"}', "no JSON"]
    given = [("Ticket", answer) for answer in answers]

    found = problems(Consistency([suite]), [*rows(given, SYSTEM), *rows(given)])

    broken = [one for one in found if one.kind == "schema"]
    assert [one.places for one in broken] == [("rows.jsonl:2",), ("rows.jsonl:3",)]
    assert all(one.told.startswith("the answer can't pass the suite triage: ") for one in broken)
    assert "byron" not in broken[0].told


def test_kinds_have_names_of_their_own():
    """Ten of them."""
    assert len({kind.name for kind in KINDS}) == len(KINDS) == 10
