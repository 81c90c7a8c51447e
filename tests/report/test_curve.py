"""The page of a training's course, and of several."""

import datetime as dt
import re
from pathlib import Path

import msgspec
import pytest

from harness.errors import InputError
from harness.report.curve import page_of, render_curves, trainings_in
from harness.report.view.curve import curve_page
from harness.report.view.training import Training
from harness.train.curve import curve_of, write_curve
from harness.train.findings import Finding
from harness.train.manifest import write_manifest
from tests.train.made import manifest

MADE = "2026-11-27T00:00:00+00:00"
NOW = dt.datetime(2026, 11, 27, tzinfo=dt.UTC)
HOSTILE = "<script>alert(1)</script>"
SPIKE = Finding(kind="spike", step=7, found="the loss jumps to 9.00", remedy=f"look at the rows {HOSTILE}")


def course(name: str = "mine", lowest: float = 1.0, gate: str = "queue") -> Training:
    """Return a training of twenty steps that validated and asked a gate twice."""
    log = [
        {"step": step, "loss": 3.0 - step / 20, "learning_rate": 2e-4 * step / 20, "grad_norm": 0.5 + step / 20}
        for step in range(1, 21)
    ]
    log += [{"step": step, "eval_loss": lowest + 0.1 * (step == 20), f"eval_gate/{gate}": 0.6} for step in (10, 20)]
    return Training(curve=curve_of(name, 10, log), findings=(SPIKE,), limit=1.0)


def test_the_page_has_each_measure_the_kept_step_and_the_findings():
    """A drawing of each, and the validations as a table."""
    page = curve_page([course()], MADE)
    (shown,) = page.trainings

    assert page.headline == "mine: 20 steps of training"
    assert page.next.startswith("The weights of step 10 are kept. 1 finding,")
    assert dict(shown.counts) == {
        "steps": "20",
        "kept": "10",
        "last loss": "2.100",
        "best validation loss": "1.000",
        "gates, mean": "0.600",
        "findings": "1",
    }
    captions = [one.caption.partition(",")[0] for one in shown.small]
    assert captions[0].startswith("Gate queue: score")
    assert captions[1:] == ["Learning rate", "Norm of the gradient before it is cut; it is cut at max_grad_norm = 1"]
    assert all(word in shown.wide for word in (">kept<", ">1<", ">each step<", ">smoothed<", ">validation<"))
    assert shown.rows == ((True, ("10", "2.600", "1.000", "0.600")), (False, ("20", "2.100", "1.100", "0.600")))
    assert shown.findings[0][0] == "step 7"


def test_nothing_of_a_hostile_name_can_run_and_nothing_is_fetched():
    """Names of trainings and gates, settings and findings are shown as they are, without a path of this machine."""
    training = msgspec.structs.replace(
        course(HOSTILE, gate=HOSTILE), varied=HOSTILE, facts=((HOSTILE, f"/home/ada/rows.jsonl {HOSTILE}"),)
    )

    page = render_curves([training, training], MADE)

    assert "<script" not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") > 10
    assert "/home/ada" not in page
    assert not re.findall(r"(?:https?:)?//[a-z]", page.split("</style>")[1])
    assert "default-src 'none'" in page


def test_several_trainings_are_drawn_on_the_same_axes_and_say_in_what_they_differ(tmp_path):
    """The lowest validation loss is named, and proves little."""
    for name, rate in (("slow", 1e-4), ("fast", 1e-3)):
        (tmp_path / name).mkdir()
        write_manifest(tmp_path / name, manifest(name, learning_rate=rate))
        write_curve(tmp_path / name, course(name, 1.0 if name == "fast" else 1.5).curve)

    found = trainings_in([tmp_path / "slow", tmp_path / "fast"])
    page = curve_page(found, MADE)

    assert [one.varied for one in found] == ["learning_rate = 0.0001", "learning_rate = 0.001"]
    assert page.headline == "2 trainings"
    assert page.next.startswith("The lowest validation loss is 1.000, of fast.")
    axes = [re.findall(r">([\d.]+)</text>", one.wide) for one in page.trainings]
    assert axes[0] == axes[1]


@pytest.mark.parametrize("log", [[], [{"step": 1, "loss": 2.0}], [{"step": 1, "eval_loss": 0.0}]])
def test_a_course_of_next_to_nothing_is_a_page_too(log):
    """No step, one step, a loss of 0."""
    assert "</html>" in render_curves([Training(curve=curve_of("mine", 1, log))], MADE)


def test_the_page_is_written_beside_the_manifest_also_without_a_curve(tmp_path):
    """Once; of a folder that no training of ours left there is none."""
    write_manifest(tmp_path, manifest())

    page = page_of(tmp_path, NOW)

    assert page == tmp_path / "curve.html"
    assert "mine: 1 step of training" in page.read_text()
    assert "LoRA" not in page.read_text()
    assert "qlora, rank 8, alpha 16" in page.read_text()
    page.write_text("as it was")
    assert page_of(tmp_path, NOW).read_text() == "as it was"
    assert page_of(tmp_path / "nowhere", NOW) is None
    with pytest.raises(InputError, match="no manifest of harness train"):
        trainings_in([Path("nowhere")])
