"""The command: its version, its help, what the shell completes, and one line for an error that people can fix."""

import re
from pathlib import Path

import pytest
import typer

from harness.cli.main import app, main
from tests.mistakes import message_of


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["train", "none.toml"], "error: none.toml: no such file"),
        (["report", "runs/none"], "error: runs/none: no saved run here"),
        (["report", "x" * 5_000], "error: runs/xxx"),
        (["report", "x\x1b[31m"], "error: x\\x1b[31m: no saved run here"),
        (["base-model", "--harness-config", "nope.toml"], "error: nope.toml: no such file (--harness-config)"),
    ],
)
def test_a_mistake_is_one_line(monkeypatch, capsys, tmp_path, arguments, words):
    """Exit code 2, no traceback, and below it the address of its section, once."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["harness", *arguments])

    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 2
    told = message_of(capsys.readouterr().err)
    assert told.startswith(words)
    assert told.count("\n") == 1


def printed(monkeypatch, capsys, *arguments: str) -> str:
    """Run the command, which must succeed, and return what it printed."""
    monkeypatch.setattr("sys.argv", ["harness", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code in (0, None)
    return capsys.readouterr().out


def completed(monkeypatch, capsys, line: str) -> list[str]:
    """Return what the shell proposes at the end of a command line."""
    monkeypatch.setenv("_HARNESS_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", line)
    monkeypatch.setenv("COMP_CWORD", str(line.count(" ")))
    return printed(monkeypatch, capsys).split()


def test_the_version_is_that_of_what_is_installed(monkeypatch, capsys):
    """One line, with the name under which a package index knows it."""
    monkeypatch.setattr("importlib.metadata.version", {"tunegate": "9.8.7"}.__getitem__)

    assert printed(monkeypatch, capsys, "--version") == "tunegate 9.8.7\n"


def test_the_base_model_is_found_beside_the_settings(monkeypatch, capsys, tmp_path):
    """As by pytest: folders are relative to the file that names them."""
    (tmp_path / "project" / "tiny").mkdir(parents=True)
    (tmp_path / "project" / "harness.toml").write_text('base_model = "tiny"')
    monkeypatch.chdir(tmp_path)

    told = printed(monkeypatch, capsys, "base-model", "--harness-config", "project/harness.toml")

    assert Path(told.strip()) == Path("project/tiny")


def test_the_shell_completes_commands(monkeypatch, capsys):
    """By their beginning; nothing is run."""
    assert completed(monkeypatch, capsys, "harness base") == ["base-model"]


def test_the_shell_completes_runs_by_number(monkeypatch, capsys, tmp_path):
    """Complete ones alone; one without a number by its folder; in the folder that --run-dir names."""
    for name in ("0007-2026-11-22-1f3c", "0012-2026-11-23-1f3c", "2026-11-21-1f3c"):
        (tmp_path / "there" / name).mkdir(parents=True)
        (tmp_path / "there" / name / "run.json").touch()
    (tmp_path / "there" / "0013-2026-11-24-1f3c").mkdir()
    monkeypatch.chdir(tmp_path)

    assert completed(monkeypatch, capsys, "harness report --run-dir there ") == ["7", "12", "2026-11-21-1f3c"]
    assert completed(monkeypatch, capsys, "harness compare --run-dir there 7 1") == ["12"]
    assert completed(monkeypatch, capsys, "harness report ") == []
    assert completed(monkeypatch, capsys, "harness report --harness-config none.toml ") == []


def test_help_is_plain_text():
    """Of every command: no marks of another format, and each argument and option has a help."""
    waiting = [typer.main.get_command(app)]
    seen = []
    while waiting:
        command = waiting.pop()
        waiting += getattr(command, "commands", {}).values()
        seen.append(command.name)
        helps = [getattr(parameter, "help", "") for parameter in command.params]
        assert all(helps), command.name
        assert "`" not in "".join([command.help or "", *helps]), command.name

    assert {"train", "compare", "tally", "prune"} <= set(seen)


def test_the_two_runs_of_a_comparison_have_names_of_their_own(monkeypatch, capsys):
    """The usage line shows which one comes first, and the help next to it which one is the baseline."""
    told = " ".join(printed(monkeypatch, capsys, "compare", "--help").split())

    assert re.search(r"harness compare \[OPTIONS\] \W*FIRST\W+SECOND", told)
    assert "the baseline; a saved run" in told


def commands(of: typer.core.TyperGroup, name: str = "") -> dict[str, typer.core.TyperCommand]:
    """Return every command with its name."""
    found = {}
    for key, one in of.commands.items():
        below = commands(one, f"{name}{key} ") if hasattr(one, "commands") else {f"{name}{key}": one}
        found |= below
    return found


def test_every_command_prints_json_where_asked():
    """All but web servers, which print links until they are stopped, and what CI jobs call, which prints for them."""
    without = {
        name
        for name, one in commands(typer.main.get_command(app)).items()
        if not any("--json" in parameter.opts for parameter in one.params)
    }

    servers = {"review serve", "cases edit", "cases decide", "view"}
    assert without == servers | {f"ci {name}" for name in ("newest", "github", "gitlab", "verdict", "action")}


def test_the_base_model_as_json(monkeypatch, capsys, tmp_path):
    """One document, which a script reads without knowing how the text is worded."""
    (tmp_path / "tiny").mkdir()
    (tmp_path / "harness.toml").write_text('base_model = "tiny"\n')
    monkeypatch.chdir(tmp_path)

    assert printed(monkeypatch, capsys, "base-model", "--json") == '{\n  "base_model": "tiny"\n}\n'
