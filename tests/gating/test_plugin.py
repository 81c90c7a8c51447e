"""The plugin, end to end: a real pytest run against a stub server, down to exit code, JUnit file and report."""

import json
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from harness.engines import checked
from harness.gating import run_hooks
from harness.runs.folder import read_answers, read_judgements
from harness.text.pages import content_folder
from tests.apart import run_harness, run_pytest
from tests.mistakes import addresses_in
from tests.models.fakes import adapter_in, base_in, write_config
from tests.stub import Reply, Sent, Stub, completion, serve
from tests.waiting import MOST_S, until

SUITE = """
from pathlib import Path
import pytest
from harness.scorers import exact_match

pytestmark = pytest.mark.suite(Path(__file__).parent / "cases.jsonl", max_tokens=8)

def test_answers_are_right(evaluate, gate):
    gate(evaluate(exact_match()), {thresholds})
"""


class Project:
    """A user's project with a stub server behind it; ``gate`` runs pytest in it."""

    def __init__(self, folder: Path, stub: Stub) -> None:
        self.folder = folder
        self.stub = stub

    def suite(self, thresholds: str = "max_flips=0", cases: int = 4, code: str = SUITE) -> None:
        """Write a suite of sums, of which every answer is known."""
        (self.folder / "test_sums.py").write_text(code.replace("{thresholds}", thresholds))
        self.cases(
            *(
                {"id": f"sum-{n}", "messages": [{"role": "user", "content": f"{n}+1"}], "expected": str(n + 1)}
                for n in range(cases)
            )
        )

    def cases(self, *cases: object) -> None:
        """Write the case file."""
        (self.folder / "cases.jsonl").write_text("".join(json.dumps(case) + "\n" for case in cases))

    def believe(self, *rubrics: str) -> None:
        """Write shipped rubrics into the project whose gates count though no judge was checked."""
        (self.folder / "judges").mkdir(exist_ok=True)
        for name in rubrics:
            words = content_folder("judges").joinpath(f"{name}.toml").read_text("utf-8")
            text = words.replace("\nversion =", "\nrequire_trusted = false\nversion =", 1)
            (self.folder / "judges" / f"{name}.toml").write_text(text, "utf-8")

    def gate(self, *options: str, candidate: str = "adapters/mine") -> pytest.RunResult:
        """Run pytest with the stub server as engine."""
        chosen = ("--candidate", candidate) if candidate else ()
        server = () if "--base-url" in options else ("--base-url", self.stub.url)
        return run_pytest(self.folder, *chosen, *server, *options)

    @property
    def asked(self) -> list[tuple[str, str]]:
        """Every (model, last message) that the server was asked, the probes left out."""
        return [(body["model"], body["messages"][-1]["content"]) for body in self.stub.bodies if "logprobs" not in body]

    def run(self) -> dict[str, object]:
        """Return the newest run.json."""
        path = max(self.folder.glob("runs/*/run.json"))
        return json.loads(path.read_text())

    def report(self) -> str:
        """Return the only report."""
        (path,) = self.folder.glob("runs/*/report.html")
        return path.read_text()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Reply], Project]]:
    """Make a project whose server answers with the given function."""
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    base_in(tmp_path / "tiny")
    adapter_in(tmp_path / "adapters" / "mine")
    servers = []

    def make(reply: Reply, noise_sample: int = 0) -> Project:
        (tmp_path / "harness.toml").write_text(f'base_model = "tiny"\nnoise_sample = {noise_sample}\n')
        servers.append(serve(reply, ("tiny", "mine")))
        return Project(tmp_path, servers[-1].__enter__())

    yield make
    for server in servers:
        server.__exit__(None, None, None)


def right(_model: str, question: str) -> str:
    """Answer every sum."""
    return str(sum(map(int, question.split("+"))))


def forgetful(model: str, question: str) -> str:
    """Answer as the base model does, but let the adapter forget two sums."""
    return "?" if model == "mine" and question in ("1+1", "2+1") else right(model, question)


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


def test_what_is_taken_on_trust_is_told_on_lines_of_its_own(project, monkeypatch):
    """Below pytest's dots, not behind them, where both streams go to one terminal."""
    run = project(right)
    run.suite()
    monkeypatch.setattr(run_hooks, "say", print)

    told = run.gate().outlines

    place = next(n for n, line in enumerate(told) if line.startswith("Baseline tiny is taken on trust"))
    assert told[place - 1].startswith("test_sums.py .")


def test_a_candidate_as_good_as_the_baseline_passes(project, capfd):
    """Exit 0; every request is asked once of each side; the report's path is the last line."""
    run = project(right)
    run.suite()

    result = run.gate()

    assert result.ret == 0
    assert re.fullmatch(r"report: runs/0001-\d{4}-\d\d-\d\d-[0-9a-f]{4}/report\.html", result.outlines[-1])
    assert sorted(run.asked) == sorted((model, f"{n}+1") for model in ("tiny", "mine") for n in range(4))
    assert run.run()["verdicts"][0]["outcome"] == "passed"
    assert [probe["adapter"] for probe in run.run()["probes"]] == ["mine"]
    told = capfd.readouterr().err.splitlines()
    first = told.index(f"asking {run.stub.url} for candidate mine and baseline tiny")
    assert first < told.index("asking: 20 requests")
    assert any(line.startswith("Candidate mine is taken on trust: the server at ") for line in told)
    assert any("/v1/load_lora_adapter" in line for line in told)
    assert "Candidate mine is taken on trust" in run.report()


def test_a_worse_candidate_fails_on_the_suites_own_line(project):
    """Exit 1; the message names scorer, numbers, worst cases and report, and points at the suite."""
    run = project(forgetful)
    run.suite(thresholds="max_flips=1")

    result = run.gate()

    assert result.ret == 1
    text = result.stdout.str()
    assert "GateFailed: exact_match()" in text
    assert "lost 2, won 0" in text
    assert "sum-1, sum-2" in text
    assert "test_sums.py:9: GateFailed" in text
    assert "pytest_plugin.py" not in text


def test_a_suite_too_small_to_tell_is_inconclusive(project):
    """Exit 6, and the least number of cases that it takes."""
    run = project(right)
    run.suite(thresholds="max_drop=0.02")

    result = run.gate()

    assert result.ret == 6
    assert "INCONCLUSIVE" in run.gate("-v").stdout.str()
    assert re.search(r"4 cases are too few to rule out a drop of 0\.02.*at least 149", result.stdout.str())


def test_failures_of_the_server_are_never_scores(project):
    """A case that got no answer is unscored: exit 6, not a wrong answer, and it is asked again next time."""
    run = project(lambda model, question: 400 if question == "3+1" and model == "mine" else right(model, question))
    run.suite(thresholds="floor=0.9")

    result = run.gate()

    assert result.ret == 6
    (verdict,) = run.run()["verdicts"]
    assert verdict["comparison"]["unscored"] == ["sum-3"]
    assert verdict["comparison"]["candidate_mean"]["mean"] == 1.0


def test_a_second_run_asks_nothing_that_is_known(project):
    """The store answers; another adapter's weights are another model."""
    run = project(right)
    run.suite()
    run.gate()
    first, sent = len(run.asked), run.stub.count
    run.gate()
    again = run.stub.count - sent
    adapter_in(run.folder / "adapters" / "mine", weights=b"trained again")
    run.gate()

    assert (first, again, len(run.asked)) == (8, 0, 12)


def test_a_hosted_name_that_was_redeployed_is_asked_again(project, capfd):
    """Its new weights fail; with reuse_hosted the stored answers serve, and their age is shown everywhere."""
    worse: set[str] = set()
    run = project(lambda model, question: "?" if model in worse else right(model, question))
    run.suite(thresholds="floor=0.9", cases=4)
    hosted = ("--baseline", "openai:gpt-old")

    first = run.gate(*hosted, candidate="openai:gpt-x")
    worse.add("gpt-x")
    second = run.gate(*hosted, candidate="openai:gpt-x")
    asked, told_before = len(run.asked), capfd.readouterr().err
    settings = run.folder / "harness.toml"
    settings.write_text(f"reuse_hosted = true\n{settings.read_text()}")
    reused = run.gate(*hosted, candidate="openai:gpt-x")

    said = "4 answers of gpt-x (candidate) are from the store, the oldest less than a minute old"
    assert (first.ret, second.ret, reused.ret) == (0, 1, 1)
    assert (asked, len(run.asked)) == (16, 16)
    assert "from the store" not in told_before
    assert said in capfd.readouterr().err
    newest = max(run.folder.glob("runs/*/run.json"))
    assert json.loads(newest.read_text())["usage"][1]["reused"]["answers"] == 4
    assert said in newest.with_name("report.html").read_text()


def test_a_plain_run_fails_after_a_fresh_one_failed(project):
    """What was asked afresh is what the store holds from then on."""
    worse: set[str] = set()
    run = project(lambda model, question: "?" if model in worse else right(model, question))
    run.suite(thresholds="floor=0.9")

    first = run.gate()
    worse.add("mine")
    fresh = run.gate("--fresh")
    asked = len(run.asked)
    plain = run.gate()

    assert (first.ret, fresh.ret, plain.ret) == (0, 1, 1)
    assert len(run.asked) == asked


def test_a_saved_run_is_a_model(project):
    """Scored and gated again without asking anything."""
    run = project(forgetful)
    run.suite(thresholds="max_flips=0")
    run.gate()
    name = run.run()["id"]
    (run.folder / "runs" / "answers.sqlite").unlink()
    asked = len(run.stub.asked)
    result = run.gate(candidate=f"run:{name}")

    assert result.ret == 1
    assert len(run.stub.asked) == asked


def test_an_advisory_gate_never_fails(project):
    """Its verdict is still reported."""
    run = project(forgetful)
    run.suite(thresholds="floor=0.1)\n    gate(evaluate(exact_match()), max_flips=0, advisory=True")

    result = run.gate()

    assert result.ret == 0
    assert [verdict["outcome"] for verdict in run.run()["verdicts"]] == ["passed", "failed"]


def test_advisory_gates_alone_decide_nothing(project):
    """A run that enforces nothing is not a pass: exit 6, as the report says."""
    run = project(right)
    run.suite(thresholds="max_flips=0, advisory=True")

    assert run.gate().ret == 6


def test_one_test_for_each_case(project):
    """`case` and `answer` make one test of each case; its failure names the case, and the report counts it."""
    run = project(forgetful)
    run.suite(
        code=SUITE.split("def ", maxsplit=1)[0]
        + "def test_is_a_number(case, answer):\n    assert answer.text.isdigit(), f'{case.id} said {answer.text}'\n"
    )

    result = run.gate()

    assert result.ret == 1
    result.assert_outcomes(passed=2, failed=2)
    assert "test_is_a_number[sum-1]" in result.stdout.str()
    assert [pin["outcome"] for pin in run.run()["pinned"]].count("failed") == 2


def test_an_unanswered_case_makes_its_test_inconclusive(project):
    """A rule that could not be looked at is not broken, and not kept either."""
    run = project(lambda model, question: 400 if question == "3+1" else right(model, question))
    run.suite(
        code=SUITE.split("def ", maxsplit=1)[0]
        + "def test_is_a_number(case, answer):\n    assert answer.text.isdigit()\n"
    )

    result = run.gate()

    assert result.ret == 6
    assert [pin["outcome"] for pin in run.run()["pinned"]].count("inconclusive") == 1


def test_nothing_gated_is_no_pass(project):
    """A measure without a gate is reported, and the run decides nothing: exit 6."""
    run = project(right)
    run.suite(code=SUITE.replace("gate(evaluate(exact_match()), {thresholds})", "evaluate(exact_match())"))

    result = run.gate()

    assert result.ret == 6
    assert len(run.run()["measures"]) == 1


def test_a_skip_is_no_pass(project):
    """What was skipped measured nothing: exit 6."""
    run = project(right)
    run.suite(code=SUITE + "\ndef test_later(evaluate):\n    pytest.skip('later')\n")

    result = run.gate()

    assert result.ret == 6
    assert "was skipped" in run.run()["unmeasured"][0]


def test_a_broken_test_fails_the_run(project):
    """An error in a suite's own code is exit 1, and the report says so."""
    run = project(right)
    run.suite(code=SUITE + "\ndef test_broken(evaluate):\n    evaluate(lambda case, answer: 1 / 0)\n")

    result = run.gate()

    assert result.ret == 1
    assert "ZeroDivisionError" in run.run()["broken"][0]


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


def test_a_flip_that_does_not_repeat_fails_nothing_and_is_shown(project):
    """Lost at first, but not when asked again: unsteady. A later run on its answers finds the same."""
    in_the_stream = 20

    def unsteady(model: str, question: str) -> str:
        at_first = len(run.stub.bodies) <= in_the_stream
        return "?" if at_first and (model, question) == ("mine", "1+1") else right(model, question)

    run = project(unsteady)
    run.suite(thresholds="max_flips=0")

    result = run.gate()
    saved, report = run.run(), run.report()
    decided = run_harness(run.folder, "decide", "1", ".")
    replayed = run.gate(candidate="run:1")

    assert (result.ret, decided.ret, replayed.ret) == (0, 0, 0)
    (verdict,) = saved["verdicts"]
    assert verdict["reasons"] == [
        "lost 0 cases of the allowed 0; 1 more is unsteady: asked again twice, it was mostly not lost"
    ]
    assert verdict["comparison"]["again"] == [
        {"case_id": "sum-1", "baseline": [1.0, 1.0], "candidate": [1.0, 1.0]},
    ]
    assert '<span class="interval">1 unsteady</span>' in report
    assert '<span class="cluster">unsteady</span>' in report
    assert "Asked again: 1.000 → 1.000, 1.000 → 1.000" in report
    assert run.run()["verdicts"][0]["reasons"] == verdict["reasons"]


def test_a_verdict_knows_the_line_of_its_gate(project):
    """Also over several lines; one that is called elsewhere has the line of the test."""
    run = project(right)
    (run.folder / "elsewhere.py").write_text("def judge(gate, compared):\n    gate(compared, floor=0.1)\n")
    run.suite(
        code=SUITE.replace("{thresholds}", "max_flips=0")
        + """
    gate(
        evaluate(exact_match()), floor=0.5)

def test_with_help(evaluate, gate):
    import elsewhere
    elsewhere.judge(gate, evaluate(exact_match()))
"""
    )

    run.gate("-p", "no:cacheprovider")

    assert [verdict["line"] for verdict in run.run()["verdicts"]] == [9, 11, 16]


def test_ci_gets_the_verdict(project, monkeypatch):
    """Properties in the JUnit file, a summary appended to GitHub's file."""
    run = project(forgetful)
    run.suite(thresholds="max_flips=0")
    summary = run.folder / "summary.md"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))

    run.gate("--junitxml", "junit.xml")

    junit = (run.folder / "junit.xml").read_text()
    assert '<property name="verdict" value="failed" />' in junit
    assert '<property name="scorer" value="exact_match()" />' in junit
    assert summary.read_text().startswith("before\n")
    assert "lost 2 cases, more than the allowed 0" in summary.read_text()


def test_a_summary_that_github_would_drop_whole_is_shortened(project, monkeypatch):
    """What other steps wrote into the same file counts."""
    run = project(forgetful)
    run.suite(thresholds="max_flips=0")
    summary = run.folder / "summary.md"
    summary.write_text("x" * 900 * 1024)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))

    run.gate()

    told = summary.read_text().lstrip("x")
    assert "### ❌ mine failed against tiny" in told
    assert "… 1 more row: see the report." in told
    assert len(summary.read_bytes()) < 1024 * 1024


def test_an_adapter_outside_of_the_project_moves_neither_settings_nor_runs(project, capfd, monkeypatch):
    """Pytest's root is then the folder above; which settings are used is shown and saved."""
    run = project(right)
    run.suite()
    inside = run.folder / "inside"
    inside.mkdir()
    for name in ("harness.toml", "tiny", "test_sums.py", "cases.jsonl"):
        (run.folder / name).rename(inside / name)

    result = run_pytest(inside, "--candidate", "../adapters/mine", "--base-url", run.stub.url)

    assert result.ret == 0
    assert result.outlines[-1].startswith("report: runs/0001-")
    (saved,) = inside.glob("runs/*/run.json")
    assert json.loads(saved.read_text())["settings"] == "harness.toml"
    assert "settings: harness.toml" in capfd.readouterr().err.splitlines()
    assert not (run.folder / "runs").exists()
    assert "Settings" in (saved.parent / "report.html").read_text()


def test_the_settings_of_the_start_folder_hold_for_a_suite_elsewhere(project):
    """Runs are beside them, though pytest's root is the folder above both."""
    run = project(right)
    run.suite()
    start, suite = run.folder / "start", run.folder / "suite"
    for folder, moved in ((start, {"harness.toml", "tiny"}), (suite, {"cases.jsonl"})):
        folder.mkdir()
        for name in moved:
            (run.folder / name).rename(folder / name)
    (run.folder / "test_sums.py").rename(suite / "test_sums_elsewhere.py")

    result = run_pytest(start, "../suite", "--candidate", "../adapters/mine", "--base-url", run.stub.url)

    assert result.ret == 0
    assert result.outlines[-1].startswith("report: runs/0001-")
    assert len(list(start.glob("runs/*/report.html"))) == 1


def test_two_settings_are_exit_code_4(project):
    """Of the folder where pytest was called and of the suite's; one of them can be named."""
    run = project(right)
    run.suite()
    inside = run.folder / "inside"
    inside.mkdir()
    for name in ("test_sums.py", "cases.jsonl"):
        (run.folder / name).rename(inside / name)
    (inside / "harness.toml").write_text("")

    result = run.gate("inside")
    named = run.gate("inside", "--harness-config", "harness.toml")

    assert result.ret == 4
    assert "harness.toml and inside/harness.toml: both would be the settings" in result.stderr.str()
    assert named.ret == 0
    assert run.run()["settings"] == "harness.toml"


def test_hostile_answers_stay_text(project):
    """Script tags, template braces and terminal codes reach neither the page nor the terminal alive."""
    hostile = "<script>alert(1)</script>{{ 7*7 }}\x1b[31mred"
    run = project(lambda model, question: hostile if model == "mine" else right(model, question))
    run.suite(thresholds="max_flips=0")

    result = run.gate()

    assert result.ret == 1
    assert "<script>alert" not in run.report()
    assert "\x1b[31mred" not in result.stdout.str()


def test_an_answer_of_a_megabyte_is_survived(project):
    """Scored, saved, and cut in the report."""
    run = project(lambda model, question: "x" * 1_000_000 if model == "mine" else right(model, question))
    run.suite(thresholds="max_flips=0")

    assert run.gate().ret == 1
    assert len(run.report()) < 1_000_000


def test_tests_without_a_suite_are_left_alone(project):
    """A project's ordinary tests need no candidate and make no run."""
    run = project(right)
    (run.folder / "test_plain.py").write_text("def test_plain():\n    assert True\n")

    result = run.gate(candidate="")

    assert result.ret == 0
    assert not (run.folder / "runs").exists()


@pytest.mark.parametrize(("options", "code"), [((), 0), (("--confcutdir", ".."), 4)])
def test_a_conftest_above_a_project_is_read_only_where_pytest_is_told_to(tmp_path, options, code):
    """As without the harness: pytest looks no higher than the project."""
    (tmp_path / "conftest.py").write_text("raise RuntimeError\n")
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "test_plain.py").write_text("def test_plain():\n    assert True\n")

    assert run_pytest(folder, *options).ret == code


@pytest.mark.parametrize("option", ["--collect-only", "--fixtures", "--fixtures-per-test", "--setup-plan"])
def test_what_only_shows_tests_starts_nothing(project, option):
    """No candidate is needed, nothing is asked, and no run is saved."""
    run = project(right)
    run.suite()

    assert run.gate(option, candidate="").ret == 0
    assert run.stub.asked == []
    assert not (run.folder / "runs").exists()


def test_an_adapter_that_changes_nothing_stops_the_run(project):
    """Exit 6: the base model answers under the adapter's name, so there is nothing to gate."""
    run = project(right)
    run.stub.alike = True
    run.suite()

    result = run.gate()

    assert result.ret == 6
    assert "mine changes nothing" in result.stdout.str() + result.stderr.str()
    assert addresses_in(result) == ["SilentAdapter"]


def test_a_server_without_log_probabilities_leaves_the_run_undecided(project):
    """Exit 6 though every gate passed: who answered is not proven, and the report says so."""
    run = project(lambda model, question: Sent(completion(right(model, question))))
    run.suite()

    result = run.gate()

    assert result.ret == 6
    assert "reports no log-probabilities" in run.report()


def test_an_undecided_gate_below_the_noise_says_so(project):
    """The baseline gives another answer when it is asked again: more change than the drop that is gated."""
    asked: list[str] = []

    def moody(model: str, question: str) -> str:
        if model == "mine":
            return "?" if question == "3+1" else right(model, question)
        asked.append(question)
        return "?" if asked.count(question) == 4 else right(model, question)  # two probes and the first answer before

    run = project(moody, noise_sample=4)
    run.suite(thresholds="max_drop=0.6")

    result = run.gate()

    assert result.ret == 6
    assert "asking the baseline again changed" in result.stdout.str()
    assert "asked for twice" in run.report()


def test_noise_is_measured_at_will(project):
    """``harness noise`` prints what changed for each measure, gates nothing, and asks one model alone."""
    run = project(right)
    run.suite(thresholds="floor=1.0")
    settings = run.folder / "harness.toml"
    settings.write_text(f'{settings.read_text()}[engine]\nbase_url = "{run.stub.url}"\n')

    result = run_harness(run.folder, "noise", "test_sums.py", "--sample", "3")
    machines = run_harness(run.folder, "noise", "test_sums.py", "--sample", "3", "--json")

    assert (result.ret, machines.ret) == (0, 0)
    assert "3 answers asked for twice: 0 changed, and 0 of 3 scores" in result.outlines[1]
    assert [one["noise"]["asked"] for one in json.loads(machines.stdout.str())] == [3]
    assert run.run()["verdicts"] == []
    assert len(run.asked) == 4 + 3


@pytest.mark.parametrize("command", ["noise", "power"])
def test_a_project_that_tests_in_several_processes_runs_these_in_one(project, monkeypatch, command):
    """``-n`` among pytest's own options would refuse the suites."""
    run = project(right)
    run.suite(thresholds="floor=1.0")
    settings = run.folder / "harness.toml"
    settings.write_text(f'{settings.read_text()}[engine]\nbase_url = "{run.stub.url}"\n')
    (run.folder / "pytest.ini").write_text("[pytest]\naddopts = -n 2\n")

    result = run_harness(run.folder, command, "test_sums.py")

    assert result.ret == 0
    assert "Answers are right" in result.stdout.str()


def stuck_on_the_last_sum(release: threading.Event) -> Reply:
    """Answer at once, but the last sum only when released."""

    def reply(model: str, question: str) -> str | Sent:
        if question != "3+1":
            return right(model, question)
        return Sent(completion(right(model, question)), until=release)

    return reply


@contextmanager
def half_way(run: Project) -> Iterator[subprocess.Popen[str]]:
    """Run pytest in the background, up to the point where nothing but the last sum is unanswered."""
    store = run.folder / "runs" / "answers.sqlite"
    command = [sys.executable, "-m", "pytest", "--candidate", "adapters/mine", "--base-url", run.stub.url]
    # What a shell starts in the background ignores Ctrl-C, and so would what the tests start there.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        started = subprocess.Popen(command, cwd=run.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    finally:
        signal.signal(signal.SIGINT, before)
    with started as process:
        until(lambda: kept(store) == 15 or process.poll() is not None)
        assert process.poll() is None, process.stdout.read()
        yield process


def kept(store: Path) -> int:
    """Count the answers in a store."""
    if not store.exists():
        return 0
    with closing(sqlite3.connect(store)) as database:
        try:
            return database.execute("SELECT count(*) FROM answers").fetchone()[0]
        except sqlite3.Error:
            return 0


def test_ctrl_c_ends_at_once_and_says_how_to_go_on(project):
    """While the server hangs still; the next run asks for nothing but what is missing."""
    release = threading.Event()
    run = project(stuck_on_the_last_sum(release))
    run.suite()
    with half_way(run) as process:
        process.send_signal(signal.SIGINT)
        output = process.communicate(timeout=MOST_S)[0]
    release.set()
    before = run.stub.count
    next_run = run.gate()

    assert process.returncode == 2
    assert "the same command continues from there" in output
    assert "report:" not in output
    assert run.stub.count - before == 5
    assert next_run.ret == 6  # the stuck answers come without log-probabilities


def test_a_killed_run_loses_nothing_that_was_answered(project):
    """SIGKILL half-way: the server sees each question that was answered before exactly once."""
    release = threading.Event()
    run = project(stuck_on_the_last_sum(release))
    run.suite()
    with half_way(run) as process:
        process.kill()
    release.set()
    before = run.stub.count
    run.gate()

    assert run.stub.count - before == 5
    assert Counter(question for _, question in run.stub.asked if question != "3+1") == dict.fromkeys(
        ("0+1", "1+1", "2+1"), 5
    )


SIGNALS_AT_THE_END = """
import os, signal

def pytest_sessionfinish():
    os.kill(os.getpid(), signal.SIGTERM)
"""


def test_a_signal_while_the_run_is_saved_lets_it_be_saved(project):
    """The run is whole, and nothing that waits for the exit code takes it for a run that ended by itself."""
    run = project(right)
    run.suite()
    (run.folder / "conftest.py").write_text(SIGNALS_AT_THE_END)

    result = run.gate()

    assert result.ret == 2
    assert run.run()["verdicts"][0]["outcome"] == "passed"
    assert result.outlines[-2].startswith("interrupted while the run was being saved")
    assert run.report()


def test_after_the_run_each_signal_has_the_handler_that_it_had_before(project):
    """The plugin is a guest, and pytest can be part of a larger program."""
    run = project(right)
    run.suite()
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    during = []
    run.stub.reply = lambda model, question: during.append(signal.getsignal(signal.SIGTERM)) or right(model, question)

    run.gate()

    assert [signal.getsignal(number) for number in numbers] == before
    assert before[1] not in during


INTERRUPTED_LATER = """
from pathlib import Path
import pytest
from harness.scorers import exact_match

pytestmark = pytest.mark.suite(Path(__file__).parent / "cases.jsonl", max_tokens=8)

def test_one(evaluate, gate):
    gate(evaluate(exact_match()), floor=1.0)

def test_two():
    raise KeyboardInterrupt
"""


def test_noise_that_was_interrupted_is_no_result(project):
    """Though the first test had measured: exit code 0 would say that all of it was."""
    run = project(right)
    run.suite(code=INTERRUPTED_LATER)
    settings = run.folder / "harness.toml"
    settings.write_text(f'{settings.read_text()}[engine]\nbase_url = "{run.stub.url}"\n')

    result = run_harness(run.folder, "noise", "test_sums.py", "--sample", "3")

    assert result.ret == 1
    assert "asked for twice" not in result.stdout.str()


TAGGED = SUITE.replace("evaluate(exact_match())", 'evaluate(exact_match()).by_tag("size")')


def sums(*tags: str) -> list[dict[str, object]]:
    """Return a case for each string of tags, apart by spaces."""
    return [
        {
            "id": f"sum-{n}",
            "messages": [{"role": "user", "content": f"{n}+1"}],
            "expected": str(n + 1),
            "tags": named.split(),
        }
        for n, named in enumerate(tags)
    ]


def test_slices_are_gated_one_by_one(project):
    """One verdict for each tag, the worst decides, each that did not pass is named, and no measure is left over."""
    run = project(lambda model, question: "?" if model == "mine" and len(question) == 3 else right(model, question))
    run.suite(code=TAGGED, thresholds="max_flips=0")
    run.cases(*sums(*["size-small"] * 10, *["size-large"] * 5, "other", "other"))

    result = run.gate("--junitxml", "junit.xml")

    assert result.ret == 1
    saved = run.run()
    assert [(one["comparison"]["tag"], one["outcome"]) for one in saved["verdicts"]] == [
        ("size-large", "passed"),
        ("size-small", "failed"),
    ]
    assert saved["measures"] == []
    text = result.stdout.str()
    assert "GateFailed: 2 slices by 'size': 1 failed, 1 passed; 2 of 17 cases are in no slice" in text
    lost = "lost 10 cases, more than the allowed 0; asked again twice, they were lost again; beyond chance"
    assert f"exact_match() on 10 cases of size-small: {lost}" in text
    assert (run.folder / "junit.xml").read_text().count('name="slice"') == 2


def test_a_slice_that_may_have_dropped_by_chance_is_inconclusive(project):
    """Two of three lost are not a proof: exit 6, never 0."""
    run = project(forgetful)
    run.suite(code=TAGGED, thresholds="max_flips=0")
    run.cases(*sums("size-small", "size-small", "size-small", "size-large"))

    result = run.gate()

    assert result.ret == 6
    assert "p 0.250 for this slice alone, 0.500 corrected for 2 slices" in result.stdout.str()


def test_slices_by_a_tag_that_no_case_has_are_no_pass(project):
    """A typo breaks the test, with the tags that there are."""
    run = project(right)
    run.suite(code=TAGGED, thresholds="max_flips=0")
    run.cases(*sums("colour-red"))

    result = run.gate()

    assert result.ret == 1
    assert "no case has a tag 'size-...'; the tags are 'colour-red'" in result.stdout.str()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("engin", "unknown entry 'engin'; --accept-difference takes one of 'messages'"),
        ("cases", "a difference in 'cases' can't be accepted: scores are paired case by case"),
        ("scorer", "a difference in 'scorer' can't be accepted"),
    ],
)
def test_a_difference_that_can_not_be_accepted_is_exit_code_4(project, name, words):
    """Before any model is asked; the known names are in the error."""
    run = project(right)
    run.suite()

    result = run.gate("--accept-difference", name)

    assert result.ret == 4
    assert words in result.stderr.str()
    assert run.stub.asked == []
    assert not list(run.folder.glob("runs/*/"))


def saved_run(run: Project) -> Path:
    """Gate once, forget the store, and return the run's folder."""
    run.gate()
    (run.folder / "runs" / "answers.sqlite").unlink()
    (path,) = run.folder.glob("runs/*/run.json")
    return path.parent


@pytest.mark.parametrize(("is_changed", "code"), [(False, 0), (True, 6)])
def test_an_adapter_that_changes_while_it_is_asked_can_not_pass(project, monkeypatch, is_changed, code):
    """Every gate passed, but nobody knows which weights answered: exit 6, and the line says what to do."""
    asked, was_checked = [], threading.Event()
    check = checked.refuse_changed
    monkeypatch.setattr(checked, "refuse_changed", lambda *told: (check(*told), was_checked.set()))

    def reply(model: str, question: str) -> str:
        asked.append(question)
        if is_changed and len(asked) == 2:
            was_checked.wait(MOST_S)
            adapter_in(run.folder / "adapters" / "mine", weights=b"retrained")
        return right(model, question)

    run = project(reply)
    run.suite()

    result = run.gate()

    assert result.ret == code
    assert ("mine: its files changed while it was asked" in result.stdout.str()) == is_changed
    assert [verdict["outcome"] for verdict in run.run()["verdicts"]] == ["passed"]


def test_a_changed_template_can_not_pass_unless_it_is_accepted(project, monkeypatch):
    """It is refused by name with the option that lets it through; accepted, it is shown wherever the verdict is."""
    run = project(right)
    run.suite()
    candidate = f"run:{saved_run(run).name}"
    (run.folder / "tiny" / "chat_template.jinja").write_text("{{ messages[0] }}")
    summary = run.folder / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    refused = run.gate("--baseline", "base", candidate=candidate)
    accepted = run.gate("--baseline", "base", "--accept-difference", "chat template", candidate=candidate)

    assert refused.ret == 1
    assert "IncomparableRuns: the two sides differ in 'chat template'" in refused.stdout.str()
    assert "--accept-difference 'chat template'" in refused.stdout.str()
    assert accepted.ret == 0
    newest = max(run.folder.glob("runs/*/run.json"), key=lambda path: path.stat().st_mtime_ns)
    (verdict,) = json.loads(newest.read_text())["verdicts"]
    assert [one["name"] for one in verdict["comparison"]["accepted"]] == ["chat template"]
    assert "**Accepted differences between the sides:** chat template: baseline" in summary.read_text()


def test_an_accepted_difference_is_told_with_a_failure(project):
    """In the terminal, below the figures."""
    run = project(forgetful)
    run.suite()
    candidate = f"run:{saved_run(run).name}"
    (run.folder / "tiny" / "chat_template.jinja").write_text("{{ messages[0] }}")

    result = run.gate("--baseline", "base", "--accept-difference", "chat template", candidate=candidate)

    assert result.ret == 1
    assert re.search(r"accepted difference: chat template: baseline '[0-9a-f]{64}'", result.stdout.str())


def test_a_saved_run_that_lost_an_answer_can_not_pass(project):
    """The case is unscored, not left out: exit 6."""
    run = project(right)
    run.suite(thresholds="floor=0.5")
    folder = saved_run(run)
    lines = (folder / "answers.jsonl").read_text().splitlines(keepends=True)
    (folder / "answers.jsonl").write_text("".join(lines[:-1]))

    result = run.gate(candidate=f"run:{folder.name}")

    assert result.ret == 6
    assert "1 unscored, more than the allowed 0: candidate: not in the saved run" in result.stdout.str()


def test_a_server_that_crashes_half_way_can_not_pass(project):
    """What it did not answer is unscored: exit 6, whatever the rest says."""
    run = project(lambda model, question: Sent() if (model, question) == ("mine", "3+1") else right(model, question))
    run.suite(thresholds="floor=0.5")

    result = run.gate()

    assert result.ret == 6
    assert run.run()["verdicts"][0]["comparison"]["unscored"] == ["sum-3"]


@pytest.mark.parametrize("content", ["", "\n"])
def test_an_empty_suite_can_not_pass(project, content):
    """Wrong use, before any model is asked."""
    run = project(right)
    run.suite()
    (run.folder / "cases.jsonl").write_text(content)

    assert run.gate().ret == 4
    assert run.stub.asked == []


PROMPTED = SUITE.replace("max_tokens=8", 'max_tokens=8, baseline_prompt=Path(__file__).parent / "prompt.jsonl"')


def test_the_base_model_alone_gets_the_baseline_prompt(project):
    """Examples before each question; no option is needed, and the run reports the difference."""
    run = project(right)
    run.suite(code=PROMPTED)
    (run.folder / "prompt.jsonl").write_text(
        '{"role": "system", "content": "Add."}\n'
        '{"role": "user", "content": "7+7"}\n{"role": "assistant", "content": "14"}\n'
    )

    result = run.gate()

    assert result.ret == 0
    lengths = {(body["model"], len(body["messages"])) for body in run.stub.bodies if "logprobs" not in body}
    assert lengths == {("tiny", 4), ("mine", 1)}
    (verdict,) = run.run()["verdicts"]
    assert [one["name"] for one in verdict["comparison"]["accepted"]] == ["baseline prompt"]


TWO_WAYS = """
from pathlib import Path
import pytest
from harness.scorers import exact_match

CASES = Path(__file__).parent / "cases.jsonl"

@pytest.mark.suite(CASES, max_tokens=8)
def test_long(evaluate, gate):
    gate(evaluate(exact_match()), max_flips=9)

@pytest.mark.suite(CASES, max_tokens=4)
def test_short(evaluate, gate):
    gate(evaluate(exact_match()), max_flips=9)

@pytest.mark.suite(CASES, max_tokens=4)
def test_is_a_number(case, answer):
    assert answer.text.isdigit()
"""


def test_each_score_is_saved_with_the_key_of_its_comparison(project):
    """Two tests of the same cases and scorer; a pinned case names the answer that it was given."""
    run = project(right)
    run.suite(code=TWO_WAYS, cases=2)

    result = run.gate()

    result.assert_outcomes(passed=4)
    saved, (folder,) = run.run(), run.folder.glob("runs/*-*-*")
    keys = {one["test_id"].rpartition("::")[2]: one["comparison"]["key"] for one in saved["verdicts"]}
    most = {(one.side, one.request.key): one.request.sampling.max_tokens for one in read_answers(folder)}
    asked = [(one.comparison, most[one.side, one.item.request_key]) for one in read_judgements(folder)]
    assert Counter(asked) == {(keys["test_long"], 8): 4, (keys["test_short"], 4): 4}
    assert [most["candidate", pin["request_key"]] for pin in saved["pinned"]] == [4, 4]


def test_a_wrong_baseline_prompt_is_exit_code_4(project):
    """With file and line, before any model is asked."""
    run = project(right)
    run.suite(code=PROMPTED)
    (run.folder / "prompt.jsonl").write_text('{"role": "user", "content": "7+7"}\n')

    result = run.gate()

    assert result.ret == 4
    assert "prompt.jsonl:1: the prompt ends with a user's message" in result.stderr.str()
    assert run.stub.asked == []


QUANTITIES = """
from pathlib import Path
import pytest
from harness.scorers import answer_tokens, latency

pytestmark = pytest.mark.suite(Path(__file__).parent / "cases.jsonl", max_tokens=8)

def test_answers_come_soon(evaluate, gate):
    gate(evaluate(latency(p=50)), ceiling=30)

def test_answers_stay_short(evaluate, gate):
    gate(evaluate(answer_tokens()), max_rise=0.1)
"""


def test_quantities_are_gated_and_times_need_fresh_answers(project, monkeypatch):
    """Stored answers keep their tokens, not their times; --fresh asks everything again."""
    run = project(right)
    run.suite(code=QUANTITIES, cases=24)
    with (run.folder / "harness.toml").open("a") as file:
        file.write('[prices]\ncurrency = "EUR"\n[prices.tiny]\ninput = 1000.0\noutput = 0.0\n')
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(run.folder / "summary.md"))

    first, stored, fresh = run.gate(), run.gate(), run.gate("--fresh")

    assert (first.ret, stored.ret, fresh.ret) == (0, 6, 0)
    assert "both sides: timed in an earlier run; ask again with --fresh" in stored.stdout.str()
    assert Counter(run.asked) == {(model, f"{n}+1"): 2 for model in ("tiny", "mine") for n in range(24)}
    usages = [json.loads(path.read_text())["usage"] for path in sorted(run.folder.glob("runs/*/run.json"))]
    assert [[side["stored"] for side in usage] for usage in usages] == [[0, 0], [24, 24], [0, 0]]
    assert usages[1][1]["cost"] == pytest.approx(24 * 3 / 1000)
    assert (
        "Baseline: 24 answers \\(24 from the store\\), 72 tokens in, 24 out, p95 0."
        in (run.folder / "summary.md").read_text()
    )


def test_a_threshold_of_the_wrong_kind_breaks_the_test(project):
    """With the one to use instead."""
    run = project(right)
    run.suite(code=QUANTITIES.replace("ceiling=30", "floor=0.9"), cases=24)

    result = run.gate()

    assert result.ret == 1
    assert "floor judges scores, but latency(p=50) is a quantity in s" in result.stdout.str()


MARKED = SUITE.split("def ", maxsplit=1)[0]


CAUGHT = """def test_gate(evaluate, gate):
    with pytest.raises(AssertionError):
        gate(evaluate(exact_match()), max_flips=0)
"""
EXPECTED = """@pytest.mark.xfail(reason='known')
def test_gate(evaluate, gate):
    gate(evaluate(exact_match()), max_flips=0)
"""


@pytest.mark.parametrize("code", [CAUGHT, EXPECTED], ids=["caught", "expected"])
def test_a_failed_gate_fails_the_run_whatever_its_test_makes_of_it(project, code):
    """Caught or expected to fail: exit 1, and the last lines say why, though pytest counts no failure."""
    run = project(forgetful)
    run.suite(code=MARKED + code)

    result = run.gate()

    assert result.ret == 1
    assert result.outlines[-3] == "gate: failed (exit code 1)"
    assert "Gate: lost 2 cases, more than the allowed 0" in result.outlines[-2]
    assert run.run()["outcome"] == "failed"


def test_a_plain_test_that_fails_beside_a_passed_gate_fails_the_run(project):
    """Also in the report: it is never better than pytest."""
    run = project(right)
    run.suite(code=SUITE.replace("pytestmark = ", "suite = ").replace("def test", "@suite\ndef test"))
    (run.folder / "test_plain.py").write_text("def test_plain():\n    assert False, 'a plain test'\n")

    result = run.gate()

    assert result.ret == 1
    assert [verdict["outcome"] for verdict in run.run()["verdicts"]] == ["passed"]
    assert run.run()["outcome"] == "failed"
    assert "mine failed against tiny: 1 test broke" in run.report()


RERUN_ONCE = """
from _pytest.runner import runtestprotocol

def pytest_runtest_protocol(item, nextitem):
    for attempt in (1, 2):
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
        again = attempt == 1 and any(report.failed for report in reports)
        for report in reports:
            if again and report.failed:
                report.outcome = "rerun"
            item.ihook.pytest_runtest_logreport(report=report)
        if not again:
            return True
"""


def test_only_the_last_attempt_of_a_test_counts(project):
    """With a plugin that runs failed tests again: each verdict is listed once, and one failed gate is exit 1."""
    run = project(forgetful)
    run.suite(
        code=MARKED + "def test_fails(evaluate, gate):\n    gate(evaluate(exact_match()), max_flips=0)\n\n"
        "def test_cannot_tell(evaluate, gate):\n    gate(evaluate(exact_match()), max_drop=0.6)\n"
    )
    (run.folder / "conftest.py").write_text(RERUN_ONCE)

    result = run.gate()

    assert result.ret == 1
    assert [verdict["outcome"] for verdict in run.run()["verdicts"]] == ["failed", "inconclusive"]


def test_a_run_that_stepwise_stops_is_saved(project):
    """With the exit code of the gate that failed."""
    run = project(forgetful)
    run.suite(code=SUITE + "\ndef test_later(evaluate, gate):\n    gate(evaluate(exact_match()), floor=0.1)\n")

    result = run.gate("--stepwise")

    assert result.ret == 1
    assert len(run.run()["verdicts"]) == 1
    assert any("stopped before the end" in one for one in run.run()["unmeasured"])


def test_a_plugin_that_breaks_after_the_gates_leaves_no_report_that_passed(project):
    """An internal error keeps pytest's own exit code 3, and the report says failed."""
    run = project(right)
    run.suite()
    (run.folder / "conftest.py").write_text(
        "def pytest_runtest_logreport(report):\n    assert report.when != 'teardown', 'a plugin broke'\n"
    )

    result = run.gate()

    assert (result.ret, run.run()["outcome"]) == (3, "failed")
    assert "pytest ended with exit code 3" in run.run()["broken"][0]


def test_a_session_without_a_terminal_ends_as_any_other(project):
    """-p no:terminal takes pytest's reporter away, and not the verdict."""
    run = project(right)
    run.suite(thresholds="max_drop=0.02")

    assert run.gate("-p", "no:terminal").ret == 6


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


def test_what_makes_the_exit_code_is_printed_and_in_junit(project):
    """A server without log-probabilities: three tests passed, and yet 6."""
    run = project(lambda model, question: Sent(completion(right(model, question))))
    run.suite()

    result = run.gate("--junitxml", "junit.xml")

    assert result.ret == 6
    told = result.outlines[result.outlines.index("gate: inconclusive (exit code 6)") :]
    assert "reports no log-probabilities" in "\n".join(told)
    junit = (run.folder / "junit.xml").read_text()
    assert '<property name="outcome" value="inconclusive" />' in junit
    assert "reports no log-probabilities" in junit


def test_a_server_that_is_not_there_leaves_the_summary_inconclusive(project, monkeypatch):
    """No test broke, since none ran."""
    run = project(right)
    run.suite()
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(run.folder / "summary.md"))

    assert run.gate("--base-url", "http://127.0.0.1:9/v1").ret == 6
    summary = (run.folder / "summary.md").read_text()
    assert "is inconclusive" in summary
    assert "broke" not in summary
    assert "nothing answers at" in summary


FORKED = "def pytest_addoption(parser):\n    parser.addoption('--forked', action='store_true')\n"
FORKED_BY_MARK = FORKED + "\ndef pytest_configure(config):\n    config.addinivalue_line('markers', 'forked')\n"
MARKED_FORKED = SUITE.replace("def test", "@pytest.mark.forked\ndef test")
AS_A_WORKER = """
import types

def pytest_configure(config):
    config.workeroutput = {}

def pytest_sessionfinish(session):
    node = types.SimpleNamespace(workeroutput=session.config.workeroutput)
    session.config.pluginmanager.get_plugin('harness').pytest_testnodedown(node)
"""


@pytest.mark.parametrize(
    ("conftest", "code", "options"),
    [(FORKED, SUITE, ("--forked",)), (FORKED_BY_MARK, MARKED_FORKED, ()), (AS_A_WORKER, SUITE, ())],
    ids=["forked", "forked by a mark", "xdist"],
)
def test_several_processes_are_refused(project, conftest, code, options):
    """In one line, before anything is asked; a worker of pytest-xdist hands its refusal on."""
    run = project(right)
    run.suite(code=code)
    (run.folder / "conftest.py").write_text(conftest)

    result = run.gate(*options)

    assert result.ret == 4
    assert "can't run suites: all requests already go out as one stream" in result.stderr.str()
    assert addresses_in(result) == ["InputError"]
    assert run.stub.bodies == []


OTHER_BASE_URL = "def pytest_addoption(parser):\n    parser.addoption('--base-url', default='http://localhost:3000')\n"


def test_words_of_other_projects_are_left_to_them(project, monkeypatch):
    """A parameter or a fixture `case`, and another plugin's --base-url, mean what they mean there."""
    run = project(right)
    (run.folder / "test_other.py").write_text(
        "import pytest\n\n@pytest.mark.parametrize('case', [1, 2])\ndef test_param(case):\n    assert case\n"
    )
    (run.folder / "test_own.py").write_text(
        "import pytest\n\n@pytest.fixture\ndef case():\n    return 3\n\ndef test_own(case):\n    assert case == 3\n"
    )
    (run.folder / "web.py").write_text(OTHER_BASE_URL)

    monkeypatch.syspath_prepend(run.folder)

    result = run_pytest(run.folder, "-p", "web")

    assert result.ret == 0
    result.assert_outcomes(passed=3)


def test_an_address_that_was_typed_counts_beside_another_plugins(project, monkeypatch):
    """pytest-base-url has the same option: what it holds by itself is a web page, what was typed is the server."""
    run = project(right)
    run.suite()
    (run.folder / "web.py").write_text(OTHER_BASE_URL)

    monkeypatch.syspath_prepend(run.folder)

    assert run.gate("-p", "web").ret == 0
    assert run.stub.bodies


class Picky(Stub):
    """A server that takes no temperature, as newer hosted models do."""

    def answer(self, body: dict[str, object]) -> Sent:
        """Refuse the parameter by name."""
        if "temperature" in body:
            words = "Unsupported value: 'temperature' does not support 0 with this model."
            return Sent({"error": {"message": words, "param": "temperature", "code": "unsupported_value"}}, 400)
        return super().answer(body)


def test_what_a_server_was_asked_without_and_what_is_unusual_is_in_the_facts(project):
    """A refused parameter, and an adapter that names another base model: lines of run.json and of the report."""
    run = project(right)
    run.stub.__class__ = Picky
    write_config(run.folder / "adapters" / "mine", base_model_name_or_path="somebody/other-model")
    run.suite()

    assert run.gate().ret == 0
    notes = run.run()["notes"]
    assert any("temperature" in note for note in notes)
    assert any("somebody/other-model" in note for note in notes)
    assert all(note.split(":")[0] in run.report() for note in notes)


MIXES_CODES = "def pytest_sessionfinish(session, exitstatus):\n    session.exitstatus |= exitstatus\n"


def test_no_other_plugin_changes_the_exit_code_of_a_gate(project):
    """As syrupy would, which makes 7 of 6 and pytest's own 1."""
    run = project(right)
    run.suite(thresholds="max_drop=0.02")
    (run.folder / "conftest.py").write_text(MIXES_CODES)

    assert run.gate().ret == 6


STOPS_AFTER_ONE = "def pytest_runtest_teardown(item):\n    item.session.shouldfail = 'time is up'\n"
TAKES_ONE_AWAY = "def pytest_runtest_protocol(item):\n    return True if item.name == 'test_later' else None\n"


@pytest.mark.parametrize(
    ("conftest", "words"),
    [
        (STOPS_AFTER_ONE, "the tests were stopped before the end: time is up"),
        (TAKES_ONE_AWAY, "test_sums.py::test_later did not run in this process, so it measured nothing"),
    ],
    ids=["stopped", "run elsewhere"],
)
def test_a_test_that_never_started_is_no_pass(project, conftest, words):
    """A session that a plugin ends early, as pytest-timeout does, and one that keeps a test from running here."""
    run = project(right)
    run.suite(code=SUITE + "\ndef test_later(evaluate, gate):\n    gate(evaluate(exact_match()), floor=0.1)\n")
    (run.folder / "conftest.py").write_text(conftest)

    result = run.gate()

    assert result.ret == 6
    assert run.run()["outcome"] == "inconclusive"
    assert run.run()["unmeasured"] == [words]


FAILS_BY_ITSELF = """
import pytest

@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session):
    result = yield
    session.testsfailed += 1
    return result
"""


def test_what_pytest_fails_apart_from_any_test_fails_the_report(project):
    """As pytest-cov does where too little is covered: the report is never better than pytest."""
    run = project(right)
    run.suite()
    (run.folder / "conftest.py").write_text(FAILS_BY_ITSELF)

    result = run.gate()

    assert result.ret == 1
    assert run.run()["outcome"] == "failed"
    assert "pytest ended with exit code 1, though every gate passed" in result.outlines[-2]


def test_a_test_that_ends_the_session_is_no_pass(project):
    """With any exit code: the gates behind it never ran."""
    run = project(right)
    ending = "def test_ending(evaluate):\n    pytest.exit('done', 0)\n"
    run.suite(
        code=SUITE + f"\n{ending}\ndef test_later(evaluate, gate):\n    gate(evaluate(exact_match()), floor=0.9)\n"
    )

    assert run.gate().ret == 6
    assert run.run()["outcome"] == "inconclusive"


def test_a_file_that_can_not_be_collected_ends_the_session_before_anything_is_asked(project):
    """Pytest's own exit code 2, and no run; with --continue-on-collection-errors the run is a failed one."""
    run = project(right)
    run.suite()
    (run.folder / "test_typo.py").write_text("def test_typo(:\n")

    assert run.gate().ret == 2
    assert not (run.folder / "runs").exists()
    assert run.stub.bodies == []
    assert run.gate("--continue-on-collection-errors").ret == 1
    assert run.run()["outcome"] == "failed"


def test_two_base_models_are_compared_as_a_table_declares_and_the_difference_is_shown(project):
    """Writing the table accepts it; without one the same difference is refused."""
    one = project(right)
    base_in(one.folder / "other", weights=b"other weights")
    table = '[models.large]\nbase = "other"\nserved_as = "mine"\n'
    (one.folder / "harness.toml").write_text(f'base_model = "tiny"\nnoise_sample = 0\n{table}')
    one.suite()

    result = one.gate(candidate="large")

    assert result.ret == 0
    assert {model for model, _ in one.asked} == {"tiny", "mine"}
    saved = one.run()
    assert [each["name"] for each in saved["verdicts"][0]["comparison"]["accepted"]] == ["base model"]
    assert saved["candidate"]["label"] == "large"
    assert "base model" in one.report()
