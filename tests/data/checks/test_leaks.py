"""Leaks as problems: the pair side by side, masked, and a way out."""

from harness.data.checks.leaks import KINDS, Leaks
from tests.data.made_rows import case, row, rows


def test_a_leak_is_told_with_both_texts():
    """Masked before they are cut."""
    asked = "Please send my money back to the account DE00 0000 of my sister, as I told you"
    check = Leaks({"tickets": [case("t1", asked)]}, lambda text: text.replace("DE00 0000", "[iban]"))
    some = rows(("Where is it?", "x"), (asked.replace("sister", "brother"), "y"))

    (problem,) = [problem for one in some for problem in check.see(one)] + list(check.finish())

    assert problem.kind == KINDS[0].name
    assert problem.places == ("train.jsonl:2", "tickets:t1")
    assert problem.told.startswith("the input of case 't1' of tickets is in this row: ")
    assert [text.replace("brother", "sister") for text in problem.shown] == [asked.replace("DE00 0000", "[iban]")] * 2


def test_a_case_in_a_system_prompt_is_told_once_for_the_prompt():
    """As an example of how to answer; a prompt that the suite has itself is none of its cases."""
    asked = "Where do I find the invoice of my last winter order?"
    shown = f"You sort tickets. To '{asked}' you answer: billing."
    check = Leaks({"tickets": [case("t1", asked, system="You sort tickets.")]}, str)
    some = [row("The colour of the tiles is off", "home", 1, system=shown), row("It rains in", "roof", 2, system=shown)]

    (problem,) = [problem for one in some for problem in check.see(one)] + list(check.finish())

    assert problem.places == ("train.jsonl:1", "tickets:t1")
    assert problem.told.startswith("the input of case 't1' of tickets is in the system prompt of this row: ")
    assert problem.shown == (shown, asked)


def test_an_answer_that_a_system_prompt_asks_for_is_no_leak():
    """It is a rule, and many cases can expect what it says."""
    answer = "I am sorry, I can only help with questions about your orders here."
    check = Leaks({"tickets": [case("t1", "What is the weather in the city of Kiel?", answer)]}, str)
    one = row("Is the blue one on stock again", "yes", system=f"Sort it. To anything else say: {answer}")

    assert [*check.see(one), *check.finish()] == []
