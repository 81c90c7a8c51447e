"""Commands on suites and saved runs, on two real runs against a stub server: no model is asked, nothing is saved."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from harness.runs.folder import read_run
from harness.runs.record_file import written
from tests.apart import run_harness, run_pytest
from tests.mistakes import message_of
from tests.saved_runs import CASES, SUITE, copied, two_runs, write_cases


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Gate two adapters once."""
    folder = tmp_path_factory.mktemp("saved")
    with two_runs(folder):
        pass  # the server is gone from here on
    return folder


@pytest.fixture
def project(saved, tmp_path):
    """Return a copy of the project that a test can change."""
    return copied(saved, tmp_path / "project")


Harness = Callable[..., tuple[int, str]]


@pytest.fixture
def harness(project, monkeypatch) -> Harness:
    """Return the command as a function: its exit code and all that it printed."""

    def run(*arguments: str, columns: int = 80) -> tuple[int, str]:
        for name, value in (("COLUMNS", f"{columns}"), ("NO_COLOR", "1")):
            monkeypatch.setenv(name, value)
        done = run_harness(project, *arguments)
        out, err = ("".join(f"{line}\n" for line in lines) for lines in (done.outlines, done.errlines))
        return done.ret, out + message_of(err)

    return run


def words(text: str) -> str:
    """Return a table's words in one line, since cells wrap."""
    return " ".join(text.split())


def edit(project: Path, old: str, new: str) -> None:
    """Change the suite."""
    assert old in SUITE
    (project / "test_sums.py").write_text(SUITE.replace(old, new))


def run_folder(project: Path, number: int) -> Path:
    """Return a run's folder."""
    (folder,) = project.glob(f"runs/{number:04}-*")
    return folder


def test_a_saved_run_is_decided_as_it_was(project, harness):
    """Gates, slices, judges and pinned cases, without server or a new run folder; the exit code is the suites'."""
    passed, failed = (harness("decide", name, ".", columns=200) for name in ("1", "run:2"))

    assert (passed[0], failed[0]) == (0, 1)
    assert "5 of 5 verdicts as saved, 0 changed" in passed[1]
    assert "Answers are right failed failed lost 2 cases, more than the allowed 1" in words(failed[1])
    assert "Each language holds (language-de) passed passed" in words(failed[1])
    assert "Judge is content passed passed (advisory)" in words(failed[1])
    assert "Says no question mark: sum-1 failed failed" in words(failed[1])
    assert len(list(project.glob("runs/*/run.json"))) == 2


def test_other_thresholds_give_other_verdicts(project, harness):
    """And what changed is said."""
    edit(project, "max_flips=1", "max_flips=2")

    code, told = harness("decide", "2", "test_sums.py::test_answers_are_right", columns=120)

    assert code == 0
    assert "Answers are right failed passed lost 2 cases of the allowed 2" in words(told)
    assert "0 of 1 verdict as saved, 1 changed; 4 saved verdicts not judged" in told


def test_a_sliced_gate_can_be_judged_as_a_whole_and_the_reverse(project, harness):
    """Of a sliced comparison only the slices were saved; the whole comes from the saved scores."""
    edited = SUITE.replace('is_short).by_tag("language")', "is_short)").replace(
        "exact_match())", 'exact_match()).by_tag("language")'
    )
    (project / "test_sums.py").write_text(edited)

    code, told = harness("decide", "2", "test_sums.py", columns=200)

    assert code == 1
    assert "Each language holds \N{EN DASH} passed lost 0 cases of the allowed 0" in words(told)
    assert "Answers are right (language-de) \N{EN DASH} passed" in words(told)


@pytest.mark.parametrize("change", ["cases", "sampling", "scorer", "judge"])
def test_what_was_not_asked_is_not_decided(project, harness, change):
    """Inconclusive, never a pass: other cases, other sampling, another scorer, a judge by other words."""
    if change == "cases":
        write_cases(project, (*CASES[:-1], CASES[-1] | {"expected": "7"}))
    old, new, said = {
        "cases": ("", "", "the cases of this suite changed since run 0001"),
        "sampling": ("max_tokens=8", "max_tokens=9", "the sampling of this suite changed since run 0001"),
        "scorer": ("exact_match()", "exact_match(ignore_case=True)", "has no scores from exact_match(ignore_case"),
        "judge": ('judge("completeness")', 'judge("correctness")', "has no scores from judge('correctness'"),
    }[change]
    edit(project, old, new)

    code, told = harness("decide", "1", "test_sums.py")

    assert code == 6
    assert said in told


def test_lambdas_of_one_test_are_told_apart_by_their_order(project, harness):
    """They share a name; one that the saved run doesn't know is not given another's scores."""
    test = "def test_each_language_holds(evaluate, gate):"
    gated = "\n    gate(evaluate(lambda case, response: True), max_flips=0)"
    edit(project, test, test + gated)
    path = run_folder(project, 1) / "run.json"
    saved_run = read_run(path.parent)
    renamed = "test_each_language_holds.<locals>.<lambda>()"
    first = saved_run.verdicts[0]
    comparison = msgspec.structs.replace(first.comparison, scorer=renamed)
    test_id = "test_sums.py::test_each_language_holds"
    extra = msgspec.structs.replace(first, test_id=test_id, comparison=comparison)
    path.write_bytes(b"".join(written(msgspec.structs.replace(saved_run, verdicts=(*saved_run.verdicts, extra)))))

    known = harness("decide", "1", "test_sums.py::test_each_language_holds")
    edit(project, test, test + gated + gated)
    unknown = harness("decide", "1", "test_sums.py::test_each_language_holds")

    assert known[0] == 0
    assert unknown[0] == 6
    assert "has fewer sets of scores from" in unknown[1]


def test_pytests_own_words_stand_where_nothing_could_run(project, harness):
    """Wrong use and nothing collected keep pytest's exit codes."""
    (project / "test_sums.py").write_text("")
    outcomes = [
        harness(*arguments)
        for arguments in (["decide", "1", "none.py"], ["decide", "1", "."], ["power", "none.py"], ["power", "."])
    ]

    assert [code for code, _ in outcomes] == [4, 5, 4, 5]
    assert "file or directory not found: none.py" in outcomes[0][1]
    assert [told for _, told in outcomes[1::2]] == [".: no tests here; name a folder of suites\n"] * 2


def test_what_pytest_says_is_safe_for_a_terminal(harness):
    """A name can hold what a terminal would obey."""
    told = harness("power", "a\x1b]0;b")[1]

    assert "a\\x1b]0;b" in told


@pytest.mark.parametrize("command", [("power",), ("decide", "1")], ids=lambda command: command[0])
@pytest.mark.parametrize(
    "options",
    ["--disable-plugin-autoload", "-p no:harness", "--disable-plugin-autoload -p harness.gating.plugin"],
)
def test_suites_are_seen_where_plugins_do_not_load(project, harness, command, options):
    """Else a plan without gates would look like one in which all is well."""
    (project / "pytest.ini").write_text("[pytest]\n")
    expected = harness(*command, ".")
    (project / "pytest.ini").write_text(f"[pytest]\naddopts = {options}\n")

    assert harness(*command, ".") == expected
    assert "exact_match()" in expected[1]


def test_power_is_told_before_any_model_is_asked(project, harness):
    """Without runs by an assumption, which --flips changes; exit 6 where a margin can't be decided."""
    edit(project, "max_flips=1", "max_drop=0.05")
    no_runs = ("power", "test_sums.py", "--run-dir", "none")

    assumed = harness(*no_runs, columns=120)
    few = harness(*no_runs, "--flips", "0")
    by_run = harness("power", "test_sums.py")

    assert (assumed[0], few[0], by_run[0]) == (6, 6, 6)
    assert "Answers are right 6 max_drop 0.05 0.390 about 270, has 6: can never pass" in words(assumed[1])
    assert "assumed: 0.1 of the cases flip" in assumed[1]
    assert "Answers are right: 6 cases can never rule out a drop of 0.05, whatever the answers" in words(assumed[1])
    assert "at least 59 cases are needed" in words(assumed[1])
    assert "about 59, has 6" in words(few[1])
    assert "flips: as in runs 2 and 1" in by_run[1]
    assert "assumed" not in by_run[1]
    assert "Each language holds (language-de) 3 max_flips 0" in words(assumed[1])
    assert "Answers stay short 6 ceiling 4 \N{EN DASH} measured, not planned" in words(assumed[1])
    assert "Says no question mark: 2 pinned cases, each judged alone" in assumed[1]


def test_enough_cases_are_said_to_be_enough(project, harness):
    """Exit 0; an advisory gate never prevents it."""
    edited = SUITE.replace("max_flips=1", "max_drop=0.9").replace(
        "max_flips=0, advisory=True", "max_drop=0.01, advisory=True"
    )
    (project / "test_sums.py").write_text(edited)

    code, told = harness("power", "test_sums.py", "--flips", "0")

    assert code == 0
    assert ": enough" in told
    assert "Judge is content 6 max_drop 0.01 0.390 about 300, has 6" in words(told)


def test_a_lower_bound_is_planned_and_decided_again(project, harness):
    """Six cases can never show .9, which is said before anything is asked, and of a saved run too."""
    edit(project, "max_flips=1", "lower_bound=0.9")

    planned, decided = harness("power", "test_sums.py"), harness("decide", "1", "test_sums.py", columns=200)

    assert (planned[0], decided[0]) == (6, 6)
    assert "6 cases can never reach lower_bound 0.9, whatever the answers; at least 29 are needed" in planned[1]
    assert "6 cases cannot rule out a true mean below 0.9, whatever the answers" in words(decided[1])


def test_a_test_that_can_not_be_planned_is_named(project, harness):
    """It needs answers, or its gate is wrong: exit 1, and the others are planned."""
    edit(project, "max_flips=1", "max_dorp=1")

    code, told = harness("power", "test_sums.py")

    assert code == 1
    assert "did you mean `max_drop`?" in told
    assert "Each language holds" in told


def test_tables_fit_80_columns_when_piped(project, harness):
    """No line is longer, and nothing in them steers a terminal."""
    outputs = [harness(*command)[1] for command in (["history"], ["compare", "1", "2"], ["power", "."])]

    assert max(len(line) for text in outputs for line in text.splitlines()) <= 80
    assert "\x1b" not in "".join(outputs)


def test_outcomes_stay_whole_where_columns_are_narrow(harness):
    """Everything else can break anywhere."""
    assert "inconclusive" in harness("history", columns=70)[1]


def test_history_shows_each_gate_over_the_runs(project, harness):
    """By number, adapter and outcome; what is not a run is named; a test is chosen by a part of its id."""
    (project / "runs" / "odd").mkdir()

    code, told = harness("history", "answers_are_right", columns=120)

    assert code == 0
    assert "exact_match()" in told
    assert "is_short()" not in told
    assert "1 2" in words(told)
    assert re.search(r" mine [0-9a-f]{8} ", words(told))
    assert re.search(r" forgetful [0-9a-f]{8} ", words(told))
    assert "0.667 \N{MINUS SIGN}0.333" in words(told)
    assert "left out: odd: no complete run" in told


def test_history_of_unreadable_runs_says_why_they_are_left_out(project, harness):
    """Else it would say that nothing is gated."""
    for record in (project / "runs").glob("*/run.json"):
        record.write_text("{")

    code, told = harness("history")

    assert code == 2
    assert told.count("run.json is not readable") == 2


def test_history_without_a_gate_says_what_to_do(harness):
    """As in a job to which no runs were restored."""
    code, told = harness("history", "--run-dir", "none")

    assert (code, told) == (
        2,
        "error: none: no saved run has a gate; run pytest suites/, or name another folder with --run-dir\n",
    )


def test_history_of_an_unknown_test_lists_the_tests(project, harness):
    """One line, exit 2."""
    code, told = harness("history", "nope")

    assert code == 2
    assert (
        "no saved run has a gate whose test's id contains 'nope'; gated tests: test_sums.py::test_answers_are_right"
        in told
    )


def test_two_runs_are_compared_by_their_candidates(project, harness):
    """The first run's candidate is the baseline; measures without a gate are there as well."""
    code, told = harness("compare", "1", "run:2", columns=160)
    reverse = harness("compare", "2", "1", columns=160)[1]

    assert code == 0
    assert "Answers are right 6 1.000 0.667 \N{MINUS SIGN}0.333" in words(told)
    assert "Judge prefers none" in told
    assert "not compared: quantities are compared only within one run" in told
    assert "+0.333" in reverse


def test_unlike_scorers_are_refused_by_name_and_the_others_go_on(project, harness):
    """Another suite's cases, a test of one run only, a preference to another baseline."""
    path = run_folder(project, 2) / "run.json"
    changed = json.loads(path.read_bytes())
    first = changed["verdicts"][0]
    first["comparison"]["fingerprint"]["judge"] = "another"
    changed["verdicts"][1]["test_id"] = "test_sums.py::test_renamed"
    changed["measures"][0]["comparison"]["baseline"]["adapter"] = "other"
    path.write_text(json.dumps(changed))

    code, told = harness("compare", "1", "2", columns=250)

    assert code == 0
    assert "not compared: the two sides differ in 'judge'" in told
    assert "the two runs compared with different baselines" in told
    assert "only in run 0002-" in told
    assert "Judge is content" in told
    assert "0.750 0.750" in words(told)


def test_rows_and_report_take_a_run_by_number(project, harness):
    """As every command that names a run."""
    rows = harness("rows", "2", "--out", "all.csv")
    report = harness("report", "run:2")

    assert rows == (0, "all.csv: 30 rows\n")
    assert "sum-1,,language-de pinned,1.0,0.0,lost" in (project / "all.csv").read_text()
    assert report[1] == f"{run_folder(project, 2).relative_to(project)}/report.html\n"


def test_a_saved_run_is_a_model_by_its_number(project):
    """``--candidate run:2`` gates it again as a run of its own, with the next number."""
    pinned = "test_sums.py::test_answers_are_right"

    done = run_pytest(project, "-q", "-p", "no:cacheprovider", "--candidate", "run:2", pinned)

    assert done.ret == 1
    again, first = read_run(run_folder(project, 3)), read_run(run_folder(project, 2))
    assert (again.number, first.number) == (3, 2)
    assert again.candidate == first.candidate
    assert again.verdicts[0].comparison.lost == first.verdicts[0].comparison.lost


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["decide", "9"], "error: runs: no saved run has the number 9"),
        (["compare", "1", "nope"], "error: nope: no saved run here"),
        (["rows", "1", "--out", "none/rows.csv"], "error: none/rows.csv: can't be written"),
        (["compare", "1", "2", "--accept-difference", "weather"], "error: unknown entry 'weather'"),
        (["power", ".", "--flips", "nan"], "error: --flips takes a share from 0 to 1, got nan"),
        (["history", "--harness-config", "none.toml"], "error: none.toml: no such file (--harness-config)"),
    ],
)
def test_a_mistake_is_one_line(project, harness, arguments, said):
    """Exit code 2, what is wrong, and no traceback."""
    code, told = harness(*arguments)

    assert code == 2
    assert told.startswith(said)
    assert told.count("\n") == 1


COMMANDS = {
    "power": ("power", "test_sums.py"),
    "history": ("history",),
    "compare": ("compare", "1", "2"),
    "decide": ("decide", "2", "test_sums.py"),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_terminal_60_columns_wide_cuts_no_word_of_an_outcome(harness, name):
    """Tables fold within it, and so does every line that is not one sentence."""
    wide, narrow = (harness(*COMMANDS[name], columns=columns) for columns in (200, 60))

    tables = [line for line in narrow[1].splitlines() if "  " in line.strip()]
    assert narrow[0] == wide[0]
    assert max(map(len, tables)) <= 60
    for outcome in ("passed", "failed", "inconclusive"):
        assert (outcome in narrow[1]) == (outcome in wide[1])


@pytest.mark.parametrize("name", COMMANDS)
def test_no_color_leaves_colours_out_on_a_terminal(project, monkeypatch, name):
    """Bold is no colour; elsewhere than on a terminal there is neither."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    coloured = run_harness(project, *COMMANDS[name]).stdout.str()
    monkeypatch.setenv("NO_COLOR", "1")
    plain = run_harness(project, *COMMANDS[name]).stdout.str()
    monkeypatch.delenv("FORCE_COLOR")
    piped = run_harness(project, *COMMANDS[name]).stdout.str()

    colours = r"\x1b\[(?:\d+;)*[349][0-7]m"
    assert re.search(colours, coloured) or name in {"power", "compare"}  # which have nothing to colour here
    assert not re.search(colours, plain)
    assert "\x1b" not in piped


@pytest.mark.parametrize("name", COMMANDS)
def test_json_says_what_the_table_says(project, name):
    """One document on standard output, with the exit code that the table has."""
    told, shown = run_harness(project, *COMMANDS[name], "--json"), run_harness(project, *COMMANDS[name])

    found = json.loads(told.stdout.str())
    assert told.ret == shown.ret
    assert found[{"compare": "measures", "decide": "verdicts"}.get(name, "gates")]


def test_json_of_a_decision_and_of_a_plan(project):
    """The verdicts with their reasons, and what each gate can decide."""
    decided = json.loads(run_harness(project, "decide", "2", "test_sums.py", "--json").stdout.str())
    planned = json.loads(run_harness(project, "power", "test_sums.py", "--json").stdout.str())

    (right,) = [one for one in decided["verdicts"] if one["test_id"].endswith("answers_are_right")]
    assert right["outcome"] == "failed"
    assert right["reasons"][0].startswith("lost 2 cases, more than the allowed 1")
    assert decided["changes"] == "5 of 5 verdicts as saved, 0 changed"
    assert {one["planned"]["cases"] for one in planned["gates"]} == {3, 6}


def test_json_of_a_report_has_a_link_to_each_flipped_case(project):
    """What follows # in the address is a place in the page, also when its part is folded."""
    told = json.loads(run_harness(project, "report", "2", "--json").stdout.str())

    html = (project / told["report"]).read_text()
    (right,) = [one for one in told["gates"] if one["test_id"].endswith("answers_are_right")]
    assert (told["outcome"], right["outcome"]) == ("failed", "failed")
    assert [(one["case_id"], one["fate"]) for one in right["cases"]] == [("sum-1", "lost"), ("sum-2", "lost")]
    assert all(f'id="{one["fragment"]}"' in html for gate in told["gates"] for one in gate["cases"])


def test_rows_and_their_file_as_json(project):
    """How many there are, and where."""
    told = json.loads(run_harness(project, "rows", "1", "--out", "all.csv", "--json").stdout.str())

    assert told["file"] == "all.csv"
    assert told["rows"] == len((project / "all.csv").read_text().splitlines()) - 1


def test_a_run_that_takes_long_to_read_is_said_to(project, monkeypatch, capsys):
    """On standard error, where pipes leave it alone; for a small one nothing is said."""
    said = []
    monkeypatch.setattr("harness.text.progress.say", said.append)
    run_harness(project, "rows", "1")
    monkeypatch.setattr("harness.cli.machines.LONG_BYTES", 1)

    run_harness(project, "rows", "1")

    assert len(said) == 1
    assert said[0].startswith("rows: reading 0 MB of answers in 0001-")
