"""``harness data generate`` and ``review``: a teacher behind a server that fails, what is told, and the exit codes."""

import json
from pathlib import Path

import pytest

from tests.stub import Sent, completion, serve

TEACHER = """
output = "made.jsonl"
teacher = "openai:writer"
base_url = "{url}"
template = "request.jinja"
rows = 4
protected = []
budget = "1USD"
[seeds]
instructions = ["Seats", "Fees", "Links", "Logs"]
"""
PRICES = """
base_model = "none"
[prices."openai:writer"]
input = 1.0
output = 2.0
"""
ANSWERS = {
    "Seats": "Seats are added under Members, by an owner.",
    "Fees": "A charge twice is paid back within five days.",
    "Links": "Links to a new password end after one hour.",
    "Logs": "The audit log leaves as CSV, once a day.",
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Work in a folder with settings, away from a terminal."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    (tmp_path / "harness.toml").write_text(PRICES)
    (tmp_path / "request.jinja").write_text("{{ seed.text }}")
    return tmp_path


def answered(_model: str, asked: str) -> str:
    """Answer."""
    return ANSWERS[asked]


def test_rows_are_made_at_a_server_and_have_to_be_reviewed(folder, command):
    """The cost is that of the tokens; a training and a split of them are refused."""
    with serve(answered, ("writer",)) as stub:
        (folder / "teacher.toml").write_text(TEACHER.format(url=stub.url))
        planned = command("data", "generate", "teacher.toml", "--dry-run")
        asked = len(stub.asked)
        code, told = command("data", "generate", "teacher.toml")
        again = command("data", "generate", "teacher.toml", "--json")
        sent = stub.bodies[0]

    assert (planned[0], asked) == (0, 0)
    assert "4 seeds, 4 requests at most, for 4 rows" in planned[1]
    assert (code, len(stub.asked)) == (0, 4)
    assert "made.jsonl: 4 rows of 4 wanted, all wanted, 0.000082 USD in all" in told
    assert "not reviewed: 0 of 1 row decided; review them first: harness data review made.jsonl" in told
    assert (sent["temperature"], sent["max_tokens"]) == (0.8, 512)
    assert json.loads(again[1])["unusable"].startswith("rows of a teacher, not reviewed")
    code, told = command("data", "split", "made.jsonl", "--into", "x", "--suite", "y")
    assert (code, "review them first" in told) == (2, True)
    code, told = command("data", "mix", "made.jsonl", "made.jsonl", "--to", "z.jsonl")
    assert (code, "review them first" in told) == (2, True)
    assert command("data", "review", "made.jsonl", "--status")[0] == 6


@pytest.mark.parametrize(
    ("fault", "why"), [(500, "HTTP 500"), (Sent(completion("Links"), cut=9), "")], ids=["500", "cut"]
)
def test_a_fault_of_the_server_is_no_rejected_row(folder, command, fault, why):
    """It is told, the exit code is 6, and the same command asks only what failed."""
    failing = [True]

    def answer(model: str, asked: str) -> str | int | Sent:
        return fault if failing[0] and asked == "Links" else answered(model, asked)

    with serve(answer, ("writer",)) as stub:
        (folder / "teacher.toml").write_text(TEACHER.format(url=stub.url))
        code, told = command("data", "generate", "teacher.toml")
        failing[0] = False
        before = len(stub.asked)
        later = command("data", "generate", "teacher.toml")

    assert code == 6
    assert "3 rows of 4 wanted, seeds used up, 0.000061 USD in all\n" in told
    assert "calls that failed or were broken off can have cost up to 0.0011 USD more" in told
    assert "1 request got no answer" in told
    assert why in told
    assert "rejected" not in told
    assert later[0] == 0
    assert [asked for _, asked in stub.asked[before:]] == ["Links"]
    assert len(Path("made.jsonl").read_text().splitlines()) == 4


def test_a_limit_of_the_server_is_waited_for_and_refusals_are_told(folder, command):
    """Each once: 429 is no failure, and an answer that refuses, or is empty, is rejected with the reason."""
    limited = []

    def answer(model: str, asked: str) -> str | int | Sent:
        if asked == "Links" and not limited:
            limited.append(asked)
            return Sent({"error": {"message": "slow down"}}, 429, {"retry-after": "0"})
        said = {"Fees": "I'm sorry, but I can't help with that.", "Logs": " "}
        return said.get(asked) or answered(model, asked)

    with serve(answer, ("writer",)) as stub:
        (folder / "teacher.toml").write_text(TEACHER.format(url=stub.url))
        code, told = command("data", "generate", "teacher.toml")

    assert code == 0
    assert "made.jsonl: 2 rows of 4 wanted, seeds used up" in told
    assert "made.rejected.jsonl: 2 answers rejected: 2 by answer" in told
    assert len(stub.asked) == 5


def test_without_a_price_a_budget_in_money_is_refused(folder, command):
    """Before anything is asked."""
    (folder / "harness.toml").write_text("")
    with serve(answered, ("writer",)) as stub:
        (folder / "teacher.toml").write_text(TEACHER.format(url=stub.url))
        code, told = command("data", "generate", "teacher.toml")

    assert code == 2
    assert "the teacher's budget is 1.00 USD, but writer has no price; set `input` and `output` under" in told
    assert stub.asked == []


def test_a_folder_of_suites_that_is_not_there_is_named(folder, command):
    """Since cases in it would not be protected."""
    (folder / "teacher.toml").write_text(TEACHER.format(url="http://127.0.0.1:9/v1").replace("protected = []", ""))

    code, told = command("data", "generate", "teacher.toml")

    assert code == 2
    assert "suites: no such folder; `protected` names the suites whose cases must not be in rows" in told
