"""``harness doctor``: what people and machines see, and the exit code."""

import json

import pytest

from harness.cli.main import main
from harness.doctor import checkup
from tests.models.fakes import base_in
from tests.stub import serve

KEY = "sk-of-a-test-1"


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Work in a folder with a model, on a machine with enough memory, whose packages fit."""
    monkeypatch.chdir(tmp_path)
    for name in ("PYTEST_ADDOPTS", "PYTEST_DISABLE_PLUGIN_AUTOLOAD", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setattr(checkup, "_packages", lambda: iter(()))
    monkeypatch.setattr(checkup, "free_memory", lambda: 1 << 40)
    base_in(tmp_path / "base")
    (tmp_path / "harness.toml").write_text('base_model = "base"\n[engine]\nkind = "transformers"\n')
    return tmp_path


@pytest.fixture
def doctor(monkeypatch, capsys):
    """Return the command as a function: its exit code and output."""

    def run(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr("sys.argv", ["harness", "doctor", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr()
        return int(ended.value.code or 0), told.out + told.err

    return run


def test_without_a_problem_the_exit_code_is_0(project, doctor):
    """Each check is a line, and none of them made anything."""
    code, told = doctor()

    assert code == 0
    assert told.startswith("ok       pytest      loads the harness")
    assert "\nok       settings    harness.toml\n" in told
    assert "\nok       base model  base, a folder with a model\n" in told
    assert "\nok       memory      1,024.0 GiB free; the weights take 0.0\n                     GiB\n" in told
    assert told.endswith("\n0 problems, 0 notes\n")
    assert sorted(path.name for path in project.iterdir()) == ["base", "harness.toml"]


def test_a_problem_is_exit_code_1_with_its_remedy(project, doctor):
    """On a line of its own, behind an arrow."""
    (project / "harness.toml").write_text('base_model = "nowhere"\n[engine]\nkind = "transformers"\n')

    code, told = doctor()

    assert code == 1
    assert "\nproblem  base model  nowhere: no such folder, and no name of\n" in told
    assert "\n         -> correct base_model\n" in told
    assert told.endswith("\n1 problem, 0 notes\n")


def test_wrong_settings_are_a_problem_and_the_rest_is_still_checked(project, doctor):
    """What depends on them is left out."""
    (project / "harness.toml").write_text('bas_model = "base"\n')

    code, told = doctor()

    assert code == 1
    assert "harness.toml: unknown key `bas_model`" in told
    assert "pytest      loads the harness" in told
    assert "base model" not in told


def test_lines_are_plain_and_narrow_without_a_terminal(project, doctor):
    """Nothing is coloured, and 60 columns are enough, but for paths."""
    _, told = doctor()

    assert "\x1b" not in told
    assert all(len(line) <= 60 for line in told.splitlines() if str(project) not in line.replace(" ", ""))


@pytest.mark.parametrize("plain", [True, False])
def test_a_terminal_is_coloured_unless_no_color_is_set(project, doctor, monkeypatch, plain):
    """The states alone."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    if plain:
        monkeypatch.setenv("NO_COLOR", "1")

    _, told = doctor()

    assert ("\x1b[32m" in told) is not plain


def test_json_has_each_finding(project, doctor):
    """With its four fields, and the same exit code."""
    code, told = doctor("--json", "--engine", "openai")
    findings = json.loads(told)

    assert code == 1
    assert all(set(one) == {"name", "state", "found", "remedy"} for one in findings)
    assert [one["state"] for one in findings if one["name"] == "server key"] == ["problem"]


def test_the_server_of_the_command_line_is_asked_and_no_secret_shown(project, doctor, monkeypatch):
    """Neither a key nor a login, in text and in JSON; a name that a server lists can hold anything."""
    monkeypatch.setenv("TEAM_TOKEN", KEY)
    with serve(lambda _model, _text: "fine", models=("tiny\x1b[2J", KEY)) as stub:
        url = stub.url.replace("//", "//ada:open-sesame@")
        text, as_json = doctor("--base-url", url), doctor("--base-url", url, "--json")

    assert [text[0], as_json[0]] == [0, 0]
    for told in (text[1], as_json[1]):
        assert stub.url in told
        assert KEY not in told
        assert "sesame" not in told
        assert "\x1b" not in told


def test_a_wrong_name_of_an_engine_is_a_problem(project, doctor):
    """As for pytest."""
    code, told = doctor("--engine", "vlm")

    assert code == 1
    assert "--engine vlm: expected one of vllm," in told
