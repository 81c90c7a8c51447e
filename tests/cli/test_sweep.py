"""``harness train --vary``: from the command to its table and exit code; trainings and the gate are stand-ins."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import pytest

from harness.errors import TrainingError
from harness.gating import child as gating
from harness.models.answering import digest_adapter
from harness.records.compared import Verdict
from harness.train.config import TrainConfig
from harness.train.manifest import read_manifest, write_manifest
from harness.train.sweep import trained as sweeping
from tests.apart import run_harness
from tests.models.fakes import adapter_in
from tests.registry.made import CASE, asked_together, judged, lost
from tests.train.sweep.test_sweep import SETTINGS
from tests.train.test_manifest import manifest
from tests.train.tiny import write_tiny

VARY = ("train", "train.toml", "--vary", "lora_rank=2,4,6")
NAMES = tuple(f"mine-lora_rank-{rank}" for rank in (2, 4, 6))
TOO_HOT = TrainingError("the loss is nan at step 3; lower learning_rate to 1e-4, then train again")


@pytest.fixture
def folder(tmp_path):
    """Return a folder with a tiny base model, rows, settings and a suite."""
    write_tiny(tmp_path)
    (tmp_path / "train.toml").write_text(SETTINGS)
    (tmp_path / "harness.toml").write_text("")
    suite = tmp_path / "suites" / "sums"
    suite.mkdir(parents=True)
    (suite / "test_sums.py").write_text("def test_sums(): ...\n")
    (suite / "cases.jsonl").write_text(CASE)
    return tmp_path


@pytest.fixture
def sweep(folder, monkeypatch) -> Callable[..., pytest.RunResult]:
    """Return the command: adapters are put there in place of trainings, and runs in place of a gate.

    ``verdicts`` are those of the adapters, in their order; ``failing`` the ranks whose training fails.
    """

    def run(
        *words: str, verdicts: Sequence[Verdict] = (), failing: Sequence[int] = (), code: int = 1
    ) -> pytest.RunResult:
        def train(config: TrainConfig, settings: Path, _base: Path, _read_gates: object) -> Path:
            if config.lora_rank in failing:
                raise TOO_HOT
            output = adapter_in(settings.parent / config.output, weights=config.output.encode())
            write_manifest(output, msgspec.structs.replace(manifest(), adapter_digest=digest_adapter(output)))
            return output

        def gate(candidates: Sequence[Path], root: Path) -> int:
            named = dict(zip([one.name for one in candidates], verdicts, strict=False))
            if len(named) > 1:
                asked_together(root, named)
            else:
                [judged(root, name, verdicts=(verdict,)) for name, verdict in named.items()]
            return code

        monkeypatch.setattr(sweeping, "train", train)
        monkeypatch.setattr(gating, "gate_together", gate)
        return run_harness(folder, *VARY, *words)

    return run


def test_a_sweep_ends_with_what_came_of_each_and_with_whether_the_first_can_be_released(sweep, folder):
    """Each adapter says of which sweep it is, and `harness adapters` tells it."""
    ended = sweep(verdicts=(lost(1, 2, 3, 4, 5, 6, 7), lost(), lost(1, 2)))

    told = " ".join(" ".join(ended.outlines).split())
    assert ended.ret == 0
    assert f"curves: {folder / 'adapters' / 'mine-curves.html'}" in told
    assert "3 trainings" in (folder / "adapters" / "mine-curves.html").read_text()
    assert all((folder / "adapters" / name / "curve.html").is_file() for name in NAMES)
    assert "inconclusive: passed alone" in told
    assert "mine-lora_rank-4 is first of 3 and passes with the choice among all taken into account" in told
    assert read_manifest(folder / "adapters" / NAMES[1]).sweep.values == {"lora_rank": 4}
    shown = run_harness(folder, "adapters", "show", NAMES[1]).outlines
    assert "of the sweep mine: lora_rank 4" in [line.strip() for line in shown]


@pytest.mark.parametrize(
    ("verdicts", "failing", "code", "ret"),
    [
        ((lost(1, 2), lost(3, 4), lost(5, 6)), (), 0, 6),  # all passed alone
        ((lost(), lost()), (4,), 0, 2),  # one was not trained
        ((lost(),), (2, 4), 0, 2),
        ((), (2, 4, 6), 0, 2),  # no gate
        ((), (), 4, 4),  # pytest could not start
        ((), (), 0, 6),  # no run was saved
        ((lost(), lost()), (), 0, 6),  # one run of three was not saved
    ],
)
def test_the_exit_code_is_that_of_the_choice_unless_a_training_failed(sweep, verdicts, failing, code, ret):
    """Pytest's own counts where it could not gate."""
    assert sweep(verdicts=verdicts, failing=failing, code=code).ret == ret


def test_a_training_that_failed_is_told_and_the_others_are_gated(sweep):
    """For machines too."""
    ended = sweep("--json", verdicts=(lost(), lost(1, 2)), failing=(4,))

    told = json.loads("\n".join(ended.outlines))
    assert [one["name"] for one in told["adapters"]] == list(NAMES)
    assert [one["judged"] and one["judged"]["if_chosen"] for one in told["adapters"]] == ["passed", None, "passed"]
    assert [one["loss"] for one in told["adapters"]] == [2.5, None, 2.5]
    assert told["adapters"][1]["failure"] == str(TOO_HOT)
    assert len(told["ranking"]["candidates"]) == 2
    again = "\n".join(sweep(verdicts=(lost(), lost(1, 2)), failing=(4,)).outlines)
    assert f"{NAMES[1]}: training failed: the loss is nan at step 3" in again


def test_without_a_gate_the_command_that_gates_all_at_once_is_told(sweep, folder):
    """Nothing was judged."""
    ended = sweep("--no-gate")

    assert ended.ret == 0
    named = " ".join(f"--candidate adapters/{name}" for name in NAMES)
    assert ended.outlines[-1] == f"nothing was gated; gate all of them in one run: pytest suites/ {named}"
    assert not (folder / "runs").exists()


def test_a_dry_run_tells_what_each_training_and_all_together_take(folder):
    """Nothing is written."""
    told = run_harness(folder, *VARY, "--dry-run", "--no-gate").outlines
    found = json.loads("\n".join(run_harness(folder, *VARY, "--dry-run", "--json").outlines))

    assert "still to be trained: 3 trainings, 6 steps, 1,326 tokens" in told[-1]
    assert [one["values"] for one in found["trainings"]] == [{"lora_rank": rank} for rank in (2, 4, 6)]
    assert (found["left"]["trainings"], found["left"]["steps"], found["left"]["tokens"]) == (3, 6, 1326)
    assert not (folder / "adapters").exists()


def test_what_can_not_be_gated_is_refused_before_anything_is_trained(folder):
    """And options of a sweep where none is asked for."""
    (folder / "suites").rename(folder / "tests")

    refused = run_harness(folder, *VARY)
    alone = run_harness(folder, "train", "train.toml", "--most", "3")

    assert refused.ret == alone.ret == 2
    assert "suites: no such folder, so there is nothing to gate by" in refused.errlines[0]
    assert "give what is varied with --vary" in alone.errlines[0]
    assert not (folder / "adapters").exists()
