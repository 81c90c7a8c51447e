"""``harness share``: what people see."""

import json

import pytest

from harness.cli.main import main
from tests.share.test_share import machine, run_number, zipped


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Work in a folder with a run and an answer, whose harness.toml names a place beside it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "harness.toml").write_text('[share]\nplace = "team"\n')
    machine(tmp_path / "runs", "a", runs=(1,))
    return tmp_path


def test_push_and_pull_say_what_they_copied(project, harness):
    """A line for runs, and one for answers."""
    assert harness("share", "status") == (
        "to team: 1 run, 1 answer\nfrom team: 0 runs, 0 parts of 100,000 answers at most\n"
    )
    assert harness("share", "push") == (
        f"team: 1 run pushed: {run_number(1).id}; 0 on both sides already\nteam: 1 answer pushed\n"
    )
    assert harness("share", "pull", "team", "--run-dir", "other", "--only", "answers") == ("team: 1 answer pulled\n")
    told = json.loads(harness("share", "pull", "--run-dir", "other", "--json"))
    assert told["runs"] == {"copied": [run_number(1).id], "known": 0, "refused": []}
    assert told["answers"] == {"copied": 0, "held_back": 0, "known": 0, "parts": 0, "refused": []}


def test_help_names_the_setting(harness):
    """Rich would take a table's name in brackets for a colour, and show nothing."""
    assert "share.place" in harness("share", "push", "--help")


def test_what_is_left_out_ends_with_exit_code_1(project, monkeypatch, capsys):
    """The rest is copied, and the reason is told apart from it."""
    zipped(project / "team", {"x\x1b[2J": ""})

    monkeypatch.setattr("sys.argv", ["harness", "share", "pull"])

    with pytest.raises(SystemExit) as ended:
        main()

    told = capsys.readouterr()
    assert ended.value.code == 1
    assert told.out.startswith("team: 0 runs pulled")
    assert "left out: 0009-2026-11-27-abcd: its zip file has other files than answers.jsonl" in told.err
    assert "\x1b" not in told.err


def test_a_place_has_to_be_named(project, harness):
    """On the command line or in harness.toml."""
    (project / "harness.toml").write_text("")

    assert 'no place is named: add it to the command, or place = "s3://BUCKET/FOLDER"' in harness("share", "push")
    assert "--only cases: expected runs or answers" in harness("share", "push", "x", "--only", "cases")
