"""The page of cases: what is saved and refused, that no change of others is lost, and that strangers see nothing."""

import json
from pathlib import Path

import msgspec
import pytest
from starlette.testclient import TestClient

from harness.asking.cases import load_cases
from harness.cases.edit import Keys, editing
from harness.cases.file import ChangedMeanwhile, read_marked, replace_case
from tests.mistakes import message_of

PORT = 8971
FIRST = (
    '{"id": "a",  "messages": [{"role": "user", "content": "It broke"}], '
    '"expected": {"n": 12345678901234567, "x": 1.0}}'
)
LAST = (
    '{"id": "b/ü", "messages": [{"role": "system", "content": "Sort."}, {"role": "user", "content": [{"type": "text", '
    '"text": "Pay me"}]}], "expected": "billing", "tags": ["x"], "meta": {"from": "mail"}}\r'
)
LINES = (FIRST, "", LAST)
EDIT = {"id": "a", "texts": [None], "expected": "bug", "kind": "text", "tags": ["language-en"], "group": ""}


class Visit:
    """A server on a case file, what its terminal shows, and a page with a session."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.keys = Keys()
        self.said: list[str] = []
        self.client = TestClient(
            editing(path, PORT, self.keys, self.said.append),
            base_url=f"http://127.0.0.1:{PORT}",
            raise_server_exceptions=False,
        )
        answer = self.client.post("/open", headers={"Authorization": f"Bearer {self.keys.link}"})
        self.client.headers["Authorization"] = f"Bearer {answer.text}"

    def shown(self, place: int = 0) -> dict:
        """Return a case as the page shows it."""
        return self.client.get("/cases").json()["cases"][place]

    def put(self, seen: str, **changed: object):
        """Send a change."""
        return self.client.put("/case", content=json.dumps({**EDIT, **changed}), headers={"If-Match": f'"{seen}"'})


@pytest.fixture
def visit(tmp_path):
    """Return a visit to a file with two cases, whose last line has no end."""
    path = tmp_path / "cases.jsonl"
    path.write_bytes("\n".join(LINES).encode())
    return Visit(path)


def test_a_change_is_in_the_file_and_other_lines_keep_every_byte(visit):
    """The page gets the case as it is now, so that the next change fits."""
    answer = visit.put(visit.shown()["seen"])

    lines = visit.path.read_bytes().decode().split("\n")
    assert answer.status_code == 200
    assert (load_cases(visit.path)[0].expected, load_cases(visit.path)[0].tags) == ("bug", ("language-en",))
    assert lines[1:] == list(LINES[1:])
    assert answer.json() == visit.shown()
    assert visit.put(answer.json()["seen"], expected="other").status_code == 200


def test_values_that_a_browser_would_round_stay(visit):
    """They cross as text; what was not touched is not written anew."""
    shown = visit.shown()

    answer = visit.put(shown["seen"], expected=shown["expected"], kind=shown["kind"], tags=["new"])

    assert answer.status_code == 200
    assert b'"expected":{"n":12345678901234567,"x":1.0}' in visit.path.read_bytes()


def test_a_change_of_nothing_writes_nothing(visit):
    """Not even the line in another form."""
    shown = visit.shown()
    before = visit.path.read_bytes()

    assert visit.put(shown["seen"], expected=shown["expected"], kind="json", tags=[]).status_code == 200

    assert visit.path.read_bytes() == before


def test_a_line_keeps_its_windows_end_and_a_case_what_the_page_does_not_change(visit):
    """Meta, and a message that is a list of parts."""
    seen = visit.shown(1)["seen"]

    answer = visit.put(seen, id="b/ü", texts=["Sort it.", None], expected="", kind="nothing", tags=[], group=" g ")

    case = load_cases(visit.path)[1]
    assert answer.status_code == 200
    assert visit.path.read_bytes().endswith(b"}\r")
    assert [message.text for message in case.messages] == ["Sort it.", "Pay me"]
    assert (case.expected, case.tags, case.group, case.meta) == (None, (), "g", {"from": "mail"})


def test_tags_with_commas_and_a_group_with_spaces_stay_where_only_the_answer_changed(visit):
    """The page has all tags in one line, with commas between them."""
    line = b'{"id":"a","messages":[{"role":"user","content":"x"}],"tags":["refund, late"," b","z"],"group":" g"}'
    visit.path.write_bytes(line)

    answer = visit.put(visit.shown()["seen"], tags=["refund", "late", "b", "z"], group=" g")

    (case,) = load_cases(visit.path)
    assert answer.status_code == 200
    assert (case.expected, case.tags, case.group) == ("bug", ("refund, late", " b", "z"), " g")


def test_a_case_that_others_changed_is_not_overwritten(visit):
    """The page is shown what the file has, and can then decide."""
    seen = visit.shown()["seen"]
    theirs = visit.path.read_bytes().replace(b"It broke", b"It is broken")
    visit.path.write_bytes(theirs)

    refused = visit.put(seen)

    assert refused.status_code == 412
    assert refused.json()["messages"][0]["text"] == "It is broken"
    assert visit.path.read_bytes() == theirs
    assert visit.put(refused.json()["seen"]).status_code == 200


def test_changes_of_other_cases_in_the_meantime_stay(visit):
    """Only the case's own line is compared and written."""
    seen = visit.shown()["seen"]
    visit.path.write_bytes(
        visit.path.read_bytes().replace(b"billing", b"money") + b"\n" + LINES[0].replace('"a"', '"c"').encode()
    )

    assert visit.put(seen).status_code == 200

    assert [case.expected for case in load_cases(visit.path)][:2] == ["bug", "money"]
    assert [case.id for case in load_cases(visit.path)] == ["a", "b/ü", "c"]


def test_a_case_that_is_gone_is_told(visit):
    """Nothing is written."""
    seen = visit.shown()["seen"]
    visit.path.write_text(LINES[2])

    refused = visit.put(seen)

    assert (refused.status_code, refused.json()) == (412, None)
    assert visit.path.read_text() == LINES[2].replace("\r", "\n")


def test_what_changes_between_reading_and_writing_is_seen_under_the_lock(visit):
    """Where two servers save at once."""
    (case, seen), _ = read_marked(visit.path)
    replace_case(visit.path, seen, msgspec.structs.replace(case, group="theirs"))

    with pytest.raises(ChangedMeanwhile, match="was changed in the meantime"):
        replace_case(visit.path, seen, msgspec.structs.replace(case, group="mine"))

    assert load_cases(visit.path)[0].group == "theirs"


def test_a_link_to_the_file_stays_a_link(visit, tmp_path):
    """What it leads to is changed."""
    link = tmp_path / "link.jsonl"
    link.symlink_to(visit.path)
    (case, seen), _ = read_marked(link)

    replace_case(link, seen, msgspec.structs.replace(case, group="g"))

    assert link.is_symlink()
    assert load_cases(visit.path)[0].group == "g"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"kind": "json", "expected": "{"}, "the expected answer is not JSON"),
        ({"expected": " "}, "the expected text is empty; choose that nothing is expected"),
        ({"texts": ["  "]}, "the user's message is empty"),
        ({"texts": []}, "the case has another number of messages"),
        ({"tags": ["a\u001b[31m"]}, "is not usable; a tag is a printable text"),
        ({"kind": "number"}, "not a change: Invalid enum value 'number'"),
        ({"more": 1}, "not a change: Object contains unknown field `more`"),
    ],
)
def test_a_change_that_is_wrong_is_refused_and_the_file_stays(visit, changed, words):
    """With what is wrong."""
    before = visit.path.read_bytes()

    refused = visit.put(visit.shown()["seen"], **changed)

    assert refused.status_code == 422
    assert words in refused.text
    assert "\x1b" not in refused.text
    assert visit.path.read_bytes() == before


def test_a_message_of_parts_is_not_changed(visit):
    """Its text alone would not say which part."""
    refused = visit.put(visit.shown(1)["seen"], id="b/ü", texts=[None, "x"])

    assert (refused.status_code, refused.text) == (422, "the user's message is not a plain text; change it in the file")


def test_a_file_that_is_broken_is_told_in_the_terminal(visit):
    """The page learns no path of the machine."""
    visit.path.write_text("{")

    refused = visit.client.get("/cases")

    assert refused.status_code == 503
    assert str(visit.path) not in refused.text
    assert message_of(f"{visit.said[-1]}\n").startswith(f"error: {visit.path}:1: ")
    assert f"{visit.path}:1: not valid JSON" in visit.said[-1]


def test_a_link_opens_one_session_and_a_new_link_is_shown(visit):
    """Who finds the first one in a history has nothing."""
    used = visit.said[0]

    again = visit.client.post("/open", headers={"Authorization": f"Bearer {used.rpartition('#')[2]}"})
    third = visit.client.post("/open", headers={"Authorization": f"Bearer {used.rpartition('#')[2]}"})

    assert (again.status_code, third.status_code) == (200, 401)
    assert visit.client.get("/cases").status_code == 200
    assert visit.said[1] != used


@pytest.mark.parametrize(
    "token", ["", "Bearer", "Bearer x", "Basic {own}", "Bearer {own}x", "Bearer {link}", "bearer é"]
)
def test_without_a_session_nothing_is_shown_or_changed(visit, token):
    """Nor with the token of a link that was not opened."""
    seen = visit.shown()["seen"]
    own = visit.client.headers["Authorization"].removeprefix("Bearer ")
    given = {"Authorization": token.format(own=own, link=visit.keys.link).encode("latin-1")}
    change = {**given, "If-Match": f'"{seen}"'}

    answers = (
        visit.client.get("/cases", headers=given),
        visit.client.put("/case", content=json.dumps(EDIT), headers=change),
    )

    assert [answer.status_code for answer in answers] == [401, 401]
    assert "broke" not in answers[0].text
    assert visit.path.read_bytes().startswith(LINES[0].encode())


@pytest.mark.parametrize(
    "header",
    [
        {"Host": "evil.example"},
        {"Host": f"evil.example:{PORT}"},
        {"Host": f"127.0.0.1:{PORT + 1}"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
@pytest.mark.parametrize("path", ["/", "/cases", "/open"])
def test_a_page_of_another_site_gets_no_answer(visit, header, path):
    """Neither by another name of this machine nor from another origin, session or not."""
    method = "POST" if path == "/open" else "GET"

    refused = visit.client.request(method, path, headers=header)

    assert refused.status_code == 403
    assert "broke" not in refused.text


def test_the_page_is_the_same_for_all_and_holds_no_case(visit):
    """Its policy allows its own script, style and server, and nobody frames it."""
    answer = visit.client.get("/", headers={"Authorization": ""})

    policy = answer.headers["content-security-policy"]
    assert "It broke" not in answer.text
    assert policy.startswith("default-src 'none'; connect-src 'self'; ")
    assert "unsafe" not in policy
    assert policy.endswith("frame-ancestors 'none'")
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/cases.jsonl", "/case/a", "/../cases.jsonl", "/docs"])
def test_no_other_path_leads_anywhere(visit, path):
    """There is no file to read."""
    assert visit.client.get(path).status_code == 404


def test_a_huge_change_is_refused(visit):
    """Before it is read."""
    assert visit.put(visit.shown()["seen"], expected="x" * 2_000_001).status_code == 413


def test_documents_are_shown_and_whether_they_answer_follows_from_what_is_expected(tmp_path):
    """A case that a log was made into says nothing yet; hostile text crosses as text, and the rest of meta stays."""
    path = tmp_path / "cases.jsonl"
    meta = {"context": {"a</script>": "<b>5</b> euros"}, "from": "log"}
    path.write_text(json.dumps({"id": "a", "messages": [{"role": "user", "content": "Fee?"}], "meta": meta}))
    visit = Visit(path)

    def saved(kind: str, expected: str = "") -> dict:
        answer = visit.put(visit.shown()["seen"], kind=kind, expected=expected, tags=[])
        assert answer.json()["kind"] == kind
        return load_cases(path)[0].meta

    assert visit.shown()["passages"] == [{"id": "a</script>", "text": "<b>5</b> euros"}]
    assert visit.shown()["more"] == '{\n  "meta": {\n    "from": "log"\n  }\n}'
    assert saved("open") == {**meta, "answerable": False}
    assert saved("text", "5 euros") == {**meta, "answerable": True}
    assert saved("nothing") == meta
