"""The page of proposals over HTTP: what is kept and refused, what each seat sees, and that strangers see nothing."""

import json
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from harness.feedback.desk import open_desk, places_of
from harness.feedback.files import add_accepted, decisions_of, read_decisions
from harness.feedback.records import Accepted
from harness.feedback.serve import deciding, greeting
from harness.serving.server import Address
from tests.feedback.made import THEN, case_line, proposals_in, suite_in
from tests.mistakes import message_of

HOSTILE = "<script>alert(1)</script>\u202e\x1b[31m"


class Visit:
    """A server of proposals, and a browser for each seat."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.said: list[str] = []
        desk = open_desk(path, lambda: THEN)
        self.places = places_of(desk.proposals().values())
        app = deciding(desk, self.places, self.said.append)
        self.clients = {}
        for place in self.places:
            client = TestClient(app, raise_server_exceptions=False)
            client.headers["Authorization"] = f"Bearer {place.token}"
            self.clients[place.seat] = client

    def shown(self, seat: str = "first") -> dict[str, dict]:
        """Return what a seat sees, by id."""
        return {one["id"]: one for one in self.all(seat)["proposals"]}

    def all(self, seat: str = "first") -> dict:
        """Return all that a seat sees."""
        return self.clients[seat].get("/proposals").json()

    def decide(self, name: str, kind: str = "correct", seat: str = "first", seen: str | None = None, **rest: object):
        """Send a decision over what the seat sees now."""
        seen = self.shown(seat).get(name, {"seen": "none"})["seen"] if seen is None else seen
        body = {
            "id": name,
            "kind": kind,
            "expected": "refund",
            "expected_kind": "text",
            "tags": ["failure"],
            "note": "",
        }
        content = json.dumps(body | rest)
        return self.clients[seat].put("/decision", content=content, headers={"If-Match": f'"{seen}"'})


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Work in a folder with a suite."""
    monkeypatch.chdir(tmp_path)
    suite_in(tmp_path)
    return tmp_path


@pytest.fixture
def visit(folder):
    """Return a visit to two proposals on which one person decides."""
    return Visit(proposals_in(folder))


@pytest.fixture
def two(folder):
    """Return a visit to two proposals on which two people decide."""
    return Visit(proposals_in(folder, reviewers=2))


def test_a_decision_is_on_the_disk_when_the_page_says_so(visit):
    """And shown again to a server that was started anew, after any kill."""
    answer = visit.decide("p1", note=" sure ", tags=["failure", "cards"])

    (kept,) = read_decisions(visit.path)
    assert answer.status_code == 200
    assert (kept.kind, kept.expected, kept.tags, kept.note, kept.by) == (
        "correct",
        "refund",
        ("failure", "cards"),
        "sure",
        "first",
    )
    assert answer.json() == Visit(visit.path).shown()["p1"]
    assert answer.json()["state"] == "decided"
    assert visit.shown()["p2"]["state"] == "open"


def test_a_decision_can_be_changed_and_every_one_stays_in_the_file(visit):
    """By who has seen the last one."""
    seen = visit.decide("p1").json()["seen"]

    refused = visit.decide("p1", "drop", seen="none")
    changed = visit.decide("p1", "drop", seen=seen)

    assert (refused.status_code, refused.json()["mine"]["kind"]) == (412, "correct")
    assert (changed.status_code, changed.json()["mine"]["kind"]) == (200, "drop")
    assert [one.kind for one in read_decisions(visit.path)] == ["correct", "drop"]


def test_keep_takes_what_is_proposed_whatever_the_fields_have(visit):
    """The proposal's own expected answer."""
    visit.decide("p2", "keep", expected="account")

    assert read_decisions(visit.path)[0].expected == "account"


@pytest.mark.parametrize(
    ("rest", "status", "words"),
    [
        ({"kind": "keep"}, 422, "nothing is expected yet, and all cases of this suite expect an answer"),
        ({"expected": " "}, 422, "the expected text is empty"),
        ({"expected_kind": "json", "expected": "{"}, 422, "the expected answer is not JSON"),
        ({"tags": ["a\u001b[31m"]}, 422, "is not usable; a tag is a printable text"),
        ({"kind": "maybe"}, 422, "not a decision: Invalid enum value 'maybe'"),
        ({"more": 1}, 422, "not a decision: Object contains unknown field `more`"),
        ({"id": "p9"}, 409, "no such proposal"),
    ],
)
def test_a_decision_that_is_wrong_is_refused(visit, rest, status, words):
    """With what is wrong; nothing is written."""
    refused = visit.decide("p1", **rest)

    assert refused.status_code == status
    assert words in refused.text
    assert "\x1b" not in refused.text
    assert not decisions_of(visit.path).exists()


def test_a_suite_that_expects_nothing_of_some_cases_needs_no_answer(folder):
    """Its scorers read none."""
    suite_in(folder, case_line("a", "x"), case_line("b", "y", None))

    assert Visit(proposals_in(folder)).decide("p1", "keep").status_code == 200


def test_neither_reviewer_learns_anything_of_the_other_before_both_decided(two):
    """Not even whether they have; then both see both, and can change nothing any more."""
    before = two.all("second")
    two.decide("p1", note="a card refund")
    assert two.all("second") == before

    assert two.shown("first")["p1"]["others"] == []
    two.decide("p1", "drop", "second", note="no")

    first, second = two.shown("first")["p1"], two.shown("second")["p1"]
    assert (first["state"], first["others"][0]["kind"], first["others"][0]["note"]) == ("disagreed", "drop", "no")
    assert second["others"][0]["note"] == "a card refund"
    late = two.decide("p1", "drop")
    assert (late.status_code, len(read_decisions(two.path))) == (409, 2)
    assert "both reviewers have decided" in late.text


def test_a_third_person_sees_and_decides_disagreements_alone(two):
    """What two agree on is decided."""
    assert two.shown("third") == {}
    for seat, kind in (("first", "correct"), ("second", "drop")):
        two.decide("p1", kind, seat)
        two.decide("p2", "drop", seat)

    assert list(two.shown("third")) == ["p1"]
    assert len(two.shown("third")["p1"]["others"]) == 2
    assert two.decide("p2", "drop", "third").status_code == 409
    assert two.decide("p1", "drop", "third").json()["state"] == "decided"
    assert two.all()["agreement"].startswith("both reviewers decided 2 proposals and mean the same on 1")


def test_what_was_accepted_is_not_decided_again(visit):
    """It is in a file by now."""
    visit.decide("p1")
    add_accepted(visit.path, lambda: [Accepted(proposal="p1", to="suite", file="cases.jsonl", time=THEN)])

    refused = visit.decide("p1", "drop")

    assert (refused.status_code, visit.shown()["p1"]["state"]) == (409, "accepted")


@pytest.mark.parametrize("token", ["", "Bearer", "Bearer x", "Basic {own}", "Bearer {own}x", "bearer é"])
def test_without_a_token_nothing_is_shown_or_decided(visit, token):
    """The page itself has no data."""
    given = {"Authorization": token.format(own=visit.places[0].token).encode("latin-1")}
    client = visit.clients["first"]
    body = json.dumps({"id": "p1", "kind": "drop", "expected": "", "expected_kind": "nothing", "tags": [], "note": ""})

    answers = (
        client.get("/proposals", headers=given),
        client.put("/decision", content=body, headers={**given, "If-Match": '"none"'}),
    )

    assert [answer.status_code for answer in answers] == [401, 401]
    assert not decisions_of(visit.path).exists()
    assert "refund" not in client.get("/", headers=given).text


def test_every_answer_forbids_framing_caching_and_foreign_scripts(visit):
    """As the pages of reviews do."""
    answer = visit.clients["first"].get("/")

    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_hostile_text_is_no_part_of_the_page_and_no_command_in_the_terminal(folder):
    """It crosses as JSON, and is put in as text."""
    visit = Visit(proposals_in(folder, answer=HOSTILE, told=(HOSTILE,)))
    assert visit.shown()["p1"]["answer"] == HOSTILE
    assert "alert(1)" not in visit.clients["first"].get("/").text

    visit.path.write_text(HOSTILE)
    refused = visit.clients["first"].get("/proposals")

    assert refused.status_code == 503
    assert str(visit.path) not in refused.text
    assert "\x1b" not in visit.said[-1]
    assert message_of(f"{visit.said[-1]}\n").startswith(f"error: {visit.path}:1: ")


def test_each_person_has_a_link_and_other_machines_a_warning(two):
    """One for a third, too."""
    lines = greeting(two.path, 2, two.places, Address(host="0.0.0.0", port=8767))  # noqa: S104 - only told

    assert [line.split()[0] for line in lines[1:4]] == ["first", "second", "third"]
    assert all(place.token in line for place, line in zip(two.places, lines[1:], strict=False))
    assert "nothing is encrypted" in lines[4]
    assert "//0.0.0.0" not in "".join(lines)  # which nobody else can open
