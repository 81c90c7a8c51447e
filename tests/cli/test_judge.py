"""``harness judge check``: what is asked, told, kept and written, by a judge on a small server."""

import json
from pathlib import Path

import msgspec
import pytest

from harness.cli.main import main
from harness.judges.checked import read_checks
from harness.judges.labels import AnswerLabel
from harness.judges.verdicts import StoredVerdict
from tests.judges.made import COMPLETENESS, paired_evenly, rated, rated_evenly
from tests.mistakes import message_of
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
def harness(monkeypatch, capsys):
    """Return the command as a function: its exit code and what it says."""

    def run(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr("sys.argv", ["harness", "judge", "check", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr()
        return ended.value.code or 0, told.out + message_of(told.err)

    return run


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
        (("helpfulness", "--labels", "none.jsonl"), "let `harness review tally --to-labels helpfulness` make them"),
        (("completeness", "--labels", str(other)), "other.jsonl:1: `version` is 2, but 'completeness' is at version 1"),
        (("helpfulness", "--labels", str(one_sided)), "one.jsonl:1: missing field `candidate`"),
        (("completeness", "--labels", str(votes)), "votes.jsonl:1: `votes` has '7': 1; it counts the people who"),
        (("completeness", "--labels", str(bare)), "came without the texts of the answers, so no judge can be asked"),
        (("completeness", "--verdicts", str(stranger)), "stranger.jsonl: no verdict in it is on one of the labels"),
    ):
        code, told = harness(*arguments)
        assert code == 2
        assert said in " ".join(told.split())
    assert project.stub.bodies == []


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
