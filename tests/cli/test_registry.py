"""Promote, gate the next one against it, promote that, roll back: with real runs against a stub server."""

import json

import pytest

from harness.runs.folder import read_run
from tests.apart import run_harness, run_pytest
from tests.mistakes import message_of
from tests.saved_runs import CASES, two_runs, write_cases


@pytest.fixture(scope="module")
def walk(tmp_path_factory):
    """Walk the whole way once; return the project, and what each step ended with and said, by its name."""
    folder, said = tmp_path_factory.mktemp("walk"), {}

    def step(name: str, *arguments: str) -> None:
        done = run_harness(folder, *arguments)
        failed = message_of("".join(f"{line}\n" for line in done.errlines))
        said[name] = done.ret, failed if done.ret else done.stdout.str()

    def gate(name: str, *arguments: str) -> None:
        done = run_pytest(folder, "-q", "-p", "no:cacheprovider", *arguments)
        said[name] = done.ret, done.stdout.str() + done.stderr.str()

    with pytest.MonkeyPatch.context() as patch, two_runs(folder):
        patch.setenv("COLUMNS", "100")
        for name in ("GITHUB_ACTOR", "GITLAB_USER_LOGIN"):
            patch.setenv(name, "ada")
        step("promote", "promote", "mine", "--run", "1")
        step("damaged", "promote", "forgetful", "--run", "2")
        gate("next", "--candidate", "adapters/forgetful")
        step("still damaged", "promote", "forgetful", "--run", "3")
        step("override", "promote", "forgetful", "--run", "3", "--override", "the old one is down", "--json")
        step("rollback", "rollback", "--reason", "it forgets sums")
        gate("by name", "--candidate", "registry:forgetful@2", "--baseline", "registry:mine")
        gate("partly", "--candidate", "adapters/forgetful", "-xqk", "short")
        step("partly", "promote", "forgetful", "--run", "5")
        step("list", "adapters", "list")
        step("show", "adapters", "show", "forgetful")
        step("statement", "adapters", "show", "mine", "--statement")
        step("diff", "adapters", "diff", "mine", "forgetful")
        step("card", "adapters", "card", "mine", "--out", "card.md")
        step("kept", "adapters", "remove", "mine")
        step("removed", "adapters", "remove", "forgetful", "--force", "the disk")
        step("gone", "adapters", "show", "forgetful")
        write_cases(folder, CASES[:-1])
        step("other cases", "promote", "mine", "--run", "1")
    return folder, said


@pytest.mark.parametrize(
    ("name", "code", "parts"),
    [
        (
            "promote",
            0,
            ("promoted: mine@1", "by ada", "passed: 3 of 3 gates passed, compared with tiny", "taken on trust"),
        ),
        ("damaged", 2, ("failed: Answers are right: lost 2 cases", "users have mine@1 today", "--override")),
        ("next", 1, ("lost 2 cases",)),
        ("still damaged", 2, ("failed: Answers are right: lost 2 cases",)),
        ("override", 0, ('"overridden"', "the old one is down")),
        ("rollback", 0, ("rolled back: mine is promoted again", "as entry 1 said", "it forgets sums")),
        ("by name", 1, ("lost 2 cases",)),
        ("partly", 2, ("6 tests of test_sums.py not asked",)),
        ("list", 0, ("1, 3 (now)", "rollback to 1", "the old one is down (overridden)")),
        ("show", 0, ("forgetful@2", "overridden: run 0003", "compared with mine")),
        ("diff", 0, ("promoted as", "mine@1, mine@3", "forgetful@2")),
        ("card", 0, ("card.md: the card of mine",)),
        ("kept", 2, ("users have it",)),
        ("removed", 0, ("removed: ", "entry 4 says why")),
        ("gone", 0, ("its folder was removed on", "the disk")),
        ("other cases", 2, ("is what users have already",)),
    ],
)
def test_each_step_ends_as_it_should_and_says_so(walk, name, code, parts):
    """One after the other."""
    _, said = walk

    assert said[name][0] == code, said[name][1]
    assert [part for part in parts if part not in " ".join(said[name][1].split())] == []


def test_the_gate_of_the_next_one_compares_it_with_the_promoted_one(walk):
    """The report says which, and why."""
    folder, _ = walk
    (run,) = (folder / "runs").glob("0003-*")

    read = read_run(run)

    assert (read.baseline.name, read.candidate.name) == ("mine", "forgetful")
    assert read.own_text == ()  # known, and none
    assert "baseline: mine@1, promoted on " in next(note for note in read.notes if "baseline" in note)
    assert "promoted on " in (run / "report.html").read_text()


def test_a_statement_is_printed_as_an_envelope(walk):
    """Without a signature where no key is set."""
    _, said = walk

    envelope = json.loads(said["statement"][1])

    assert envelope["payloadType"] == "application/vnd.in-toto+json"
    assert (envelope["signatures"], set(envelope)) == ([], {"payload", "payloadType", "signatures"})


def test_a_reason_that_says_nothing_is_none(walk):
    """Of an override."""
    folder, _ = walk

    done = run_harness(folder, "promote", "mine", "--run", "1", "--override", " ")

    assert (done.ret, "--override needs the reason" in done.stderr.str()) == (2, True)
