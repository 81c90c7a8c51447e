"""The schedule of docs/drift.md: YAML that GitHub takes, and the command in it is one that there is."""

import re
import shlex
from pathlib import Path

import pytest
import yaml

from harness.cli.drift import drift_command
from tests.ci.test_files import _actionlint

PAGE = Path(__file__).parents[2] / "docs" / "drift.md"


def schedule() -> str:
    """Return the workflow of the page."""
    (found,) = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)
    return found


def options() -> set[str]:
    """Return the options that the command has."""
    hints = drift_command.__annotations__
    named = {
        name for hint in hints.values() for one in getattr(hint, "__metadata__", ()) for name in one.param_decls or ()
    }
    return named | {f"--{name.replace('_', '-')}" for name in hints}


def test_the_schedule_runs_daily_with_few_rights_and_lets_only_code_6_pass():
    """It reads the repository, and nothing else."""
    workflow = yaml.safe_load(schedule())

    assert [one["cron"] for one in workflow[True]["schedule"]] == ["0 6 * * *"]
    assert workflow["permissions"] == {}
    job = workflow["jobs"]["drift"]
    assert job["permissions"] == {"contents": "read"}
    (run,) = [step["run"] for step in job["steps"] if step.get("name") == "Drift"]
    assert run.endswith("|| [ $? -eq 6 ]")


def test_actionlint_finds_nothing_in_it(tmp_path):
    """As a workflow of a repository."""
    path = tmp_path / ".github" / "workflows" / "drift.yml"
    path.parent.mkdir(parents=True)
    path.write_text(schedule())

    checked = _actionlint(tmp_path)

    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("line", re.findall(r"harness drift [^`|\n]*", PAGE.read_text()))
def test_every_option_of_the_page_is_one(line):
    """In the cron line, the schedule and the text."""
    used = {word for word in shlex.split(line) if word.startswith("--")}

    assert used <= options()
