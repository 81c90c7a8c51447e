"""Logs as one stream: plain rows with a mapping, masks, times, and input that is broken in any way."""

import csv
import gzip
import json
import os
import random

import pytest

from harness.data.checks.problem import Problem
from harness.errors import ConfigError, DataError, InputError
from harness.logs.reading import read_logged
from harness.records.logged import Logged
from harness.records.messages import Called
from tests.logs.made import attributes, problems, read, span, spans, written

MAIL, CARD, PHONE = "ada.byron@tidewell.io", "4000123456789017", "+49 170 1234567"
TURNS = [{"role": "user", "content": "Where is it?"}]
PLAIN = {"prompt": "Where is it?", "answer": "In Leeds.", "time": 1_700_000_000}


def test_plain_rows_under_usual_names(tmp_path):
    """In a table too; the last turn of the assistant is the answer."""
    path = tmp_path / "log.csv"
    path.write_text("id;ticket;reply;latency_ms;tags;thumbs\n1;Where is it?;In Leeds.;250;web,app;👎\n2;;x;;;\n")
    turns = [
        *TURNS,
        {"role": "assistant", "content": None, "tool_calls": [{"function": {"name": "f", "arguments": {}}}]},
    ]
    other = written(tmp_path / "log.jsonl", {"messages": turns, "context": ["Open."]})

    one, nothing, last = read_logged([path, other])

    assert (one.id, one.asked, one.text, one.seconds, one.tags, one.feedback) == (
        *("1", "Where is it?", "In Leeds.", 0.25),
        *(("web", "app"), "down"),
    )
    assert (nothing.kind, nothing.told) == ("asks-nothing", "1 row: it asks nothing, and is left out")
    assert (last.tool_calls, last.meta) == (
        (Called(name="f", arguments="{}"),),
        {"context": [{"id": "1", "text": "Open."}]},
    )


def test_a_mapping_says_where_it_is(tmp_path):
    """Also beside a known form, where it counts more."""
    row = {"q": {"said": "Where is it?"}, "a": "In Leeds.", "took_ms": 250, "judged": {"ok": False}}
    mapping = {"messages": "q.said", "text": "a", "seconds": "took_ms", "feedback": "judged.ok"}
    pair = {"request": {"messages": TURNS}, "response": {"choices": []}, "judged": {"ok": False}}

    (one,) = read(written(tmp_path / "a.jsonl", row), mapping=mapping)
    (other,) = read(written(tmp_path / "b.jsonl", pair), mapping={"feedback": "judged.ok"})

    assert (one.asked, one.text, one.seconds, one.feedback) == ("Where is it?", "In Leeds.", 0.25, "down")
    assert (other.asked, other.feedback) == ("Where is it?", "down")


def test_a_wrong_mapping_names_the_nearest_field(tmp_path):
    """An unknown name, a path to what was asked, and any other path."""
    path = written(tmp_path / "a.jsonl", {"request": {"said": "Where is it?"}, "reply": "In Leeds."})

    with pytest.raises(ConfigError, match=r"unknown key `mesages`; did you mean `messages`"):
        read(path, mapping={"mesages": "q"})
    with pytest.raises(DataError, match=r"no row asks anything at `request.sad`, .* did you mean `request.said`"):
        read(path, mapping={"messages": "request.sad"})
    with pytest.raises(DataError, match=r"no known form of logs.* The first row has request, request.said, reply"):
        read(path)
    (problem,) = problems(path, mapping={"messages": "request.said", "text": "replies"})
    assert problem.told == "[logs.mapping] text: no row has `replies`; did you mean `reply`?"


def test_nothing_personal_is_left_anywhere(tmp_path):
    """In no text of any field, whatever writes it; and the same text stays the same text."""
    said = f"Write to {MAIL} or call {PHONE}"
    called = {"id": MAIL, "function": {"name": "f", "arguments": json.dumps({"card": int(CARD), "to": [MAIL]})}}
    escaped = {
        "function": {"name": "f", "arguments": '{"to": "line\\n+49 170 1234567", "at": "ada.byron\\u0040tidewell.io"}'}
    }
    row = {
        "id": MAIL,
        "messages": [
            {"role": "system", "content": said},
            {"role": "assistant", "content": said, "tool_calls": [called]},
            {"role": "tool", "tool_call_id": MAIL, "content": said},
            {"role": "user", "content": [{"type": "text", "text": said}]},
        ],
        "response": {
            "choices": [{"message": {"content": said, "tool_calls": [called, escaped]}, "finish_reason": MAIL}],
            "model": MAIL,
        },
        "tools": [{"type": "function", "function": {"name": "f", "description": said}}],
        "tags": [MAIL],
        "comment": said,
        "corrected": said,
        "context": [{"id": MAIL, "text": said}],
    }
    asked = attributes(gen_ai__input__messages=json.dumps(row["messages"]), gen_ai__conversation__id=MAIL)
    failed = span("a", asked, status={"code": 2, "message": said})
    thumb = {"span_id": "a", "name": MAIL, "annotator_kind": "HUMAN", "result": {"score": 1, "explanation": said}}

    found = read(written(tmp_path / "a.jsonl", row), written(tmp_path / "b.jsonl", spans(failed), thumb))

    assert len(found) == 2
    for one in found:
        shown = repr(one)
        assert not any(part in shown for part in ("byron", "tidewell", "u0040", CARD, "170 1234567")), shown
    assert found[0].messages[3].text == found[0].text == "Write to [E-MAIL] or call [PHONE]"
    assert json.loads(found[0].tool_calls[0].arguments) == {"card": "[CARD]", "to": ["[E-MAIL]"]}


def test_a_table_without_names_shows_nobody(tmp_path):
    """In the error about its fields, which are what its first row holds."""
    path = tmp_path / "a.csv"
    path.write_text(f"{MAIL},x\nBob,y\n")

    with pytest.raises(DataError, match=r"The first row has \[E-MAIL\], x"):
        read(path)


def test_what_is_wrong_with_a_row_quotes_nothing_of_it(tmp_path):
    """A line that is a list of what somebody wrote, in a file named after somebody."""
    path = tmp_path / f"{MAIL}.jsonl"
    path.write_text(f'{json.dumps(PLAIN)}\n["{MAIL}", "my own words"]\n')

    (problem,) = problems(path)

    assert (problem.told, problem.places) == ("expected an object", (f"{tmp_path}/[E-MAIL]:2",))


def test_since_leaves_earlier_requests_out(tmp_path):
    """In each unit that times are in; those without one are told."""
    times = [1_700_000_000, "1700000000123", 1_700_000_000_123_456, "2023-11-14T22:13:20Z", "1999-01-01", None]
    path = written(tmp_path / "a.jsonl", *(PLAIN | {"time": one} for one in times))

    *kept, problem = read_logged([path], since="2023-11-14")

    assert [round(one.time) for one in kept] == [1_700_000_000] * 4
    assert (problem.kind, problem.places) == ("no-time", (f"{path}:6",))
    assert [one for one in read_logged([path], since="30d") if isinstance(one, Logged)] == []
    with pytest.raises(InputError, match="'soon' is no time; write how long ago, such as 30d"):
        list(read_logged([path], since="soon"))


def test_a_folder_with_files_of_several_forms(tmp_path):
    """Packed too; what is no log is told, and hidden files are not looked at."""
    written(tmp_path / "b.jsonl", PLAIN)
    (tmp_path / "a.jsonl.gz").write_bytes(
        gzip.compress(json.dumps({"request": {"messages": TURNS}, "response": "x"}).encode())
    )
    (tmp_path / "c.txt").write_text("one\ntwo\n")
    (tmp_path / "d.jsonl").write_text("")
    (tmp_path / "e.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
    (tmp_path / "f.md").write_text("# Notes\n\n" + "One, two; and three\nFour\n" * 300)
    (tmp_path / ".hidden").write_text("?")

    first, second, *others = read_logged([tmp_path])

    assert (first.text, second.text) == ("x", "In Leeds.")
    assert [(one.kind, one.places) for one in others] == [
        *(("unread", (f"{tmp_path / name}:1",)) for name in ("c.txt", "d.jsonl", "e.png", "f.md")),
    ]
    with pytest.raises(DataError, match="the same file as"):
        list(read_logged([tmp_path, tmp_path / "b.jsonl"]))


def test_broken_lines_are_told_with_their_places(tmp_path):
    """Others are read: a broken one, one that is not UTF-8, one nested too deeply, and a last one that is cut off."""
    row = json.dumps(PLAIN).encode()
    deep = b'{"prompt": "x", "answer": ' + b'{"a":' * 400 + b"1" + b"}" * 400 + b"}"
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\n".join([row, b"{oh", b'{"prompt": "\xff"}', deep, row, row[:20]]))

    found = list(read_logged([path]))

    wrong = {one.places[0].rpartition(":")[2]: one for one in found if isinstance(one, Problem)}
    assert wrong.keys() >= {"2", "3", "6"}
    assert wrong["6"].ends_reading
    assert [one.place.rpartition(":")[2] for one in found if isinstance(one, Logged)][::2][:1] == ["1"]
    assert f"{path}:5" in [one.place for one in found if isinstance(one, Logged)]


def test_parts_that_come_late_among_other_rows_are_told(tmp_path):
    """A file is read twice only where parts show early; a whole row of another form is read anyway."""
    late = [
        spans(span("a", attributes(gen_ai__input__messages=json.dumps(TURNS)))),
        {"request": {"messages": TURNS}, "response": "x"},
    ]
    path = written(tmp_path / "a.jsonl", *[PLAIN] * 250, *late)

    *found, problem = read_logged([path])

    assert len(found) == 252
    assert (problem.kind, problem.places) == ("mixed-forms", (f"{path}:251",))


def test_parquet(tmp_path):
    """With turns as values, not as text."""
    arrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    path = tmp_path / "log.parquet"
    parquet.write_table(arrow.Table.from_pylist([{"messages": TURNS, "answer": "In Leeds."}]), path)

    (one,) = read(path)

    assert (one.asked, one.text, one.place) == ("Where is it?", "In Leeds.", f"{path}:1")


KEYS = (
    *(
        "messages",
        "request",
        "response",
        "body",
        "custom_id",
        "choices",
        "message",
        "output",
        "input",
        "type",
        "trace_id",
    ),
    *(
        "id",
        "span_id",
        "context",
        "attributes",
        "events",
        "resourceSpans",
        "scopeSpans",
        "spans",
        "resourceLogs",
        "scores",
    ),
    *("call_type", "startTime", "metadata", "timestamp", "htmlPath", "observations", "name", "value", "source", "log"),
    *("role", "content", "parts", "tool_calls", "function", "arguments", "annotator_kind", "result", "usage", "error"),
    *(
        "gen_ai.prompt.0",
        "llm.input_messages.0.message",
        "openinference.span.kind",
        "retrieval.documents",
        "tools",
        "tags",
    ),
    *("status", "key", "stringValue", "arrayValue", "values", "text", "time", "feedback", "data", "startTimeUnixNano"),
)
WORDS = (
    "",
    "user",
    "assistant",
    "LLM",
    "GENERATION",
    "[{]",
    "{}",
    '[{"role": 1}]',
    "NaN",
    "1e400",
    "\x00",
    "💥",
    "chat",
    "-5",
)


def any_value(chance: random.Random, depth: int) -> object:
    """Return a value of names that forms use, put together at random."""
    kind = chance.random()
    if depth > 5 or kind < 0.35:
        return chance.choice([*WORDS, None, True, 0, -1, 3.5, 1_700_000_000, 10**30])
    if kind < 0.5:
        return [any_value(chance, depth + 1) for _ in range(chance.randrange(3))]
    return {chance.choice(KEYS): any_value(chance, depth + 1) for _ in range(chance.randrange(1, 6))}


def test_no_row_breaks_the_reader(tmp_path):
    """Whatever is in it: it is read, or told."""
    chance = random.Random(19)  # noqa: S311 - rows are made up, nothing is guarded
    rows: list[dict] = []
    while len(rows) < 1_500:
        if isinstance(one := any_value(chance, 0), dict):
            rows.append(one)
    path = written(tmp_path / "a.jsonl", PLAIN, *rows)

    for one in read_logged([path]):
        assert isinstance(one, Logged | Problem)
        if isinstance(one, Logged):
            assert one.case.messages == one.messages
            assert one.response.said is not None


def test_a_live_file_that_grows_is_read_as_far_as_it_was(tmp_path, monkeypatch):
    """And that is told, after its rows."""
    path = written(tmp_path / "a.jsonl", *[PLAIN] * 3)

    reading = read_logged([path])
    found = [next(reading)]
    with path.open("a") as file:
        file.write(json.dumps(PLAIN) + "\n")
    os.utime(path, (1, 1))
    found += reading

    assert sum(isinstance(one, Logged) for one in found) >= 3
    assert found[-1].kind == "unread"


def test_csv_cells_with_turns(tmp_path):
    """As JSON and as Python writes them; what a user writes in brackets is a text."""
    path = tmp_path / "a.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerows(
            [["messages", "answer"], [json.dumps(TURNS), "x"], [str(TURNS), "x"], ['["a"]', "x"], ['{"a": 1}', "x"]]
        )

    assert [one.asked for one in read(path)] == ["Where is it?", "Where is it?", '["a"]', '{"a": 1}']
