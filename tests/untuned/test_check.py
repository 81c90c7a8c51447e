"""``harness data check --base`` on an engine that is a function: what is told, saved, and never made up."""

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.asking.ask import Asking
from harness.asking.store import STORE_FILE, Store
from harness.cases.passable import UsedSuite
from harness.data.checks.problem import Problem
from harness.data.checks.shape.untuned import ANSWERED, ASTONISHING
from harness.engines.function import FunctionEngine
from harness.errors import EngineError, InputError
from harness.records.answered import Likelihood, Response
from harness.records.asked import ModelRef, Request
from harness.records.engine import Contender
from harness.report.view.untuned import untuned_lines
from harness.runs.folder import read_answers, read_judgements, read_run
from harness.untuned.asking import BaseModel
from harness.untuned.check import BaseCheck, Wanted
from tests.data.checks.made import problems, row, rows

MODEL = ModelRef(base="tiny", base_digest="b", template_digest="t")
THINGS = ("card", "parcel", "invoice", "refund", "password", "export", "avatar", "board", "seat", "backup")
ROWS = rows((f"{verb} the {thing}?", thing) for verb in ("Where is", "Who lost", "Why change") for thing in THINGS)
Answer = Callable[[Request], str]


class Alone:
    """The contenders of a run with one model."""

    origins = staticmethod(lambda _probes: ())
    notes = ()

    def __init__(self, engine: FunctionEngine, refusal: str = "") -> None:
        self.baseline = Contender(model=MODEL, engine=engine)
        self._refusal = refusal

    def check(self, _suites: object) -> None:
        """Refuse what the test says."""
        if self._refusal:
            raise InputError(self._refusal)


def weighed(request: Request, nats: float = 1.0) -> Response:
    """Return the likelihood of a text of two tokens."""
    likelihoods = tuple(Likelihood(text=text, logprobs=(-nats, -nats)) for text in request.continuations)
    return Response(request_key=request.key, text=request.continuations[0], likelihoods=likelihoods)


def engine_of(answer: Answer, nats: Callable[[Request], float] = lambda _request: 1.0) -> FunctionEngine:
    """Return an engine that answers, or weighs, as told."""
    return FunctionEngine(lambda request: weighed(request, nats(request)) if request.continuations else answer(request))


@pytest.fixture
def check(tmp_path):
    """Return a function that checks rows with an engine; the run's folder is ``tmp_path / "0001-run"``."""
    folder = tmp_path / "0001-run"
    folder.mkdir()

    def run(
        engine: FunctionEngine,
        of=ROWS,
        *,
        used: tuple[UsedSuite, ...] = (),
        examples: int = 2,
        number: int = 100,
        labels: bool = False,
        refusal: str = "",
    ) -> tuple[BaseCheck, list[Problem]]:
        store = Store(tmp_path / STORE_FILE)
        base = BaseModel(Alone(engine, refusal), Asking(store, lambda responses, _total: responses), folder)
        wanted = Wanted(rows=number, examples=examples)
        checking = BaseCheck(base, used, wanted, lambda: labels)
        try:
            return checking, problems(checking, of)
        finally:
            store.close()

    return run


def last_word(request: Request) -> str:
    """Answer a card's question rightly, and with examples every one."""
    word = request.messages[-1].text.split()[-1].rstrip("?")
    return word if word == "card" or len(request.messages) > 1 else "no idea"


def test_rows_that_are_answered_right_already_are_counted_and_named(check):
    """Three of thirty; with examples all."""
    checking, found = check(engine_of(last_word))

    [already] = [problem for problem in found if problem.kind == ANSWERED]
    assert already.places == ("rows.jsonl:1", "rows.jsonl:11", "rows.jsonl:21")
    right, few = checking.found.right, checking.found.few_shot
    assert (right.right, right.rows) == (3, 30)
    assert (right.low, right.high) == pytest.approx((0.0346, 0.2562), abs=1e-4)
    assert (few.plain.right, few.shown.right, few.shown.rows) == (3, 30, 30)
    assert few.difference.mean == pytest.approx(0.9)
    assert few.difference.low > 0.5
    assert checking.untold == ()
    assert any(line.startswith("Examples help: +90 points") for line in untuned_lines(checking.found))


def test_the_run_is_saved_with_both_answers_to_each_question(check, tmp_path):
    """Paired, with a page, and nothing gated."""
    checking, _ = check(engine_of(last_word))

    run = read_run(tmp_path / "0001-run")
    [measure] = run.measures
    assert (len(measure.comparison.won), measure.comparison.lost) == (27, ())
    assert run.verdicts == ()
    assert (run.outcome, run.baseline.name, run.candidate.name) == (
        "inconclusive",
        "tiny as it is",
        "tiny with examples",
    )
    answers = list(read_answers(tmp_path / "0001-run"))
    assert [answer.side for answer in answers] == ["baseline"] * 30 + ["candidate"] * 30
    assert len(answers[-1].request.messages) == 5
    assert len(answers[-1].case.messages) == 1
    scores = list(read_judgements(tmp_path / "0001-run"))
    assert {score.comparison for score in scores} == {measure.comparison.key}
    assert len(scores) == 60
    page = Path(checking.found.report)
    assert page == tmp_path / "0001-run" / "report.html"
    text = page.read_text()
    assert "tiny with examples" in text
    assert "every difference is chance" not in text


def test_what_was_answered_is_not_asked_again(check):
    """The store has it."""
    check(first := engine_of(last_word))
    checking, _ = check(again := engine_of(lambda _request: pytest.fail("asked again")))

    assert len(first.asked) == 90
    assert again.asked == []
    assert checking.found.right.right == 3


def test_an_answer_that_astonishes_is_told_with_its_question(check):
    """Beside the usual."""
    nats = {request: 1 + place % 5 / 10 for place, request in enumerate(one.input for one in ROWS)}
    odd = ROWS[7].input

    checking, found = check(
        engine_of(last_word, lambda request: 8.0 if (asked := request.messages[-1].text) == odd else nats[asked])
    )

    [problem] = [problem for problem in found if problem.kind == ASTONISHING]
    assert problem.places == ("rows.jsonl:8",)
    assert "'board': 8.0 nats per token, and 1.2 for the answers of most rows" in problem.told
    assert problem.shown == (odd,)
    assert checking.found.weighed.rows == 30


def test_with_labels_an_answer_is_compared_with_the_same_answer(check):
    """As the check of the shape says."""
    cards = [row(f"{word} {word}?", "card", line=line) for line, word in enumerate(THINGS * 3, 1)]

    checking, found = check(engine_of(last_word), cards, labels=True)

    assert checking.found.weighed.labels
    assert checking.found.weighed.rows == 30
    assert [problem.kind for problem in found if problem.kind == ASTONISHING] == []


def test_a_row_that_gets_no_answer_is_untold_and_never_wrong(check):
    """One is too long, however it is asked."""

    def answer(request: Request) -> str | Response:
        if request.messages[-1].text == ROWS[4].input:
            return Response(request_key=request.key, error="prompt has 9000 tokens, but the limit is 1023")
        return last_word(request)

    checking, _ = check(FunctionEngine(lambda request: weighed(request) if request.continuations else answer(request)))

    assert (checking.found.right.right, checking.found.right.rows) == (3, 29)
    assert checking.found.few_shot.shown.rows == 29
    why = "the first, rows.jsonl:5: prompt has 9000 tokens, but the limit is 1023"
    assert checking.untold == (
        f"the base model: 1 row got no score, asked as they are; {why}",
        f"the base model: 1 row got no score, asked with examples; {why}",
    )


def test_a_likelihood_that_is_not_told_is_untold(check):
    """As of a server that gives none."""
    refused = FunctionEngine(
        lambda request: (
            Response(request_key=request.key, error="no log-probabilities")
            if request.continuations
            else last_word(request)
        )
    )

    checking, found = check(refused)

    assert checking.found.weighed is None
    assert checking.untold == (
        "the base model: 30 rows could not be weighed; the first, rows.jsonl:1: no log-probabilities",
    )
    assert [problem.kind for problem in found] == [ANSWERED]


def test_an_engine_that_fails_midway_gives_no_score_and_is_gone_on_with(check):
    """What came before is in the store."""
    answered = []

    def failing(request: Request) -> str:
        if len(answered) == 20:
            raise EngineError("the server is gone")
        answered.append(request.key)
        return last_word(request)

    checking, found = check(engine_of(failing))
    again, _ = check(engine := engine_of(last_word))

    assert (checking.found.right, checking.found.few_shot, checking.found.report) == (None, None, "")
    assert [problem.kind for problem in found] == []
    assert checking.untold == ("the base model: the server is gone; what was answered is kept: run the command again",)
    assert len(engine.asked) == 40
    assert again.found.right.right == 3


def test_a_base_model_without_a_chat_template_is_untold(check):
    """It can't be sent conversations."""
    checking, found = check(engine_of(last_word), refusal="tiny: has no chat template; name one")

    assert found == []
    assert checking.untold[0].startswith("the base model: tiny: has no chat template; name one")


def test_no_more_rows_are_asked_than_wanted(check):
    """They are drawn from all."""
    checking, _ = check(engine := engine_of(last_word), number=8, examples=0)

    assert len(engine.asked) == 16
    assert (checking.found.drawn, checking.found.of) == (8, 30)
    assert checking.found.few_shot is None
    assert checking.found.report == ""


def test_without_enough_other_rows_there_are_no_examples(check):
    """That is said."""
    checking, _ = check(engine_of(last_word), ROWS[:3], examples=5)

    assert checking.found.right.rows == 3
    assert checking.found.notes == ("not asked with examples: no row has 5 others with its system prompt and tools",)


def test_personal_data_is_not_asked(check):
    """Nor shown on the run's page."""
    personal = row("Where is ada.byron@tidewell.io?", "card", line=99)

    checking, _ = check(engine := engine_of(last_word), [*ROWS, personal])

    assert not any("ada.byron" in str(request.messages) for request in engine.asked)
    assert checking.found.notes[0].startswith("1 drawn row left out: with personal data")


def test_no_row_at_all_is_untold(check):
    """And nothing is asked."""
    checking, found = check(engine := engine_of(last_word), [])

    assert (found, engine.asked) == ([], [])
    assert checking.untold == ("the base model: no row was drawn that asks something and has no personal data",)
