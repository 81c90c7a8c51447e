"""Answers of two models, or drawn in two ways, are told apart in each tool's files, wherever these say it."""

import json
from pathlib import Path

import msgspec
import pytest

from harness.errors import DataError
from harness.exchange.imported import sampling_in
from harness.exchange.tools import chosen, read_rows
from harness.text.regular import read_regular
from tests.exchange.queues import FILES

PROMPTFOO = FILES / "promptfoo/results.json"
INSPECT = FILES / "inspect/new.json"
CHAT = FILES / "lm_eval/old-chat"


def changed(path: Path, to: Path, change) -> Path:
    """Write a tool's file of JSON with a change, which ``change`` makes in place."""
    content = json.loads(read_regular(path))
    change(content)
    to.write_text(json.dumps(content))
    return to


def same_name(content) -> None:
    """Give both providers of promptfoo one id, and no label."""
    for one in (*content["config"]["providers"], *(row["provider"] for row in content["results"]["results"])):
        one["id"] = one.pop("label") and "openai:chat:small"


def test_two_providers_of_one_name_are_refused(tmp_path):
    """They were asked at two temperatures; the results name both alike."""

    def change(content) -> None:
        same_name(content)
        content["config"]["providers"][1]["config"]["temperature"] = 1

    with pytest.raises(DataError, match="two providers are called 'openai:chat:small' and differ; give each a label"):
        read_rows([changed(PROMPTFOO, tmp_path / "results.json", change)])


def test_a_provider_that_is_named_by_a_key_has_its_settings(tmp_path):
    """Promptfoo takes an object under the id, too."""

    def change(content) -> None:
        same_name(content)
        one = content["config"]["providers"][0]
        content["config"]["providers"] = [{one["id"]: {"config": one["config"]}}]

    rows, _ = read_rows([changed(PROMPTFOO, tmp_path / "results.json", change)])

    assert {json.dumps(row.by.sampling) for row in rows} == {'{"temperature": 0, "max_tokens": 16}'}


@pytest.mark.parametrize(("part", "name"), [("prompt", "config"), ("testCase", "options")])
def test_what_a_prompt_or_a_test_sets_counts_more_than_its_provider(tmp_path, part, name):
    """One question of a file was asked at another temperature."""

    def change(content) -> None:
        content["results"]["results"][0][part][name] = {"temperature": 1}

    rows, _ = read_rows([changed(PROMPTFOO, tmp_path / "results.json", change)])

    assert [row.by.sampling["temperature"] for row in rows[:2]] == [1, 0]
    with pytest.raises(DataError, match="asked in another way"):
        chosen(rows, rows[0].by.model)


@pytest.mark.parametrize("params", [{"temperature": 1.0}, {"kwargs": {"temperature": 1.0}}])
def test_what_a_step_of_inspect_sets_counts(tmp_path, params):
    """``generate(temperature=1.0)`` in the task itself."""

    def change(content) -> None:
        content["plan"]["steps"][0]["params"] |= params

    rows, _ = read_rows([changed(INSPECT, tmp_path / "log.json", change)])

    assert {row.by.sampling["temperature"] for row in rows} == {1.0}


def test_models_of_this_machine_are_named_by_their_folder(tmp_path):
    """Inspect calls all of them hf/local."""

    def change(content) -> None:
        content["eval"] |= {"model": "hf/local", "model_args": {"model_path": folders.pop()}}

    folders = ["./new", "./old"]
    paths = [changed(INSPECT, tmp_path / f"{one}.json", change) for one in ("old", "new")]

    rows, _ = read_rows(paths)

    assert {row.by.model for row in rows} == {"hf/local, ./old", "hf/local, ./new"}


def test_results_of_another_date_do_not_name_the_model(tmp_path):
    """lm-evaluation-harness put them there for another evaluation, possibly of another model."""
    samples = tmp_path / "samples_queues_2026-11-25T10-00-00.123456.jsonl"
    samples.write_bytes(read_regular(CHAT / "samples_queues.jsonl"))
    results = tmp_path / "results_2026-11-26T10-00-00.123456.json"
    results.write_bytes(read_regular(CHAT / "results.json"))

    other, _ = read_rows([samples])
    own, _ = read_rows([samples.rename(tmp_path / "samples_queues_2026-11-26T10-00-00.123456.jsonl")])

    assert {row.by.model for row in other} == {""}
    assert {row.by.model for row in own} == {"old"}


def test_two_records_of_openai_evals_in_one_file_are_refused(tmp_path):
    """The second is of another model, and asks other samples."""
    (tmp_path / "both.jsonl").write_bytes(
        read_regular(FILES / "evals/old.jsonl")
        + read_regular(FILES / "evals/new.jsonl").replace(b"queues.test.", b"more.test.")
    )

    with pytest.raises(DataError, match="answers of 'new' after those of 'old'; split the file"):
        read_rows([tmp_path / "both.jsonl"])


def test_what_the_model_saw_is_the_question(tmp_path):
    """Every Eval Ever's ``formatted``, where the converter knew it, and not the words that it was made of."""
    first = json.loads(read_regular(FILES / "every_eval_ever/old.jsonl").splitlines()[0])
    first["input"]["formatted"] = f"Answer rudely. {first['input']['raw']}"
    (tmp_path / "one.jsonl").write_text(json.dumps(first))

    ((row,), _) = read_rows([tmp_path / "one.jsonl"])

    assert row.prompt[0].text.startswith("Answer rudely. ")


def test_a_trial_that_failed_has_a_place_of_its_own(tmp_path):
    """HELM's second trial failed, and is not another answer of the first."""

    def change(content) -> None:
        again = json.loads(json.dumps(content["request_states"][0]))
        again["train_trial_index"], again["result"]["success"] = 1, False
        content["request_states"].append(again)

    rows, _ = read_rows([changed(FILES / "helm/new.json", tmp_path / "state.json", change)])

    assert (rows[0].repeat, rows[-1].repeat, bool(rows[-1].error)) == (0, 1, True)


def test_settings_that_can_hold_a_key_differ_without_being_kept():
    """What is sent besides, such as whether a model thinks, decides what it answers."""
    on, off = ({"extra_body": {"enable_thinking": one, "api_key": "hunter2"}} for one in (True, False))

    told, other = sampling_in(on), sampling_in(off)

    assert told != other
    assert "hunter2" not in msgspec.json.encode(told).decode()
