"""The labels that are shipped: enough of each kind, nothing told by length, and none of them known from our suites."""

import json
import re
import shutil
import tomllib
from collections import Counter
from pathlib import Path

import pytest
from scipy.stats import spearmanr

from harness.judges.labels import AnswerLabel, Label, labels_file, read_labels
from harness.records.answered import Response
from harness.records.asked import Case
from harness.records.messages import Message
from harness.records.scored import Rubric, TrustLimits
from harness.scorers.judges.prompt import judge_messages, pair_messages
from harness.scorers.judges.rubric import named_rubric
from harness.text.pages import content_folder

LEAST_OF_EACH = 8
LONG_LINE = 40
ORDER = {"baseline": -1, "tie": 0, "candidate": 1}
ROOT = Path(__file__).resolve().parents[2]
LABELLED = sorted(path.name.split(".")[0] for path in content_folder("judges").glob("*.labels.jsonl"))

shipped = pytest.mark.parametrize("name", LABELLED)


def labels_of(name: str) -> tuple[Rubric, tuple[Label, ...]]:
    """Return a shipped rubric and its labels."""
    rubric = named_rubric(name)
    return rubric, read_labels(labels_file(content_folder("judges"), rubric), rubric)


def verdict(label: Label) -> int:
    """Return what people said, as a number: the level, or -1, 0 or 1 for the answer they chose."""
    return label.level if isinstance(label, AnswerLabel) else ORDER[label.choice]


def length(label: Label) -> int:
    """Return how long the answer is, or how much longer the candidate's is."""
    return len(label.answer) if isinstance(label, AnswerLabel) else len(label.candidate) - len(label.baseline)


def answers(label: Label) -> tuple[str, ...]:
    """Return the answers that were read."""
    return (label.answer,) if isinstance(label, AnswerLabel) else (label.baseline, label.candidate)


def asked(label: Label) -> tuple[Message, ...]:
    """Return what the judge reads to give the label."""
    rubric = named_rubric(label.rubric)
    case = Case(id=label.case_id, messages=label.messages, expected=label.expected, group=label.group)
    read = [Response(request_key=f"{n}", text=text) for n, text in enumerate(answers(label))]
    return judge_messages(rubric, case, *read) if isinstance(label, AnswerLabel) else pair_messages(rubric, case, *read)


def test_labels_are_shipped_for_every_plain_rubric():
    """A folder without them would pass all that follows."""
    assert {"completeness", "correctness", "grounded_in", "helpfulness"} <= set(LABELLED)


@shipped
def test_an_installed_package_has_them(name, tmp_path):
    """Beside the rubrics, where the wheel puts the whole folder, as pyproject.toml says."""
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]["targets"]["wheel"]
    rubric, labels = labels_of(name)

    shutil.copytree(ROOT / "judges", tmp_path / wheel["force-include"]["judges"])

    assert read_labels(labels_file(content_folder("judges", tmp_path / "harness"), rubric), rubric) == labels


@shipped
def test_there_are_enough_independent_labels(name):
    """For a check by the default thresholds."""
    _, labels = labels_of(name)

    assert len({label.group or label.case_id for label in labels}) >= TrustLimits().min_labels
    assert len({label.case_id for label in labels}) == len(labels)


@shipped
def test_every_verdict_is_there_often(name):
    """So that the accuracy at each level can be told."""
    rubric, labels = labels_of(name)

    found = Counter(map(verdict, labels))

    assert set(found) == (set(map(int, rubric.levels)) or set(ORDER.values()))
    assert min(found.values()) >= LEAST_OF_EACH, found


@shipped
def test_length_does_not_tell_the_verdict(name):
    """A judge that counts characters agrees with nobody."""
    _, labels = labels_of(name)

    assert abs(spearmanr([length(label) for label in labels], [verdict(label) for label in labels]).statistic) < 0.35


@shipped
def test_no_two_are_alike(name):
    """Not in other letters or spaces either, and no pair the other way round."""
    _, labels = labels_of(name)

    plain = Counter((plain_text(label.messages[-1].text), *sorted(map(plain_text, answers(label)))) for label in labels)

    assert [alike for alike, times in plain.items() if times > 1] == []


@shipped
def test_answers_of_a_group_are_to_one_question(name):
    """And are measured by one expected answer, where the rubric shows one."""
    rubric, labels = labels_of(name)

    questions = {label.group: (label.messages, label.expected) for label in labels if label.group}

    assert all(questions.get(label.group, asks(label)) == asks(label) for label in labels)
    assert {label.expected is not None for label in labels} == {rubric.uses_expected}


@shipped
def test_nothing_is_taken_from_our_suites(name):
    """A model that was tuned to the suites would know it."""
    _, labels = labels_of(name)
    text = plain_text("\n".join(part for label in labels for part in (*answers(label), *texts(label.messages))))

    taken = [line for line in lines_of_suites() if line in text]

    assert taken == []


@shipped
def test_a_judge_can_be_asked_about_each(name):
    """About the whole answer as it is written, since no label needs to be cut or spelled out."""
    _, labels = labels_of(name)

    for label in labels:
        prompt = asked(label)[-1].text
        assert all(text in prompt for text in (*answers(label), *texts(label.messages))), label.case_id


def asks(label: Label) -> object:
    """Return what makes two answers comparable."""
    return label.messages, label.expected


def texts(messages: tuple[Message, ...]) -> tuple[str, ...]:
    """Return what was said in a conversation."""
    return tuple(message.text for message in messages)


def plain_text(text: str) -> str:
    """Return a text in small letters, with single spaces."""
    return " ".join(text.casefold().split())


def lines_of_suites() -> set[str]:
    """Return each long line and sentence of what the suites ask."""
    cases = [
        json.loads(line) for path in ROOT.glob("suites/*/cases.jsonl") for line in path.read_text("utf-8").splitlines()
    ]
    said = [message["content"] for case in cases for message in case["messages"]]
    parts = {plain_text(part) for text in said for part in re.split(r"\n|(?<=[.?!])\s", text)}
    assert len(parts) > len(cases)
    return {part for part in parts if len(part) >= LONG_LINE}
