"""Wrong use, end to end: exit code 4, one line that says what to do, and nothing asked."""

import re
import shutil

import pytest

from tests.gating.projects import SUITE, right
from tests.mistakes import addresses_in


@pytest.mark.parametrize(
    ("scorer", "reason"),
    [
        ('matches_schema({"type": "objct"})', "#/type: no type is called 'objct' \\(did you mean 'object'"),
        ('matches_schema("reply.schema.json")', r"reply\.schema\.json: no such file in "),
        ('number_equals(locale="de_DE")', r"did you mean 'de'\?"),
    ],
)
def test_a_broken_scorer_at_the_top_of_a_test_file_stops_before_anything_is_asked(project, scorer, reason):
    """Exit 4, as for any wrong input, and one line with the place."""
    run = project(right)
    made = f"from harness.scorers import matches_schema, number_equals\n\nSCORER = {scorer}\n"
    run.suite(code=SUITE.replace("\npytestmark", f"{made}\npytestmark"))

    result = run.gate()

    assert result.ret == 4
    assert (run.stub.bodies, list(run.folder.glob("runs/*"))) == ([], [])
    (told,) = [line for line in (*result.outlines, *result.errlines) if line.startswith("ERROR")]
    assert re.search(rf"^ERROR: test_sums\.py:7: .*{reason}", told)
    assert len(addresses_in(result)) == 1


@pytest.mark.parametrize(
    ("change", "options", "words", "section"),
    [
        (None, {"candidate": "adapters/none"}, "no such adapter folder", "AdapterError"),
        (None, {"candidate": "run:none"}, "no saved run", "NoSuchModel"),
        (None, {"candidate": "none/*"}, "no adapter folder matches", "NoSuchModel"),
        ('{"id": 1}', {}, "cases.jsonl:1: Expected `str`", "CaseFileError"),
        ("", {}, "the file is empty", "CaseFileError"),
    ],
)
def test_wrong_use_is_exit_code_4(project, change, options, words, section):
    """Before any model is asked, in one line, with the address of its section."""
    run = project(right)
    run.suite()
    if change is not None:
        (run.folder / "cases.jsonl").write_text(change)

    result = run.gate(**options)

    assert result.ret == 4
    assert words in result.stderr.str()
    assert addresses_in(result) == [section]
    assert run.stub.asked == []
    assert not list(run.folder.glob("runs/*/"))


@pytest.mark.parametrize("variable", ["CI", "NO_CI"])
@pytest.mark.parametrize(
    ("code", "words", "section", "ends"),
    [
        (SUITE + "\ndef test_pinned(case):\n    assert case\n", "cases.jsonl:1: Expected `str`", "CaseFileError", 4),
        ("def test_it(case):\n    assert case\n", "asks for a case, but names no suite", "InputError", 1),
        ("def test_it(evaluate):\n    evaluate(len)\n", "needs a suite", "InputError", 1),
    ],
)
def test_a_test_that_can_not_have_its_cases_is_told_once_with_its_address(  # noqa: PLR0917
    project, monkeypatch, code, words, section, ends, variable
):
    """The case file is broken, or the test has no suite; also in CI, where pytest's summary is longer."""
    monkeypatch.delenv("BUILD_NUMBER", raising=False)
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv(variable, "true")
    run = project(right)
    run.suite(code=code)
    (run.folder / "cases.jsonl").write_text('{"id": 1}')

    result = run.gate()

    assert result.ret == ends
    assert words in result.stdout.str() + result.stderr.str()
    assert addresses_in(result) == [section]


@pytest.mark.parametrize("variable", ["CI", "NO_CI"])
def test_below_an_error_that_broke_a_test_is_its_address(project, monkeypatch, variable):
    """In the traceback alone: the summary, which is longer in CI, and the JUnit file repeat the message without it."""
    monkeypatch.delenv("BUILD_NUMBER", raising=False)
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv(variable, "true")
    run = project(right)
    run.suite(thresholds="max_dorp=0.1")

    result = run.gate("--junitxml", "junit.xml")

    assert result.ret == 1
    assert addresses_in(result) == ["InputError"]
    [told] = re.findall(r'<failure message="([^"]*)"', (run.folder / "junit.xml").read_text())
    assert told.endswith("did you mean `max_drop`?")


def test_no_candidate_is_exit_code_4(project):
    """Without a name and without a trained adapter there is nothing to judge."""
    run = project(right)
    run.suite()
    shutil.rmtree(run.folder / "adapters" / "mine")

    result = run.gate(candidate="")

    assert result.ret == 4
    assert "no candidate: name one with --candidate" in result.stderr.str()


def test_an_adapter_that_is_not_whole_is_exit_code_4_and_one_line(project):
    """No traceback, and nothing is asked."""
    run = project(right)
    run.suite()
    (run.folder / "adapters" / "mine" / "adapter_model.safetensors").write_bytes(b"version https://git-lfs.github.com")

    result = run.gate()

    assert result.ret == 4
    assert "adapter_model.safetensors: is a git-lfs pointer, not the file itself" in result.stderr.str()
    assert "Traceback" not in result.stdout.str() + result.stderr.str()


def test_nothing_collected_is_exit_code_5(project):
    """As pytest has it."""
    assert project(right).gate().ret == 5


def test_a_wrong_threshold_is_explained(project):
    """The nearest known name is offered; the test breaks, it doesn't pass."""
    run = project(right)
    run.suite(thresholds="max_dorp=0.1")

    result = run.gate()

    assert result.ret == 1
    assert "unknown key `max_dorp`; did you mean `max_drop`" in result.stdout.str()


def test_a_server_that_is_not_there_is_exit_code_6(project):
    """Nothing was measured, so nothing failed and nothing passed."""
    run = project(right)
    run.suite()

    result = run.gate("--base-url", "http://127.0.0.1:9/v1")

    assert result.ret == 6
    assert "nothing answers at http://127.0.0.1:9/v1" in result.stdout.str()
    assert addresses_in(result) == ["EngineSetupError"]


@pytest.mark.parametrize("address", ["localhost:8000/v1", "http://127.0.0.1:99999/v1"])
def test_a_wrong_address_is_exit_code_4(project, address):
    """In one line, before anything is asked."""
    run = project(right)
    run.suite()

    result = run.gate("--base-url", address)

    assert result.ret == 4
    assert address in result.stderr.str()
    assert "INTERNALERROR" not in result.stdout.str() + result.stderr.str()


def test_a_judge_that_can_not_be_set_up_is_exit_code_4(project):
    """Before anything is asked, though only one test needs it."""
    run = project(right)
    run.suite(code=SUITE + "\ndef test_judged(evaluate, judge):\n    evaluate(judge('completeness'))\n")

    result = run.gate("--judge", "gpt-5-mini")

    assert result.ret == 4
    assert "expected base, openai:MODEL, or NAME of a table" in result.stderr.str()
    assert run.stub.bodies == []
