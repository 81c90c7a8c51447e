"""What a suite adds when it asks, a system message or a prompt with passages, is not in cases of logs a second time."""

import msgspec

from harness.asking.cases import load_cases, load_suite
from harness.asking.joined import with_prompt
from harness.data.rows import load_rows
from harness.feedback.accept import Wanted, accept
from harness.feedback.added import Added, added_by
from harness.feedback.files import add_decision, write_proposals
from harness.feedback.likeness import ByWords
from harness.feedback.propose import Sought, propose
from harness.feedback.propose import Wanted as Proposing
from harness.records.asked import Sampling
from harness.records.logged import Logged
from harness.records.messages import Message
from tests.feedback.made import THEN, case_line, decision, logged, suite_in, user

SYSTEM = Message(role="system", content="Answer with one word.")
PROMPT = """Answer from these documents alone.
{% for one in context %}
[{{ one.id }}] {{ one.text }}
{% endfor %}

{{ question }}"""
FEE = [{"id": "terms", "text": "The fee is 5 euros."}]
DATE = [{"id": "dates", "text": "It is due in May."}]


def proposed(folder, suite, *logs: Logged):
    """Return what is proposed for the suite in a folder."""
    file = "suites/mine/cases.jsonl"
    added = added_by(suite, load_cases(folder / file))
    return propose(logs, Sought(file=file, suite=suite, scorers=(), added=added), Proposing(), ByWords(far=-1.0))


def with_system(folder):
    """Return the suite in a folder with a system message that it sets itself."""
    path = folder / "suites" / "mine" / "cases.jsonl"
    (folder / "system.txt").write_text(SYSTEM.text)
    return load_suite(path, Sampling(), system=folder / "system.txt")


def test_a_case_has_no_system_message_where_the_suite_sets_one_and_a_row_keeps_it(tmp_path, monkeypatch):
    """Else the suite could not be read any more."""
    monkeypatch.chdir(tmp_path)
    suite_in(tmp_path)
    asked = {"p": "Who pays?", "q": "Can a friend use my voucher in the shop?"}
    logs = [
        msgspec.structs.replace(logged(text, feedback="down", place=place), messages=(SYSTEM, user(text)))
        for place, text in enumerate(asked.values(), 1)
    ]
    found = proposed(tmp_path, with_system(tmp_path), *logs)
    path = tmp_path / "proposals.jsonl"
    write_proposals(path, found.proposals)
    for one in found.proposals:
        add_decision(path, lambda name=one.id: decision(name))
    rows = tmp_path / "train.jsonl"

    accept(path, Wanted(to="suite", share=0.5), lambda: THEN)
    accept(path, Wanted(to="rows", rows=(rows,)), lambda: THEN)

    (new,) = with_system(tmp_path).cases[1:]
    assert new.messages == (SYSTEM, load_cases(tmp_path / "suites/mine/cases.jsonl")[1].messages[0])
    assert [one.role for one in load_rows(rows)[0].messages] == ["system", "user", "assistant"]


def test_a_suite_that_sets_no_system_message_keeps_that_of_its_logs(tmp_path):
    """As cases with system messages of their own do."""
    suite = suite_in(tmp_path)
    one = msgspec.structs.replace(logged("Who pays?", feedback="down"), messages=(SYSTEM, user("Who pays?")))

    (proposal,) = proposed(tmp_path, suite, one).proposals

    assert not proposal.without_system
    assert proposal.messages[0] == SYSTEM


def test_requests_that_the_prompt_of_the_suite_made_are_counted_and_not_proposed(tmp_path):
    """By the beginning of the prompt, whatever the passages are, or by passages in the messages; a bare question is."""
    plain = suite_in(
        tmp_path,
        case_line("fee", "What is the fee?", "5 euros", meta={"context": FEE}),
        case_line("due", "When is it due?", "May", meta={"context": DATE}),
    )
    (tmp_path / "prompt.jinja").write_text(PROMPT)
    suite = with_prompt(plain, tmp_path / "prompt.jinja")
    joined = f"{PROMPT.splitlines()[0]}\n[x] Other text.\n\nWhere is the office?"
    logs = (
        logged(joined, feedback="down"),
        logged("Read: The fee is 5 euros. Who sets it?", feedback="down", meta={"context": FEE}, place=2),
        logged("May I pay the fee in coins, and where?", feedback="down", meta={"context": FEE}, place=3),
    )

    found = proposed(tmp_path, suite, *logs)

    assert found.joined == 2
    assert [one.place for one in found.proposals] == ["app.jsonl:3"]
    assert added_by(suite, plain.cases) == Added(prompt="Answer from these documents alone.\n[")
    assert added_by(plain, plain.cases) == Added()
