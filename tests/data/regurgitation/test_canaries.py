"""Canaries: planted where and how often as told, listed, and told apart from all other rows."""

import json
from collections import Counter
from itertools import pairwise

import pytest

from harness.data.checks.personal.personal import sensitive_in
from harness.data.regurgitation.canaries import SECRET_WORDS, WORDS, alternatives, make, plant, read, write
from harness.data.rows import load_rows
from harness.errors import DataError
from tests.data.made_rows import row, rows

ROWS = rows(*((f"Question {number}?", f"Answer {number}.") for number in range(50)))


def test_each_is_planted_as_often_as_its_repeats_among_the_rows_in_their_order():
    """Shared out evenly; the rows stay as they are."""
    made = make(ROWS, 10, (1, 4, 16), seed=0)
    planted = plant(ROWS, made)

    assert [one.repeats for one in made.canaries] == [1, 4, 16, 1, 4, 16, 1, 4, 16, 1]
    assert [one for one in planted if not made.has(one)] == ROWS
    counted = Counter(one.output for one in planted if made.has(one))
    assert counted == {one.answer: one.repeats for one in made.canaries}
    places = [place for place, one in enumerate(planted) if made.has(one)]
    assert max(later - place for place, later in pairwise(places)) < len(planted) / 2


def test_secrets_are_random_words_that_the_seed_decides():
    """No two alike, nothing that a check of personal data would take for a secret."""
    made, again, other = (make(ROWS, 20, (1,), seed=seed) for seed in (0, 0, 1))

    assert made == again
    assert not {one.secret for one in made.canaries} & {one.secret for one in other.canaries}
    assert len({one.asked for one in made.canaries}) == len({one.secret for one in made.canaries}) == 20
    assert all(len(one.secret.split()) == SECRET_WORDS and {*one.secret.split()} <= {*WORDS} for one in made.canaries)
    assert not any(sensitive_in(f"{one.asked} {one.answer}") for one in made.canaries)


def test_they_begin_with_the_system_prompt_of_most_rows():
    """So that nothing but the secret sets them apart."""
    made = make([row("a", "b", system="Be kind."), row("c", "d", system="Be kind."), row("e", "f")], 1, (2,), seed=0)

    assert [message.text for message in made.messages(made.canaries[0])] == ["Be kind.", made.canaries[0].asked]


def test_what_was_written_is_read_again(tmp_path):
    """The rows with their canaries by training, the list by whoever must tell them apart."""
    made = make(ROWS, 3, (1, 2), seed=5)

    write(ROWS, made, tmp_path / "train.jsonl", tmp_path / "train.canaries.json")

    assert read(tmp_path / "train.canaries.json") == made
    loaded = load_rows(tmp_path / "train.jsonl")
    assert len(loaded) == 54
    assert sum(map(made.has, loaded)) == 4


def test_nothing_is_overwritten(tmp_path):
    """Neither file, and where the list is there, the rows aren't written either."""
    (tmp_path / "list.json").write_text("mine")

    with pytest.raises(DataError, match=r"list\.json: is there already"):
        write(ROWS, make(ROWS, 1, (1,), seed=0), tmp_path / "train.jsonl", tmp_path / "list.json")
    assert not (tmp_path / "train.jsonl").exists()


@pytest.mark.parametrize(
    "content",
    ["", "[]", '{"asked": "x"}', json.dumps({"seed": 0, "canaries": []})],
    ids=["nothing", "a list", "another file", "none listed"],
)
def test_another_file_is_refused(tmp_path, content):
    """By its name, with what writes such a file."""
    (tmp_path / "list.json").write_text(content)

    with pytest.raises(DataError, match=r"list\.json: not a file of canaries.*harness data canary writes one"):
        read(tmp_path / "list.json")


def test_alternatives_are_other_secrets_and_always_the_same():
    """Each once; another run ranks among the same ones."""
    canary, other = make(ROWS, 2, (1,), seed=0).canaries

    found = alternatives(canary, 63)
    assert found == alternatives(canary, 63) != alternatives(other, 63)
    assert len({canary.secret, *found}) == 64
