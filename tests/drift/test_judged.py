"""A judge reads both sides' answers by one rubric, and decides nothing unless it is trusted."""

import datetime as dt
import re

import msgspec
import numpy as np
import pytest

from harness.config.read import load_config
from harness.drift.decided import Limits, question_of
from harness.drift.judged import Judged, Judging
from harness.drift.meaning import TOO_LONG, clusters_of
from harness.drift.prometheus import exposition
from harness.drift.told import lines_of
from harness.errors import InputError
from harness.gating.alone import opened_judge
from harness.gating.judge_check import ask_for_check
from harness.judges.check import checked
from harness.judges.checked import checks_file, keep_check
from harness.judges.labels import add_labels, labels_file, read_labels
from harness.records.answered import Response
from harness.records.asked import Case
from harness.records.messages import Message
from harness.scorers.judges.rubric import named_rubric
from harness.text.pages import content_folder
from tests.drift.made import answer, drift_on, logged_day, project
from tests.judges.made import WORTH, rated_evenly
from tests.stub import serve

RUBRIC = "completeness"
NUMBER = re.compile(r"(?:answer|good|bad) (\d+)")
NOW = dt.datetime(2026, 11, 27, tzinfo=dt.UTC)


def answers(text: str, number: int = 30):
    """Return cases with the same answer."""
    return [
        (
            Case(id=f"c{place}", messages=(Message(role="user", content=f"{text} {place}?"),)),
            Response(request_key=f"{text}{place}", text=f"{text} {place}", finish_reason="stop"),
        )
        for place in range(number)
    ]


def levels(_model: str, question: str) -> str:
    """Say what is worst of a bad answer, and what is best of any other."""
    return '{"score": 1}' if "zzbad" in question else '{"score": 5}'


@pytest.fixture
def judging(tmp_path):
    """Return what asks a stub by a rubric; with ``waived`` its words count though nobody checked the judge."""
    with serve(levels, ("tiny",)) as stub:
        (tmp_path / "harness.toml").write_text(
            f'[judge]\nmodel = "openai:tiny"\nbase_url = "{stub.url}"\nmax_tokens = 8\n'
        )

        def make(rubric: str, *, waived: bool) -> Judging:
            words = content_folder("judges").joinpath(f"{rubric}.toml").read_text()
            (tmp_path / "judges").mkdir(exist_ok=True)
            (tmp_path / "judges" / f"{rubric}.toml").write_text(f"require_trusted = {str(not waived).lower()}\n{words}")
            return Judging((rubric,), load_config(tmp_path / "harness.toml"), tmp_path, NOW, 0, tmp_path)

        make.stub = stub
        yield make


def test_a_judge_that_nobody_checked_is_not_asked_and_decides_nothing(judging):
    """What moved could be the judge."""
    ((figure, change),) = judging(RUBRIC, waived=False)(answers("zzbad"), answers("good")).found

    assert change is None
    assert "was never checked against people's labels" in figure.reason
    assert judging.stub.bodies == []


def test_what_a_judge_says_of_both_sides_is_compared(judging):
    """The mean of its scores; lower is worse."""
    ((figure, change),) = judging(RUBRIC, waived=True)(answers("zzbad"), answers("good")).found

    assert (figure.name, figure.worse) == (f"judge: {RUBRIC}", "lower")
    assert (figure.now.mean, figure.reference.mean) == (0.0, 1.0)
    assert change.estimate.mean == -1.0
    assert len(judging.stub.bodies) == 60


def test_without_answers_of_the_release_no_judge_is_asked(judging):
    """There is nothing to compare with."""
    assert judging(RUBRIC, waived=True)(answers("zzbad"), ()) == Judged()


def test_a_rubric_that_reads_an_expected_answer_is_refused(tmp_path):
    """Logs have none."""
    with pytest.raises(InputError, match="--rubric correctness: it reads an expected answer, and logs have none"):
        Judging(("correctness",), load_config(tmp_path / "harness.toml"), tmp_path, NOW, 0, tmp_path)


def test_texts_of_one_meaning_are_in_one_cluster():
    """Of whichever source; what the model can't read is in none."""

    def embed(texts: list[str]) -> np.ndarray:
        turned = {"bill": (1.0, 0.0), "bug": (0.0, 1.0), "long": (0.0, 0.0)}
        return np.array([turned[text] for text in texts], dtype=np.float32)

    found = clusters_of({"logs": ["bill"] * 30 + ["long"], "suite": ["bill"] * 15 + ["bug"] * 15}, 0, embed)

    assert len(set(found["logs"][:30])) == 1
    assert found["logs"][30] == TOO_LONG
    assert found["suite"][0] == found["logs"][0] != found["suite"][-1]
    assert clusters_of({"logs": ["bill"] * 5, "suite": ["bug"] * 5}, 0, embed) == {}, "too few to have clusters"


def worth(_model: str, question: str) -> str:
    """Give an answer the level that it says it is worth."""
    return f'{{"score": {WORTH.findall(question)[-1]}}}'


def constant(_model: str, _question: str) -> str:
    """Give everything the lowest level."""
    return '{"score": 1}'


def stricter(model: str, question: str) -> str:
    """Give a quarter of the best answers the lowest level, of any others what they are worth."""
    place = int(NUMBER.findall(question)[-1])
    return constant(model, question) if WORTH.findall(question)[-1] == "5" and not place % 4 else worth(model, question)


def worths(name: str, good: int, bad: int):
    """Return answers that are worth the highest level, and the lowest."""
    return [*answers(f"{name} worth=5 good", good), *answers(f"{name} worth=1 bad", bad)]


def checked_judge(root, url):
    """Give a project a judge at an address, a rubric with labels, and the judge's check; return its settings."""
    (root / "judges").mkdir()
    words = content_folder("judges").joinpath(f"{RUBRIC}.toml").read_text()
    (root / "judges" / f"{RUBRIC}.toml").write_text(words)
    rubric = named_rubric(RUBRIC, root / "judges")
    add_labels(labels_file(root / "judges", rubric), rubric, rated_evenly(100))
    config = load_config(root / "harness.toml")
    judge = msgspec.structs.replace(config.judge, model="openai:tiny", base_url=url, max_tokens=8)
    config = msgspec.structs.replace(config, judge=judge)
    with opened_judge(config, root) as opened:
        asked, labels = opened.reading(rubric), read_labels(labels_file(root / "judges", rubric), rubric)
        check = checked(rubric, ask_for_check(asked, labels, opened.ask), NOW)
        opened.finish()
    keep_check(checks_file(root / "judges", rubric), check)
    return config


@pytest.fixture
def watched(tmp_path):
    """Return who drifted, the figure and its question, after some days of a checked judge with labels."""
    (tmp_path / "harness.toml").write_text("")
    verdict = {"is": worth}

    with serve(lambda *asked: verdict["is"](*asked), ("tiny",)) as stub:  # noqa: PLW0108 - it changes
        config = checked_judge(tmp_path, stub.url)

        def after(days, by=worth, since=0, budget=None, released=(90, 10)) -> tuple:
            judge = msgspec.structs.replace(config.judge, budget=budget)
            settings = msgspec.structs.replace(config, judge=judge, reuse_hosted=True)
            for day, (good, bad) in enumerate(days):
                verdict["is"] = by if day >= since else worth
                now = NOW + dt.timedelta(days=day + 1)
                judging = Judging((RUBRIC,), settings, tmp_path, now, 0, tmp_path, "0001-x")
                said = judging(worths(f"day {day}", good, bad), worths("released", *released))
            question = question_of("answers", said.found, Limits(margin=0.05, alpha=0.00135))
            return said.who[0], question.figures[0], question

        yield after


def test_a_judge_that_moved_says_nothing_of_the_adapter(watched):
    """Every answer is as good as at release; the judge calls all of them bad, and people's labels tell."""
    who, figure, question = watched([(90, 10)] * 2, by=constant)

    assert who.outcome == "judge"
    assert (figure.change, question.verdict) == (None, "too little to tell")
    assert question.reasons[0].startswith(f"judge: {RUBRIC} (release): The judge moved, so its figures say nothing of")


def test_a_judge_that_moved_is_no_drift_before_anybody_notices(watched):
    """It is stricter with a quarter of the best answers: plain beside stored verdicts, and not yet in the labels."""
    who, figure, question = watched([(90, 10)] * 2, by=stricter, since=1)

    assert (who.outcome, who.answers_since, who.judge_since) == ("too little", "", "")
    assert figure.change.high < -0.05
    assert figure.p_value < 0.00135
    assert figure.verdict == "too little to tell"
    assert figure.reason.endswith(f", beyond 0.05, and it can be the judge that moved. {who.sentence}")
    assert question.verdict == "too little to tell"


def test_an_adapter_that_got_worse_is_named(watched):
    """The judge agrees with people as ever."""
    who, figure, question = watched([(20, 80)] * 5)

    assert who.outcome == "adapter"
    assert figure.change.mean == pytest.approx(-0.7)
    assert (question.verdict, figure.reason) == ("drifted", who.sentence)


def test_an_adapter_that_got_better_is_no_drift(watched):
    """Its figure rose, and less alone is worse."""
    who, figure, question = watched([(90, 10)] * 5, released=(20, 80))

    assert who.outcome == "adapter"
    assert who.moved_by > 0
    assert (figure.is_adapter, figure.verdict, question.verdict) == (None, "steady", "steady")


def test_a_judge_that_has_not_moved_leaves_the_figure_as_it_is(watched):
    """It is compared as any other; a hundred answers at release are too few for the days to say more."""
    who, figure, _ = watched([(90, 10)] * 2)

    assert (who.outcome, who.answers_since) == ("too little", "")
    assert figure.change.mean == 0
    assert figure.reason.endswith("where 0.05 is allowed")


def test_anchors_are_told_and_asked_before_a_budget_is_used_up(watched, capfd):
    """Of 50 calls 20 are theirs, and some those by which a changed judge is noticed; told with those of the answers."""
    who, figure, _ = watched([(90, 10)], budget=50)

    told = capfd.readouterr().err
    assert re.search(r"judging by tiny: 23\d calls", told)
    assert told.count("judging by tiny") == 1
    assert who.anchors == 20
    assert figure.verdict == "too little to tell"


def valid(model: str, question: str) -> str:
    """Give an answer that is said to be worth something that level, and others the highest unless they are broken."""
    if WORTH.search(question):
        return worth(model, question)
    return constant(model, question) if "Sure!" in question else '{"score": 5}'


def broken(chance):
    """Return an answer that no queue can read."""
    return f"Sure! {answer(chance)}"


@pytest.mark.parametrize(
    ("later", "changed", "outcome", "verdict"),
    [
        (constant, {}, "judge", "too little to tell"),
        (valid, {"said": broken}, "adapter", "drifted"),
    ],
)
def test_who_drifted_through_the_whole_run(tmp_path, later, changed, outcome, verdict):
    """From logs to page, terminal and metrics: a judge that moved is no drift, and an adapter is named."""
    said = {"by": valid}
    project(tmp_path)
    with serve(lambda *asked: said["by"](*asked), ("tiny",)) as stub:  # noqa: PLW0108 - it changes
        config = checked_judge(tmp_path, stub.url)
        drift_on(tmp_path, config, 1, logged_day(1), rubrics=(RUBRIC,))
        said["by"] = later
        for day in (2, 3, 4):
            drift = drift_on(tmp_path, config, day, logged_day(day, **changed), rubrics=(RUBRIC,))

    (who,) = drift.judges
    (figure,) = (one for one in drift.questions[1].figures if one.name == f"judge: {RUBRIC}")
    assert (who.outcome, figure.verdict) == (outcome, verdict)
    assert figure.reason == who.sentence
    assert ("drifted" in {one.verdict for one in drift.questions}) == (outcome == "adapter")
    assert who.sentence in (tmp_path / "runs" / "drift" / "mine.html").read_text()
    assert f"  {who.sentence}" in lines_of(drift, "")
    assert f'rubric="{RUBRIC}",outcome="{outcome}"}} 1\n' in exposition(drift)
