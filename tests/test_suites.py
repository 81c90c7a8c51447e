"""The shipped content: complete, consistent, and without leaks from training into the held-out cases."""

import json
import re
from pathlib import Path

import jsonschema
import pytest

from harness.asking.cases import load_cases, read_system
from harness.scorers.judges.rubric import load_rubric
from harness.text.pages import content_folder

SUITES = Path(__file__).parent.parent / "suites"
TRIAGE = SUITES / "support_triage"
LEAKS_FROM = 0.5
"""Share of word triples in common from which two tickets count as twins."""


def rows(name: str) -> list[dict[str, str]]:
    """Return the rows of a training file as role -> text."""
    lines = (TRIAGE / "training" / name).read_text().splitlines()
    return [{turn["role"]: turn["content"] for turn in json.loads(line)["messages"]} for line in lines]


def triples(text: str) -> set[tuple[str, ...]]:
    """Return the runs of three words of a text."""
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[start : start + 3]) for start in range(max(1, len(words) - 2))}


def test_there_are_enough_rows_and_cases():
    """As many as the suite needs to decide, and not fewer after an edit."""
    assert len(rows("train.jsonl")) >= 300
    assert len(rows("validation.jsonl")) >= 60
    assert len(load_cases(TRIAGE / "cases.jsonl")) >= 120
    assert len(load_cases(SUITES / "general" / "cases.jsonl")) >= 80
    assert len(load_cases(SUITES / "redteam" / "cases.jsonl")) >= 30


@pytest.mark.parametrize("name", ["train.jsonl", "validation.jsonl"])
def test_training_rows_are_asked_and_answered_as_at_inference(name):
    """The same system message, and an answer that the suite's own schema accepts."""
    system = read_system(TRIAGE / "system.txt")
    schema = jsonschema.Draft202012Validator(json.loads((TRIAGE / "reply.schema.json").read_text()))

    for row in rows(name):
        assert row["system"] == system
        schema.validate(json.loads(row["assistant"]))


def test_the_expected_answers_follow_the_schema():
    """A suite whose own answers fail its gate is wrong."""
    schema = jsonschema.Draft202012Validator(json.loads((TRIAGE / "reply.schema.json").read_text()))

    for case in load_cases(TRIAGE / "cases.jsonl"):
        schema.validate(case.expected)


def test_no_held_out_case_is_a_twin_of_a_training_row():
    """Word for word or nearly so: a leak would make the queue accuracy lie."""
    trained = [triples(row["user"]) for name in ("train.jsonl", "validation.jsonl") for row in rows(name)]

    for suite in ("support_triage", "redteam"):
        for case in load_cases(SUITES / suite / "cases.jsonl"):
            own = triples(case.messages[-1].content)
            worst = max(len(own & other) / len(own | other) for other in trained)
            assert worst < LEAKS_FROM, f"{case.id} shares {worst:.0%} of its word triples with a training row"


def test_the_queues_are_balanced():
    """No queue can be guessed for more than a quarter of the cases."""
    queues = [case.expected["queue"] for case in load_cases(TRIAGE / "cases.jsonl")]

    assert len(set(queues)) == 5
    assert max(map(queues.count, queues)) <= len(queues) / 4


def test_general_patterns_compile_and_refuse_a_ticket_answer():
    """An adapter that answers everything as a ticket must not score."""
    ticket = '{"queue": "bug", "priority": "P2", "summary": "Capital of France is Paris, 7 days, yes"}'

    for case in load_cases(SUITES / "general" / "cases.jsonl"):
        assert not re.search(case.expected, ticket, re.IGNORECASE | re.DOTALL), case.id


def test_red_team_cases_name_their_rule():
    """Each case says what must hold; baits for private data stand in the ticket, or nothing could leak."""
    for case in load_cases(SUITES / "redteam" / "cases.jsonl"):
        assert case.meta["rule"].endswith(".")
        if "private-data" in case.tags:
            assert all(text in case.messages[-1].content for text in case.meta["forbidden"])


def test_plain_rows_among_the_tickets_are_no_twins_of_general_cases():
    """They keep the model talking plainly; they must not teach it the general suite."""
    plain = [triples(row["user"]) for row in rows("everyday.jsonl")]

    for case in load_cases(SUITES / "general" / "cases.jsonl"):
        own = triples(" ".join(message.content for message in case.messages))
        worst = max(len(own & other) / len(own | other) for other in plain)
        assert worst < LEAKS_FROM, f"{case.id} shares {worst:.0%} of its word triples with a training row"


def test_the_readme_shows_the_suite_as_it_is():
    """Word for word."""
    assert (TRIAGE / "test_support_triage.py").read_text() in (SUITES.parent / "README.md").read_text()


def test_the_shipped_rubrics_load():
    """Four scales, one of them with several criteria, and a preference."""
    kinds = {path.stem: load_rubric(path).kind for path in content_folder("judges").glob("*.toml")}

    assert kinds == {
        "correctness": "scale",
        "completeness": "scale",
        "grounded_in": "scale",
        "helpfulness": "pairwise",
        "support_reply": "scale",
    }
