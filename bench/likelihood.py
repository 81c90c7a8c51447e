"""How many cases show the damage of an adapter at half strength: by likelihood, and by scores of answers.

python bench/likelihood.py HEALTHY DAMAGED, two folders of adapters on the embedded base model, as `make demo` trains
them. Half of the support tickets and a third of the general cases are asked, by the transformers engine in float32. The
table in docs/likelihood.md is of this; it takes some minutes on two cores.
"""

import json
import math
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from measure import run_script, tell

from harness.errors import UNDECIDED
from harness.records.saved import Run
from harness.runs.folder import read_answers, read_run

SUITES = Path(__file__).parent.parent / "suites"
ONE_SIDED_95, POWER_80 = 1.645, 0.842
SETTINGS = """
base_model = "smollm2-135m-instruct"
noise_sample = 0

[engine]
kind = "transformers"
dtype = "float32"
"""
ANSWERS = """
import re
from pathlib import Path

import pytest

from harness.scorers import field_equals, matches_regex, matches_schema, predicts_label, rouge

HERE = Path(__file__).parent
QUEUES = ("billing", "bug", "feature", "account", "outage")
TICKETS = pytest.mark.suite(HERE / "tickets.jsonl", system=HERE / "system.txt", max_tokens=36)


@TICKETS
def test_tickets(evaluate):
    evaluate(predicts_label(QUEUES, field="queue"))
    evaluate(matches_schema(HERE / "reply.schema.json"))
    evaluate(field_equals("priority"))
    evaluate(rouge("rougeL", field="summary"))


@pytest.mark.suite(HERE / "general.jsonl", max_tokens=24)
def test_general(evaluate):
    evaluate(matches_regex(flags=re.IGNORECASE | re.DOTALL))
"""
LIKELIHOOD = """
import json
from pathlib import Path

import pytest

from harness.scorers import chooses, nats_per_token

HERE = Path(__file__).parent
QUEUES = ("billing", "bug", "feature", "account", "outage")


def trained(case):
    return json.dumps({name: case.expected[name] for name in ("summary", "queue", "priority")})


def queues(case):
    return [json.dumps({"summary": case.expected["summary"], "queue": queue})[:-1] for queue in QUEUES]


@pytest.mark.suite(HERE / "tickets.jsonl", system=HERE / "system.txt", continuations=trained)
def test_tickets(evaluate):
    evaluate(nats_per_token())


@pytest.mark.suite(HERE / "quarter.jsonl", system=HERE / "system.txt", continuations=queues)
def test_queues(evaluate):
    evaluate(chooses(QUEUES, field="queue"))
    evaluate(chooses(QUEUES, field="queue", per="character"))


@pytest.mark.suite(HERE / "answered.jsonl", continuations="expected")
def test_general(evaluate):
    evaluate(nats_per_token())
"""


def main() -> int:
    """Ask both adapters, and print how many cases each scorer needs to see the difference."""
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    healthy, damaged = (Path(word).resolve() for word in sys.argv[1:])
    with tempfile.TemporaryDirectory() as place:
        project = Path(place)
        write_project(project, damaged)
        answers = gate(project, healthy, "test_answers.py")
        texts = {one.case.id: one.response.text for one in read_answers(answers) if one.side == "baseline"}
        general = [row | {"expected": texts[row["id"]]} for row in rows(project / "general.jsonl") if texts[row["id"]]]
        write_rows(project / "answered.jsonl", general)
        likely = gate(project, healthy, "test_likelihood.py")
        tell("| suite | measured by | cases | healthy | damaged, half | needs |\n| --- | --- | --- | --- | --- | --- |")
        for folder in (likely, answers):
            show(read_run(folder))
    return 0


def write_project(project: Path, damaged: Path) -> None:
    """Write a project with parts of the shipped suites, and the damaged adapter at half strength."""
    triage = SUITES / "support_triage"
    for name in ("system.txt", "reply.schema.json"):
        shutil.copy(triage / name, project / name)
    tickets = rows(triage / "cases.jsonl")
    write_rows(project / "tickets.jsonl", tickets[::2])
    write_rows(project / "quarter.jsonl", tickets[::4])
    write_rows(project / "general.jsonl", rows(SUITES / "general" / "cases.jsonl")[::3])
    (project / "harness.toml").write_text(SETTINGS)
    (project / "test_answers.py").write_text(ANSWERS)
    (project / "test_likelihood.py").write_text(LIKELIHOOD)
    write_half(damaged, project / "half")


def write_half(adapter: Path, folder: Path) -> None:
    """Write an adapter again with each B matrix halved, which halves all that it adds."""
    from safetensors.torch import load_file, save_file

    folder.mkdir()
    shutil.copy(adapter / "adapter_config.json", folder)
    weights = load_file(adapter / "adapter_model.safetensors")
    halved = {name: value / 2 if ".lora_B." in name else value for name, value in weights.items()}
    save_file(halved, folder / "adapter_model.safetensors")


def gate(project: Path, healthy: Path, suite: str) -> Path:
    """Run one file of tests, the healthy adapter as the baseline, and return the run's folder."""
    runs = project / "runs" / suite
    sides = ["--baseline", str(healthy), "--candidate", "half", "--run-dir", str(runs)]
    command = [sys.executable, "-m", "pytest", suite, "-q", *sides, "-p", "no:cacheprovider"]
    ended = subprocess.run(command, cwd=project, check=False, stdout=sys.stderr).returncode
    if ended != UNDECIDED:  # nothing is gated here, so nothing can pass
        sys.exit(f"{' '.join(command)} ended with {ended}")
    [folder] = (path.parent for path in runs.glob("*/run.json"))
    return folder


def show(run: Run) -> None:
    """Print a line of the table for each comparison of a run."""
    for measure in run.measures:
        found = measure.comparison
        differences = [row.candidate - row.baseline for row in found.rows]
        before, now = (statistics.fmean(getattr(row, side) for row in found.rows) for side in ("baseline", "candidate"))
        suite = measure.test_id.rpartition("::")[2]
        tell(f"| {suite} | {found.scorer} | {len(differences)} | {before:.3f} | {now:.3f} | {needed(differences)} |")


def needed(differences: list[float]) -> str:
    """Return how many cases show such a mean difference as more than chance, 4 times in 5."""
    mean, sd = statistics.fmean(differences), statistics.stdev(differences)
    if abs(mean) * math.sqrt(len(differences)) < sd:
        return "sees nothing"
    return str(math.ceil(((ONE_SIDED_95 + POWER_80) * sd / mean) ** 2))


def rows(path: Path) -> list[dict[str, object]]:
    """Return the objects of a file with one a line."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def write_rows(path: Path, objects: list[dict[str, object]]) -> None:
    """Write objects, one a line."""
    path.write_text("".join(f"{json.dumps(one)}\n" for one in objects))


if __name__ == "__main__":
    run_script(main)
