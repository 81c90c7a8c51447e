"""System prompts: versions of one, rows without, and those that no suite has."""

from harness.asking.cases import Suite
from harness.data.checks.consistency.prompts import Asked, Prompts, asked_by, difference
from harness.records.asked import Case, Sampling
from harness.records.messages import Message
from tests.data.checks.made import row

PROMPT = "Triage this support ticket as JSON: summary, queue, priority."
VERSION = "Triage this support ticket as JSON: summary, queue and priority."
OTHER = "You are a pirate. Answer every question in rhymes."


def found(systems: list[str], *suites: Asked) -> list[tuple[str, tuple[str, ...], str]]:
    """Return kind, places and words of each problem."""
    prompts = Prompts(suites)
    for line, system in enumerate(systems, 1):
        prompts.see(row("a", "b", line=line, system=system))
    return [(one.kind, one.places, one.told) for one in prompts.finish()]


def test_a_version_of_a_prompt_is_told_with_the_difference():
    """The rarer one."""
    ((kind, places, told),) = found([PROMPT] * 9 + [VERSION])

    assert (kind, places) == ("system-prompt", ("rows.jsonl:10",))
    assert told.startswith("the system prompt of 1 of 10 (10 %) rows is nearly the one of 9 of 10 (90 %)")
    assert told.endswith('it has "queue and priority." where the other has "queue, priority."')


def test_white_space_is_a_difference():
    """Which nobody sees."""
    assert difference("a  b", "a b") == "they differ in white space alone"


def test_a_difference_is_shown_masked():
    """Also after an address, which is shorter when it is hidden."""
    one, other = (f"Write to ada.byron@tidewell.io when it is {word}." for word in ("late", "early"))

    assert difference(one, other) == 'it has "late." where the other has "early."'
    assert "byron" not in difference(one, one.replace("Write", "Send"))


def test_prompts_for_different_tasks_are_no_problem():
    """Nor is a share of rows without any, as everyday rows are."""
    assert found([PROMPT] * 10 + [OTHER] * 10 + [""] * 3) == []


def test_a_few_rows_without_the_prompt_of_all_others_are_told():
    """One in thirty; not one in ten."""
    assert [places for _, places, _ in found([PROMPT] * 29 + [""])] == [("rows.jsonl:30",)]
    assert found([PROMPT] * 27 + [""] * 3) == []


def test_each_row_with_a_prompt_of_its_own_is_a_design():
    """From 200 on."""
    assert found([f"{PROMPT} Ticket {number}" for number in range(200)]) == []


def test_a_prompt_that_is_nearly_a_suites_is_told():
    """With the suite's name."""
    suite = Asked(name="triage", systems=frozenset({VERSION}))

    ((kind, places, told),) = found([PROMPT, PROMPT], suite)

    assert (kind, places) == ("suite-system-prompt", ("rows.jsonl:1", "rows.jsonl:2"))
    assert "nearly that of the suite triage" in told


def test_rows_with_none_of_the_suites_prompts_are_told_once():
    """Unless one suite asks as some rows do."""
    strange = Asked(name="pirate", systems=frozenset({OTHER}))
    fits = Asked(name="triage", systems=frozenset({PROMPT}))

    assert [(kind, places) for kind, places, _ in found([PROMPT, PROMPT], strange)] == [
        ("suite-system-prompt", ("rows.jsonl:1",))
    ]
    assert found([PROMPT, PROMPT], strange, fits) == []
    assert found([PROMPT, PROMPT]) == []


def test_a_row_beyond_those_that_are_compared_counts_for_a_suite():
    """Each row has a prompt of its own, and a late one is the suite's."""
    suite = Asked(name="triage", systems=frozenset({PROMPT}))

    assert found([*(f"{OTHER} {number}" for number in range(300)), PROMPT], suite) == []


def test_how_a_suite_asks_is_read_from_its_cases():
    """A case without a system message asks without."""
    cases = tuple(
        Case(id=str(number), messages=messages)
        for number, messages in enumerate(
            (
                (Message(role="system", content=PROMPT), Message(role="user", content="a")),
                (Message(role="user", content="b"),),
            )
        )
    )
    suite = Suite(name="triage", cases=cases, sampling=Sampling(), digest="")

    assert asked_by(suite) == Asked(name="triage", systems=frozenset({PROMPT, ""}))
