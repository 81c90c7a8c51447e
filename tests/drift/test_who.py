"""Who drifted, through the functions that ask: a judge that moved is never told as an adapter that got worse."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import msgspec
import pytest

from harness.drift.found import Who
from harness.drift.who import Today, watch_judge
from harness.errors import EngineError
from harness.judges.anchors import read_days
from harness.judges.labels import Label
from harness.records.answered import Response
from harness.records.asked import Request
from tests.gating.test_judge_check import check_of
from tests.judges.made import HELPFULNESS, asking, judge_of, paired_evenly, perfect, rated_evenly

NOW = dt.datetime(2026, 11, 27, 12, tzinfo=dt.UTC)
LABELS = rated_evenly(100)
CHECK = check_of(perfect)
GOOD = tuple([1.0] * 400 + [0.0] * 100)


def constant(_: Request) -> str:
    """Give everything the highest level."""
    return '{"score": 5}'


def garbage(_: Request) -> str:
    """Say nothing that can be read."""
    return "As a judge I feel that this is fine."


def unreachable(_: Sequence[Request]) -> Mapping[str, Response]:
    """Be gone."""
    raise EngineError("nothing answers at http://127.0.0.1:9; start the server")


def failing(requests: Sequence[Request]) -> Mapping[str, Response]:
    """Fail at each call."""
    return {one.key: Response(request_key=one.key, text="", error="HTTP 500") for one in requests}


class Days(NamedTuple):
    """A few days of one judge; ``asked`` has the requests of each, ``told`` how many were announced."""

    who: Who
    asked: list[int]
    told: list[int]
    keys: list[frozenset[str]]


@pytest.fixture
def days(tmp_path) -> Callable[..., Days]:
    """Return a function that judges anchors on some days, and says who drifted after the last."""

    def judged(
        by: Sequence[Callable],
        answers: Sequence[Sequence[float]] = (),
        labels: Sequence[Label] = LABELS,
        check=CHECK,
        anchors: int = 20,
    ) -> Days:
        asked, told, keys = [], [], []
        for day, ask in enumerate(by):
            sent: list[str] = []

            def heard(
                requests: Sequence[Request], ask: Callable = ask, sent: list[str] = sent
            ) -> Mapping[str, Response]:
                sent.extend(one.key for one in requests)
                return ask(requests)

            values = answers[day] if day < len(answers) else ()
            today = Today(
                now=NOW + dt.timedelta(days=day),
                answers={f"{day}-{place}": value for place, value in enumerate(values)},
                released=GOOD if answers else (),
                release="run-1",
                anchors=anchors,
            )
            who = watch_judge(
                judge_of(), check, labels, today, tmp_path / "h.jsonl", heard, lambda all_: told.append(len(all_))
            )
            asked.append(len(sent))
            keys.append(frozenset(sent))
        return Days(who, asked, told, keys)

    return judged


SAME = tuple([1.0] * 80 + [0.0] * 20)
WORSE = tuple([1.0] * 20 + [0.0] * 80)


def test_the_same_judge_and_the_same_answers(days):
    """Nobody, once there is enough to say so; each day asks for its anchors anew, and tells what they cost."""
    early = days([asking(perfect)], [SAME])
    assert early.who.outcome == "too little"
    assert "So far 20 anchors of about" in early.who.sentence
    found = days([asking(perfect)] * 6, [SAME] * 6)

    assert found.who.outcome == "nobody"
    assert found.who.sentence == (
        "Neither the judge nor the answers have moved: it agrees with people on 100 % of the anchors (97 % to 100 %), "
        "100 % when it was checked."
    )
    assert found.asked == found.told == [20] * 6
    assert len(frozenset.union(*found.keys)) == 120
    assert found.who.judge_e < 1 < found.who.enough
    assert (found.who.anchors, found.who.agreement.n) == (140, 140)


def test_a_judge_that_was_swapped_for_a_constant(days):
    """The answers are judged otherwise too, and it is the judge all the same."""
    better = [tuple([1.0] * 100)] * 2
    found = days([asking(perfect), asking(constant), asking(constant)], [SAME, *better])

    assert found.who.outcome == "judge"
    assert found.who.sentence.startswith("The judge moved, so its figures say nothing of the adapter: it agrees with ")
    assert found.who.sentence.endswith("run: harness judge check completeness.")
    assert found.who.judge_e >= found.who.enough
    assert found.who.agreement.high < 0.5
    assert found.who.agreement_then.mean == 1.0


def test_a_judge_that_can_no_longer_be_read_has_moved(days):
    """It gives verdicts, and none can be read."""
    assert days([asking(garbage)]).who.outcome == "judge"


def test_an_adapter_that_got_worse(days):
    """On the day after the change all labels are asked about at once, and the judge is not it."""
    found = days([asking(perfect)] * 4, [SAME, WORSE, WORSE, WORSE])

    assert found.who.outcome == "adapter"
    assert found.who.sentence.startswith("The judged rate in production has fallen by at least ")
    assert found.who.moved_by < -0.3
    assert (found.who.answers_since, found.who.judge_since) == ("2026-11-28T12:00:00+00:00", "")
    assert 100 in found.asked


def test_both(days):
    """The judge gives the highest level always, and yet the rate has fallen."""
    found = days([asking(perfect), asking(constant), asking(constant)], [SAME, WORSE, WORSE])

    assert found.who.outcome == "both"


@pytest.mark.parametrize("ask", [unreachable, failing])
def test_a_judge_that_cannot_be_asked_is_no_judge_that_moved(days, ask):
    """Nor is the adapter blamed for answers that changed meanwhile; what failed is counted and said."""
    found = days([ask] * 3, [SAME, WORSE, WORSE])

    assert found.who.outcome == "too little"
    assert "whether it is the judge that moved is not known yet" in found.who.sentence
    assert "anchors could not be judged today: " in found.who.sentence
    assert (found.who.anchors, found.who.agreement) == (0, None)
    assert found.who.judge_e == pytest.approx(1.0)
    quiet = days([ask])
    assert quiet.who.outcome == "too little"


@pytest.mark.parametrize(
    ("labels", "check", "why"),
    [
        ([], CHECK, "No labels of 'completeness' are here"),
        (LABELS[:60], CHECK, "it was checked with 100 labels, and 60 or others are here"),
        (LABELS, msgspec.structs.replace(CHECK, digest="old"), "was not checked with the words"),
        (LABELS, msgspec.structs.replace(CHECK, table=()), "was not checked with the words"),
    ],
)
def test_without_the_labels_of_the_check_nothing_is_asked(days, tmp_path, labels, check, why):
    """And nothing is written."""
    found = days([asking(constant)], [WORSE], labels, check)

    assert found.who.outcome == "too little"
    assert why in found.who.sentence
    assert "harness judge check completeness" in found.who.sentence
    assert found.asked == [0]
    assert not (tmp_path / "h.jsonl").exists()


def test_no_anchor_a_day_is_too_little(days):
    """Whatever the answers do."""
    assert days([asking(perfect)] * 2, anchors=0).who.sentence.startswith("No anchor was judged")


def test_without_answers_at_release_only_the_judge_is_known(days):
    """It has not moved."""
    found = days([asking(perfect)] * 7)

    assert found.who.outcome == "too little"
    assert "It read no answers of the release" in found.who.sentence


def test_the_history_has_no_word_of_anything(days, tmp_path):
    """Digests and figures alone."""
    days([asking(perfect)], [SAME])

    text = (tmp_path / "h.jsonl").read_text()
    assert len(read_days(tmp_path / "h.jsonl")[0].anchors) == 20
    assert "worth" not in text
    assert "What is left" not in text


def test_a_pairwise_rubric_is_watched_too(tmp_path):
    """Once it always prefers what is shown first, all pairs are ties."""
    labels, check = paired_evenly(99), check_of(perfect, HELPFULNESS, 99)

    def after(verdict: Callable[[Request], str], name: str) -> Who:
        judge, ask = judge_of(HELPFULNESS), asking(verdict)
        return watch_judge(judge, check, labels, Today(now=NOW), tmp_path / name, ask, lambda _: None)

    assert after(lambda _: '{"better": "A"}', "one").outcome == "judge"
    assert after(perfect, "other").outcome == "too little"
