"""Answers, patterns, schemas and templates that would be worked on for ever: the run ends, and names the culprit."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from harness.errors import RubricError
from harness.records.answered import Response
from harness.records.asked import Case
from harness.records.messages import Message
from harness.records.record import Json
from harness.runs.folder import read_judgements
from harness.scorers import (
    bare_label,
    bleu,
    chrf,
    contains,
    embedded_json,
    exact_match,
    field_equals,
    label_in_text,
    matches_regex,
    matches_schema,
    number_equals,
    predicts_label,
    rouge,
    unfenced,
    valid_json,
    whole,
    without_reasoning,
)
from harness.scorers.judges import rubric
from harness.scorers.reading import limit
from harness.scorers.reading.limit import within_limit
from harness.scorers.scoring import score_one
from harness.text import charges
from tests.apart import run_pytest
from tests.models.fakes import adapter_in, base_in
from tests.stub import Stub, serve

BACKTRACKS = '"' + "a" * 40 + '!"'
DOUBLING = {f"a{n + 1}": {"allOf": [{"$ref": f"#/$defs/a{n}"}] * 2} for n in range(60)}
SCHEMAS: dict[str, Json] = {
    "backtracks": {"pattern": "^(?=a)(a+)+$"},
    "doubles": {
        "$defs": {"a0": {"pattern": "^(a+)!?$"}, **DOUBLING},
        "if": {"minLength": 9},
        "then": {"$ref": "#/$defs/a60"},
    },
}
SCORERS = {
    "matches_regex": "matches_regex('^\"?(a+)+\"$')",
    "backtracks": "matches_schema(HERE / 'backtracks.json')",
    "doubles": "matches_schema(HERE / 'doubles.json')",
}
SUITE = """
from pathlib import Path
import pytest
from harness.scorers import matches_regex, matches_schema

HERE = Path(__file__).parent
pytestmark = pytest.mark.suite(HERE / "cases.jsonl", max_tokens=8)

@pytest.mark.parametrize("scorer", [{scorers}], ids=repr)
def test_answers(evaluate, gate, scorer):
    gate(evaluate(scorer), floor=1.0, max_unscored=1)
"""
JUDGED = """
from pathlib import Path
import pytest

pytestmark = pytest.mark.suite(Path(__file__).parent / "cases.jsonl", max_tokens=8)

def test_answers(evaluate, gate, judge):
    gate(evaluate(judge("mine")), floor=0.5)
"""
RUBRIC = """
id = "mine"
version = 1
kind = "scale"
uses_expected = false
question = "Good?"
prompt = '''{{ question }} {{ levels }} {{ conversation }} {{ answer }} Reply {"score": N} BOMB'''
levels = {1 = "a", 2 = "b", 3 = "c", 4 = "d", 5 = "e"}
"""
NESTED = "{% for i in 'x' * 9999 %}{% for j in 'x' * 9999 %}{% endfor %}{% endfor %}"


def answer(_model: str, question: str) -> str:
    """Answer as the pattern wants, but for one question, where it almost does; a judge likes everything."""
    return '{"score": 5}' if "Good?" in question else BACKTRACKS if question == "attack" else '"aaa"'


@pytest.fixture
def stub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stub]:
    """A project in a folder of its own, with three cases, one of them an attack, and its server."""
    monkeypatch.setenv("HOME", str(tmp_path))
    base_in(tmp_path / "tiny")
    adapter_in(tmp_path / "adapters" / "mine")
    (tmp_path / "harness.toml").write_text('base_model = "tiny"\nnoise_sample = 0\n')
    asked = [{"id": name, "messages": [{"role": "user", "content": name}]} for name in ("one", "attack", "two")]
    (tmp_path / "cases.jsonl").write_text("".join(json.dumps(case) + "\n" for case in asked))
    with serve(answer, ("tiny", "mine")) as server:
        yield server


@pytest.fixture
def gate(tmp_path: Path, stub: Stub) -> Callable[..., pytest.RunResult]:
    """Run pytest on a suite's code."""

    def run(code: str, *options: str) -> pytest.RunResult:
        (tmp_path / "test_suite.py").write_text(code)
        return run_pytest(tmp_path, "--candidate", "adapters/mine", "--base-url", stub.url, *options)

    return run


def test_an_answer_that_would_be_scored_for_ever_is_unscored_and_the_others_are_scored(gate, tmp_path, monkeypatch):
    """A search, a schema's pattern, and references that double: each names its case and its scorer."""
    monkeypatch.setattr(limit, "LONGEST_S", 0.1)
    for name, schema in SCHEMAS.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(schema))

    result = gate(SUITE.replace("{scorers}", ", ".join(SCORERS.values())))

    (folder,) = tmp_path.glob("runs/0001-*")
    given = [one.item for one in read_judgements(folder)]
    unscored = [one for one in given if one.score.value is None]
    reasons = [one.score.reason for one in unscored]
    assert result.ret == 0
    assert {one.case_id for one in unscored} == {"attack"}
    assert [one.score.value for one in given if one.case_id != "attack"] == [1.0] * 2 * 2 * len(SCORERS)
    for named in ("matches_regex(", "matches_schema('backtracks.json'", "matches_schema('doubles.json'"):
        assert sum(reason.startswith(named) and ") gave up: " in reason for reason in reasons) == 2


def test_a_rubric_without_end_for_one_case_names_rubric_and_case(gate, tmp_path, monkeypatch):
    """No trial finds it; the judge is asked nothing, and what the models answered is kept."""
    monkeypatch.setattr(rubric, "content_folder", lambda _: tmp_path)
    monkeypatch.setattr(charges, "WORK", charges.WORK // 10)
    bomb = "{% if 'attack' in conversation %}" + NESTED + "{% endif %}"
    (tmp_path / "mine.toml").write_text(RUBRIC.replace("BOMB", bomb))

    result = gate(JUDGED, "--judge", "base")

    told = result.stdout.str()
    assert result.ret == 1
    assert "RubricError: rubric 'mine', case 'attack': `prompt` can't be rendered: it repeats or writes more" in told
    assert "INTERNALERROR" not in told + result.stderr.str()
    assert len(list(tmp_path.glob("runs/*/report.html"))) == 1


@pytest.mark.parametrize("bomb", ["{{ 'a' * 10**9 }}", NESTED], ids=["text", "loops"])
def test_a_rubric_without_end_is_refused_when_it_is_read(tmp_path, monkeypatch, bomb):
    """In one line that names the file."""
    monkeypatch.setattr(charges, "WORK", charges.WORK // 10)
    (tmp_path / "mine.toml").write_text(RUBRIC.replace("BOMB", bomb))

    with pytest.raises(RubricError, match=r"mine\.toml: rubric 'mine', .*`prompt` can't be rendered: it repeats or wr"):
        rubric.load_rubric(tmp_path / "mine.toml")


LONG = 100_000
"""Characters. What is linear takes a fraction of a second; what is quadratic takes minutes, far beyond the limit."""
HOSTILE = [
    "{",
    "[",
    "[1,",
    '{"a":',
    '"',
    '\\"',
    "```\n",
    "1",
    "1,000",
    "$1",
    "-",
    " ",
    "a",
    "a ",
    "<<<begin ",
    "<think>",
    "[1]",
    "4 ",
    "4? ",
    "not 4 ",
    "\r",
    "\u202e",
]


@pytest.mark.parametrize("unit", HOSTILE, ids=repr)
def test_a_long_answer_of_one_thing_is_read_and_scored_in_linear_time(unit):
    """By each reader and each scorer, with the cause of what is wrong."""
    answer = Response(request_key="k", text=(unit * LONG)[:LONG], finish_reason="stop")
    case = Case(id="c1", messages=(Message(role="user", content="Which queue?"),), expected="4")
    scorers = [
        exact_match(),
        contains(),
        matches_regex(r"\bP[0-3]\b"),
        number_equals(),
        valid_json(),
        field_equals("a.b"),
    ]
    scorers += [predicts_label(["4", "5"]), matches_schema({"items": {}}), rouge("rougeL"), bleu(), chrf()]

    scorers += [predicts_label(["4", "5"], read=read) for read in (bare_label, label_in_text)]
    scorers += [exact_match(normalize=("NFKC", "case", "white space")), valid_json(read=embedded_json)]

    for read in (whole, unfenced, without_reasoning):
        within_limit(partial(read, answer.text))
    given = [within_limit(partial(score_one, scorer, case, answer)) for scorer in scorers]

    assert all(score.value is not None and len(score.reason) < 1_000 for score in given)
