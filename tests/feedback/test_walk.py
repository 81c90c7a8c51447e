"""A failure in the logs walks through proposal, page and suite to the next gate run, which fails and passes on it."""

import json

from starlette.testclient import TestClient

from harness.data.rows import load_rows
from harness.feedback.desk import open_desk, places_of
from harness.feedback.serve import deciding
from tests.apart import run_harness
from tests.feedback.made import THEN
from tests.gating.projects import SUITE, project, right  # noqa: F401 - the fixture

NUMBERS = SUITE.replace("import exact_match", "import exact_match, matches_regex") + (
    """
def test_answers_are_numbers(evaluate, gate):
    gate(evaluate(matches_regex(r"^[0-9]+$")), max_flips=0)
"""
)


def log_line(text: str, answer: str) -> str:
    """Return a request as it is logged with its answer."""
    request = {"model": "mine", "messages": [{"role": "user", "content": text}]}
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": answer}}
    response = {"object": "chat.completion", "created": 1795003200, "model": "mine", "choices": [choice]}
    return json.dumps({"request": request, "response": response}) + "\n"


def test_a_failure_in_the_logs_is_a_case_of_the_next_gate_run(project, monkeypatch):  # noqa: F811 - pytest's way
    """Which a bad adapter fails by it alone, and a good one passes; training rows can't have it any more."""
    bad = {"on": True}

    def answer(model: str, question: str) -> str:
        return "no idea" if bad["on"] and model == "mine" and question == "40+2" else right(model, question)

    run = project(answer)
    monkeypatch.chdir(run.folder)
    run.suite(code=NUMBERS)
    (run.folder / "logs.jsonl").write_text(log_line("3+1", "4") + log_line("40+2", "no idea") + log_line("5+5", "10"))
    assert run.gate().ret == 0

    proposed = run_harness(run.folder, "cases", "propose", "logs.jsonl", "--suite", "test_sums.py")
    assert "  failure: 1 of 1 question proposed" in proposed.outlines
    decide(run.folder / "proposals.jsonl")
    accepted = run_harness(run.folder, "cases", "accept", "proposals.jsonl", "--to", "suite")
    assert accepted.outlines[0] == "cases.jsonl: 1 case added"

    failed = run.gate()
    assert failed.ret == 1
    assert "lost 1, won 0" in failed.stdout.str()
    assert ("mine", "40+2") in run.asked
    bad["on"] = False
    (run.folder / "runs" / "answers.sqlite").unlink()
    assert run.gate().ret == 0

    rows = run_harness(run.folder, "cases", "accept", "proposals.jsonl", "--to", "rows", "--rows", "train.jsonl")
    assert rows.ret == 0
    assert not (run.folder / "train.jsonl").exists() or not load_rows(run.folder / "train.jsonl")


def decide(path) -> None:
    """Correct the only proposal, as the page does over HTTP."""
    desk = open_desk(path, lambda: THEN)
    (place,) = places_of(desk.proposals().values())
    client = TestClient(deciding(desk, [place], print), headers={"Authorization": f"Bearer {place.token}"})
    (shown,) = client.get("/proposals").json()["proposals"]
    assert (shown["messages"][0]["text"], shown["answer"]) == ("40+2", "no idea")
    body = {"id": shown["id"], "kind": "correct", "expected": "42", "expected_kind": "text", "tags": [], "note": ""}

    answer = client.put("/decision", content=json.dumps(body), headers={"If-Match": f'"{shown["seen"]}"'})

    assert answer.status_code == 200
