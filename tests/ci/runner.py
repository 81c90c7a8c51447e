"""Runs the steps of a composite action here, as GitHub's runner does: its expressions, files, and order."""

import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import yaml

EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
CONTEXT = {
    "github.run_id": "777",
    "github.run_attempt": "1",
    "github.token": "ghs_s3cr3tT0kenOfAJob",
    "runner.os": "Linux",
    "hashFiles('**/harness.toml')": "abc",
}


@dataclass
class Ran:
    """What became of the steps: exit codes of scripts, inputs of the actions that were called, and the log."""

    codes: dict[str, int] = field(default_factory=dict)
    called: dict[str, dict[str, str]] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    log: str = ""

    @property
    def failed(self) -> bool:
        """Whether the job fails."""
        return any(self.codes.values())


def run_action(path: Path, folder: Path, environ: dict[str, str], **given: str) -> Ran:
    """Run an action's steps in a folder, with these inputs ("_" for "-") in place of its defaults."""
    action = yaml.safe_load(path.read_text())
    values = {f"inputs.{name}": str(one.get("default", "")) for name, one in action["inputs"].items()} | CONTEXT
    values = {name: EXPRESSION.sub(lambda found: CONTEXT[found[1]], value) for name, value in values.items()}
    values |= {f"inputs.{name.replace('_', '-')}": value for name, value in given.items()}
    ran = Ran()
    for step in action["runs"]["steps"]:
        if not _applies(str(step.get("if", "")), values, failed=ran.failed):
            continue
        name, known = step["name"], step.get("id", "")
        if "uses" in step:
            ran.called[name] = {key: _filled(value, values) for key, value in step["with"].items()}
            if "upload-artifact" in step["uses"]:
                values[f"steps.{known}.outputs.artifact-url"] = "https://github.com/ada/larkspur/artifacts/9"
            continue
        out = folder / f"output-{len(ran.codes)}"
        out.touch()
        variables = {key: _filled(value, values) for key, value in step.get("env", {}).items()}
        ended = subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step["run"]],
            cwd=folder / _filled(step.get("working-directory", "."), values),
            env={**os.environ, **environ, **variables, "GITHUB_OUTPUT": str(out)},
            capture_output=True,
            text=True,
            check=False,
        )
        ran.codes[name], ran.log = ended.returncode, ran.log + ended.stdout + ended.stderr
        values[f"steps.{known}.outcome"] = "failure" if ended.returncode else "success"
        for line in out.read_text().splitlines():
            key, _, value = line.partition("=")
            values[f"steps.{known}.outputs.{key}"] = value
    ran.outputs = {name: _filled(one["value"], values) for name, one in action["outputs"].items()}
    return ran


def _filled(text: str, values: dict[str, str]) -> str:
    return EXPRESSION.sub(
        lambda found: values[found[1]] if "." not in found[1] else values.get(found[1], ""), str(text)
    )


def _applies(condition: str, values: dict[str, str], *, failed: bool) -> bool:
    """Evaluate what a step's `if` can be here: comparisons with a word, and always(), all of which must hold."""
    terms = [term.strip() for term in condition.split("&&") if term.strip()]
    if failed and "always()" not in terms:
        return False
    for term in terms:
        if term == "always()":
            continue
        name, operator, word = re.fullmatch(r"([\w.-]+) (==|!=) '(\w*)'", term).groups()
        if (values.get(name, "") == word) != (operator == "=="):
            return False
    return True
