"""Files that are damaged, wrong or hostile: one line with the file and the record, and no run."""

import io
import json
import struct
import sys
import zipfile

import pytest

from harness.errors import DataError
from harness.exchange import archive, foreign
from harness.exchange.tools import read_rows
from tests.exchange.queues import FILES, answer, imported, plain, project

GOOD = json.dumps(answer("twice"))
HEADER = {"eval": {"model": "m", "packages": {"inspect_ai": "0.3"}}, "plan": {}}
SAMPLE = {
    "id": "a",
    "epoch": 1,
    "target": "7",
    "messages": [{"role": "user", "content": "How many?"}, {"role": "assistant", "content": "7"}],
    "output": {"choices": [{"message": {"role": "assistant", "content": "7"}, "stop_reason": "stop"}]},
}
LM_EVAL = {
    "doc_id": 0,
    "doc": {},
    "target": "7",
    "arguments": {"gen_args_0": {"arg_0": "How many?", "arg_1": {}}},
    "resps": [["7"]],
}
HELM = {"instance": {"id": "a"}, "request": {"prompt": "How many?", "model": "m"}}


def refusal(path) -> str:
    """Return why a file is refused, which is one line."""
    with pytest.raises(DataError) as refused:
        read_rows([path])
    told = str(refused.value)
    assert told.startswith(str(path))
    assert "\n" not in told
    return told.removeprefix(str(path))


def log(path, **more: object):
    """Write a log of Inspect as JSON, its one sample changed by ``more``."""
    path.write_text(json.dumps(HEADER | {"samples": [SAMPLE | more]}))
    return path


def zipped(path, members, method=zipfile.ZIP_DEFLATED):
    """Write a zip file."""
    with zipfile.ZipFile(path, "w", method) as file:
        for name, content in members:
            file.writestr(name, content if isinstance(content, str | bytes) else json.dumps(content))
    return path


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"\xff" + GOOD.encode(), ":2: not UTF-8 at byte 0"),
        (b'{"answer": ', ":2: not valid JSON at line 1, column 12"),
        (b"[" * 100_000, ":2: not readable: nested too deeply"),
        (b'{"answer": "\\ud800", "prompt": "x"}', ":2: a lone surrogate escape"),
        (b'{"answer": "a", "answer": "b", "prompt": "x"}', ":2: the key 'answer' appears twice in one object"),
        (b'{"repeat": ' + b"9" * 5000 + b"}", ":2: a number has too many digits"),
        (b'{"answer": "a"}', ':2: give either "prompt", the text of the question, or "messages"'),
        (b'{"prompt": "a"}', ':2: give either "answer", or "error"'),
        (b'{"prompt": "a", "answer": "b", "anwser": 1}', ":2: Object contains unknown field `anwser`"),
        (b'{"prompt": "a", "answer": "b", "finish_reason": "abort"}', ":2: \"finish_reason\" is 'abort'"),
        (b'{"prompt": 1, "answer": "b"}', ":2: Expected `str | null`, got `int`"),
        (b'{"prompt": "a", "answer": NaN}', ':2: give either "answer", or "error"'),
    ],
)
def test_a_wrong_line_is_named(tmp_path, line, said):
    """With its number; the lines before it don't make a run."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(GOOD.encode() + b"\n" + line + b"\n")

    assert refusal(path).startswith(said)


def test_a_refused_file_leaves_no_run(tmp_path):
    """Exit code 2, one line, and nothing in the folder of runs."""
    folder = project(tmp_path)

    code, told = imported(folder, plain(tmp_path / "a.jsonl", answer("twice"), {"answer": "b"}))

    assert code == 2
    assert told.startswith("error: ")
    (_, more) = told.splitlines()
    assert more.startswith("more: harness explain ")
    assert not list(folder.glob("runs/*"))


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.eval"])
@pytest.mark.parametrize(("content", "said"), [(b"", "empty"), (b'{"what": 1}', "of no tool that is known")])
def test_a_file_of_no_tool_is_refused(tmp_path, name, content, said):
    """Empty, or of a shape that no reader knows; what is known is listed."""
    path = tmp_path / name
    path.write_bytes(content)

    assert said in refusal(path)


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    """By name."""
    assert refusal(tmp_path / "gone.jsonl") == ": no such file"
    assert "can't be read" in refusal(tmp_path)


def test_a_file_and_a_line_have_limits(tmp_path, monkeypatch):
    """Else one file takes all memory."""
    path = plain(tmp_path / "a.jsonl", answer("twice"))
    monkeypatch.setattr(foreign, "LARGEST_RECORD", 10)
    long = refusal(path)
    monkeypatch.setattr(foreign, "LARGEST_FILE", 10)

    assert long.startswith(":1: a line of more than")
    assert "split it" in refusal(path)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_an_archive_of_an_older_inspect_is_read(tmp_path, method):
    """Before it used zstd; a member's name leads nowhere."""
    path = zipped(tmp_path / "a.eval", [("header.json", HEADER), ("samples/../../../x.json", SAMPLE)], method)

    rows, _ = read_rows([path])

    assert [row.text for row in rows] == ["7"]
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.eval"]


def test_a_zip_bomb_is_refused(tmp_path, monkeypatch):
    """By what a member unpacks to, whatever its header promises; and all members together."""
    bomb = zipped(tmp_path / "a.eval", [("header.json", HEADER), ("samples/a.json", b" " * 5_000_000)])
    monkeypatch.setattr(archive, "LARGEST_RECORD", 1 << 20)
    one = refusal(bomb)
    monkeypatch.setattr(archive, "LARGEST_RECORD", 64 << 20)
    monkeypatch.setattr(archive, "LARGEST_TOTAL", 2 << 20)

    assert one == ":samples/a.json: unpacks to more than 1 MiB"
    assert "unpacks to more than" in refusal(bomb)


def test_a_zstd_bomb_is_refused(tmp_path, monkeypatch):
    """Inspect's own file, with a limit that its members exceed."""
    path = tmp_path / "a.eval"
    path.write_bytes((FILES / "inspect/old.eval").read_bytes())
    monkeypatch.setattr(archive, "LARGEST_RECORD", 1 << 10)

    assert "unpacks to more than" in refusal(path)


def test_a_damaged_zstd_member_is_refused(tmp_path):
    """Its bytes, or its checksum."""
    content = bytearray((FILES / "inspect/old.eval").read_bytes())
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        info = file.getinfo("header.json")
    content[info.header_offset + 30 + len("header.json") + 40] ^= 0xFF
    path = tmp_path / "a.eval"
    path.write_bytes(content)

    assert ":header.json: can't be read" in refusal(path)


@pytest.mark.parametrize("cut", [10, 4_000])
def test_a_cut_archive_is_refused(tmp_path, cut):
    """As a copy that was stopped leaves it."""
    path = tmp_path / "a.eval"
    path.write_bytes((FILES / "inspect/old.eval").read_bytes()[:cut])

    assert "not a readable zip file" in refusal(path)


def test_an_encrypted_or_doubled_member_is_refused(tmp_path):
    """Neither can be read as one thing."""
    path = zipped(tmp_path / "a.eval", [("header.json", HEADER), ("samples/a.json", SAMPLE)])
    content = path.read_bytes()
    path.write_bytes(content.replace(b"samples/a.json", b"header.json\0\0\0"))
    with pytest.warns(UserWarning, match="Duplicate name"):
        doubled = zipped(tmp_path / "b.eval", [("header.json", HEADER), ("header.json", HEADER)])

    assert refusal(path)
    assert "two members are named 'header.json'" in refusal(doubled)


def test_a_member_that_lies_about_its_place_is_refused(tmp_path):
    """Its offset leads out of the file."""
    path = tmp_path / "a.eval"
    content = bytearray((FILES / "inspect/old.eval").read_bytes())
    struct.pack_into("<L", content, entry_of(content, "header.json") + 42, len(content) - 5)
    path.write_bytes(content)

    assert ":header.json: " in refusal(path)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"messages": SAMPLE["messages"][:1]}, "the sample has no answer and no error"),
        ({"epoch": "one"}, "Expected `int`, got `str`"),
        (
            {"messages": [{"role": "tool", "content": "x"}, *SAMPLE["messages"]]},
            "a message of role 'tool': what an agent did in several steps",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "image", "image": "x"}]}, SAMPLE["messages"][1]]},
            "content of type 'image'; only text is imported",
        ),
        (
            {"messages": [{"role": "user", "content": "attachment://12"}, SAMPLE["messages"][1]]},
            "the attachment '12' is missing",
        ),
    ],
)
def test_a_sample_of_inspect_that_can_not_be_mapped_is_refused(tmp_path, more, said):
    """By its number."""
    told = refusal(log(tmp_path / "a.json", **more))

    assert told.startswith(": sample 1: ")
    assert said in told


def test_nan_in_a_log_is_read(tmp_path):
    """Python's tools write scores that way; it is not JSON."""
    path = log(tmp_path / "a.json", scores={"match": {"value": "x"}}, attachments={"12": "How many?"})
    path.write_text(
        path.read_text().replace('"x"', "NaN").replace('"content": "How many?"', '"content": "attachment://12"')
    )

    rows, _ = read_rows([path])

    assert rows[0].prompt[0].text == "How many?"


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"limit": {"type": "time"}}, "stopped by the limit of time"),
        ({"output": {"choices": [], "error": "HTTP 500"}}, "HTTP 500"),
        ({"output": {"choices": [SAMPLE["output"]["choices"][0] | {"stop_reason": "content_filter"}]}}, "stopped with"),
    ],
)
def test_a_sample_that_did_not_end_is_an_error(tmp_path, more, error):
    """It has no text to be scored."""
    rows, _ = read_rows([log(tmp_path / "a.json", **more)])

    assert rows[0].text == ""
    assert error in (rows[0].error or "")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"arguments": {"gen_args_0": {"arg_0": "q", "arg_1": " yes"}}}, "is not a generated text (generate_until)"),
        (
            {"arguments": {"gen_args_0": LM_EVAL["arguments"]["gen_args_0"], "gen_args_1": {}}},
            "is not a generated text",
        ),
        ({"resps": [[[-1.0, True]]]}, "expected a list with the list of the answers"),
        ({"arguments": {"gen_args_0": {"arg_0": 7, "arg_1": {}}}}, "expected a text, or the JSON of a chat"),
    ],
)
def test_a_line_of_lm_eval_that_can_not_be_mapped_is_refused(tmp_path, more, said):
    """Multiple choice and likelihoods have no answer to read."""
    path = plain(tmp_path / "samples_x.jsonl", LM_EVAL | more)

    told = refusal(path)

    assert told.startswith(":1: ")
    assert said in told


def test_two_lines_of_one_document_must_have_the_same_answers(tmp_path):
    """Filters change nothing about them."""
    told = refusal(plain(tmp_path / "samples_x.jsonl", LM_EVAL, LM_EVAL | {"resps": [["8"]]}))

    assert told.startswith(":2: document 0 has other answers than at ")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"reference_index": 0}, "a multiple choice"),
        ({"request": {"multimodal_prompt": {}}}, "images or sound"),
        ({"request": {"prompt": 7}}, "Expected `str`, got `int`"),
    ],
)
def test_a_state_of_helm_that_can_not_be_mapped_is_refused(tmp_path, more, said):
    """By its number."""
    path = tmp_path / "scenario_state.json"
    path.write_text(json.dumps({"adapter_spec": {}, "request_states": [HELM | more]}))

    told = refusal(path)

    assert told.startswith(": request state 1: ")
    assert said in told


def test_a_checksum_is_checked(tmp_path):
    """A member whose content is another than the archive says."""
    path, content = tmp_path / "a.eval", bytearray((FILES / "inspect/old.eval").read_bytes())
    content[entry_of(content, "header.json") + 16] ^= 0xFF
    path.write_bytes(content)

    assert refusal(path) == ":header.json: can't be read: its checksum differs"


def test_a_missing_package_for_zstd_is_named(tmp_path, monkeypatch):
    """With the extra that has it."""
    monkeypatch.setitem(sys.modules, "zstandard", None)

    assert "pip install 'tunegate[import]'" in refusal(FILES / "inspect/old.eval")


def entry_of(content, name) -> int:
    """Return where the list at the end of a zip file has a member."""
    place = content.rfind(b"PK\x01\x02")
    while content[place + 46 : place + 46 + len(name)] != name.encode():
        place = content.rfind(b"PK\x01\x02", 0, place)
    return place
