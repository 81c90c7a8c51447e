"""Other people's labelled sets, invented in their formats: who said what of which pair, and judges' verdicts."""

import json
from pathlib import Path

import pytest

from harness.errors import DataError, InputError, RubricError
from harness.judges.people import among_people
from harness.judges.sets.read import Selection, read_set
from harness.judges.sets.taken import middle, most
from harness.judges.verdicts import StoredVerdict, verdicts_by_label
from harness.scorers.judges.rubric import named_rubric

PAIRS, SCALE = named_rubric("helpfulness"), named_rubric("completeness")


def lines(path: Path, *rows: object) -> Path:
    """Write rows as lines of JSON, and return where."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def vote(judge: str, winner: str, turn: int = 1, models: tuple[str, str] = ("zeta", "alpha"), **more: object):
    """Return a row of MT-Bench."""
    return {"question_id": 81, "turn": turn, "model_a": models[0], "model_b": models[1], "winner": winner} | {
        "judge": judge,
        **more,
    }


@pytest.fixture
def mtbench(tmp_path):
    """Votes and verdicts on one question, with the models in either order."""
    people = lines(
        tmp_path / "human.jsonl",
        vote("expert_1", "model_a"),
        vote("expert_2", "model_b", models=("alpha", "zeta")),
        vote("author_0", "tie"),
        vote("expert_1", "model_a", turn=2),
    )
    judge = lines(tmp_path / "j.jsonl", vote("gpt", "tie (inconsistent)"), vote("gpt", "model_b", turn=2))
    return [people, judge]


def test_mt_bench_has_a_label_for_each_pair_and_turn(mtbench):
    """Whichever model was first; a verdict that changed with the order is a tie, and known as flipped."""
    taken = read_set("mt-bench", mtbench, PAIRS, Selection())

    first, second = taken.labels
    assert (first.case_id, first.group, first.has_texts) == ("81 turn 1: alpha, zeta", "question 81", False)
    assert (first.choice, first.votes) == ("candidate", {"candidate": 2, "tie": 1})
    assert first.by == {"expert_1": "candidate", "expert_2": "candidate", "author_0": "tie"}
    assert second.case_id == "81 turn 2: alpha, zeta"
    assert taken.verdicts == {
        "gpt": (
            StoredVerdict(label=first.read, outcome="flipped"),
            StoredVerdict(label=second.read, outcome="baseline"),
        )
    }
    assert len(verdicts_by_label(taken.labels, taken.verdicts["gpt"])) == 2


def test_votes_of_experts_and_one_turn_can_be_taken(mtbench):
    """What is left out is said."""
    taken = read_set("mt-bench", mtbench, PAIRS, Selection(votes="expert", turn=1))

    assert [label.votes for label in taken.labels] == [{"candidate": 2}]
    assert len(taken.verdicts["gpt"]) == 1
    assert taken.notes == ("1 vote of authors left out",)


def test_mt_bench_with_conversations_has_the_texts_of_first_turns(tmp_path):
    """In a second turn each answer has another history, so that one has none."""
    said = {
        f"conversation_{side}": [
            {"role": "user", "content": "Which?"},
            {"role": "assistant", "content": f"{side}, 1"},
            {"role": "user", "content": "And?"},
            {"role": "assistant", "content": f"{side}, 2"},
        ]
        for side in "ab"
    }
    file = lines(tmp_path / "h.jsonl", *(vote("expert_1", "model_a", turn=turn, **said) for turn in (1, 2)))

    first, second = read_set("mt-bench", [file], PAIRS, Selection()).labels

    assert (first.baseline, first.candidate, first.messages[0].text) == ("b, 1", "a, 1", "Which?")
    assert (second.has_texts, second.candidate) == (False, "")


def pandalm_row(number: int, *said: int, **more: object):
    """Return a row of PandaLM's labels."""
    people = {f"annotator{place}": each for place, each in enumerate(said, start=1)}
    return {"idx": number, "instruction": "Do it.", "input": "", "response1": "a", "response2": True, **people, **more}


def test_pandalm_has_what_each_of_the_three_said(tmp_path):
    """Replies that are no verdict are kept as they are; the same answers to two cases are two labels."""
    people = tmp_path / "testset-v1.json"
    people.write_text(json.dumps([pandalm_row(0, 1, 1, 0), pandalm_row(1, 0, 1, 2), pandalm_row(2, 2, 2, 2)]))
    judge = tmp_path / "gpt.json"
    results = ("Tie", "garbage", "1")
    judge.write_text(json.dumps([{"idx": n, "gpt_result": said, "gpt_reason": ""} for n, said in enumerate(results)]))

    taken = read_set("pandalm", [judge, people], PAIRS, Selection())

    assert [label.choice for label in taken.labels] == ["baseline", "tie", "candidate"]
    assert taken.labels[0].by == {"annotator1": "baseline", "annotator2": "baseline", "annotator3": "tie"}
    assert taken.labels[0].candidate == "true"
    assert len({label.read for label in taken.labels}) == 3
    assert len({label.group for label in taken.labels}) == 1
    assert [one.text for one in taken.verdicts["gpt"]] == ['{"better": "tie"}', "garbage", '{"better": "A"}']
    assert {one.swapped for one in taken.verdicts["gpt"]} == {None}
    pairs = among_people(taken.labels).pairs
    assert (pairs[0].one, pairs[0].other, pairs[0].cases) == ("annotator1", "annotator2", 3)
    assert pairs[0].kappa == pytest.approx((2 / 3 - 1 / 3) / (1 - 1 / 3))


def test_lines_of_one_answer_are_votes_on_it(tmp_path):
    """In columns of any name; the level is that of most people, or the lower middle one."""
    rows = [
        {"prompt": "Which day?", "reply": "Friday.", "stars": stars, "who": who, "judge": "mini", "verdict": "4"}
        for stars, who in ((4, "ann"), ("2", "bob"), (3.0, None))
    ]
    other = {"prompt": "Which day?", "reply": "No.", "stars": 1, "judge": "mini", "verdict": "I can't say"}
    wanted = Selection(columns=("question=prompt", "answer=reply", "level=stars", "person=who"))

    taken = read_set("jsonl", [lines(tmp_path / "l.jsonl", *rows, other)], SCALE, wanted)

    first, second = taken.labels
    assert (first.level, first.votes) == (3, {"2": 1, "3": 1, "4": 1})
    assert first.by == {"ann": "4", "bob": "2"}
    assert first.case_id == second.case_id
    assert [one.text for one in taken.verdicts["mini"]] == ['{"score": 4}', "I can't say"]
    assert among_people(taken.labels).votes == 4


def test_lines_of_pairs_say_what_their_words_mean(tmp_path):
    """A judge is shown the baseline first, or, swapped, second."""
    row = {"case_id": "x", "choice": "B", "verdict": "A", "verdict_swapped": "even", "group": 4}
    wanted = Selection(words=("A=baseline", "B=candidate", "even=tie"))

    taken = read_set("jsonl", [lines(tmp_path / "l.jsonl", row)], PAIRS, wanted)

    (label,) = taken.labels
    assert (label.choice, label.has_texts, label.group) == ("candidate", False, "4")
    (verdict,) = taken.verdicts["judge"]
    assert (verdict.text, verdict.swapped) == ('{"better": "A"}', '{"better": "tie"}')


@pytest.mark.parametrize(
    ("known", "rubric", "row", "wanted", "refusal"),
    [
        (
            "mt-bench",
            PAIRS,
            vote("expert_1", "nobody"),
            {},
            (DataError, "l.jsonl:1: `winner` is 'nobody'; it can be mod"),
        ),
        ("mt-bench", PAIRS, {"turn": 1}, {}, (DataError, "l.jsonl:1: `model_a` must be a text, is missing")),
        ("mt-bench", SCALE, vote("expert_1", "tie"), {}, (RubricError, "MT-Bench's votes are of kind 'pairwise', but")),
        ("mt-bench", PAIRS, vote("gpt", "tie"), {}, (InputError, "no label of a person is in what was asked for")),
        (
            "pandalm",
            PAIRS,
            pandalm_row(0, 3, 1, 1),
            {},
            (DataError, "`annotator1` is '3'; it can be 0 for a tie, 1 or 2"),
        ),
        ("pandalm", PAIRS, {"idx": 0, "x_result": 1}, {}, (DataError, "no file has people's labels")),
        (
            "pandalm",
            PAIRS,
            pandalm_row(0, 1, 1, 1),
            {"turn": 1},
            (InputError, "--turn is for --from mt-bench, not for p"),
        ),
        (
            "jsonl",
            SCALE,
            {"case_id": "x", "level": 6},
            {},
            (DataError, "`level` is '6'; the levels of 'completeness' are"),
        ),
        ("jsonl", SCALE, {"case_id": "x", "level": True}, {}, (DataError, "`level` is 'True'; the levels")),
        ("jsonl", SCALE, {"case_id": "x", "level": None}, {}, (DataError, "`level` is 'None'; the levels")),
        (
            "jsonl",
            SCALE,
            {"stars": 4},
            {},
            (DataError, "l.jsonl:1: has no column 'level'; its columns are stars; name"),
        ),
        (
            "jsonl",
            SCALE,
            {"level": 4},
            {"columns": ("level=stars",)},
            (DataError, "l.jsonl:1: has no column 'stars' for `level`; its columns are level"),
        ),
        ("jsonl", SCALE, {"level": 4}, {}, (DataError, "no column has the case: `case_id`, `question` or `messages`")),
        ("jsonl", SCALE, {"messages": [{"role": "x"}], "level": 4}, {}, (DataError, "`messages`: ")),
        (
            "jsonl",
            PAIRS,
            {"case_id": "x", "choice": "C"},
            {},
            (DataError, "`choice` is 'C'; it can be baseline, tie, cand"),
        ),
        (
            "jsonl",
            SCALE,
            {},
            {"columns": ("lvel=x",)},
            (InputError, "--column: 'lvel' is no field; did you mean 'level'"),
        ),
        ("jsonl", PAIRS, {}, {"words": ("A=first",)}, (InputError, "--word: 'first' is no choice; there are baseline")),
        ("jsonl", PAIRS, {}, {"words": ("A",)}, (InputError, "--word A: write it as NAME=VALUE")),
    ],
)
def test_what_is_no_label_is_refused(tmp_path, *, known, rubric, row, wanted, refusal):
    """By file and line, with what would be one."""
    error, said = refusal
    with pytest.raises(error) as told:
        read_set(known, [lines(tmp_path / "l.jsonl", row)], rubric, Selection(**wanted))

    assert said in str(told.value)


def test_two_verdicts_on_one_answer_are_refused(tmp_path):
    """Nobody could say which of them counts."""
    rows = [{"case_id": "x", "answer": "y", "question": "z", "level": 4, "verdict": verdict} for verdict in "45"]

    with pytest.raises(DataError, match=":2: another line has another verdict of 'judge' on the same"):
        read_set("jsonl", [lines(tmp_path / "l.jsonl", *rows)], SCALE, Selection())


def test_judges_whose_verdicts_would_share_a_file_are_refused(tmp_path):
    """The second would replace the first's."""
    row = {"case_id": "x", "answer": "y", "question": "z", "level": 4, "verdict": "4"}
    path = lines(tmp_path / "l.jsonl", *(row | {"judge": name} for name in ("a/b", "a-b")))

    with pytest.raises(DataError, match=r"judges 'a/b' and 'a-b' would share the file completeness\.a-b\.verdicts"):
        read_set("jsonl", [path], SCALE, Selection())


def test_votes_without_a_winner_are_a_tie_and_levels_their_lower_middle():
    """A tie also wins by most votes."""
    assert most({"tie": 2, "baseline": 1}) == "tie"
    assert most({"candidate": 2, "baseline": 2, "tie": 1}) == "tie"
    assert middle({"5": 1, "1": 1}) == 1
