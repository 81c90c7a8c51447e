"""``harness data``: what is written, told and refused on the command line."""

import json

import pytest

from harness.models import embedded
from harness.train import quantized
from tests.apart import run_harness


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Work in an empty folder, without a terminal and 60 columns wide."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "60")
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_a_csv_of_tickets_becomes_chat_rows(folder, harness):
    """The first step of docs/data.md: columns named, a system prompt added."""
    (folder / "tickets.csv").write_text(
        "sep=;\nid;ticket;team\n1;It broke;bug\n2;Pay me;billing\n", encoding="utf-8-sig"
    )
    (folder / "system.txt").write_text("Sort the ticket.\n")

    told = harness(
        "data",
        "convert",
        "tickets.csv",
        "--input",
        "ticket",
        "--output",
        "team",
        "--system",
        "system.txt",
        "--to",
        "t.jsonl",
    )

    assert told.splitlines() == [
        "tickets.csv: the columns 'ticket' and 'team'; not part of a row: id: 2 rows",
        "t.jsonl: 2 rows written",
        "Next: harness data show t.jsonl",
    ]
    assert json.loads((folder / "t.jsonl").read_text().splitlines()[1]) == {
        "messages": [
            {"role": "system", "content": "Sort the ticket."},
            {"role": "user", "content": "Pay me"},
            {"role": "assistant", "content": "billing"},
        ]
    }


def test_broken_rows_are_listed_by_kind(folder):
    """In the terminal the first ones, in JSON all; nothing is written, and the exit code is 1."""
    (folder / "t.jsonl").write_text('{"prompt": "a", "completion": "b"}\n' + "{\x1b]\n" * 25 + '{"prompt": "a"}\n')

    shown = run_harness(folder, "data", "convert", "t.jsonl", "--to", "new.jsonl")
    as_json = run_harness(folder, "data", "convert", "t.jsonl", "--to", "new.jsonl", "--json")

    assert shown.ret == as_json.ret == 1
    assert shown.outlines[0] == "Not JSON: 25 (invalid-json)"
    assert shown.outlines[1].startswith("  t.jsonl:2: not valid JSON at column 2")
    assert shown.outlines[21] == "  and 5 more; --json has them all"
    assert "A column that is missing: 1 (missing-column)" in shown.outlines
    assert shown.outlines[-1] == "26 problems are in the way, so nothing was written"
    found = json.loads("\n".join(as_json.outlines))
    assert len(found["problems"]) == 26
    assert found["to"] is None
    assert [path.name for path in folder.iterdir()] == ["t.jsonl"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--to", "t.jsonl"), "t.jsonl: is there already, and nothing is overwritten"),
        (("--to", "new.jsonl", "--as", "xml"), "--as xml: expected one of chat, sharegpt, alpaca, prompt-completion"),
        (("--to", "new.jsonl", "--input", "a"), "--input and --output are given together"),
        (("--to", "new.jsonl", "--system", "none.txt"), "none.txt: no such file"),
        (("--to", "new.jsonl", "--input", "x", "--output", "y"), "no row has the columns 'x' and 'y'"),
    ],
)
def test_wrong_use_of_convert_is_one_line(folder, harness, options, words):
    """With exit code 2, and nothing is written."""
    (folder / "t.jsonl").write_text('{"prompt": "a", "completion": "b"}\n')

    told = harness("data", "convert", "t.jsonl", *options)

    assert told.startswith("2: error: ")
    assert words in told
    assert [path.name for path in folder.iterdir()] == ["t.jsonl"]


def hostile(folder) -> None:
    """Write a row whose texts could move a terminal's cursor or turn its words around."""
    turns = [
        {"role": "user", "content": "  two\n\tlines\x1b[2J"},
        {"role": "assistant", "content": None, "tool_calls": [{"function": {"name": "look", "arguments": "{}"}}]},
        {"role": "tool", "content": "\u202eseen"},
        {"role": "assistant", "content": ""},
    ]
    tools = [{"type": "function", "function": {"name": "look"}}]
    (folder / "t.jsonl").write_text(json.dumps({"messages": turns, "tools": tools}) + "\n{broken\n")


def test_show_prints_rows_role_by_role(folder, harness):
    """White space as it is, what can't be seen as escapes, and what can't be read is counted."""
    hostile(folder)

    assert harness("data", "show", "t.jsonl").splitlines() == [
        "t.jsonl: chat messages: 1 of 1 row",
        "1 row can't be read: harness data convert names each",
        "t.jsonl:1",
        "  can call look",
        "  user",
        "      two",
        r"    \tlines\x1b[2J",
        "  assistant",
        "    calls look({})",
        "  tool",
        r"    \u202eseen",
        "  assistant",
        "    (nothing)",
    ]


def test_show_prints_json_for_machines(folder, harness):
    """Whole, with the places."""
    hostile(folder)

    told = json.loads(harness("data", "show", "t.jsonl", "--json"))

    assert (told["total"], told["problems"], told["told"]) == (1, 1, "chat messages")
    assert told["rows"][0]["place"] == "t.jsonl:1"
    assert told["rows"][0]["messages"][2] == {"role": "tool", "content": "\u202eseen"}


class Letters:
    """A template whose tokens are letters, and which refuses one word."""

    stop_tokens = (ord("]"),)

    def tokens(self, messages, *, answer_next, tools) -> list[int]:
        """Render letters, each answer alike in use and training unless it is odd."""
        assert not tools.functions
        text = "".join(f"<{turn.role[0]}>{turn.text}]\n" for turn in messages if turn.text != "odd" or answer_next)
        return [ord(letter) for letter in text + ("<a>" if answer_next else "")]

    def decoded(self, tokens) -> str:
        """Return the letters."""
        return "".join(map(chr, tokens))


@pytest.fixture
def model(folder, monkeypatch):
    """A base model whose template is made of letters."""
    (folder / "base").mkdir()
    monkeypatch.setattr(quantized, "load_template", lambda base: Letters())
    monkeypatch.setattr(quantized, "quieten", lambda: None)
    monkeypatch.setattr(embedded, "resolve_base", lambda *_: folder / "base")
    rows = [{"prompt": "Hi", "completion": "Yes,\n\x1b[1mwe do"}, {"prompt": "Hi", "completion": "odd"}]
    (folder / "t.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def test_show_marks_what_the_loss_is_on(folder, harness, model):
    """In brackets without colours; a row that can't be rendered is told with its line, and the others are shown."""
    told = harness("data", "show", "t.jsonl", "--model", "base").splitlines()

    assert told[:5] == [
        "t.jsonl: prompt and completion: 2 of 2 rows",
        "t.jsonl:1: 26 tokens, the loss is on 15",
        "  <u>Hi]",
        "  <a>[[Yes,",
        r"  \x1b[1mwe do]]]",
    ]
    assert told[5].startswith("t.jsonl:2: the base model's chat template renders message 2 differently in use than in ")


@pytest.mark.parametrize(("variable", "marked"), [("FORCE_COLOR", "\x1b[32mYes,"), ("NO_COLOR", "[[Yes,")])
def test_colours_take_the_place_of_brackets(harness, model, monkeypatch, variable, marked):
    """Where the terminal has some."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv(variable, "1")

    assert marked in harness("data", "show", "t.jsonl", "--model", "base")
