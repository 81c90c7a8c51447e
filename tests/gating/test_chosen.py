"""Cases that chose a checkpoint prove nothing for it: left out of its gates, told, and never let in."""

import re
from pathlib import Path

import pytest

from harness.models.answering import digest_adapter, digest_weights
from harness.records.trained import StoppedBy
from harness.runs.folder import read_run
from harness.train.config import StopBy, TrainConfig
from harness.train.manifest import GateScores, Loss, Manifest, write_manifest
from harness.train.stopping.part import question_of
from tests.gating.projects import SUITE, project  # noqa: F401 - the fixture
from tests.gating.test_leaked import ASKED, PINNED, suite
from tests.models.fakes import adapter_in

CHOSE = (
    StoppedBy(suite="elsewhere", case="renamed", question=question_of(suite(*ASKED).cases[3])),
    StoppedBy(suite="suites", case="case-7", question="of other words, since it was edited"),
)


def manifest_of(folder: Path, **changed: object) -> Manifest:
    """Return the manifest of a training that two cases have stopped, of the adapter in a folder."""
    settings = TrainConfig(output="a", train=("b",), stop_by=StopBy(suite="mine"))
    facts = {"base": "base", "base_digest": "", "template_digest": "", "train_digest": "", "validation_digest": None}
    facts |= {"name": folder.name, "settings": settings, "settings_digest": "", "versions": {}, "device": "CPU"}
    facts |= {"dtype": "float32", "step": 4, "steps": 8, "tokens": 1, "seconds": 1.0, "time": "", "stopped_by": CHOSE}
    facts |= {
        "train_losses": (Loss(step=4, loss=1.25),),
        "validation_losses": (),
        "adapter_digest": digest_adapter(folder),
    }
    return Manifest(**(facts | {"gate_scores": (GateScores(step=4, gates={"a": 0.5, "b": 1.0}),)} | changed))


@pytest.fixture
def gated(tmp_path: Path, project):  # noqa: F811 - pytest's way
    """Return a project with ten cases under suites/, two of which chose its adapter's checkpoint."""
    made = project(lambda _model, _question: "yes")
    (made.folder / "suites").mkdir()
    inside = type(made)(made.folder / "suites", made.stub)
    inside.suite(code=SUITE, thresholds="floor=0.5")
    inside.cases(
        *(
            {"id": f"case-{place}", "messages": [{"role": "user", "content": text}], "expected": "yes"}
            for place, text in enumerate(ASKED)
        )
    )
    adapter = made.folder / "adapters" / "mine"
    base_digest = digest_weights(made.folder / "tiny")
    write_manifest(adapter, manifest_of(adapter, base_digest=base_digest))
    return made


def test_they_are_left_out_and_fail_nothing(gated, capfd):
    """Known by what they ask, or by suite and id; the run remembers them, and a replay leaves them out too."""
    result = gated.gate()

    assert result.ret == 0
    told = "2 cases left out, by which the candidate's training chose its checkpoint (stop_by)"
    assert f"Cases that chose a checkpoint: {told}" in capfd.readouterr().err
    assert {question for _, question in gated.asked} == {*ASKED} - {ASKED[3], ASKED[7]}
    run = read_run(next(gated.folder.glob("runs/0*")))
    assert [(one.case, one.how, one.is_left_out, one.counts) for one in run.leaked] == [
        ("case-3", "stopping", True, False),
        ("case-7", "stopping", True, False),
    ]
    assert len(run.verdicts[0].comparison.rows) == 8
    report = gated.report()
    assert told in report.replace("&#39;", "'")
    assert 'id="leaks"' not in report
    assert gated.gate(candidate="run:1").ret == 0
    again = read_run(max(gated.folder.glob("runs/0*")))
    assert (again.leaked, len(again.verdicts[0].comparison.rows)) == (run.leaked, 8)


def test_they_can_not_be_let_in(gated):
    """As a leak can."""
    result = gated.gate("--allow-leak", "case-3")

    assert result.ret == 4
    assert "--allow-leak case-3: the candidate's training chose its checkpoint by it" in result.stderr.str()
    assert gated.asked == []


def test_those_that_chose_the_baseline_are_left_out_too(gated):
    """They would flatter it."""
    adapter_in(gated.folder / "adapters" / "new", weights=b"new")

    gated.gate("--baseline", "adapters/mine", candidate="adapters/new")

    run = read_run(next(gated.folder.glob("runs/0*")))
    assert {(one.case, one.place) for one in run.leaked} == {
        ("case-3", "baseline's training"),
        ("case-7", "baseline's training"),
    }
    assert not {question for _, question in gated.asked} & {ASKED[3], ASKED[7]}


def test_a_pinned_case_that_chose_the_checkpoint_is_no_pass(gated):
    """Its test can't run, so the run is inconclusive."""
    (gated.folder / "suites" / "test_sums.py").write_text(PINNED.replace("{thresholds}", "floor=0.5"))

    result = gated.gate()

    assert result.ret == 6
    assert re.search(r"test_says_yes\[case-3\] was left out: a checkpoint was chosen by its case", result.stdout.str())
