"""Cases with changed contexts: what each kind holds, what is left out, and who is caught by them."""

import re
from pathlib import Path

import pytest

from harness.asking.cases import load_cases
from harness.cases.counterfactual import KINDS, counterfactuals
from harness.errors import CaseFileError
from harness.records.answered import Response
from harness.records.asked import Case
from harness.records.messages import Message
from harness.scorers import keeps_to_context

SHIPPED = Path(__file__).parents[2] / "suites" / "general" / "documents.jsonl"
FEE = ("The fee is 25 euros a month.", "The office is closed on Sundays.")
CAPITAL = ("Arvelle is the capital of the island.", "Ferries leave at noon.")
COLOUR = ("Members wear green badges.",)


def case_of(name, passages, expected, asked="", **meta: object):
    """Return a case that asks something of passages."""
    messages = (Message(role="user", content=asked or f"Which {name} is it?"),)
    return Case(id=name, messages=messages, expected=expected, meta={"context": list(passages), **meta})


def three():
    """Return a number, a name and a word, each in a case of its own."""
    return [
        case_of("fee", FEE, "25 euros"),
        case_of("capital", CAPITAL, ["Arvelle"], "Where does the council sit?", sources=["1"]),
        case_of("harbour", ("Belmont is the largest harbour.",), "Belmont", "Where do ships land?"),
        case_of("colour", COLOUR, "green"),
    ]


def by_id(cases):
    """Return what was made by the case's id."""
    return {case.id: case for case in counterfactuals(cases, "cases.jsonl").cases}


def texts(case):
    """Return the passages of a case."""
    return [passage["text"] for passage in case.meta["context"]]


def test_a_context_is_taken_away_replaced_and_contradicted():
    """Each with what is right then, all in one group."""
    made = by_id(three())
    removed, distractor, changed = (made[f"fee-{kind}"] for kind in KINDS[1:])

    assert (made["fee-given"].expected, made["fee-given"].meta["sources"]) == ("25 euros", ["1"])
    assert (texts(removed), removed.expected, removed.meta["answerable"]) == ([FEE[1]], None, False)
    assert texts(distractor)[1] == FEE[1]
    assert texts(distractor)[0] not in FEE
    assert distractor.meta["answerable"] is False
    number = int(changed.expected[0].split()[0])
    assert number in {*range(12, 53)} - {25}
    assert texts(changed) == [f"The fee is {number} euros a month.", FEE[1]]
    assert (changed.meta["memory"], changed.meta["answerable"]) == (["25 euros"], True)
    assert {one.group for name, one in made.items() if name.startswith("fee")} == {"fee"}


def test_a_name_is_replaced_by_another_name():
    """Of the same form, that the context doesn't have."""
    changed = by_id(three())["capital-contradicted"]

    assert changed.expected == "Belmont"
    assert texts(changed)[0] == "Belmont is the capital of the island."


def test_a_number_is_changed_in_every_form_in_which_it_is_accepted():
    """Digits stay digits, and words stay words; nothing of the old answer is left."""
    cases = [case_of("days", ("Gameday is one of six days. Six is enough.",), ["six", "6", "6 days"])]
    changed = by_id([*cases, *three()])["days-contradicted"]

    word, digits, *more = changed.expected
    assert more == [f"{digits} days", f"{word} days"]
    assert texts(changed) == [f"Gameday is one of {word} days. {word.capitalize()} is enough."]


@pytest.mark.parametrize(
    ("passage", "expected", "right"),
    [
        ("The fee is 1,250 euros.", "1,250 euros", r"The fee is [1-2],\d{3} euros\."),
        ("It is due on 28 May.", "28 May", r"It is due on (1\d|2[0-7]) May\."),
        ("It is due on May 3rd.", "May 3rd", r"It is due on May ([4-8]th|2nd)\."),
        ("It was built in 1987.", "1987", r"It was built in (18[89]|19\d|20[0-2])\d\."),
        ("It opens at 10:00.", ["10:00", "10 am"], r"It opens at 11:00\."),
        ("It starts at 22:15.", "22:15", r"It starts at (1\d|2[013]):15\."),
        ("He is sixty-four.", "64", r"He is (thirty|forty|fifty|sixty|seventy|eighty|ninety)(-[a-z]+)?\."),
        ("Five euros. That is 5 euros.", "5 euros", r"(\w+) euros\. That is \d euros\."),
    ],
)
def test_a_number_becomes_one_that_could_be_true(passage, expected, right):
    """A day of a month, an hour, a year; each in digits or words as it was, and every new form is accepted."""
    for seed in range(5):
        made = counterfactuals([case_of("a", (passage,), expected, "What?")], "x", seed).cases
        (changed,) = (case for case in made if case.id == "a-contradicted")

        assert re.fullmatch(right, texts(changed)[0])
        assert texts(changed)[0] != passage
        assert keeps_to_context()(changed, Response(request_key="", text=texts(changed)[0])).value == 1
        assert keeps_to_context()(changed, Response(request_key="", text=passage)).value == 0


@pytest.mark.parametrize(
    ("passages", "expected", "asked", "told"),
    [
        (("The fee is 5 euros.", "Whoever is late pays the five again."), "5 euros", "What?", "in another place"),
        (("Petra Lund chairs.", "Ms Lund is new."), "Petra Lund", "Who chairs?", "in another place"),
        (("Petra Lund chairs.", "Petras Zimmer ist oben."), "Petra Lund", "Who chairs?", "in another place"),
        (("The fee is 5 euros.",), "5 euros", "Is the fee 5 euros?", "the question names its answer"),
        (("Each has one queen.", "No one has two."), ["one", "1"], "How many?", "one has other meanings"),
        (("It costs two hundred.",), ["two hundred", "200"], "How much?", "hundreds are not read"),
        (("It is paid on the first day.",), "at once", "When?", "in other words"),
        ((" ".join(map(str, range(10))),), "7", "Which?", "every number"),
    ],
)
def test_a_context_that_would_say_the_old_answer_still_is_refused(passages, expected, asked, told):
    """In another form, in the question, or in a part of a name: the case would be a wrong one."""
    others = [case_of("other", ("Anneke Roos sells it.",), "Anneke Roos", "Who sells it?")]
    made = counterfactuals([case_of("a", passages, expected, asked, sources=["1"]), *others], "x")

    assert "a-contradicted" not in {case.id for case in made.cases}
    assert any(told in line for line in made.lacking if line.startswith("a: "))


def test_what_holds_the_answer_in_another_form_is_taken_away_too():
    """Digits beside words; and no passage of the case itself comes in its place."""
    passages = ("The fee is 5 euros.", "It was five euros before.", "Closed on Sundays.")
    twin = case_of("twin", (passages[2], "Open in May.", "It rains."), "May")
    made = by_id([case_of("fee", passages, "5 euros"), twin])

    assert texts(made["fee-removed"]) == [passages[2]]
    assert texts(made["fee-distractor"]).count(passages[2]) == 1


def test_a_name_comes_with_every_form_in_which_it_is_accepted():
    """A right answer in the short form is right there too."""
    cases = [
        case_of("a", ("Ilka Berg bakes it. Ilka Berg is old.",), "Ilka Berg", "Who bakes it?"),
        case_of("b", ("Anneke Roos sells it.",), ["Anneke Roos", "Roos"], "Who sells it?"),
    ]

    assert by_id(cases)["a-contradicted"].expected == ["Anneke Roos", "Roos"]


@pytest.mark.parametrize(
    ("asked", "is_changed"),
    [("Who bakes it?", True), ("Whom did they choose?", True), ("What is it?", False), ("Tell me.", False)],
)
def test_a_name_is_given_only_to_a_question_of_the_same_kind(asked, is_changed):
    """A lamp is not vinegar, and a captain is no harbour."""
    cases = [
        case_of("a", ("Ilka bakes it.",), "Ilka", asked),
        case_of("b", ("Tomas sells it.",), "Tomas", "Who sells it?"),
        case_of("c", ("Vinegar helps.",), "Vinegar", "What is good?"),
    ]

    assert ("a-contradicted" in by_id(cases)) == is_changed


def test_what_can_not_be_made_is_told():
    """A word that nothing can replace, and a case whose context doesn't hold what it expects."""
    made = counterfactuals([*three(), case_of("lost", FEE, "purple")], "cases.jsonl")

    assert "colour-contradicted" not in {case.id for case in made.cases}
    assert made.lacking == (
        "lost: no passage holds what it expects, so it is left out",
        "colour: no case of another group gives it a different answer of the same form",
    )


def test_the_same_cases_give_the_same():
    """And another seed another number."""
    assert counterfactuals(three(), "x") == counterfactuals(three(), "x")
    assert len({counterfactuals(three(), "x", seed).cases[3].expected[0] for seed in range(8)}) > 3


@pytest.mark.parametrize(
    ("cases", "told"),
    [
        ([case_of("a", FEE, "purple")], "no case has passages"),
        ([case_of("a", FEE, "25 euros", sources=["9"])], "`sources` names '9'"),
        ([case_of("a", ["x", 5], "25 euros")], "can't be read"),
    ],
)
def test_a_wrong_file_is_told(cases, told):
    """With the case."""
    with pytest.raises(CaseFileError, match=told):
        counterfactuals(cases, "cases.jsonl")


def test_an_answer_from_memory_is_caught():
    """It is right only where the context was left as it is; what follows the context is right in each."""
    score = keeps_to_context()
    made = by_id(three())

    def values(answer) -> list[float | None]:
        return [
            score(made[f"fee-{kind}"], Response(request_key="", text=answer(made[f"fee-{kind}"]))).value
            for kind in KINDS
        ]

    assert values(lambda _: "It is 25 euros.") == [1, 0, 0, 0]
    assert values(lambda case: f"It is {case.expected}." if case.expected else "The context does not say.") == [
        1,
        1,
        1,
        1,
    ]


@pytest.mark.parametrize("seed", range(3))
def test_no_changed_case_of_the_shipped_suite_is_a_wrong_one(seed):
    """What its passages say is right, what they said before is wrong, and what was taken away is nowhere."""
    shipped = {case.id: case for case in load_cases(SHIPPED)}
    score = keeps_to_context()

    def value(case, text) -> float | None:
        return score(case, Response(request_key="", text=text)).value

    for made in counterfactuals(tuple(shipped.values()), "x", seed).cases:
        name, _, kind = made.id.rpartition("-")
        read = " ".join(texts(made))
        if kind in {"removed", "distractor"}:
            assert value(shipped[name], read) == 0, made.id
        if kind == "contradicted":
            assert value(made, read) == 1, made.id
            assert all(value(made, f"It is {old}.") == 0 for old in shipped[name].expected), made.id
