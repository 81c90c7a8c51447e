"""`harness cases retire`."""

import json

from tests.feedback.test_retire import ask, cases, ids_in  # noqa: F401 - cases is a fixture


def test_what_was_asked_often_retires_and_is_told(tmp_path, cases, command, monkeypatch):  # noqa: F811
    """First in a dry run, which changes nothing; the runs are beside harness.toml, or where they are named."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "harness.toml").write_text("")
    for number in (1, 2):
        ask(tmp_path, number, ["c1", "c2", "c3"])

    tried = command("cases", "retire", "suites/sums", "--asked", "2", "--anchors", "0", "--dry-run")
    elsewhere = command(
        "cases", "retire", "suites/sums", "--asked", "2", "--anchors", "0", "--run-dir", "none", "--json"
    )
    code, told = command("cases", "retire", "suites/sums", "--asked", "2", "--anchors", "0")

    assert tried == (0, "suites/sums/cases.jsonl: 3 cases would retire; 9 stay, 0 of them anchors\n")
    assert json.loads(elsewhere[1])["retired"] == {}
    assert code == 0
    assert told.startswith("suites/sums/cases.jsonl: 3 cases retired, to suites/sums/cases.retired.jsonl; 9 stay")
    assert ids_in(cases.with_suffix(".retired.jsonl")) == ["c1", "c2", "c3"]


def test_why_nothing_retires_is_told(tmp_path, cases, command, monkeypatch):  # noqa: F811
    """Too few runs, or none that asked these cases: newcomers' tests can be in another folder."""
    monkeypatch.chdir(tmp_path)
    none = command("cases", "retire", "suites/sums", "--asked", "3")[1]
    ask(tmp_path, 1, ["c1"])
    few = command("cases", "retire", "suites/sums", "--asked", "3")[1]

    assert "no saved run asked them" in none
    assert "the case that was asked most was asked in 1 run\n" in few
