"""Whatever is in a file, its reader takes it or refuses it in one line; nothing else comes out of it.

`make fuzz` tries each reader for a minute with ever new files. Adapter folders are tried in test_adapters.py.
"""

import gzip
import io
import json
from pathlib import Path

import msgspec
import pyarrow as pa
import pytest
from pyarrow.parquet import write_table

from harness.asking.cases import load_cases, read_baseline_prompt
from harness.asking.store.exchange import import_answers
from harness.config.read import load_config
from harness.data.checks.structure import Structure
from harness.data.convert import row_as
from harness.data.reading import read_rows
from harness.data.row import DataRow
from harness.data.rows import load_rows
from harness.engines.http.chat import read_answer
from harness.engines.http.endpoint import Endpoint
from harness.engines.http.faults import Fault
from harness.errors import HarnessError
from harness.report.html import write_report
from harness.report.index import render_index
from harness.report.view.unfinished import unfinished_rows
from harness.review.packets.folder import read_key
from harness.review.packets.page import AFTER, BEFORE, read_packet
from harness.review.votes.ballots import read_ballot
from harness.runs.folder import read_answers, read_judgements, read_run, write_run
from harness.runs.history import read_history
from harness.runs.listing import read_listing, read_unfinished
from harness.runs.progress import PROGRESS, Progress
from harness.scorers.judges.rubric import load_rubric
from harness.train.config import load_train_config
from tests.hostile.mutations import holds, odd_bytes, odd_json, odd_lines, odd_toml
from tests.review.made import ballot_on, packet_with
from tests.review.sample import review_of
from tests.sample_run import sample_run
from tests.stub import completion

ROOT = Path(__file__).parents[2]
TRIAGE = ROOT / "suites" / "support_triage"
SETTINGS = (
    ROOT / "harness.toml"
).read_text() + '[prices.models."openai:gpt"]\ninput = 1.0\noutput = 2\ncurrency = "EUR"\n'


def lines_of(path: Path, count: int = 3) -> list:
    """The first lines of a JSON Lines file."""
    return [json.loads(line) for line in path.read_text().splitlines()[:count]]


def file_reader(path: Path, read):
    """A reader of bytes by way of a file."""

    def read_bytes(data: bytes) -> object:
        path.write_bytes(data)
        return read(path)

    return read_bytes


@pytest.mark.parametrize(
    ("read", "sound"),
    [
        (load_cases, TRIAGE / "cases.jsonl"),
        (load_rows, TRIAGE / "training" / "train.jsonl"),
    ],
)
def test_lines_that_people_write(tmp_path, read, sound):
    """Case files and training rows."""
    holds(file_reader(tmp_path / "odd.jsonl", read), odd_lines(lines_of(sound)))


CALL = {"id": "c", "type": "function", "function": {"name": "look", "arguments": {"at": "it"}}}
TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}
FORMATS = [
    {
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "a"}]},
            {"role": "assistant", "content": None, "tool_calls": [CALL]},
            {"role": "tool", "content": "b", "tool_call_id": "c", "name": "look"},
            {"role": "assistant", "content": "d"},
        ],
        "tools": [TOOL],
    },
    {"conversations": [{"from": "human", "value": "a"}, {"from": "function_call", "value": "{}"}], "tools": "[]"},
    {"instruction": "a", "input": "b", "output": "c", "system": "d", "history": [["e", "f"]]},
    {"prompt": [{"role": "user", "content": "a"}], "completion": "b"},
    {"text": "a", "label": 1},
    {"prompt": "a", "chosen": [{"role": "assistant", "content": "b"}], "rejected": "c"},
]


def told_of(path: Path) -> None:
    """Read and check every row of a file: each is a problem in one line, or can be written again or not."""
    for one in read_rows(path, "odd"):
        problems = list(Structure().see(one)) if isinstance(one, DataRow) else [one]
        assert all(len(problem.told.splitlines()) == 1 and len(problem.places) == 1 for problem in problems)
        if isinstance(one, DataRow):
            for target in ("chat", "sharegpt", "alpaca", "prompt-completion"):
                try:
                    msgspec.json.encode(row_as(one, target))
                except ValueError as wrong:
                    assert str(wrong).isprintable()  # noqa: PT017 - a row that a format has no place for


@pytest.mark.parametrize("sound", FORMATS, ids=lambda sound: next(iter(sound)))
@pytest.mark.parametrize("odd", [lambda sound: odd_lines([sound] * 2), lambda sound: odd_json([sound] * 2)])
def test_training_rows_of_any_format(tmp_path, sound, odd):
    """In lines and in an array."""
    holds(file_reader(tmp_path / "odd", told_of), odd(sound), 40)


def test_training_rows_in_tables(tmp_path):
    """CSV, Parquet and Arrow, with bytes that are damaged anywhere."""
    rows = pa.table({"text": ["a", "b"], "label": ["c", None]})
    parquet, arrow = io.BytesIO(), io.BytesIO()
    write_table(rows, parquet)
    with pa.ipc.new_stream(arrow, rows.schema) as stream:
        stream.write_table(rows)

    for sound in (b'text;label\n"a;";b\n', gzip.compress(b"text,label\na,b\n"), parquet.getvalue(), arrow.getvalue()):
        holds(file_reader(tmp_path / "odd", told_of), odd_bytes(sound), 50)


def test_a_prompt_of_the_baseline(tmp_path):
    """A system message and one example."""
    roles = ("system", "user", "assistant")
    sound = [{"role": role, "content": role} for role in roles]

    holds(file_reader(tmp_path / "odd.jsonl", read_baseline_prompt), odd_lines(sound))


@pytest.mark.parametrize(
    ("read", "sound"),
    [
        (load_config, SETTINGS),
        (load_train_config, (TRIAGE / "training" / "triage.toml").read_text()),
        (load_rubric, (ROOT / "judges" / "completeness.toml").read_text()),
        (load_rubric, (ROOT / "judges" / "helpfulness.toml").read_text()),
    ],
)
def test_toml_that_people_write(tmp_path, read, sound):
    """Settings of a checkout and of a training, and rubrics of both kinds."""
    holds(file_reader(tmp_path / "odd.toml", read), odd_toml(sound))


def test_an_answer_of_a_server():
    """A chat completion with log-probabilities and usage."""
    logprobs = {"content": [{"token": "a", "logprob": -0.1, "top_logprobs": [{"token": "b", "logprob": -2.0}]}]}
    choice = {"index": 0, "message": {"content": "a"}, "finish_reason": "stop", "logprobs": logprobs}
    sound = completion(choices=[choice])
    endpoint = Endpoint(base_url="http://127.0.0.1:1/v1")

    def read(data: bytes) -> object:
        try:
            return msgspec.json.encode(read_answer("key", data, 0.5, endpoint))
        except Fault as fault:
            raise HarnessError(fault.words) from None

    holds(read, odd_json(sound))


def test_a_ballot_a_packet_and_a_key(tmp_path):
    """Of a review of two pairs."""
    packet = packet_with(2)
    before, after = BEFORE.encode(), AFTER.encode()
    key = msgspec.json.encode(review_of(tmp_path).key)

    holds(lambda data: read_ballot(data, "ballot"), odd_json(msgspec.json.decode(ballot_on(packet, "ab"))))
    holds(lambda data: read_packet(before + data + after, "page"), odd_json(msgspec.to_builtins(packet)))
    holds(file_reader(tmp_path / "key.json", read_key), odd_json(msgspec.json.decode(key)))


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    """A saved run in a folder of runs."""
    sample = sample_run()
    folder = tmp_path_factory.mktemp("runs") / "0007-2026-11-26-abcd"
    folder.mkdir()
    write_run(folder, sample.run, sample.answers[:6], sample.judgements[:6])
    return folder


def test_a_record_of_a_run(run_folder):
    """It is read by the history, and shown as a report where it can be read."""
    record = json.loads((run_folder / "run.json").read_bytes())

    def read_record(data: bytes) -> None:
        (run_folder / "run.json").write_bytes(data)
        read_history(run_folder.parent)
        read_listing(run_folder.parent)
        read_run(run_folder)

    def show_record(data: bytes) -> None:
        read_record(data)
        render_index(read_listing(run_folder.parent), "2026-11-22T15:00:00+00:00")
        write_report(run_folder)

    holds(read_record, odd_json(record))
    holds(show_record, odd_json(record), examples=40)


def test_answers_and_scores_of_a_run(run_folder):
    """Line by line."""
    for name, read in (("answers.jsonl", read_answers), ("scores.jsonl", read_judgements)):
        lines = lines_of(run_folder / name)
        holds(file_reader(run_folder / name, lambda _path, read=read: list(read(run_folder))), odd_lines(lines))


def test_an_import_into_the_store(tmp_path):
    """A line of an export."""
    line = {
        "key": "0" * 64,
        "model": "base",
        "adapter_digest": "",
        "engine": "vllm",
        "time": "2026-11-26T04:00:00Z",
        "response": {"request_key": "0" * 64, "text": "yes", "finish_reason": "stop"},
    }
    read = file_reader(tmp_path / "odd.jsonl", lambda path: import_answers(tmp_path / "store.sqlite", path))

    holds(read, odd_lines([line, {**line, "key": "1" * 64}]))


def test_a_note_of_how_far_a_run_is(tmp_path):
    """Of a run without a record; the page of all runs shows what can be read of it."""
    folder = tmp_path / "0001-2026-11-22-1f3c"
    folder.mkdir()
    far = Progress(
        candidate="mine", baseline="tiny", started="2026", step="testing", verdicts={"passed": 2}, left_s=1.5
    )

    def read(data: bytes) -> None:
        (folder / PROGRESS).write_bytes(data)
        unfinished_rows(read_unfinished(tmp_path))

    holds(read, odd_json(msgspec.to_builtins(far)))
