"""Cases of rows: which column becomes what, ids that stay, and the row that every mistake names."""

import json

import pytest

from harness.asking.cases import load_cases
from harness.cases.file import append_cases, write_new
from harness.cases.new import CaseColumns, build_cases, column_of_expected
from harness.data.table import TableRow
from harness.errors import CaseFileError, DataError, InputError


def rows(*values: dict) -> tuple[TableRow, ...]:
    """Return rows with places."""
    return tuple(TableRow(line=n, place=f"t.csv:{n}", values=one) for n, one in enumerate(values, start=2))


def built(*values: dict, **columns: object):
    """Return the cases of rows whose question is in ``text``."""
    return build_cases(rows(*values), CaseColumns(**{"input": "text", **columns}))


def test_columns_become_the_parts_of_a_case():
    """Tags as suites slice them, the rest as it is."""
    row = {"text": " Charged twice ", "q": "billing", "p": "2", "Lang": "de", "doc": 7, "from": "mail", "s": "Sort it."}

    (case,) = built(
        row, expected=dict(map(column_of_expected, ["queue=q", "priority=p"])), tags=("Lang",), group="doc",
        meta=("from",), system="s",
    ).cases  # fmt: skip

    assert [(one.role, one.text) for one in case.messages] == [("system", "Sort it."), ("user", "Charged twice")]
    assert case.expected == {"queue": "billing", "priority": "2"}
    assert (case.tags, case.group, case.meta) == (("lang-de",), "7", {"from": "mail"})


def test_one_column_is_the_whole_expected_answer():
    """A value of JSON Lines as it is; a text, or what the text says as JSON."""
    whole = {"expected": {"": "a"}}

    assert built({"text": "x", "a": 5}, **whole).cases[0].expected == 5
    assert built({"text": "x", "a": " 5 "}, **whole).cases[0].expected == "5"
    assert built({"text": "x", "a": " 5 "}, **whole, parses_expected=True).cases[0].expected == 5
    with pytest.raises(DataError, match=r"t.csv:2: 'a' is '\{', which is not JSON"):
        built({"text": "x", "a": "{"}, **whole, parses_expected=True)


def test_a_list_of_values_is_a_tag_each():
    """Once."""
    assert built({"text": "x", "topic": ["A b", "c", "a-b"]}, tags=("topic",)).cases[0].tags == ("topic-a-b", "topic-c")


def test_a_logged_conversation_is_asked_up_to_the_answer_which_is_expected():
    """Null and empty fields of a log say nothing; the answer is not asked, and that is counted."""
    log = [
        {"role": "user", "content": "Where is 7?"},
        {"role": "assistant", "content": "On its way.", "refusal": None, "annotations": []},
    ]

    found = built({"text": log}, {"text": [*log[:1], {"role": "assistant", "content": "?"}, *log]})

    assert [len(case.messages) for case in found.cases] == [1, 3]
    assert [case.expected for case in found.cases] == ["On its way.", "On its way."]
    assert found.answers == 2


def test_a_logged_call_is_expected_as_a_call():
    """As ``calls_tool`` reads it."""
    call = {"id": "1", "type": "function", "function": {"name": "find", "arguments": '{"n": 7}'}}
    log = [{"role": "user", "content": "Where is 7?"}, {"role": "assistant", "content": None, "tool_calls": [call]}]

    assert built({"text": log}).cases[0].expected == [{"name": "find", "arguments": {"n": 7}}]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([{"role": "user", "content": "x", "mood": "bad"}], "message 1 of 'text' doesn't fit: Object contains unknown"),
        ([{"role": "boss", "content": "x"}], "message 1 of 'text' doesn't fit: Invalid enum value 'boss'"),
        ([], "t.csv:2: case 'case-"),
        (5, "is 5; expected a text or a list of messages"),
        ("  ", "t.csv:2: the column 'text' is empty"),
        ([{"role": "system", "content": "x"}], "ends with a message of role 'system'"),
    ],
)
def test_what_cannot_be_asked_names_the_row(value, words):
    """Nothing of it is left out without a word."""
    with pytest.raises((DataError, CaseFileError)) as told:
        built({"text": value})

    assert words in str(told.value)
    assert str(told.value).startswith("t.csv:2: ")


def test_ids_stay_when_rows_are_added_moved_or_corrected():
    """They are made from what is asked alone."""
    one, two = {"text": "x", "a": "1"}, {"text": "y", "a": "2"}
    before = [case.id for case in built(one, two, expected={"": "a"}).cases]

    after = [case.id for case in built(two, {"text": "z", "a": "3"}, {**one, "a": "9"}, expected={"": "a"}).cases]

    assert after[0] == before[1]
    assert after[2] == before[0]
    assert len(set(after)) == 3


def test_a_column_of_ids_is_kept():
    """A number as its digits; twice is an error with both rows."""
    assert built({"text": "x", "n": 7}, id="n").cases[0].id == "7"
    with pytest.raises(DataError, match=r"t.csv:3: the id 'a' is already used at t.csv:2"):
        built({"text": "x", "n": "a"}, {"text": "y", "n": "a"}, id="n")


def test_rows_that_ask_and_expect_the_same_are_one_case():
    """And counted; with two answers they are an error with both rows."""
    same = {"text": "x", "a": "1"}
    found = built(same, same, expected={"": "a"})

    assert (len(found.cases), found.repeated, found.rows) == (1, 1, 2)
    with pytest.raises(DataError, match=r"t.csv:3: asks the same as t.csv:2 and expects another answer"):
        built(same, {**same, "a": "2"}, expected={"": "a"})


def test_the_same_question_about_other_passages_is_another_case(tmp_path):
    """In the rows, and in the file that they are added to; however the passages are written there."""
    first, second = ({"text": "x", "a": fee, "context": [f"It is {fee}."]} for fee in ("5 euros", "7 euros"))
    path = tmp_path / "cases.jsonl"

    made = built(first, second, first, expected={"": "a"}, meta=("context",))
    write_new(path, made.cases[:1])
    listed = {**first, "context": [{"id": "1", "text": "It is 5 euros."}]}
    again = built(listed, second, expected={"": "a"}, meta=("context",))

    assert ([case.expected for case in made.cases], made.repeated) == (["5 euros", "7 euros"], 1)
    assert append_cases(path, again.cases, again.places).added == (made.cases[1].id,)


def test_a_new_file_is_what_a_suite_loads(tmp_path):
    """Without what is empty."""
    cases = built({"text": "x", "a": "1"}, expected={"": "a"}).cases

    write_new(tmp_path / "suites" / "mine" / "cases.jsonl", cases)

    path = tmp_path / "suites" / "mine" / "cases.jsonl"
    assert load_cases(path) == cases
    assert set(json.loads(path.read_text())) == {"id", "messages", "expected"}


def test_a_file_that_is_there_is_never_overwritten(tmp_path):
    """Neither a file nor a link to nothing."""
    (tmp_path / "a.jsonl").write_text("mine")
    (tmp_path / "b.jsonl").symlink_to(tmp_path / "nowhere")

    for name in ("a.jsonl", "b.jsonl"):
        with pytest.raises(InputError, match="is there already, and nothing is overwritten; add --append"):
            write_new(tmp_path / name, built({"text": "x"}).cases)

    assert (tmp_path / "a.jsonl").read_text() == "mine"
    assert not (tmp_path / "nowhere").exists()


def test_appended_cases_follow_what_is_there_byte_for_byte(tmp_path):
    """Also where the last line has no end; what is there already, or was corrected there, stays."""
    path = tmp_path / "cases.jsonl"
    first = built({"text": "x", "a": "1"}, {"text": "y", "a": "2"}, expected={"": "a"})
    corrected = (
        f'{{"id": "{first.cases[0].id}",  "messages": [{{"role": "user", "content": "x"}}], "expected": "better"}}'
    )
    path.write_text(corrected)

    added = append_cases(path, first.cases, first.places)
    again = append_cases(path, first.cases, first.places)

    ids = [case.id for case in first.cases]
    assert path.read_text().startswith(corrected + "\n")
    assert [case.expected for case in load_cases(path)] == ["better", "2"]
    assert (added.added, added.kept) == ((ids[1],), (ids[0],))
    assert (again.added, again.same, again.kept) == ((), (ids[1],), (ids[0],))


def test_a_question_that_the_file_asks_under_another_id_is_not_added_again(tmp_path):
    """As ``harness init`` and people name their cases: the same evidence would count twice."""
    path = tmp_path / "cases.jsonl"
    write_new(path, built({"text": "x", "a": "1", "n": "mine"}, expected={"": "a"}, id="n").cases)
    more = built({"text": "x", "a": "1"}, {"text": "y", "a": "2"}, expected={"": "a"})

    added = append_cases(path, more.cases, more.places)
    corrected = built({"text": "x", "a": "3"}, expected={"": "a"})
    kept = append_cases(path, corrected.cases, corrected.places)

    assert [case.id for case in load_cases(path)] == ["mine", more.cases[1].id]
    assert (added.added, added.same, added.kept) == ((more.cases[1].id,), ("mine",), ())
    assert (kept.added, kept.same, kept.kept) == ((), (), ("mine",))


def test_an_id_of_another_question_is_refused_and_nothing_is_added(tmp_path):
    """With the row."""
    path = tmp_path / "cases.jsonl"
    write_new(path, built({"text": "x", "n": "a"}, id="n").cases)
    before = path.read_bytes()
    more = built({"text": "new", "n": "b"}, {"text": "other", "n": "a"}, id="n")

    with pytest.raises(CaseFileError, match=r"t.csv:3: .*cases.jsonl has the id 'a' already, for another question"):
        append_cases(path, more.cases, more.places)

    assert path.read_bytes() == before
