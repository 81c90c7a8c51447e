"""A judge elsewhere reads answers while the models still give others; what it reads is a hint and decides nothing."""

import threading
from collections.abc import Callable, Iterator

import pytest

from tests.gating.projects import Project, forgetful, project  # noqa: F401 - the fixture
from tests.gating.test_judge_calls import SAID, TESTS, judged
from tests.stub import Sent, Stub, completion, serve

Made = tuple[Project, Stub]
"""A project, and the server of its judge."""


@pytest.fixture
def apart(project, monkeypatch) -> Iterator[Callable[..., Made]]:  # noqa: F811
    """Make a project whose judge is a server of its own."""
    servers = []

    def make(
        reply: Callable[..., object] = forgetful, code: str = TESTS, judge: Callable[..., object] = judged
    ) -> Made:
        run = project(reply)
        servers.append(serve(judge, ("reader",)))
        stub = servers[-1].__enter__()
        with (run.folder / "harness.toml").open("a") as file:
            file.write(f'\n[judge]\nmodel = "openai:reader"\nbase_url = "{stub.url}"\n')
        run.believe("correctness", "helpfulness")
        run.suite(code=code)
        return run, stub

    yield make
    for server in servers:
        server.__exit__(None, None, None)


def test_a_judge_elsewhere_is_asked_while_the_models_still_answer(apart):
    """The last answer comes only when the judge has read others."""
    read = threading.Event()
    gave_up = threading.Timer(20, read.set)
    gave_up.start()
    early: list[str] = []

    def slow(model: str, question: str) -> object:
        if (model, question) != ("mine", "19+1"):  # which no probe asks
            return forgetful(model, question)
        return Sent(completion("20"), until=read)

    def judge(model: str, question: str) -> str:
        early.append(question)
        if len(early) == 2 * 22 + 2 * 2:  # all: the baseline says the same to the last question
            read.set()
        return judged(model, question)

    run, stub = apart(slow, judge=judge)
    run.suite(code=TESTS, cases=20)

    result = run.gate("-W", "ignore::harness.gating.needless.NeedlessJudge")  # sums need no judge
    in_time = not gave_up.finished.is_set()
    gave_up.cancel()

    assert (result.ret, result.parseoutcomes()) == (0, {"passed": 4})
    assert in_time
    assert len(stub.bodies) == 48


def test_verdicts_and_calls_are_those_of_a_judge_that_is_asked_later(apart, capfd):
    """One line says before what it takes at most; what is left is asked when the tests have run."""
    run, stub = apart()
    result = run.gate()
    told = SAID.findall(capfd.readouterr().err)
    verdicts = run.run()["verdicts"]
    first = sorted(question for _, question in stub.asked)
    stub.bodies.clear()

    again = run.gate("-x", "--fresh")

    assert (result.ret, again.ret) == (0, 0)
    assert told[0].startswith("judging by reader: up to 24 calls, about ")
    assert sorted(question for _, question in stub.asked) == first
    assert [one["outcome"] for one in run.run()["verdicts"]] == [one["outcome"] for one in verdicts]
    assert [one["comparison"]["candidate"] for one in run.run()["verdicts"]] == [
        one["comparison"]["candidate"] for one in verdicts
    ]


@pytest.mark.parametrize(
    ("change", "options"),
    [
        (("", ""), ["-x"]),
        (("", ""), ["--judge-budget", "100"]),
        (('judge("correctness")', 'judge("correct" + "ness")'), []),
        (('    gate(evaluate(judge("c', '    if gate:\n        gate(evaluate(judge("c'), []),
        (("def test_correct", "@pytest.mark.skipif(False, reason='no')\ndef test_correct"), []),
    ],
    ids=["order", "budget", "computed", "branch", "mark"],
)
def test_what_is_not_sure_waits(apart, capfd, change, options):
    """Where the order of tests matters, where a budget is to be kept, and where only the test knows its rubric."""
    run, stub = apart(code=TESTS.partition("def test_exact")[0].replace(*change))

    result = run.gate(*options)

    assert (result.ret, len(stub.bodies)) == (0, 6)
    assert "up to" not in capfd.readouterr().err


def test_a_judge_at_the_models_address_waits(project, capfd):  # noqa: F811
    """It would take the server's time from them."""
    run = project(judged)
    run.stub.models.append("reader")
    run.suite(code=TESTS)

    assert run.gate("--judge", "openai:reader").ret == 0
    assert "up to" not in capfd.readouterr().err


def test_a_judge_that_fails_ahead_stops_no_model(apart):
    """The judged tests say so, and the others keep their verdicts."""
    run, stub = apart(judge=lambda _model, _question: 401)

    result = run.gate()

    assert result.ret == 6
    assert result.parseoutcomes() == {"passed": 1, "inconclusive": 3}
    assert len(run.stub.bodies) == 20
    assert stub.bodies


def test_a_rubric_that_a_fixture_replaces_is_no_hint(apart):
    """A project's own ``judge`` decides what it means."""
    run, stub = apart(code=TESTS.partition("def test_exact")[0])
    (run.folder / "conftest.py").write_text(
        "import pytest\n\n@pytest.fixture\ndef judge():\n    return lambda name: lambda case, response: 1.0\n"
    )

    assert run.gate().ret == 0
    assert stub.bodies == []
