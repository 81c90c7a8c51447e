"""Which scorers can score logs, what the logs take, which slices got worse, and what was released."""

import json
from pathlib import Path

import msgspec
import pytest

from harness.config.prices import Price, Prices
from harness.data.beside import rows_digest
from harness.data.checks.problem import Problem
from harness.drift.answers import length_of, quantities_of, traits_of
from harness.drift.drawn import Window, draw, window_of
from harness.drift.fitting import labels_of, without_expected
from harness.drift.released import find_released
from harness.drift.slices import worse_slices
from harness.drift.sources import slices_of_logs
from harness.errors import InputError
from harness.records.answered import Response
from harness.records.asked import Case
from harness.records.logged import Logged
from harness.records.messages import Message
from harness.records.trained import TrainedFile
from harness.scorers import contains, exact_match, matches_regex, predicts_label, valid_json
from harness.train.config import TrainConfig
from harness.train.manifest import write_manifest
from tests.drift.made import project, used_in
from tests.gating.test_chosen import manifest_of

QUEUES = ("billing", "bug")


def answered(text: str, expected: object = "billing", **meta: object):
    """Return a case with its answer."""
    case = Case(id="c", messages=(Message(role="user", content="?"),), expected=expected, meta=meta)
    return case, Response(request_key="k", text=text, finish_reason="stop")


def is_short(case, response):
    """Read the answer alone."""
    return len(response.text) < 30


def is_expected(case, response):
    """Read what is expected."""
    return response.text == case.expected


def avoids_the_bait(case, response):
    """Read what only a suite has."""
    return case.meta["forbidden"] not in response.text


def test_a_scorer_that_reads_no_expected_answer_is_seen_by_its_scores():
    """Plain functions too; what reads the expected answer changes its score, or breaks."""
    answers = [answered("billing", forbidden="x"), answered("other", forbidden="x")]
    scorers = (matches_regex("bill|oth"), contains("bill"), exact_match(), is_short, is_expected, avoids_the_bait)

    assert without_expected(scorers, answers) == (scorers[0], scorers[1], is_short, avoids_the_bait)
    assert without_expected((is_short,), [answered("x" * 40)]) == (), "nothing was right, so it says nothing"


def test_a_scorer_that_can_not_score_the_logs_is_left_out_and_told():
    """Here for lack of what only the suite's cases have."""
    known, logged = [answered("yes", forbidden="x")] * 30, [answered("yes")] * 30

    traits = traits_of(logged, known, (is_short, avoids_the_bait))

    assert "avoids_the_bait()" not in traits.worse
    assert traits.notes == ("avoids_the_bait(): left out, since 30 of 30 answers can't be scored by it",)


def test_answers_that_do_not_say_why_they_ended_are_not_taken_for_whole_ones():
    """Many logs have no finish reason; then nothing is compared with those of the release that were cut off."""
    known, logged = (
        [answered("yes")] * 30,
        [(case, Response(request_key="", text="yes")) for case, _ in [answered("")] * 30],
    )

    traits = traits_of(logged, known, ())

    assert "cut off" not in traits.worse
    assert traits.notes == ("cut off: left out, since 30 of 30 answers don't say why they ended",)


def test_labels_are_read_and_answers_without_one_are_left_out():
    """Those are a matter of the answers' form."""
    scorer = predicts_label(QUEUES, field="queue")
    texts = ['{"queue": "bug"}', "no JSON", '{"queue": "billing"}', '{"queue": "unknown"}']

    assert labels_of(scorer, [Response(request_key="", text=text) for text in texts]) == ("bug", "billing")


def test_money_is_what_the_log_says_or_the_price_of_its_tokens():
    """A model without a price has no cost."""
    one = Logged(place="a:1", messages=(), text="x", model="mine", tokens_in=1_000, tokens_out=100, seconds=1.0)
    prices = Prices(models={"openai:mine": Price(input=2.0, output=10.0)})
    logs = [one, msgspec.structs.replace(one, cost=0.005), msgspec.structs.replace(one, model="other")]

    unit, cost = quantities_of(logs, prices)["cost"]

    assert (unit, cost.n, cost.mean) == ("USD", 2, pytest.approx((0.003 + 0.005) / 2))


def test_a_slice_that_got_worse_is_named_and_others_are_not():
    """Against the same slice at release, where that is large enough."""
    right, wrong = answered('{"a": 1}'), answered("{")
    logged = [wrong] * 40 + [right] * 60
    kinds = {"tag": [("vip",)] * 40 + [("plain",)] * 60}

    found = worse_slices(traits_of(logged, [right] * 100, (valid_json(),)), kinds, kinds, 0.05)

    assert [(one.figure, one.of, one.name, one.of_all) for one in found] == [("valid_json()", "tag", "vip", False)]
    assert found[0].change.mean == -1.0


def test_requests_of_the_window_are_drawn_alike_and_the_others_counted():
    """One pass, and the same seed draws the same ones."""
    logs = [Logged(place=f"a:{n}", messages=(), time=float(n), model="mine" if n % 2 else "other") for n in range(100)]
    every = [*logs, Problem(kind="json", places=("a:101",), told=""), Logged(place="a:102", messages=(), model="mine")]

    drawn = draw(every, Window(since=50.0, model="mine"), 10, 1)

    assert (drawn.requests, len(drawn.kept), drawn.unreadable, drawn.outside, drawn.undated) == (25, 10, 1, 76, 1)
    assert (drawn.first, drawn.last) == (51.0, 99.0)
    assert drawn.kept == draw(every, Window(since=50.0, model="mine"), 10, 1).kept


def test_no_slice_is_named_after_somebody():
    """Tags that say who it was are left out, and others stay."""
    tags = ("customer: Ada Byron", "user=ada", "end_user_id:7", "topic:billing", "User-Agent: curl")
    logged = Logged(place="a:1", messages=(), tags=tags)

    assert slices_of_logs([logged], [""], ())["tag"] == [("topic:billing", "User-Agent: curl")]


def test_a_request_that_the_logs_have_twice_counts_once():
    """A file and its copy are no more evidence than the file; two requests without a name or a moment are two."""
    day = [Logged(place=f"a:{n}", messages=(), id=f"{n}", time=1.0, model="mine") for n in range(20)]
    copies = [msgspec.structs.replace(one, place=f"b:{n}") for n, one in enumerate(day)]
    bare = [Logged(place=f"c:{n}", messages=(), text="Yes.") for n in range(3)]

    drawn = draw([*day, *copies, *bare], Window(), 100, 0)

    assert (drawn.requests, drawn.again, drawn.models) == (23, 20, {"mine": 40, "": 3})


@pytest.mark.parametrize(("since", "until"), [("2026-11-02", "2026-11-01"), ("1d", "2d")])
def test_a_window_that_ends_before_it_starts_is_refused(since, until):
    """Else it would be a quiet day."""
    with pytest.raises(InputError, match="is not before --until"):
        window_of(since, until, "", 1_800_000_000.0)


def test_the_length_of_an_answer_is_that_of_its_json():
    """One tool of logs writes a space behind a colon, and another doesn't."""
    said = ('{"queue": "bug", "n": [1, 2]}', '{"queue":"bug","n":[1,2]}', "{not JSON}")

    assert [length_of(Response(request_key="", text=text)) for text in said] == [25, 25, 10]


def test_the_training_rows_are_found_by_the_manifest_and_only_if_they_are_unchanged(tmp_path):
    """Else it is told how to name them."""
    config = project(tmp_path)
    rows = tmp_path / "training" / "rows.jsonl"
    rows.parent.mkdir()
    turns = [{"role": "user", "content": "1+1"}, {"role": "assistant", "content": "2"}]
    rows.write_text(json.dumps({"messages": turns}) + "\n")
    adapter = tmp_path / "adapters" / "mine"
    files = (TrainedFile(name="rows.jsonl", digest=rows_digest(rows), rows=1, tokens=1),)
    settings = TrainConfig(output="../adapters/mine", train=("rows.jsonl",))
    write_manifest(adapter, manifest_of(adapter, settings=settings, files=files, stopped_by=()))

    found = find_released(config, tmp_path, used_in(tmp_path), "", ())
    rows.write_text(rows.read_text() * 2)
    changed = find_released(config, tmp_path, used_in(tmp_path), "", ())

    assert [row.output for row in found.rows] == ["2"]
    assert len(found.answered) == 80
    assert changed.rows == ()
    assert any("name them with --training-data" in note for note in changed.notes)


def test_without_a_promotion_nothing_is_known_and_that_is_told(tmp_path):
    """It is an answer of its own, never an error."""
    config = project(tmp_path)
    for file in (tmp_path / "adapters").glob("promotions.*"):
        file.unlink()

    found = find_released(config, tmp_path, used_in(tmp_path), "", ())

    assert (found.entry, found.answered, found.rows) == (None, (), ())
    assert found.notes == ("nothing is promoted: harness promote says which adapter users have",)
    assert Path(str(find_released(config, tmp_path, used_in(tmp_path), "run:1", ()).run)).name.startswith("0001-")
