"""``harness judge check``: what is asked, told, kept and written, by a judge on a small server."""

import io
import json
import sys
from functools import partial
from pathlib import Path

import msgspec
import pytest

from harness.cli.main import main
from harness.judges.checked import read_checks
from harness.judges.labels import AnswerLabel
from harness.judges.verdicts import StoredVerdict
from harness.text.pages import content_folder
from tests.judges.made import COMPLETENESS, paired_evenly, rated, rated_evenly
from tests.stub import serve


def says_its_worth(_model: str, prompt: str) -> str:
    """Give an answer the level that it says."""
    return f'{{"score": {prompt.split("worth=")[1][0]}}}'


class Project:
    """A folder and the server of its judge."""

    def __init__(self, folder: Path, stub) -> None:
        self.folder, self.stub = folder, stub


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Work in a folder whose judge is a small server, with labels of 70 answers."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path / "home"))
    with serve(says_its_worth) as stub:
        (tmp_path / "harness.toml").write_text(f'[judge]\nmodel = "openai:tiny"\nbase_url = "{stub.url}"\n')
        write(tmp_path / "judges" / "completeness.labels.jsonl", rated_evenly(70))
        yield Project(tmp_path, stub)


@pytest.fixture
def harness(command):
    """Return the command as a function: its exit code and what it says."""
    return partial(command, "judge", "check")


def write(path: Path, records) -> Path:
    """Write lines of JSON."""
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"".join(msgspec.json.encode(one) + b"\n" for one in records))
    return path


def test_a_judge_that_agrees_is_trusted_and_the_check_is_kept(project, harness):
    """Beside harness.toml, though the rubric is shipped; 70 labels are asked once, 40 of them twice more."""
    code, told = harness("completeness")

    assert code == 0
    assert "trusted: kappa 1.000" in told
    assert "tiny on completeness, version 1" in told
    assert len(project.stub.bodies) == 70 + 2 * 40
    [kept] = read_checks(project.folder / "judges" / "completeness.checked.jsonl")
    assert (kept.judge, kept.outcome, kept.labels, len(kept.fixed)) == ("tiny", "trusted", 70, 20)
    assert "page: runs/judge_completeness.html\nkept: judges/completeness.checked.jsonl\n" in told
    assert (project.folder / "runs" / "judge_completeness.html").exists()
    assert not list((project.folder / "runs").glob("0*"))


def test_a_judge_that_disagrees_is_not_trusted(project, harness):
    """As JSON, for machines."""
    project.stub.reply = lambda _model, prompt: f'{{"score": {6 - int(prompt.split("worth=")[1][0])}}}'

    code, told = harness("completeness", "--json", "--html", "page.html")
    found = json.loads(told[told.index("{") : told.rindex("}") + 1])

    assert (code, found["outcome"], found["kappa"]["mean"], found["page"]) == (1, "untrusted", -1.0, "page.html")
    assert found["kept"] == "judges/completeness.checked.jsonl"


def test_several_rubrics_are_checked_by_one_judge(project, harness):
    """One after the other, each kept and shown; the exit code is that of the worst, and options of one are refused."""
    project.stub.reply = lambda _, prompt: '{"better": "tie"}' if "answer B" in prompt else says_its_worth(_, prompt)
    write(project.folder / "judges" / "helpfulness.labels.jsonl", paired_evenly(70))

    code, told = harness("completeness", "helpfulness")

    assert code == 1
    assert told.index("\ntrusted: kappa 1.000") < told.index("\nnot trusted: kappa 0.000")
    assert [path.name for path in sorted((project.folder / "judges").glob("*.checked.jsonl"))] == [
        "completeness.checked.jsonl",
        "helpfulness.checked.jsonl",
    ]
    told = harness("completeness", "helpfulness", "--json")[1]
    both = json.loads(told[told.index("[") : told.rindex("]") + 1])
    assert [one["rubric"] for one in both] == ["completeness", "helpfulness"]
    assert harness("completeness", "helpfulness", "--html", "page.html")[0] == 2


def test_too_few_labels_have_their_own_exit_code(project, harness):
    """And the file of labels can be named."""
    few = write(project.folder / "few.jsonl", rated_evenly(10))

    code, told = harness("completeness", "--labels", str(few))

    assert code == 6
    assert "too few labels: 10 labels, 10 independent cases: 60 are needed" in told


def test_calls_that_fail_decide_and_keep_nothing(project, harness):
    """The next time only these are asked."""
    project.stub.reply = lambda model, prompt: 400 if "worth=3" in prompt else says_its_worth(model, prompt)
    code, told = harness("completeness")
    asked = len(project.stub.bodies)
    project.stub.reply = says_its_worth

    assert (code, asked) == (6, 70 + 2 * 40)
    assert "too few labels: 30 verdicts could not be had, the first: the judge gave no verdict: " in told
    assert not (project.folder / "judges" / "completeness.checked.jsonl").exists()
    assert harness("completeness")[0] == 0
    assert len(project.stub.bodies) - asked < asked / 2


def test_what_a_check_costs_is_said_before_and_a_budget_holds(project, harness, monkeypatch):
    """What is left out decides and keeps nothing; with more, only that is asked."""
    monkeypatch.setattr(sys, "__stderr__", io.StringIO())

    code, told = harness("completeness", "--judge-budget", "100")
    said = sys.__stderr__.getvalue()

    assert (code, len(project.stub.bodies)) == (6, 100)
    assert f"asking the judge tiny at {project.stub.url} about 70 labels" in said
    assert "judging by tiny: 150 calls, about " in said
    assert said.count("judging by tiny") == 1
    assert "left of the budget: 100 calls" in said
    assert (
        "too few labels: 50 verdicts could not be had, the first: the judge gave no verdict: the judge's budget" in told
    )
    assert not (project.folder / "judges" / "completeness.checked.jsonl").exists()

    code, _ = harness("completeness", "--judge-budget", "50")

    assert (code, len(project.stub.bodies)) == (0, 150)
    assert "judging by tiny: 50 calls, about " in sys.__stderr__.getvalue()


def test_a_jury_is_checked_as_a_jury(project, harness):
    """Each label is read by each member; the check holds for the jury alone, in any order."""
    project.stub.models.append("other")

    code, told = harness("completeness", "--judge", "openai:tiny", "--judge", "openai:other", "--combine", "majority")

    assert (code, len(project.stub.bodies)) == (0, 2 * (70 + 2 * 40))
    [kept] = read_checks(project.folder / "judges" / "completeness.checked.jsonl")
    assert kept.judge == "majority of other; tiny"
    assert "majority of other; tiny on completeness, version 1" in told


def test_members_of_a_jury_are_asked_at_their_own_addresses_and_need_no_model_here(project, harness):
    """Of tables [judges.NAME] too, one alone as well."""
    with serve(says_its_worth, ("kind",)) as there:
        settings = project.folder / "harness.toml"
        table = f'[judges.second]\nmodel = "openai:kind"\nbase_url = "{there.url}"\n'
        settings.write_text(settings.read_text() + table)

        both = harness("completeness", "--judge", "second", "--judge", "openai:tiny")[0]
        asked = len(project.stub.bodies), len(there.bodies)
        alone = harness("completeness", "--judge", "second")[0]

    assert (both, alone) == (0, 0)
    assert asked == (150, 150)
    kept = read_checks(project.folder / "judges" / "completeness.checked.jsonl")
    assert [one.judge for one in kept] == ["mean of kind; tiny", "kind"]


def test_stored_verdicts_are_read_in_place_of_a_judge_and_trust_none(project, harness):
    """Nobody knows who gave them."""
    labels = paired_evenly(70)
    path = write(project.folder / "pairs.jsonl", labels)
    said = write(
        project.folder / "said.jsonl",
        [StoredVerdict(label=one.read, outcome=one.choice) for one in labels],
    )

    code, told = harness("helpfulness", "--labels", str(path), "--verdicts", str(said))

    assert (code, project.stub.bodies) == (0, [])
    assert "verdicts of said.jsonl on helpfulness, version " in told
    assert "kept:" not in told


def test_mistakes_are_named_with_a_way_out(project, harness):
    """Each exits with 2, and nothing is asked."""
    other = write(project.folder / "other.jsonl", [msgspec.structs.replace(rated(1, 5), version=2)])
    one_sided = project.folder / "one.jsonl"
    one_sided.write_text(
        '{"rubric": "helpfulness", "version": 1, "case_id": "a", "messages": [], "baseline": "x", "choice": "tie"}'
    )
    votes = write(project.folder / "votes.jsonl", [rated(1, 5, votes={"7": 1})])
    bare = write(project.folder / "bare.jsonl", [msgspec.structs.replace(rated(1, 5), answer="", messages=())])
    stranger = write(project.folder / "stranger.jsonl", [StoredVerdict(label="x", outcome="tie")])

    for arguments, said in (
        (("completness",), "did you mean 'completeness'?"),
        (("correctness", "--labels", "none.jsonl"), "none.jsonl: no labels of 'correctness' are here"),
        (("helpfulness", "--labels", "none.jsonl"), "`harness review build RUN --for-judge helpfulness`"),
        (("completeness", "--labels", str(other)), "other.jsonl:1: `version` is 2, but 'completeness' is at version 1"),
        (("helpfulness", "--labels", str(one_sided)), "one.jsonl:1: missing field `candidate`"),
        (("completeness", "--labels", str(votes)), "votes.jsonl:1: `votes` has '7': 1; it counts the people who"),
        (("completeness", "--labels", str(bare)), "came without the texts of the answers, so no judge can be asked"),
        (("completeness", "--judge", "openai:tiny", "--judge", "openai:tiny"), "name it once"),
        (("completeness", "--judge", "openai:tiny", "--combine", "best"), "combined by mean and majority"),
        (("completeness", "--judge-budget", "2USD"), "the judge's budget is 2.00 USD, but tiny has no price"),
        (("completeness", "--judge-budget", "lots"), "--judge-budget: 'lots' is no budget"),
        (("completeness", "--verdicts", str(stranger)), "stranger.jsonl: no verdict in it is on one of the labels"),
    ):
        code, told = harness(*arguments)
        assert code == 2
        assert said in " ".join(told.split())
    assert project.stub.bodies == []


def test_a_judge_that_there_is_not_is_named_before_a_model_is_made(project, harness):
    """Though no model is on this machine; one of a table [judges.NAME] needs none either."""
    with (project.folder / "harness.toml").open("a") as settings:
        settings.write(f'[judges.strict]\nmodel = "openai:tiny"\nbase_url = "{project.stub.url}"\n')

    code, told = harness("completeness", "--judge", "tiny")
    assert (code, "the judge is 'tiny': expected base, openai:MODEL" in " ".join(told.split())) == (2, True)
    code, told = harness("completeness", "--judge", "openai:")
    assert (code, "the judge is 'openai:', which names no model" in " ".join(told.split())) == (2, True)
    code, told = harness("completeness", "--judge", "strict")
    assert (code, "tiny on completeness" in told) == (0, True)
    assert not (project.folder / "home").exists()


def test_a_page_that_can_not_be_written_costs_no_verdict(project, harness):
    """The check is kept, and what was answered is not asked again."""
    (project.folder / "page.html").mkdir()

    code, told = harness("completeness", "--html", "page.html")
    asked = len(project.stub.bodies)

    assert (code, "page.html: can't be written" in " ".join(told.split())) == (2, True)
    assert read_checks(project.folder / "judges" / "completeness.checked.jsonl")[0].outcome == "trusted"
    assert harness("completeness")[0] == 0
    assert len(project.stub.bodies) == asked


def test_labels_that_need_no_judge_are_counted(project, monkeypatch, capfd):
    """So that too few labels are no riddle."""
    path = write(project.folder / "bare.jsonl", [msgspec.structs.replace(one, answer="") for one in rated_evenly(7)])

    monkeypatch.setattr("sys.argv", ["harness", "judge", "check", "completeness", "--labels", str(path)])
    with pytest.raises(SystemExit):
        main()

    assert "7 labels left out: without texts, an empty answer, or the same answer twice\n" in capfd.readouterr().err


def test_a_rubric_that_shows_facts_is_checked_by_labels_that_have_them(project, harness):
    """Without them, what is missing is said."""
    words = (
        (content_folder("judges") / "completeness.toml")
        .read_text()
        .replace("uses_expected", "uses_facts = true\nuses_expected")
    )
    (project.folder / "judges" / "completeness.toml").write_text(
        words.replace("{{ answer }}", "{{ facts }} {{ answer }}")
    )
    code, told = harness("completeness")
    assert (code, "shows facts, but case 'case-0" in " ".join(told.split())) == (2, True)

    labels = [msgspec.structs.replace(one, facts=["Known."]) for one in rated_evenly(70)]
    write(project.folder / "judges" / "completeness.labels.jsonl", labels)

    assert harness("completeness")[0] == 0
    assert all("Known." in str(body["messages"]) for body in project.stub.bodies)


def test_hostile_answers_stay_text_on_the_page_and_in_the_terminal(project, harness):
    """Markup, control characters, what a judge says: the page has no script, and asks nothing of a network."""
    bad = "<script>alert(1)</script>\x1b[31m worth=1 {{ 7*7 }}"
    label = AnswerLabel(
        rubric="completeness",
        version=COMPLETENESS.version,
        case_id="<b>case</b>",
        messages=rated(1, 1).messages,
        answer=bad,
        level=5,
        votes={"5": 2, "4": 1},
    )
    path = write(project.folder / "bad.jsonl", [label, *rated_evenly(4)])

    _, told = harness("completeness", "--labels", str(path), "--html", "page.html")
    page = (project.folder / "page.html").read_text()

    assert "\x1b" not in page + told
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "&lt;b&gt;case&lt;/b&gt;" in page
    assert "2 for 5, 1 for 4" in page
    assert "worth=1 {{ 7*7 }}" in page
    assert "http" not in page.split("</style>")[1].replace("http-equiv", "")
