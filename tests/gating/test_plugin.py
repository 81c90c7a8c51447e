"""The plugin, end to end: a real pytest run against a stub server, down to verdicts, exit code and report."""

import json
import re

import pytest

from harness.gating import run_hooks
from tests.apart import run_harness, run_pytest
from tests.gating.projects import SUITE, forgetful, right
from tests.mistakes import addresses_in
from tests.models.fakes import adapter_in, write_config
from tests.stub import Sent, Stub, completion


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
