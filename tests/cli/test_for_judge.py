"""Labels for a judge, from the cases that chance drew to those that its figures are corrected by."""

import csv
import json

import msgspec
import pytest

from harness.judges.draws import read_draws
from harness.judges.labels import read_labels
from harness.judges.matched import Told, judged_cases, pair_read
from harness.review.packets.folder import open_review
from harness.review.packets.records import Key, Packet
from harness.runs.folder import read_answers, read_run
from harness.scorers.judges.rubric import named_rubric
from harness.text.pages import content_folder
from tests.review.sample import HELPFULNESS, attentive, cases, cast, for_side, rewritten, says, write_sample

RUN = "0007-2026-11-22-1f3c"
SCALE = named_rubric("completeness")
PAIRS = HELPFULNESS


def mostly(side, index):
    """Answer the same on both sides to each fifth case."""
    return f"Same {index}" if index % 5 == 0 else says(side, index)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Work in a folder with one saved run of 50 cases, 10 of them answered alike."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "harness.toml").write_text("[review]\nmin_ballots = 1\n")
    write_sample(tmp_path / "runs" / RUN, cases(50, lambda index: f"expected {index}"), mostly, judged=[1.0] * 50)
    return tmp_path


@pytest.fixture
def harness(command):
    """Return the command as a function: its exit code and what it says."""
    return command


class Built(msgspec.Struct, frozen=True):
    """Packets and key as files hold them."""

    packets: tuple[Packet, ...]
    key: Key


def ballot_of(folder, wish="candidate"):
    """Cast one reviewer's ballot, for one side always, and return its path."""
    review = open_review(folder, folder.parent / f"{folder.name}.key.json")
    one = cast(Built(review.packets, review.key), 0, attentive(lambda pair, _: for_side(pair, wish)))
    path = folder.parent / f"{folder.name}.ballot.json"
    path.write_bytes(msgspec.json.encode(one))
    return str(path)


def sides_of(project, rubric):
    """Return the run's comparison with its labels, as a gate puts them together."""
    run = read_run(project / "runs" / RUN)
    said = {(one.case.id, one.side): one for one in read_answers(project / "runs" / RUN)}
    read = {
        name: pair_read(one.case, said[name, "baseline"].response, one.response)
        for (name, side), one in said.items()
        if side == "candidate"
    }
    told = Told(
        rubric=rubric,
        labels=read_labels(project / f"judges/{rubric.id}.labels.jsonl", rubric),
        draws=read_draws(project / f"judges/{rubric.id}.draws.jsonl"),
    )
    return judged_cases(run.measures[0].comparison.rows, read, told)


def test_drawn_pairs_become_labels_that_count(project, harness):
    """Two rounds: the second draws no case that has its label, and labels of both count together."""
    code, told = harness("review", "build", "7", "--for-judge", "helpfulness", "--cases", "12", "--reviewers", "1")
    assert code == 0, told
    assert (
        "12 cases for helpfulness, beside 0 labels that it has\n  doubt 1: 12 of 40 cases, 0 labelled before\n" in told
    )
    assert "when they are back: harness review tally FOLDER BALLOT... --to-labels helpfulness\n" in told
    assert HELPFULNESS.question in (project / "review" / "reviewer-1.html").read_text()

    code, told = harness("review", "tally", "review", ballot_of(project / "review"), "--to-labels", "helpfulness")
    assert (
        "judges/helpfulness.labels.jsonl: 12 new labels of 12 labelled pairs, 12 drawn for the judge\nnext: har" in told
    )
    label = read_labels(project / "judges/helpfulness.labels.jsonl", PAIRS)[0]
    assert label.expected == f"expected {int(label.case_id[-3:])}"

    again = ("review", "build", "7", "--for-judge", "helpfulness", "--cases", "100", "--reviewers", "1", "--out", "two")
    code, told = harness(*again)
    assert "28 cases for helpfulness, beside 12 labels that it has\n" in told
    assert sides_of(project, PAIRS).labels == 12
    harness("review", "tally", "two", ballot_of(project / "two", "baseline"), "--to-labels", "helpfulness")

    sides = sides_of(project, PAIRS)
    assert sides.labels == 40
    assert sum(one.settled for one in sides.candidate) == 10
    assert sum(one.people == 1.0 for one in sides.candidate) == 12
    assert sum(one.people == 0.0 for one in sides.candidate) == 28
    code, told = harness(*again[:-1], "three")
    assert (code, "no case of run 0007-2026-11-22-1f3c is left to label" in told) == (2, True)


def test_drawn_answers_become_levels(project, harness):
    """A table for each person, in which nothing says whose answer it is; levels come back by id."""
    write_sample(project / "runs" / RUN, cases(50), mostly, judged=[1.0] * 50, rubric=SCALE)
    code, told = harness("review", "build", "7", "--for-judge", "completeness", "--cases", "10", "--out", "sheet")
    assert code == 0, told
    assert "when they are back: harness judge labels" in told
    table = (project / "sheet" / "answers.csv").read_text("utf-8-sig")
    rows = list(csv.DictReader(table.splitlines()))
    assert not any(word in table for word in ("talk-", "candidate", "baseline"))
    assert "4: " in (project / "sheet" / "levels.txt").read_text()

    for person, level in (("ann", "2"), ("bob", "5"), ("cy", "5")):
        with (project / "sheet" / f"{person}.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, rows[0].keys(), delimiter=";" if person == "bob" else ",")
            writer.writeheader()
            writer.writerows(
                [{**row, "level": level if place or person != "cy" else ""} for place, row in enumerate(rows)]
            )
    code, told = harness("judge", "labels", *(f"sheet/{person}.csv" for person in ("ann", "bob", "cy")))

    assert told.endswith(
        f"{len(rows)} new labels of {len(rows)} labelled answers\nnext: harness judge check completeness\n"
    )
    labels = read_labels(project / "judges/completeness.labels.jsonl", SCALE)
    assert sorted(label.level for label in labels) == [2, *[5] * (len(rows) - 1)]
    assert labels[1].by == {"ann": "2", "bob": "5", "cy": "5"}
    sides = sides_of(project, SCALE)
    assert sides.labels == 10
    assert {one.people for one in sides.candidate} <= {None, 0.75, 0.625}


def test_each_criterion_has_a_line_of_its_own(project, harness):
    """And levels of its own, which are all written down."""
    several = named_rubric("support_reply")
    write_sample(project / "runs" / RUN, cases(50, lambda _: "x"), mostly, judged=[1.0] * 50, rubric=several)
    harness("review", "build", "7", "--for-judge", "support_reply", "--cases", "10", "--out", "sheet")
    lines = list(csv.DictReader((project / "sheet" / "answers.csv").read_text("utf-8-sig").splitlines()))
    assert {line["criterion"] for line in lines} == {*several.criteria}
    told = (project / "sheet" / "levels.txt").read_text()
    assert all(f"\n{name}: {one.question}" in told for name, one in several.criteria.items())

    with (project / "sheet" / "ann.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, lines[0].keys())
        writer.writeheader()
        writer.writerows(
            [{**line, "level": max(several.criteria[line["criterion"]].levels, key=int)} for line in lines]
        )
    code, told = harness("judge", "labels", "sheet/ann.csv")

    assert code == 0, told
    sides = sides_of(project, several)
    assert sides.labels == 10
    assert {one.people for one in sides.candidate} == {None, 1.0}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda lines: [*lines[:1], lines[1].replace(",,,", ",,6,", 1)],
            "answers.csv:2: `level` is '6'; it can be 1, 2",
        ),
        (lambda lines: lines, "answers.csv: no answer has a level; fill in the column `level`"),
        (lambda lines: [*lines, lines[1]], "is there twice; keep one line"),
        (
            lambda lines: [lines[0], "x,3,a,b,c"],
            "answers.csv:2: the key has no answer 'x'; is this the table of another",
        ),
        (lambda lines: ["a,b", *lines[1:]], "answers.csv:1: has no columns `id` and `level`; keep the first line"),
    ],
)
def test_a_spoilt_table_is_refused(project, harness, change, said):
    """By its line, and nothing is written."""
    write_sample(project / "runs" / RUN, cases(50), mostly, judged=[1.0] * 50, rubric=SCALE)
    harness("review", "build", "7", "--for-judge", "completeness", "--cases", "10", "--out", "sheet")
    table = project / "sheet" / "answers.csv"
    table.write_text("\n".join(change(table.read_text("utf-8-sig").splitlines())) + "\n")

    code, told = harness("judge", "labels", "sheet/answers.csv")

    assert (code, said in told) == (2, True), told
    assert not (project / "judges/completeness.labels.jsonl").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            ["--for-judge", "correctness"],
            "no test was judged by 'correctness'; name a run whose suites call this rubric",
        ),
        (["--for-judge", "helpfulness", "--suite", "x"], "no test of suite 'x' was judged by 'helpfulness'"),
        (["--for-judge", "helpfulness", "--by-tag", "language"], "--by-tag doesn't go with --for-judge"),
        (["--for-judge", "nobody"], "judges/nobody.toml: no such file"),
    ],
)
def test_what_cannot_be_drawn_is_refused(project, harness, options, said):
    """And nothing is written."""
    code, told = harness("review", "build", "7", *options)

    assert (code, said in told) == (2, True), told
    assert not (project / "review").exists()
    assert not (project / "judges").exists()


def reworded(project):
    """Raise the rubric's version."""
    shipped = (content_folder("judges") / "helpfulness.toml").read_text()
    (project / "judges").mkdir(exist_ok=True)
    (project / "judges" / "helpfulness.toml").write_text(shipped.replace(f"version = {PAIRS.version}", "version = 99"))


def answered_anew(project):
    """Make the run's answers others."""
    rewritten(project / "runs" / RUN, lambda answer, index: answer["response"].update(text=f"Now {index}"))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (
            reworded,
            "of 'helpfulness', which is at version 99 now: reviewers were asked in other words; build a new review",
        ),
        (answered_anew, "the run doesn't hold what reviewers read as the baseline's answer to case 'talk-0"),
        (lambda project: (project / "judges/helpfulness.draws.jsonl").unlink(), "was built for a draw that is not in"),
        (lambda project: (project / "runs" / RUN).rename(project / "elsewhere"), "labels hold what the run was asked"),
    ],
)
def test_a_review_of_something_else_gives_no_labels(project, harness, spoil, said):
    """It is refused before anything is written."""
    harness("review", "build", "7", "--for-judge", "helpfulness", "--cases", "12", "--reviewers", "1")
    ballot = ballot_of(project / "review")
    spoil(project)

    code, told = harness("review", "tally", "review", ballot, "--to-labels", "helpfulness")

    assert (code, said in told) == (2, True), told
    assert not (project / "judges/helpfulness.labels.jsonl").exists()
    assert not (project / "review.report.html").exists()


def test_a_run_judged_by_other_words_is_refused(project, harness):
    """Its doubts and scores are of another rubric."""
    reworded(project)

    code, told = harness("review", "build", "7", "--for-judge", "helpfulness")

    assert (code, "was judged by another wording of 'helpfulness' than it has now" in told) == (2, True)


def test_it_can_be_read_by_machines(project, harness):
    """With the strata."""
    told = json.loads(harness("review", "build", "7", "--for-judge", "helpfulness", "--cases", "12", "--json")[1])

    assert (told["cases"], told["labelled"], len(told["files"])) == (12, 0, 3)
    assert told["strata"] == [{"name": "1", "cases": 40, "labelled": 0, "chosen": 12}]
    (draw,) = read_draws(project / "judges/helpfulness.draws.jsonl")
    assert draw.id == told["draw"]
    assert sum(one.chosen for one in draw.cases.values()) == 12
