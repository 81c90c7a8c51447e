"""``harness judge import``: labels of elsewhere, and the verdicts that a check reads."""

import json

import pytest

from harness.judges.labels import read_labels
from harness.judges.verdicts import read_verdicts
from harness.scorers.judges.rubric import named_rubric

VOTES = [
    {"question_id": 1, "turn": 1, "model_a": "a", "model_b": "b", "winner": winner, "judge": judge}
    for winner, judge in (("model_a", "expert_1"), ("model_b", "expert_2"), ("tie (inconsistent)", "gpt4/pair"))
]


@pytest.fixture
def votes(tmp_path, monkeypatch):
    """A project with a file of votes."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "harness.toml").touch()
    (tmp_path / "votes.jsonl").write_text("".join(json.dumps(vote) + "\n" for vote in VOTES))
    return tmp_path


def test_labels_and_verdicts_are_written_beside_the_rubric(votes, harness):
    """And it is said who agrees with whom, how many verdicts flipped, and what to call next."""
    told = harness("judge", "import", "votes.jsonl", "--from", "mt-bench", "--rubric", "helpfulness")

    assert told == (
        "judges/helpfulness.labels.jsonl: 1 new label of 1 label\n"
        "  2 votes of 2 people; Krippendorff's alpha among them 0.0000\n"
        "judges/helpfulness.gpt4-pair.verdicts.jsonl: 1 verdict, 1 of them flipped on swap, of gpt4/pair\n"
        "next: harness judge check helpfulness --verdicts judges/helpfulness.gpt4-pair.verdicts.jsonl\n"
    )
    (label,) = read_labels(votes / "judges/helpfulness.labels.jsonl", named_rubric("helpfulness"))
    (verdict,) = read_verdicts(votes / "judges/helpfulness.gpt4-pair.verdicts.jsonl")
    assert verdict.label == label.read
    assert harness("judge", "import", "votes.jsonl", "--from", "mt-bench", "--rubric", "helpfulness").startswith(
        "judges/helpfulness.labels.jsonl: 0 new labels of 1 label"
    )


def test_it_can_be_read_by_machines(votes, harness):
    """With the same figures."""
    told = json.loads(
        harness("judge", "import", "votes.jsonl", "--from", "mt-bench", "--rubric", "helpfulness", "--json")
    )

    assert told["labels"] == "judges/helpfulness.labels.jsonl"
    assert (told["new_labels"], told["taken"], told["people"]["votes"]) == (1, 1, 2)
    assert told["verdicts"] == {"gpt4/pair": "judges/helpfulness.gpt4-pair.verdicts.jsonl"}


def test_a_mistake_writes_nothing(votes, harness):
    """Unknown rubrics are named with those that there are."""
    assert "judges/helpfulnes.toml: no such file" in harness(
        "judge", "import", "votes.jsonl", "--from", "mt-bench", "--rubric", "helpfulnes"
    )
    assert not (votes / "judges").exists()
