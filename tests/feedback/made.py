"""Logged requests, suites and files of proposals for tests of what comes of them."""

import json
from pathlib import Path

import msgspec

from harness.asking.cases import Suite, load_cases
from harness.feedback.files import write_proposals
from harness.feedback.records import Decision, Drawn, Proposal
from harness.records.asked import Sampling, digest_of_cases
from harness.records.logged import Logged
from harness.records.messages import Message

NOON = 1_795_003_200.0
"""2026-11-18T12:00:00Z."""
DAY = 86_400.0
THEN = "2026-11-20T10:00:00+00:00"


def logged(text: str, answer: str = "billing", place: int = 1, **rest: object) -> Logged:
    """Return a request with an answer."""
    rest = {"time": NOON, "finish_reason": "stop"} | rest
    return Logged(place=f"app.jsonl:{place}", messages=(user(text),), text=answer, **rest)


def user(text: str) -> Message:
    """Return what a user says."""
    return Message(role="user", content=text)


def case_line(name: str, text: str, expected: object = "billing", **rest: object) -> str:
    """Return a case as a line."""
    messages = [{"role": "user", "content": text}]
    return json.dumps({"id": name, "messages": messages, "expected": expected, **rest}) + "\n"


def suite_in(folder: Path, *lines: str) -> Suite:
    """Write a case file and return its suite."""
    path = folder / "suites" / "mine" / "cases.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(lines or (case_line("paid-twice", "I was charged twice for my order in May"),)))
    cases = load_cases(path)
    return Suite(name="mine", cases=cases, sampling=Sampling(), digest=digest_of_cases(cases))


def proposal(name: str, text: str, **rest: object) -> Proposal:
    """Return a proposal for the suite in suites/mine, drawn from a stratum of 4 with one more."""
    drawn = Drawn(stratum="failure", units=4, chosen=2, stands_for=1.0, candidates=4.0, logs=100)
    kept = {
        "suite": "suites/mine/cases.jsonl",
        "place": "app.jsonl:7",
        "reason": "failure",
        "told": ("refused",),
        "answer": "I can't help with that.",
        "tags": ("failure",),
        "time": NOON,
        "drawn": drawn,
    }
    return Proposal(id=name, messages=(user(text),), **(kept | rest))


def proposals_in(folder: Path, *proposals: Proposal, **rest: object) -> Path:
    """Write a file of proposals, of two where none are given."""
    some = proposals or (
        proposal("p1", "Where does my refund go when the card has expired?", **rest),
        proposal("p2", "Can two people share one subscription?", expected="account", **rest),
    )
    write_proposals(folder / "proposals.jsonl", some)
    return folder / "proposals.jsonl"


def decision(name: str, kind: str = "correct", by: str = "first", **rest: object) -> Decision:
    """Return a decision, a correction to "refund" where nothing else is said."""
    made = Decision(proposal=name, by=by, kind=kind, expected=None if kind == "drop" else "refund", time=THEN)
    return msgspec.structs.replace(made, **rest)
