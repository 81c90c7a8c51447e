"""Leaks as problems: the pair side by side, masked, and a way out."""

from harness.data.checks.leaks import KINDS, Leaks
from tests.data.made_rows import case, rows


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
