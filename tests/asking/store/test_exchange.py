"""Exported stores: every answer on a line, and no line taken on trust."""

import json
import subprocess
import sys

import msgspec
import pytest

from harness.asking.store import ReusingStore, Store, exchange
from harness.asking.store.exchange import Imported, export_answers, import_answers
from harness.errors import StoreError
from harness.records.answered import TokenLogprob
from tests.asking.store.test_responses import ADAPTER, GPT, NOW, ROOT, answered, in_tables, store_in

KEY = "0123456789abcdef" * 4
LINE = {
    "key": KEY,
    "model": "mine",
    "adapter_digest": "",
    "engine": "fake 1",
    "time": "2026-11-22T12:00:00Z",
    "response": {"request_key": KEY, "text": "yes"},
}
MANY = """
import resource, sys
from pathlib import Path
from harness.asking.store.exchange import export_answers, import_answers

there, file, back = map(Path, sys.argv[1:])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
export_answers(there, file)
import_answers(back, file)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def lines_in(folder, *lines: object):
    """Write a file of lines, each as it is or as JSON."""
    path = folder / "answers.jsonl"
    path.write_bytes(
        b"".join((line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n" for line in lines)
    )
    return path


def changed(**values: object):
    """Return the good line with something else in it."""
    return LINE | values


def test_a_store_comes_back_as_it_was(tmp_path):
    """Answers, what gave them, and when; errors stay behind."""
    path = tmp_path / "one" / "answers.sqlite"
    tokens = (TokenLogprob(token="é\n", logprob=-0.25, top={"\u2028": -1.5}),)
    given = [answered("x", text="tab\t, line\n, \u2028, \x00 and 😀", logprobs=tokens), answered("x", model=ADAPTER)]
    with Store(path, clock=lambda: NOW) as store:
        store.keep([*given, answered("failed", error="503")])
    back = tmp_path / "two" / "answers.sqlite"

    number = export_answers(path, tmp_path / "answers.jsonl")
    imported = import_answers(back, tmp_path / "answers.jsonl")

    assert (number, imported) == (2, Imported(new=2, known=0))
    with Store(back) as store:
        assert store.find(key for _, key, _ in given) == {key: response for _, key, response in given}
    for sql in ("SELECT key, source, time, response FROM answers ORDER BY rowid", "SELECT * FROM sources"):
        assert in_tables(back, sql) == in_tables(path, sql)
    assert in_tables(back, "SELECT * FROM errors") == []


def test_an_imported_answer_of_a_hosted_model_serves_who_reuses_it(tmp_path):
    """Nobody here goes on with a run of another machine."""
    path, back = tmp_path / "answers.sqlite", tmp_path / "back.sqlite"
    (_, key, response), *_ = given = [answered("x", model=GPT)]
    with Store(path, clock=lambda: NOW) as store:
        store.keep(given)
    export_answers(path, tmp_path / "answers.jsonl")
    import_answers(back, tmp_path / "answers.jsonl")

    with Store(back, clock=lambda: NOW) as store:
        assert store.find_hosted([key]) == {}
    with ReusingStore(back, clock=lambda: NOW) as store:
        assert store.find_hosted([key])[key].response == response


def test_importing_never_overwrites(tmp_path):
    """What is there stays, and is counted; the same file twice changes nothing."""
    file = lines_in(tmp_path, LINE, LINE)
    path = tmp_path / "answers.sqlite"
    first = import_answers(path, file)
    other = lines_in(tmp_path, changed(response={"request_key": KEY, "text": "no"}), b"", b"  ")
    second = import_answers(path, other)

    assert (first, second) == (Imported(new=1, known=1), Imported(new=0, known=1))
    with Store(path) as store:
        assert store.find([KEY])[KEY].text == "yes"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"{", "not valid JSON at column 2"),
        (b"\xff", "not UTF-8 at byte 0"),
        (b"[" * 100_000, "got `array`"),
        (b"[]", "Expected `object`"),
        (changed(key="k"), "key 'k': expected 64 lowercase hex digits"),
        (changed(key=KEY.upper()), "expected 64 lowercase hex digits"),
        (changed(key=KEY[1:] + "\x1b"), r"key '[0-9a-f]+\\x1b': expected 64 lowercase hex digits"),
        (changed(key="f" * 64), f"the response belongs to another key, '{KEY}'"),
        (changed(response={"request_key": KEY, "error": "503"}), "only answers can be imported"),
        (changed(response={"request_key": KEY, "text": 1}), "Expected `str`, got `int` - at `\\$.response.text`"),
        (changed(time="yesterday"), "Invalid RFC3339"),
        (changed(time="2026-11-22T12:00:00"), "timezone"),
        (changed(time="0001-01-01T00:00:00+14:00"), "expected a time from 1970 to 9999"),
        (changed(time="9999-12-31T23:59:59-14:00"), "expected a time from 1970 to 9999"),
        (changed(response={"request_key": KEY, "tokens_in": "3"}), "Expected `int | null`, got `str`"),
        (changed(response={"request_key": KEY, "tokens_in": -3}), "tokens_in is -3; expected 0 to"),
        (changed(response={"request_key": KEY, "seconds": 1e308}), "seconds is 1e\\+308; expected 0 to"),
        (changed(response=7), "Expected `object`, got `int`"),
        (changed(model=7), "Expected `str`, got `int`"),
        ({"key": KEY}, "missing field `model`"),
        (changed(**{"\x1b[2J": 1}), r"unknown field `\\x1b\[2J`"),
    ],
)
def test_a_wrong_line_is_named_and_not_imported(tmp_path, line, words):
    """By file and line; nothing that a terminal obeys is repeated."""
    file = lines_in(tmp_path, LINE, line)

    with pytest.raises(StoreError, match=rf"answers\.jsonl:2: .*{words}") as told:
        import_answers(tmp_path / "answers.sqlite", file)

    assert str(told.value).isprintable()


def test_a_mended_file_can_be_imported_again(tmp_path):
    """What came before the wrong line may be there already, and is left alone."""
    path = tmp_path / "answers.sqlite"
    others = [answered(str(number)) for number in range(2500)]
    lines = [changed(key=key, response=json.loads(msgspec.json.encode(response))) for _, key, response in others]
    with pytest.raises(StoreError, match=r":2500: not valid JSON"):
        import_answers(path, lines_in(tmp_path, *lines[:-1], b"{"))
    imported = import_answers(path, lines_in(tmp_path, *lines))

    assert imported.new + imported.known == 2500
    assert in_tables(path, "SELECT COUNT(*) FROM answers") == [(2500,)]


def test_a_file_without_line_ends_does_not_fill_the_memory(tmp_path, monkeypatch):
    """Reading stops at the longest line."""
    monkeypatch.setattr(exchange, "LONGEST_LINE", 1000)

    with pytest.raises(StoreError, match=r"answers\.jsonl:1: the line is longer than 1,000 bytes"):
        import_answers(tmp_path / "answers.sqlite", lines_in(tmp_path, b" " * 2000))


def test_an_empty_file_holds_nothing(tmp_path):
    """As that of an empty store does."""
    path = store_in(tmp_path)

    assert export_answers(path, tmp_path / "answers.jsonl") == 0
    assert import_answers(path, tmp_path / "answers.jsonl") == Imported(new=0, known=0)


def test_a_file_that_can_not_be_read_makes_no_store(tmp_path):
    """A wrong name, or a folder."""
    for source in (tmp_path / "none.jsonl", tmp_path):
        with pytest.raises(StoreError, match=f"{source.name}: can't be read"):
            import_answers(tmp_path / "runs" / "answers.sqlite", source)

    assert list(tmp_path.iterdir()) == []


def test_a_broken_export_leaves_the_old_file(tmp_path):
    """No store, no file; a damaged store, the old file."""
    file = tmp_path / "answers.jsonl"
    file.write_text("old")
    path = tmp_path / "answers.sqlite"
    with pytest.raises(StoreError, match="no response store here"):
        export_answers(path, file)
    store_in(tmp_path, *map(str, range(500)))
    whole = path.read_bytes()
    path.write_bytes(whole[:20_480] + b"\x55" * (len(whole) - 20_480))
    with pytest.raises(StoreError, match="damaged"):
        export_answers(path, file)

    assert file.read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["answers.jsonl", "answers.sqlite"]


def test_a_large_store_does_not_fill_the_memory(tmp_path):
    """Answers of 120 MB there and back, in a process of its own, take less than half of that."""
    path = tmp_path / "answers.sqlite"
    with Store(path) as store:
        for number in range(0, 1000, 100):
            store.keep([answered(str(one), text="x" * 120_000) for one in range(number, number + 100)])
    command = [sys.executable, "-c", MANY, str(path), str(tmp_path / "answers.jsonl"), str(tmp_path / "back.sqlite")]

    megabytes = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout

    assert int(megabytes) < 60
