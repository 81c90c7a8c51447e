"""The suite asked again: against the answers at release, by a process of its own, and never from the store."""

from pathlib import Path

import msgspec
import pytest

from harness.asking.cases import load_suite
from harness.cases.passable import UsedSuite
from harness.config.read import load_config
from harness.drift.released import Released, find_released
from harness.drift.rerun import Again, rerun
from harness.records.asked import Sampling
from harness.registry.promote import Registry
from harness.runs.folder import read_run
from harness.scorers import exact_match
from tests.gating.projects import SUITE, project, right  # noqa: F401 - the fixture
from tests.registry.made import NOW, override


def forgetful(model: str, question: str) -> str:
    """Answer as an upgraded engine does that spoils the adapter's answers."""
    return "?" if model == "mine" else right(model, question)


@pytest.fixture
def released(project, monkeypatch):  # noqa: F811 - pytest's way
    """Return a project whose adapter was gated and promoted, with what is known of its release."""
    made = project(right)
    root = made.folder
    with (root / "harness.toml").open("a") as file:
        file.write(f'[engine]\nbase_url = "{made.stub.url}"\n')
    inside = type(made)(root / "suites" / "sums", made.stub)
    inside.folder.mkdir(parents=True)
    inside.suite(thresholds="max_flips=1")
    assert made.gate().ret == 0
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    (run,) = root.glob("runs/0*")
    config = load_config(root / "harness.toml")
    Registry(config, root, lambda: NOW).promote(root / "adapters" / "mine", run, override("a test"))
    path = inside.folder / "cases.jsonl"
    used = (UsedSuite(path=path, suite=load_suite(path, Sampling()), scorers=(exact_match(),)),)
    return made, find_released(config, root, used, "", ())


def test_the_adapter_is_asked_anew_and_held_against_its_answers_at_release(released, capfd):
    """The same answers are steady; worse ones of an engine that changed are a drift, and the run shows which."""
    made, known = released
    again = Again(suite="suites/sums", root=made.folder, runs=made.folder / "runs")
    made.stub.bodies.clear()

    same = rerun(known, again)
    made.stub.reply = forgetful
    changed = rerun(known, again)

    assert (same.verdict, changed.verdict) == ("steady", "drifted")
    assert len([model for model, _ in made.asked if model == "mine"]) == 2 * len(known.answered)
    run = read_run(made.folder / "runs" / changed.run)
    assert (run.candidate.adapter, run.baseline.adapter) == ("mine", "mine")
    assert any("lost" in reason for reason in changed.reasons)
    assert capfd.readouterr().out == ""


def test_a_gate_that_failed_at_release_too_is_no_drift_while_answers_are_the_same(released):
    """It says nothing of what changed since; answers that got worse are a drift all the same."""
    made, known = released
    again = Again(suite="suites/sums", root=made.folder, runs=made.folder / "runs")
    test = made.folder / "suites" / "sums" / "test_sums.py"
    test.write_text(test.read_text().replace("max_flips=1", "floor=0.99, max_flips=1"))
    half = {question: place % 2 for place, question in enumerate(sorted({asked for _, asked in made.asked}))}
    made.stub.reply = lambda model, question: right(model, question) if half.get(question, 0) else "?"
    bad = rerun(known, again)
    release = msgspec.structs.replace(known, run=made.folder / "runs" / bad.run)

    same = rerun(release, again)
    made.stub.reply = forgetful
    worse = rerun(release, again)

    assert (bad.verdict, same.verdict, worse.verdict) == ("drifted", "too little to tell", "drifted")
    assert same.reasons[0] == f"run {bad.run} failed the same gates at release, and answers are no worse than then"


def test_without_answers_of_the_release_nothing_is_asked(tmp_path):
    """And nothing is known: never steady."""
    found = rerun(Released(notes=("nothing is promoted",)), Again(suite="suites/x", root=tmp_path, runs=tmp_path))

    assert (found.verdict, found.reasons, found.run) == ("too little to tell", ("nothing is promoted",), "")
