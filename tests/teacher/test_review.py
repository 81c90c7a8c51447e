"""The review of generated rows: what the page gets and takes, that strangers see nothing, what becomes of the set."""

import json
from pathlib import Path
from typing import Never

import pytest
from starlette.testclient import TestClient

from harness.data.generated.files import read_decisions
from harness.data.generated.standing import refuse_unreviewed
from harness.errors import DataError
from harness.serving.own_page import Keys
from harness.teacher.desk import Desk
from harness.teacher.serve import reviewing
from harness.teacher.settle import settle
from tests.teacher.made import Set, clock

PORT = 8972


class Visit:
    """A server on a set, and a page with a session."""

    def __init__(self, desk: Desk) -> None:
        self.said: list[str] = []
        keys = Keys()
        app = reviewing(desk, PORT, keys, self.said.append)
        self.client = TestClient(app, base_url=f"http://127.0.0.1:{PORT}", raise_server_exceptions=False)
        self.stranger = TestClient(app, base_url=f"http://127.0.0.1:{PORT}", raise_server_exceptions=False)
        answer = self.client.post("/open", headers={"Authorization": f"Bearer {keys.link}"})
        self.client.headers["Authorization"] = f"Bearer {answer.text}"

    def rows(self) -> list[dict]:
        """Return the rows that are shown."""
        return self.client.get("/rows").json()["rows"]

    def decide(self, row: str, verdict: str, reason: str = ""):
        """Send a decision."""
        return self.client.post("/decision", content=json.dumps({"id": row, "verdict": verdict, "reason": reason}))


@pytest.fixture
def made(tmp_path):
    """Return a set of six rows, of which one can be bad."""
    made = Set(tmp_path, more="max_rejected = 0.2")
    made.make()
    return made


@pytest.fixture
def visit(made):
    """Return a visit to its page."""
    return Visit(Desk(made.path, clock()))


def test_a_review_goes_on_until_it_decides_and_the_rejected_row_is_gone(made, visit):
    """First the most diverse tenth, then as many as can decide: here all. Then the set can be trained on."""
    (first,) = visit.rows()
    assert [turn["role"] for turn in first["turns"]] == ["user", "assistant"]
    assert first["facts"][0].startswith("of the seed instruction-")
    answer = visit.decide(first["id"], "reject", "answers something else").json()
    assert answer["standing"].startswith("too little to tell: 1 of 1 row rejected")
    assert len(answer["rows"]) == 6
    with pytest.raises(DataError, match="too little to tell"):
        refuse_unreviewed([made.path])

    for one in answer["rows"][1:]:
        last = visit.decide(one["id"], "accept").json()

    assert not last["is_open"]
    assert settle(made.path).words == "reviewed: 1 of 6 rows rejected, so at most 16.7 % of all are bad"
    refuse_unreviewed([made.path])
    assert len(made.rows()) == len(made.traced()) == 5
    assert first["id"] not in {one.row for one in made.traced()}
    (rejected,) = made.rejected()
    assert (rejected.row, rejected.check, rejected.why) == (first["id"], "review", "answers something else")
    before = made.path.read_bytes()
    settle(made.path)
    made.make()
    assert made.path.read_bytes() == before
    assert len(made.rejected()) == 1
    refuse_unreviewed([made.path])


def test_too_many_rejected_rows_stop_the_set(made, visit):
    """It stays as it is, and can't be used; a changed mind is one more decision."""
    names = [visit.decide(visit.rows()[0]["id"], "reject", "wrong").json()["rows"][place]["id"] for place in (0, 1)]

    answer = visit.decide(names[1], "reject", "wrong").json()

    assert answer["standing"] == "stopped: 2 of 2 rows rejected, where max_rejected is 20.0 %"
    assert settle(made.path).verdict == "stopped"
    assert len(made.rows()) == 6
    with pytest.raises(DataError, match="change the template or the seeds, and generate into another file"):
        refuse_unreviewed([made.path])
    assert visit.decide(names[1], "accept").json()["is_open"]
    assert [one.verdict for one in read_decisions(made.path)] == ["reject", "reject", "reject", "accept"]


def test_what_is_no_decision_is_refused(made, visit):
    """A rejection without a reason, a row that is not there, a body that is nothing."""
    row = visit.rows()[0]["id"]

    answers = [visit.decide(row, "reject", " "), visit.decide("gone", "accept"), visit.decide(row, "maybe")]

    assert [one.status_code for one in answers] == [422] * 3
    assert answers[0].text == "a rejection needs a reason: it says what to change in the template"
    assert visit.client.post("/decision", content=b"x" * 200_000).status_code == 413
    assert read_decisions(made.path) == ()


def test_strangers_see_and_decide_nothing(made, visit):
    """Nor do pages of other sites; the page itself holds no row."""
    row = visit.rows()[0]["id"]

    assert visit.stranger.get("/rows").status_code == 401
    assert visit.stranger.post("/decision", content=json.dumps({"id": row, "verdict": "accept"})).status_code == 401
    assert visit.client.get("/rows", headers={"Origin": "http://evil.example"}).status_code == 403
    page = visit.stranger.get("/")
    assert row not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert read_decisions(made.path) == ()


def test_a_kill_while_rejected_rows_are_taken_out_is_made_good(made, visit, monkeypatch):
    """Until then the set can't be used."""
    bad = visit.rows()[0]["id"]
    for one in visit.decide(bad, "reject", "wrong").json()["rows"][1:]:
        visit.decide(one["id"], "accept")

    def killed(_path: Path, _content: bytes) -> Never:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("harness.teacher.settle.write_durably", killed)
        with pytest.raises(KeyboardInterrupt):
            settle(made.path)
    with pytest.raises(DataError, match="the rejected rows are still in it"):
        refuse_unreviewed([made.path])
    settle(made.path)

    refuse_unreviewed([made.path])
    assert len(made.rows()) == len(made.traced()) == 5


def test_a_file_that_was_edited_or_that_no_teacher_made_is_not_reviewed(made):
    """It says so."""
    other = made.folder / "other.jsonl"
    other.write_bytes(made.path.read_bytes())
    with pytest.raises(DataError, match="not rows that `harness data generate` made"):
        settle(other)
    made.path.write_bytes(made.path.read_bytes()[:-1])

    with pytest.raises(DataError, match="changed since a teacher made it"):
        settle(made.path)
