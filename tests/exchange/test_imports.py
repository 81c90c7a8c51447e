"""Other tools' files become runs that are gated, each tool by files that it wrote itself."""

from pathlib import Path

import pytest

from harness.exchange.tools import read_rows
from harness.runs.folder import read_answers, read_run
from harness.text.regular import read_regular
from tests.apart import run_harness
from tests.exchange.queues import ASKED, FILES, QUESTIONS, answer, gated, imported, plain, project
from tests.mistakes import MORE

SAID = {
    "old": {"twice": "billing", "blank": "billing", "vat": "billing", "export": "bug"},
    "new": {"twice": "billing", "blank": "bug", "vat": "billing", "export": "billing"},
}
BY_TOOL = {
    "lm-eval": ("lm_eval/{}-chat/samples_queues.jsonl", "lm-evaluation-harness 0.4.13, local-chat-completions"),
    "inspect": ("inspect/{}.eval", "Inspect 0.3.285"),
    "promptfoo": ("promptfoo/results.json", "promptfoo 0.121.20"),
    "deepeval": ("deepeval/{}.json", "DeepEval"),
    "helm": ("helm/{}.json", "HELM"),
    "evals": ("evals/{}.jsonl", "OpenAI evals"),
}
"""The file of each model, and what is known of the tool."""


def file_of(tool: str, model: str) -> Path:
    """Return what a tool wrote of a model."""
    return FILES / BY_TOOL[tool][0].format(model)


@pytest.mark.parametrize("model", SAID)
@pytest.mark.parametrize("tool", BY_TOOL)
def test_a_tools_own_file_is_read_answer_by_answer(tool, model):
    """With question, answer, what was expected, the tool with its version, and how answers were drawn."""
    rows, _ = read_rows([file_of(tool, model)])

    names = {ASKED + said: name for name, (said, _) in QUESTIONS.items()}
    own = {names.get(row.prompt[0].text, ""): row for row in rows if row.by.model.endswith(model) and not row.repeat}
    assert {name: row.text for name, row in own.items() if name} == SAID[model]
    assert all(row.targets == (QUESTIONS[name][1],) for name, row in own.items() if name)
    assert {row.by.tool for row in own.values()} == {BY_TOOL[tool][1]}
    assert all(("temperature" in row.by.sampling) == (tool != "evals") for row in own.values())


@pytest.mark.parametrize("tool", BY_TOOL)
def test_each_tools_file_becomes_a_run(tool, tmp_path):
    """With the answers of one model to all cases; two models of one tool were asked alike."""
    folder = project(tmp_path)
    more = {"promptfoo": lambda model: ["--model", model]}.get(tool, lambda _: [])

    said = [imported(folder, file_of(tool, model), *more(model)) for model in SAID]

    assert [one[0] for one in said] == [0, 0], said
    runs = sorted(folder.glob("runs/*"))
    answers = [[answer for answer in read_answers(run) if not answer.request.repeat] for run in runs]
    assert [{one.case.id: one.response.text for one in own} for own in answers] == list(SAID.values())
    first, second = (read_run(run).setups["candidate"] for run in runs)
    assert first.engine == second.engine == f"imported from {BY_TOOL[tool][1]}"
    assert (first.sampling == second.sampling) == (tool != "evals")


def test_two_imports_are_gated_against_each_other(tmp_path):
    """One case that was right is wrong; both sides are taken on trust."""
    folder = project(tmp_path)
    for model in SAID:
        imported(folder, file_of("lm-eval", model))

    code, told = gated(folder, "--baseline", "run:1", "--candidate", "run:2")

    assert code == 1
    assert "lost 1 case" in told
    run = read_run(next(folder.glob("runs/0003-*")))
    assert run.verdicts[0].comparison.lost == ("export",)
    assert {origin.known_by for origin in run.origins} == {"name"}


def test_each_document_of_lm_eval_is_read_once():
    """It has a line for each filter."""
    path = file_of("lm-eval", "old")

    rows, _ = read_rows([path])

    assert len(read_regular(path).splitlines()) == 8
    assert len(rows) == 4


def test_plain_text_of_lm_eval_is_not_a_chat(tmp_path):
    """The same questions without a chat template are refused against chats, by the template."""
    folder = project(tmp_path)
    imported(folder, file_of("lm-eval", "new"))
    imported(folder, FILES / "lm_eval/old-text/samples_queues.jsonl")

    code, told = gated(folder, "--baseline", "run:2", "--candidate", "run:1")

    assert code != 0
    assert "the two sides differ in 'chat template'" in told


def test_both_formats_of_inspect_say_the_same():
    """Zip with zstd, and JSON."""
    by_format = [read_rows([FILES / f"inspect/new.{kind}"])[0] for kind in ("eval", "json")]

    zipped, written = ({(row.id, row.repeat): (row.prompt, row.text) for row in rows} for rows in by_format)
    assert written
    assert {key: zipped[key] for key in written} == written


def test_epochs_of_inspect_are_repeats_and_its_errors_stay_errors():
    """Two epochs of six samples, one of which the server refused."""
    rows, _ = read_rows([file_of("inspect", "old")])

    assert sorted({row.repeat for row in rows}) == [0, 1]
    assert {row.id for row in rows if row.error} == {"refused"}
    assert all("this server refuses" in (row.error or "") for row in rows if row.id == "refused")
    assert not any(row.text for row in rows if row.error)


def test_every_eval_ever_has_an_answer_for_each_metric_which_is_read_once(tmp_path):
    """Converted from lm-evaluation-harness with two filters: eight lines, four answers."""
    path = FILES / "every_eval_ever/old.jsonl"
    folder = project(tmp_path)

    code, told = imported(folder, path)

    assert len(path.read_text().splitlines()) == 8
    assert code == 0
    assert "4 answers of stub/old, imported from Every Eval Ever; failed: 0" in told


def test_a_provider_of_promptfoo_is_chosen_by_name(tmp_path):
    """The file has two; no address and no key of its configuration is kept."""
    folder, path = project(tmp_path), file_of("promptfoo", "old")

    refused, unknown = imported(folder, path), imported(folder, path, "--model", "gone")
    taken = imported(folder, path, "--model", "new")

    assert (refused[0], unknown[0], taken[0]) == (2, 2, 0)
    assert "several models answered; choose one with --model NAME: new, old" in refused[1]
    assert "no answer of a model 'gone'" in unknown[1]
    (run,) = folder.glob("runs/*/run.json")
    assert b"apiKey" not in run.read_bytes()


def test_an_imported_run_says_what_is_not_known(tmp_path):
    """Weights, template, number format and the rest of the sampling; its files by their digest."""
    folder = project(tmp_path)

    imported(folder, file_of("lm-eval", "new"))

    (path,) = folder.glob("runs/*")
    run = read_run(path)
    assert run.imported is not None
    assert [file.name for file in run.imported.files] == ["samples_queues.jsonl"]
    assert (run.outcome, run.verdicts) == ("inconclusive", ())
    assert run.notes[0].endswith("the weights of new, the chat template and the number format are not known")
    assert run.setups["candidate"].sampling == 'as imported: {"max_gen_toks":16,"temperature":0.0,"until":[]}'
    assert {answer.case.id: answer.response.text for answer in read_answers(path)} == SAID["new"]


def test_an_imported_run_has_a_report(tmp_path):
    """It says what is not known, and does not call the candidate its own baseline."""
    folder = project(tmp_path)
    imported(folder, file_of("lm-eval", "new"))

    done = run_harness(folder, "report", "1")

    assert done.ret == 0
    (page,) = folder.glob("runs/*/report.html")
    text = page.read_text()
    assert "the chat template and the number format are not known" in text
    assert "are the same model" not in text


def test_an_imported_run_has_no_baseline(tmp_path):
    """To gate it against itself would pass."""
    folder = project(tmp_path)
    imported(folder, file_of("lm-eval", "new"))

    code, told = gated(folder, "--candidate", "run:1")

    assert code == 4
    assert "was imported from lm-evaluation-harness 0.4.13" in told
    assert "--baseline run:7" in told


def test_answers_of_two_tools_are_refused_until_each_difference_is_accepted(tmp_path):
    """Another engine, and sampling by other names."""
    folder = project(tmp_path)
    imported(folder, file_of("lm-eval", "old"))
    imported(folder, file_of("inspect", "new"))
    sides = ("--baseline", "run:1", "--candidate", "run:2")

    refused = gated(folder, *sides)
    accepted = gated(folder, *sides, "--accept-difference", "sampling", "--accept-difference", "engine")

    assert refused[0] == 1
    assert "the two sides differ in 'sampling'" in refused[1]
    assert accepted[0] == 1
    assert "lost 1 case" in accepted[1]


def test_unknown_sampling_is_never_taken_for_the_same(tmp_path):
    """Two files of plain answers that don't tell how they were drawn."""
    folder = project(tmp_path)
    lines = [answer(name, right) for name, (_, right) in QUESTIONS.items()]
    for model in ("a", "b"):
        imported(folder, plain(tmp_path / f"{model}.jsonl", *(line | {"model": model} for line in lines)))

    refused = gated(folder, "--baseline", "run:1", "--candidate", "run:2")
    passed = gated(folder, "--baseline", "run:1", "--candidate", "run:2", "--accept-difference", "sampling")

    assert refused[0] == 1
    assert "differ in 'sampling': baseline 'not known, in a.jsonl" in refused[1]
    assert passed[0] == 0


def test_what_was_gated_of_imports_is_replayed_and_compared_like_them(tmp_path):
    """A run made of two imports keeps how each was asked."""
    folder = project(tmp_path)
    for model in SAID:
        imported(folder, file_of("lm-eval", model))
    gated(folder, "--baseline", "run:1", "--candidate", "run:2")

    again = gated(folder, "--candidate", "run:3", "--baseline", "run:3#baseline")

    assert again[0] == 1
    assert "lost 1 case" in again[1]


def test_candidates_of_two_runs_are_compared_by_how_they_were_drawn_themselves(tmp_path):
    """Not by how their baselines were: one run let another tool's baseline through."""
    folder = project(tmp_path)
    for path in (file_of("lm-eval", "old"), file_of("inspect", "old"), file_of("lm-eval", "new")):
        imported(folder, path)
    accepted = ("--accept-difference", "sampling", "--accept-difference", "engine")
    gated(folder, "--baseline", "run:1", "--candidate", "run:3")
    gated(folder, "--baseline", "run:2", "--candidate", "run:3", *accepted)
    gated(folder, "--baseline", "run:1", "--candidate", "run:2", *accepted)

    same, other = run_harness(folder, "compare", "4", "5"), run_harness(folder, "compare", "4", "6")

    assert same.ret == 0, same.outlines
    assert other.ret == 6
    assert "'sampling'" in " ".join(other.outlines)


def test_an_imported_error_stays_unscored(tmp_path):
    """It is neither right nor wrong, and the gate says so."""
    folder = project(tmp_path)
    lines = [answer(name, right, sampling={"temperature": 0}) for name, (_, right) in QUESTIONS.items()]
    imported(folder, plain(tmp_path / "a.jsonl", *lines))
    lines[2] = {name: value for name, value in lines[2].items() if name != "answer"} | {"error": "HTTP 500"}
    said = imported(folder, plain(tmp_path / "b.jsonl", *lines))

    code, told = gated(folder, "--baseline", "run:1", "--candidate", "run:2")

    assert "failed: 1" in said[1]
    assert code == 6
    assert "unscored" in told


def test_a_case_without_an_answer_is_named_and_stays_unscored(tmp_path):
    """Rows of no case are left out, and the first is named with its difference."""
    folder = project(tmp_path)
    other = {"prompt": f"{ASKED}We were charged thrice.", "answer": "billing", "model": "old"}

    code, told = imported(folder, plain(tmp_path / "a.jsonl", answer("twice"), other))

    assert code == 0
    assert "without an answer: 3 cases, blank, vat, export" in told
    assert "1 answer of no case left out" in told
    place = len(f"{ASKED}We were charged t") + 1
    assert f"of case 'twice', message 1 (user) differs at character {place}: 'hrice.' in the file, 'wice.' in" in told


def test_a_broken_suite_is_told_once_with_its_address(tmp_path):
    """Pytest's own words, its exit code, and no run."""
    made = project(tmp_path / "project")
    (made / "suites" / "cases.jsonl").write_text('{"id": 1}')

    code, told = imported(made, "answers.jsonl")

    assert code == 4
    assert MORE.findall(told) == ["CaseFileError"]
    assert not (made / "runs").exists()
