"""``harness review``: what a lead types, from build to verdict."""

import json
import re
from functools import partial

import msgspec
import pytest

from harness.judges.labels import PairLabel
from harness.review.packets.folder import open_review
from harness.review.packets.records import Key, Packet
from tests.review.sample import attentive, ballot, cases, cast, for_side, rewritten, says, write_sample


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Work in a folder with one saved run of 40 cases."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "harness.toml").write_text("[review]\nmin_ballots = 3\n")
    write_sample(tmp_path / "runs" / "0007-2026-11-22-1f3c", cases(40), judged=[1.0] * 20 + [0.0] * 20)
    return tmp_path


@pytest.fixture
def harness(command):
    """Return the command as a function: its exit code and what it says."""
    return partial(command, "review")


class Built(msgspec.Struct, frozen=True):
    """Packets and key as files hold them."""

    packets: tuple[Packet, ...]
    key: Key


def votes(folder, choose, reviewers=3):
    """Cast the ballots of a review that was built; return their paths."""
    opened = open_review(folder, folder.parent / f"{folder.name}.key.json")
    paths = []
    for number in range(reviewers):
        one = cast(Built(opened.packets, opened.key), number, choose)
        paths.append(folder.parent / f"{folder.name}.{one.reviewer}.ballot.json")
        paths[-1].write_bytes(msgspec.json.encode(one))
    return [str(path) for path in paths]


def for_candidate(pair, _seen):
    """Prefer the candidate three times of four."""
    return for_side(pair, "baseline" if int(pair.case_id[-3:]) % 4 == 0 else "candidate")


def for_either(pair, _seen):
    """Prefer the candidate every other time."""
    return for_side(pair, "baseline" if int(pair.case_id[-3:]) % 2 else "candidate")


def test_reasoning_is_shown_to_reviewers_only_when_it_is_asked_for(project, harness):
    """By an option that says what it can give away; a run without reasoning is refused, and nothing is written."""
    code, told = harness("build", "run:7", "--cases", "9", "--show-reasoning")
    assert (code, (project / "review").exists()) == (2, False)
    assert "--show-reasoning: none of these answers has reasoning; leave the option out" in told

    def reasons(answer, index) -> None:
        answer["response"] |= {"reasoning": f"thinking of {index}"}

    rewritten(project / "runs" / "0007-2026-11-22-1f3c", reasons)
    assert harness("build", "run:7", "--cases", "9", "--out", "without")[0] == 0
    assert harness("build", "run:7", "--cases", "9", "--out", "with", "--show-reasoning")[0] == 0

    assert "thinking of" not in (project / "without" / "reviewer-1.html").read_text()
    assert (project / "with" / "reviewer-1.html").read_text().count("thinking of") == 2 * (9 + 3 + 3)
    assert "its style can show which side is which" in " ".join(harness("build", "--help")[1].replace("│", " ").split())


def test_from_build_to_verdict(project, harness):
    """Packets, key, ballots, figures, labels, report."""
    code, told = harness("build", "run:7", "--cases", "30", "--reviewers", "3", "--seed", "7", "--out", "review/")
    assert code == 0
    assert told == (
        "review/reviewer-1.html\nreview/reviewer-2.html\nreview/reviewer-3.html\n"
        "30 cases; left out: 0 with the same answer twice, 0 with a failed answer, 0 answered by one side\n"
        "key: review.key.json (keep it from reviewers until all ballots are in)\n"
    )

    ballots = votes(project / "review", attentive(for_candidate))
    code, told = harness("tally", "review/", *ballots, "--to-labels", "helpfulness", "--until", "decided")

    assert code == 0, told
    assert told.startswith("passed: mine-v7 against tiny, by 90 votes on 30 cases\n  finished ballots: 3, needed: 3\n")
    assert "agreement of 3 reviewers: Krippendorff's alpha 1.000\n" in told
    assert re.search(r"prefer\('helpfulness' v1 by tiny\) agrees with people on \d+ of 30 cases, kappa -?0\.\d", told)
    assert "reviewer-1: missed 0 of 3 planted answers, contradicted 0 of 3 repeated pairs\n" in told
    assert re.search(r"decided after 30 cases: win rate 0\.\d{3}, ties half, is above 0\.45\n", told)
    assert "judges/helpfulness.labels.jsonl: 30 new labels of 30 labelled pairs, 0 drawn for the judge; build" in told
    assert "next: harness judge check helpfulness\n" in told
    assert told.endswith("report: review.report.html\n")
    lines = (project / "judges/helpfulness.labels.jsonl").read_text().splitlines()
    labels = [msgspec.json.decode(line, type=PairLabel) for line in lines]
    assert {label.choice for label in labels} == {"candidate", "baseline"}
    assert "talk-0" in (project / "review.report.html").read_text()
    assert harness("tally", "review", *ballots, "--to-labels", "helpfulness")[1].count("0 new labels of 30") == 1


def test_a_candidate_that_people_like_less_fails(project, harness):
    """Exit code 1; and 6 where too little is known."""
    harness("build", "runs/0007-2026-11-22-1f3c", "--cases", "30")
    ballots = votes(project / "review", attentive(lambda pair, _: for_side(pair, "baseline")))

    assert harness("tally", "review", *ballots)[0] == 1
    code, told = harness("tally", "review", ballots[0], ballots[1], "--leave-out", "reviewer-1")
    assert code == 1
    assert "reviewer-1: missed 0 of 3 planted answers, contradicted 0 of 3 repeated pairs; left out" in told
    assert harness("tally", "review")[0] == 6


def test_more_cases_are_added_until_it_is_decided(project, harness):
    """A second review takes no case of the first, and both are tallied together."""
    harness("build", "7", "--cases", "8", "--out", "one")
    first = votes(project / "one", attentive(for_either))
    code, told = harness("tally", "one", *first, "--until", "decided")
    assert code == 6
    assert re.search(r"about \d+ more cases like these would be enough; ", told)

    assert harness("build", "7", "--more", "30", "--after", "one.key.json", "--out", "two", "--seed", "1")[0] == 0
    second = votes(project / "two", attentive(for_candidate))
    code, told = harness("tally", "one", "two", *first, *second, "--until", "decided")

    assert code == 0
    assert "by 114 votes on 38 cases" in told
    assert re.search(r"decided after 38 cases: win rate 0\.\d{3}, ties half, is above 0\.45", told)
    code, told = harness("build", "7", "--more", "3", "--after", "one.key.json", "--after", "two.key.json")
    assert code == 2
    assert told == "error: suite 'talk' has 2 to review, not 3 cases (38 reviewed before); ask for --cases 2 or fewer\n"


def test_another_key_place_is_named_at_both_ends(project, harness):
    """With --key."""
    harness("build", "7", "--cases", "5", "--key", "safe/k.json")
    opened = open_review(project / "review", project / "safe" / "k.json")
    path = project / "b.json"
    path.write_bytes(msgspec.json.encode(cast(Built(opened.packets, opened.key), 0, attentive(for_candidate))))

    told = harness("tally", "review", "b.json")[1]
    assert "review.key.json: no such file; it should be the key; name it with --key" in told
    assert harness("tally", "review", "b.json", "--key", "safe/k.json")[0] == 6


def test_the_run_may_lie_elsewhere_or_be_gone(project, harness):
    """Without it no judge is compared; another one is refused."""
    harness("build", "7", "--cases", "10")
    ballots = votes(project / "review", attentive(for_candidate))
    (project / "runs").rename(project / "old")
    write_sample(project / "other", cases(3))

    assert "agrees with people" not in harness("tally", "review", *ballots)[1]
    assert "agrees with people" in harness("tally", "review", *ballots, "--run", "old/0007-2026-11-22-1f3c")[1]
    code, told = harness("tally", "review", *ballots, "--run", "other")
    assert (code, told) == (
        2,
        "error: --run other: this is run 'other', but the review is of run '0007-2026-11-22-1f3c'\n",
    )
    assert harness("tally", "review", *ballots, "--run", "none")[0] == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["build", "8"], "runs: no saved run has the number 8"),
        (["build", "7"], "suite 'talk' has 40 to review, not 50 cases; ask for --cases 40 or fewer"),
        (["build", "7", "--suite", "x"], "runs/0007-2026-11-22-1f3c: the run has no suite 'x'; it has 'talk'"),
        (["build", "7", "--key", "review/k.json"], "review/k.json: reveals who is who, so it must not be in review"),
        (["build", "7", "--after", "none.json"], "none.json: no such file; it should be the key"),
        (["build", "7", "--harness-config", "none.toml"], "none.toml: no such file (--harness-config)"),
        (
            ["tally", "none"],
            "no folder of packets was named; name one, as in `harness review tally review/ ballots/*.json`",
        ),
        (["tally", "runs", "--key", "a", "--key", "b"], "--key: got 2 keys for 1 folder; give one key for each folder"),
    ],
)
def test_a_mistake_is_one_line(project, harness, arguments, words):
    """Exit code 2, what is wrong, and what to do."""
    code, told = harness(*arguments)

    assert code == 2
    assert told.startswith(f"error: {words}")
    assert told.count("\n") == 1


def test_the_report_is_never_written_among_the_packets(project, harness):
    """It says who was who."""
    harness("build", "7", "--cases", "5")

    code, told = harness("tally", "review", "--out", "review/report.html")

    assert (code, "reveals who is who" in told) == (2, True)
    assert not (project / "review" / "report.html").exists()


def test_sides_differ_between_two_builds_with_one_seed(project, harness):
    """The secret is fresh each time, so the seed reveals nothing."""
    for out in ("one", "two"):
        harness("build", "7", "--cases", "40", "--seed", "7", "--out", out)
    keys = [json.loads((project / f"{out}.key.json").read_text()) for out in ("one", "two")]

    orders, sides = (
        [[[pair[field] for pair in packet["pairs"]] for packet in key["packets"]] for key in keys]
        for field in ("case_id", "a")
    )
    assert orders[0] == orders[1]
    assert sides[0] != sides[1]
    assert keys[0]["secret"] != keys[1]["secret"]


def test_answers_reach_the_packet_as_they_are(project, harness):
    """Read back from the page."""
    harness("build", "7", "--cases", "40", "--checks", "0")

    packet = open_review(project / "review", project / "review.key.json").packets[0]

    assert {text for pair in packet.pairs for text in (pair.a, pair.b)} == {
        says(side, index) for side in ("baseline", "candidate") for index in range(40)
    }


def test_an_unfinished_ballot_is_counted_but_not_as_finished(project, harness):
    """Its votes count; the number of ballots asked for is not reached."""
    harness("build", "7", "--cases", "30")
    ballots = votes(project / "review", attentive(for_candidate))
    opened = open_review(project / "review", project / "review.key.json")
    done = cast(Built(opened.packets, opened.key), 2, attentive(for_candidate))
    (project / "part.json").write_bytes(msgspec.json.encode(ballot(opened.packets[2], done.votes[:20], finished=False)))

    code, told = harness("tally", "review", *ballots[:2], "part.json")

    assert code == 6
    assert "\n  finished ballots: 2, needed: 3; ask for the others\n" in told


def test_a_review_as_json(project, harness):
    """What was built and what the votes decide, one document each, with the exit code that people get."""
    built = harness("build", "7", "--cases", "40", "--json")
    told = harness("tally", "review", *votes(project / "review", for_candidate), "--json")

    files = json.loads(built[1])
    found = json.loads(told[1])
    assert (built[0], files["cases"], len(files["files"])) == (0, 40, len({*files["files"]}))
    assert files["key"] == "review.key.json"
    assert found["verdict"]["outcome"] == {0: "passed", 1: "failed", 6: "inconclusive"}[told[0]]
    assert (project / found["report"]).exists()
