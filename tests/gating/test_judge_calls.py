"""What judges are asked: the calls of all tests in one batch, forecast in one line, within a budget."""

import html
import json
import re
import threading
from collections.abc import Callable, Iterable, Iterator

import pytest

from harness.asking.ahead import Readings
from harness.asking.ask import Asking
from harness.asking.left import Question
from harness.errors import EngineError
from tests.gating.projects import Project, forgetful, project, right  # noqa: F401 - the fixture
from tests.models.fakes import adapter_in
from tests.stub import Sent, Stub, completion, serve

JUDGE = "openai:reader"
TESTS = """
from pathlib import Path

import pytest

from harness.scorers import exact_match

HERE = Path(__file__).parent
pytestmark = pytest.mark.suite(HERE / "cases.jsonl", max_tokens=8)


def test_correct(evaluate, judge, gate):
    gate(evaluate(judge("correctness")), floor=0.5)


def test_exact(evaluate, gate):
    gate(evaluate(exact_match()), floor=0.1)


def test_complete(evaluate, judge):
    evaluate(judge("completeness"))


def test_preferred(prefer, gate):
    gate(prefer("helpfulness"), floor=0.1)
"""
SAID = re.compile(r"judging by reader: .*")
FORECAST = r"judging by reader: 16 calls, about \d,\d00 tokens in, at most 1,024 out"


def judged(model: str, question: str) -> str:
    """Answer sums, of which the adapter forgets two, and judge all answers alike."""
    if model != "reader":
        return forgetful(model, question)
    return '{"better": "tie"}' if "better" in question else '{"score": 5}'


@pytest.fixture
def asking(project: Callable[..., Project]) -> Iterator[Callable[..., Project]]:  # noqa: F811
    """Make a project whose server is also the judge."""

    def make(reply: Callable[..., object] = judged, code: str = TESTS, noise_sample: int = 0) -> Project:
        run = project(reply, noise_sample)
        run.stub.models.append("reader")
        run.believe("correctness", "helpfulness")
        run.suite(code=code)
        return run

    return make


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return how many requests were unanswered in each batch of the run."""
    sizes: list[int] = []
    ask = Asking._ask

    def counted(self: Asking, unanswered: dict[str, Question], ahead: Readings | None = None) -> None:
        sizes.append(len(unanswered))
        ask(self, unanswered, ahead)

    monkeypatch.setattr(Asking, "_ask", counted)
    return sizes


def calls(stub: Stub) -> int:
    """Return how often the judge was asked."""
    return sum(body["model"] == "reader" for body in stub.bodies)


def unscored(run: Project) -> list[int]:
    """Return how many cases of each comparison have no score, in the order of the tests."""
    saved = run.run()
    found = {one["test_id"]: one["comparison"] for one in [*saved["verdicts"], *saved["measures"]]}
    names = ("correct", "complete", "preferred")
    return [len(next(one for key, one in found.items() if key.endswith(name))["unscored"]) for name in names]


def test_the_calls_of_all_judged_tests_are_one_batch(asking, batches, capfd):
    """After the answers; one line says before what they will cost; each test is reported once."""
    run = asking()

    result = run.gate("--judge", JUDGE)

    assert result.ret == 0
    assert result.parseoutcomes() == {"passed": 4}
    assert batches == [8 + 12, 2 * 6 + 2 * 2]  # sums and probes; answers that differ, pairs that do
    assert calls(run.stub) == 16
    (said,) = SAID.findall(capfd.readouterr().err)
    assert re.fullmatch(FORECAST, said)
    names = [one["test_id"].split("::")[1] for one in run.run()["verdicts"]]
    assert names == ["test_correct", "test_exact", "test_preferred"]


def test_the_judges_server_is_kept_full(asking):
    """All its requests are in flight at once, though they are of three tests."""
    all_there = threading.Event()
    seen: list[str] = []

    def reply(model: str, question: str) -> object:
        if model != "reader":
            return judged(model, question)
        seen.append(question)
        if len(seen) == 16:
            all_there.set()
        return Sent(completion(judged(model, question)), until=all_there)

    run = asking(reply)
    gave_up = threading.Timer(20, all_there.set)
    gave_up.start()

    result = run.gate("--judge", JUDGE)
    gave_up.cancel()

    assert result.ret == 0
    assert run.stub.most_under_way == 16


@pytest.mark.parametrize("option", ["-x", "--maxfail=2", "--stepwise"])
def test_where_the_order_of_tests_matters_each_asks_at_once(asking, batches, option):
    """Then no other test has run yet."""
    run = asking()

    result = run.gate("--judge", JUDGE, option)

    assert (result.ret, batches) == (0, [20, 6, 6, 4])


def test_a_plugin_that_runs_the_tests_itself_keeps_doing_so(asking, batches):
    """Each test asks at once there."""
    run = asking()
    runner = "from _pytest.runner import runtestprotocol\n\ndef pytest_runtest_protocol(item, nextitem):\n"
    (run.folder / "conftest.py").write_text(f"{runner}    runtestprotocol(item, nextitem=nextitem)\n    return True\n")

    result = run.gate("--judge", JUDGE)

    assert (result.ret, batches) == (0, [20, 6, 6, 4])


def test_where_all_verdicts_are_stored_no_test_waits(asking, batches, capfd):
    """Nothing is forecast, and a budget of nothing suffices."""
    run = asking()
    run.gate("--judge", JUDGE)
    (run.folder / "harness.toml").write_text('base_model = "tiny"\nnoise_sample = 0\nreuse_hosted = true\n')
    capfd.readouterr()
    batches.clear()

    again = run.gate("--judge", JUDGE, "--judge-budget", "0", "-v")

    assert (again.ret, batches) == (0, [])
    assert "POSTPONED" not in again.stdout.str()
    assert SAID.findall(capfd.readouterr().err) == []


def test_what_measures_noise_is_judged_in_the_same_batch(asking, batches):
    """The second answers of the baseline are read with the first ones."""
    seen: dict[tuple[str, str], int] = {}

    def moody(model: str, question: str) -> str:
        seen[model, question] = seen.get((model, question), 0) + 1
        again = model == "tiny" and "+" in question and seen[model, question] > 1
        return f"{right(model, question)} or so" if again else judged(model, question)

    run = asking(moody, TESTS.partition("def test_exact")[0], noise_sample=4)

    result = run.gate("--judge", JUDGE)

    assert result.ret == 0
    assert len(batches) == 2
    assert run.run()["verdicts"][0]["comparison"]["noise"]["scored"] == 4


def test_candidates_share_the_batch(asking, batches):
    """And what they both need is asked once."""
    run = asking()
    adapter_in(run.folder / "adapters" / "new", weights=b"new")

    def both(model: str, question: str) -> str:
        return judged("mine" if model == "new" else model, question)

    with serve(both, ("tiny", "mine", "new", "reader")) as stub:
        result = Project(run.folder, stub).gate("--candidate", "adapters/new", "--judge", JUDGE)

    assert (result.ret, batches[1:]) == (0, [16])


def test_lost_cases_and_their_verdicts_take_a_batch_each(asking, batches):
    """First the verdicts of all answers, then lost cases again, then the verdicts of those."""

    def strict(model: str, question: str) -> str:
        asked = model == "reader"
        return judged(model, question) if not asked else json.dumps({"score": 1 if "\n?\n" in question else 5})

    run = asking(strict, TESTS.partition("def test_exact")[0].replace("floor=0.5", "max_flips=0"))

    result = run.gate("--judge", JUDGE)

    assert result.ret == 1
    assert batches == [20, 6, 2 * 2 * 2, 2 * 2 * 2]
    assert run.run()["verdicts"][0]["outcome"] == "failed"


def test_a_judge_that_dies_in_the_batch_is_asked_by_each_test_alone(asking, monkeypatch):
    """Each is inconclusive; a test without a judge keeps its verdict."""
    fetches: list[int] = []
    fetch = Asking.fetch

    def dies(self: Asking, questions: Iterable[Question], _ahead: Readings | None = None) -> None:
        fetches.append(len(tuple(questions)))
        if len(fetches) > 1:
            raise EngineError("the judge has ended")
        fetch(self, questions)

    monkeypatch.setattr(Asking, "fetch", dies)
    run = asking()

    result = run.gate("--judge", JUDGE)

    assert (result.ret, fetches[1:]) == (6, [16, 6, 6, 4])
    assert [one["outcome"] for one in run.run()["verdicts"]] == ["passed"]
    assert sum("the judge has ended" in one for one in run.run()["unmeasured"]) == 3


def test_a_budget_in_calls_stops_before_it_is_exceeded(asking, capfd):
    """The first tests are judged, case by case; what is left is unscored, and its gates are inconclusive."""
    run = asking()

    result = run.gate("--judge", JUDGE, "--judge-budget", "9")

    assert result.ret == 6
    assert calls(run.stub) == 9
    assert unscored(run) == [0, 2, 2]  # three calls are left for cases of one, two, two and one call
    assert [one["outcome"] for one in run.run()["verdicts"]] == ["passed", "passed", "inconclusive"]
    assert "the judge's budget of 9 calls was used up" in html.unescape(run.report())
    (said,) = SAID.findall(capfd.readouterr().err)
    assert re.fullmatch(rf"{FORECAST}; left of the budget: 9 calls", said)
    (spent,) = [one for one in run.run()["usage"] if one["side"] == "judge"]
    assert (spent["answers"], spent["failed"]) == (9, 0)


def test_a_budget_goes_on_where_the_store_ends(asking):
    """A second run with the same budget judges the rest: a run that left something out goes on in the next one."""
    run = asking()
    (run.folder / "harness.toml").write_text('base_model = "tiny"\n\n[judge]\nbudget = 9\n')
    first = run.gate("--judge", JUDGE)

    second = run.gate("--judge", JUDGE)

    assert (first.ret, second.ret, calls(run.stub)) == (6, 0, 16)
    assert unscored(run) == [0, 0, 0]


def test_a_budget_holds_where_tests_ask_at_once(asking):
    """The calls of all tests together."""
    run = asking()

    result = run.gate("--judge", JUDGE, "--judge-budget", "9", "--maxfail=9")

    assert (result.ret, calls(run.stub)) == (6, 9)


LIMITS = '["max_tokens", "max_completion_tokens"]'
PRICES = '\n[prices."openai:reader"]\ninput = 1000.0\noutput = 1000.0\n'


def test_a_budget_in_money_is_bounded_before_and_corrected_after(asking, capfd):
    """The bound lets few calls out at first; the server counts 3 tokens in and 2 out, so all of them fit."""
    run = asking()
    (run.folder / "harness.toml").write_text(f'base_model = "tiny"\nnoise_sample = 0\n{PRICES}')

    result = run.gate("--judge", JUDGE, "--judge-budget", "5USD")

    assert (result.ret, calls(run.stub)) == (0, 16)
    (said,) = SAID.findall(capfd.readouterr().err)
    assert re.fullmatch(rf"{FORECAST}, about \d\.\d0 USD at most; left of the budget: 5\.00 USD", said)


def test_no_more_money_is_spent_than_the_budget(asking):
    """A judge that uses all that it may: its replies cost 64 thousandths each, and its prompts."""

    def costly(model: str, question: str) -> object:
        if model != "reader":
            return judged(model, question)
        usage = {"prompt_tokens": len(question), "completion_tokens": 64}
        return Sent(completion(judged(model, question), usage=usage))

    run = asking(costly)
    (run.folder / "harness.toml").write_text(f'base_model = "tiny"\nnoise_sample = 0\n{PRICES}')

    result = run.gate("--judge", JUDGE, "--judge-budget", "8.00 USD")

    (spent,) = [one for one in run.run()["usage"] if one["side"] == "judge"]
    assert (result.ret, 0 < calls(run.stub) < 16) == (6, True)
    assert 8 - 2 < spent["cost"] <= 8


@pytest.mark.parametrize(
    ("budget", "settings", "reason"),
    [
        ("many", "", "--judge-budget: 'many' is no budget; write a number of calls, such as 500, or"),
        ("-5", "", "--judge-budget: '-5' is no budget"),
        ("2.5", "", "'2.5' is no number of calls, and as a sum it lacks its currency"),
        ("2.50USD", "", r"the judge's budget is 2.50 USD, but reader has no price; .*prices."),
        ("2.50EUR", PRICES, "the judge's budget is 2.50 EUR, but [prices] are in USD; give it in USD"),
        (
            "2USD",
            '\n[prices."openai:reader"]\nper_hour = 1.0\n',
            "but reader is paid by the hour, so no call has a price",
        ),
        (
            "2USD",
            f'\n[judge]\nleave_out = ["max_tokens", "max_completion_tokens"]\n{PRICES}',
            "sends no limit of a reply",
        ),
    ],
)
def test_a_budget_that_can_not_be_held_is_refused_before_anything_is_asked(asking, budget, settings, reason):
    """Exit 4, with what to do."""
    run = asking()
    (run.folder / "harness.toml").write_text(f'base_model = "tiny"\n{settings}')

    result = run.gate("--judge", JUDGE, f"--judge-budget={budget}")

    assert result.ret == 4
    assert re.search(reason if ".*" in reason else re.escape(reason), result.stderr.str())
    assert run.stub.bodies == []


def test_a_word_of_a_rubric_asks_again_and_a_threshold_does_not(asking):
    """The key of a verdict holds what the judge reads, and nothing of how far it must be trusted."""
    run = asking(code=TESTS.partition("def test_exact")[0])
    (run.folder / "harness.toml").write_text('base_model = "tiny"\nnoise_sample = 0\nreuse_hosted = true\n')
    rubric = run.folder / "judges" / "correctness.toml"
    words = rubric.read_text()
    asked = []

    for text in (
        words,
        f"{words}\n[trust]\nmin_labels = 9\n",
        words.replace("with nothing false", "and nothing false"),
    ):
        rubric.write_text(text)
        assert run.gate("--judge", JUDGE).ret == 0
        asked.append(calls(run.stub))

    assert asked == [6, 6, 12]
