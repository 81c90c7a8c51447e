"""Rows that a teacher makes: which are kept, what is known of them, and what is asked, paid and told."""

import msgspec
import pytest

from harness import scorers
from harness.asking.cases import case_line
from harness.config.engine import EngineConfig
from harness.config.whole import HarnessConfig
from harness.data.generated.files import read_state
from harness.errors import ConfigError, DataError, EngineError
from harness.records.answered import Response
from harness.records.asked import Case, Request
from harness.records.messages import Message
from harness.teacher.asking import engine_of, opened
from harness.teacher.config import SeedsConfig, TeacherConfig, load_teacher_config
from harness.teacher.selfcheck import Failed, SelfCheck
from harness.text.visible import for_terminal
from tests.teacher.made import ANSWERS, Set, answers, said, suite


def test_each_row_is_a_conversation_with_its_provenance_in_the_same_line(tmp_path):
    """Who made it, of what, how, when, what it passed, what it cost."""
    (tmp_path / "system.txt").write_text("Be brief.\n")
    made = Set(tmp_path, more='system = "system.txt"\nbudget = "900USD"')

    report = made.make()

    rows, traced = made.rows(), made.traced()
    assert (report.state.rows, report.state.ended, report.state.cost) == (6, "all wanted", 6.0)
    assert sorted(row["messages"][1]["content"] for row in rows) == ["a0", "b1", "c2", "d3", "e4", "f5"]
    assert rows[0]["messages"][0] == {"role": "system", "content": "Be brief."}
    assert [row["messages"][2]["content"] for row in rows] == [
        ANSWERS[int(row["messages"][1]["content"][1])] for row in rows
    ]
    first = traced[0]
    assert first.seed.startswith("instruction-")
    assert (first.teacher, first.teacher_digest, first.cost, first.currency) == ("writer", "", 1.0, "USD")
    assert first.time == "2026-11-27T12:00:00+00:00"
    assert first.checks == ("format", "answer", "personal data", "case", "near")
    assert len({one.row for one in traced}) == 6


def test_rows_come_from_json_that_holds_a_new_question(tmp_path):
    """The last one in the reply; what is no such object is rejected."""
    made = Set(tmp_path, more='reply = "row"', rows=3, seeds='instructions = ["a0", "b1", "c2"]')
    replies = {
        "a0": 'Draft {"input": "x", "output": "y"}\nFinal:\n{"input": "Where is it?", "output": {"queue": "lost"}}',
        "b1": '{"question": "Where?"}',
        "c2": '{"input": " ", "output": "y"}',
    }

    made.make(lambda request: said(request, replies[request.messages[-1].text[-2:]]))

    assert made.rows() == [
        {
            "messages": [
                {"role": "user", "content": "Where is it?"},
                {"role": "assistant", "content": '{"queue":"lost"}'},
            ]
        }
    ]
    assert {(one.check, one.why.partition(";")[0]) for one in made.rejected()} == {
        ("format", "the reply is an object with 'question'"),
        ("format", "\"input\" is ' '"),
    }


@pytest.mark.parametrize(
    ("text", "finish_reason", "check", "why"),
    [
        ("", "stop", "answer", "empty"),
        ("I'm sorry, but I can't help with that.", "stop", "answer", "refused"),
        ("Open the portal and", "length", "answer", "cut off at max_tokens"),
        ("Yes, do so now. " * 9, "stop", "answer", "repetition loop"),
        ("Write to ada.byron@tidewell.io, please.", "stop", "personal data", "it holds e-mail"),
    ],
)
def test_what_can_be_no_answer_is_rejected_with_the_reason(tmp_path, text, finish_reason, check, why):
    """And no personal data is in the file of it."""
    made = Set(tmp_path, rows=2, seeds='instructions = ["a0", "b1"]')

    def answer(request: Request) -> Response:
        is_first = request.messages[-1].text.endswith("0")
        return said(request, text, finish_reason=finish_reason) if is_first else said(request, ANSWERS[1])

    made.make(answer)

    (rejected,) = made.rejected()
    assert (rejected.check, rejected.why, len(made.rows())) == (check, why, 1)
    assert b"ada.byron" not in b"".join(one.read_bytes() for one in tmp_path.glob("made.*"))


def test_an_answer_in_another_language_can_be_right_and_is_cut_off_all_the_same():
    """What the failure analysis would call it first hides nothing."""
    asked = "How do I print the label of my parcel, please? I looked everywhere in the portal."
    case = Case(id="a", messages=(Message(role="user", content=asked),))
    text = "Bitte öffnen Sie das Portal und drucken Sie dort das Etikett für Ihr Paket aus, bevor Sie"
    whole, cut = (Response(request_key="", text=text, finish_reason=reason) for reason in ("stop", "length"))

    SelfCheck(()).refuse_failed(case, whole)
    with pytest.raises(Failed, match="cut off at max_tokens"):
        SelfCheck(()).refuse_failed(case, cut)


def test_refusals_are_rows_where_they_are_wanted(tmp_path):
    """The settings say so."""
    made = Set(tmp_path, rows=1, seeds='instructions = ["a0"]', more="keep_refusals = true")

    made.make(lambda request: said(request, "I'm sorry, but I can't help with that."))

    assert len(made.rows()) == 1


def test_nearly_the_same_row_is_rejected(tmp_path):
    """Against the rows before it; two answers to one question can be two rows."""
    made = Set(tmp_path, rows=4, seeds='instructions = ["a0"]', more="variants = 4")
    texts = (ANSWERS[0], f"{ANSWERS[0]}!", ANSWERS[1], "Open the portal and print a new label now.")

    made.make(lambda request: said(request, texts[request.repeat]))

    assert [row["messages"][1]["content"] for row in made.rows()] == [ANSWERS[0], ANSWERS[1]]
    assert [one.check for one in made.rejected()] == ["near", "near"]
    assert made.rejected()[0].why == f"it is 1.00 like the row {made.traced()[0].row}"


def test_a_row_with_a_case_of_a_suite_is_rejected(tmp_path):
    """As the same question, nearly the same one, or with its answer."""
    asked = "My card was charged twice in May, can you pay it back?"
    expected = "Both charges were found, and the second one goes back to the card in five days."
    case = Case(id="twice", messages=(Message(role="user", content=asked),), expected=expected)
    made = Set(tmp_path, rows=4, seeds='instructions = ["a0", "b1", "c2", "d3"]', more='reply = "row"')
    pairs = (
        (asked.upper(), "Yes."),
        ("My card was charged twice in May, can you pay it back now?", "Yes."),
        ("What happens now?", expected),
        ("How are seats added?", ANSWERS[2]),
    )

    def answer(request: Request) -> Response:
        one, other = pairs[int(request.messages[-1].text[-1])]
        return said(request, msgspec.json.encode({"input": one, "output": other}).decode())

    made.make(answer, suites={"mine": (case,)})

    assert [row["messages"][0]["content"] for row in made.rows()] == ["How are seats added?"]
    assert [one.check for one in made.rejected()] == ["case"] * 3
    assert "the case mine/twice is in it" in made.rejected()[0].why


def test_scorers_of_the_suite_check_what_needs_no_expected_answer(tmp_path):
    """A schema does; what needs one is told, and checks the answers to seeds that have one."""
    (tmp_path / "mine").mkdir()
    schema = tmp_path / "schema.json"
    schema.write_text('{"type": "object", "required": ["queue"]}')
    used = suite(scorers.matches_schema(schema), scorers.field_equals("queue"), folder=tmp_path)
    pool = tmp_path / "pool.jsonl"
    expected = {"c": {"queue": "bug"}, "d": {"queue": "bug"}}
    cases = [
        Case(id=name, messages=(Message(role="user", content=f"{name}{number}"),), expected=expected.get(name))
        for number, name in enumerate("abcd")
    ]
    pool.write_bytes(b"\n".join(map(case_line, cases)))
    made = Set(tmp_path, rows=4, seeds='cases = "pool.jsonl"', more='checked_by = "mine"\nnear = 1.0')
    replies = ('{"queue": "sale", "n": 1}', "Sale!", '{"queue": "bug", "n": 2}', '{"queue": "fee", "n": 3}')

    report = made.make(lambda request: said(request, replies[int(request.messages[-1].text[-1])]), used=[used])

    assert sorted(row["messages"][0]["content"] for row in made.rows()) == ["a0", "c2"]
    assert sorted(one.check for one in made.rejected()) == sorted(map(repr, used.scorers))
    assert report.state.unused == {"field_equals('queue')": 1}
    assert {len(one.checks) for one in made.traced()} == {6, 7}


def test_nothing_is_asked_or_paid_twice(tmp_path):
    """More rows go on from those that are there, and the same settings give the same bytes."""
    made = Set(tmp_path, rows=3)
    made.make()
    first, traced = made.path.read_bytes(), made.traced()

    made.make()
    same = made.path.read_bytes()
    made.write(rows=5)
    report = made.make()

    assert same == first
    assert len(made.asked) == len({one.key for one in made.asked}) == 5
    assert made.path.read_bytes().startswith(first)
    assert made.traced()[:3] == traced
    assert report.state.cost == 5.0


@pytest.mark.parametrize("answered", range(7))
def test_a_kill_at_any_answer_changes_no_row(tmp_path, answered):
    """What was sent and never came counts as the most that it can have cost."""
    (tmp_path / "whole").mkdir()
    whole = Set(tmp_path / "whole", more='budget = "9000USD"')
    whole.make()
    made = Set(tmp_path, more='budget = "9000USD"')

    def dying(request: Request) -> str | Response:
        if len(made.asked) > answered:
            raise EngineError("killed")
        return answers()(request)

    if answered < 6:
        with pytest.raises(EngineError):
            made.make(dying)
    report = made.make()

    assert made.path.read_bytes() == whole.path.read_bytes()
    assert [one.row for one in made.traced()] == [one.row for one in whole.traced()]
    lost = 6 - answered if answered < 6 else 0
    assert report.state.cost == 6 + 512 * lost


def test_asking_ends_with_the_budget_and_what_is_there_is_kept(tmp_path):
    """Each request is sent only if the most that it can cost fits."""
    made = Set(tmp_path, more='budget = "20USD"\n[sampling]\nmax_tokens = 8\n')

    report = made.make(answers(tokens=5))

    assert (report.state.ended, report.state.rows, report.state.cost) == ("budget used up", 3, 15.0)
    assert len(made.asked) == 3


@pytest.mark.parametrize(
    ("budget", "told"),
    [
        ('"20EUR"', "the teacher's budget is 20.00 EUR, but [prices] are in USD; give it in USD"),
        ('"2USD"', "the teacher's budget is 2.00 USD, and one request can cost 512.00 USD; raise `budget`, or lower"),
        ("0", "the teacher's budget is 0 calls; raise `budget`, or lower max_tokens"),
    ],
)
def test_what_cannot_be_afforded_is_refused_before_anything_is_asked(tmp_path, budget, told):
    """Also a budget that can't be held."""
    made = Set(tmp_path, more=f"budget = {budget}")

    with pytest.raises(ConfigError) as refused:
        made.make()

    assert str(refused.value).startswith(told)
    assert not made.asked


def test_a_failed_call_is_no_rejection_and_is_asked_again(tmp_path):
    """It is counted apart, and the next making asks it alone."""
    made = Set(tmp_path)

    def failing(request: Request) -> str | Response:
        is_bad = request.messages[-1].text.endswith("0")
        return Response(request_key=request.key, error="HTTP 500") if is_bad else answers()(request)

    report = made.make(failing)
    later = made.make()

    assert (report.state.rows, report.state.unanswered, report.state.rejected, report.failed) == (5, 1, {}, "HTTP 500")
    assert (later.state.rows, later.state.unanswered, len(made.asked)) == (6, 0, 7)


def test_a_file_of_somebody_else_is_never_overwritten(tmp_path):
    """Nor one that was edited, nor a set of other settings."""
    made = Set(tmp_path)
    made.path.write_text("mine\n")
    with pytest.raises(DataError, match="is there already, and not made by a teacher"):
        made.make()
    made.path.unlink()
    made.make()

    made.path.write_bytes(made.path.read_bytes() + b"\n")
    with pytest.raises(DataError, match="changed since a teacher made it, and nothing is overwritten"):
        made.make()
    made.write(rows=6, more="seed = 1")
    with pytest.raises(DataError, match="made by other settings"):
        made.make()


def test_no_row_at_all_is_an_error_that_says_where_the_reasons_are(tmp_path):
    """And leaves no file of rows."""
    made = Set(tmp_path)

    with pytest.raises(DataError, match=r"no row was made of the first 6 answers; .*made\.rejected\.jsonl says why"):
        made.make(lambda request: said(request, ""))

    assert not made.path.exists()
    assert read_state(made.path) is None
    assert len(made.rejected()) == 6


def test_a_template_of_which_nothing_comes_is_given_up(tmp_path):
    """After 50 answers, so that a mistake in it does not cost the whole budget."""
    made = Set(tmp_path, rows=60, seeds="instructions = [{}]".format(", ".join(f'"a{n}"' for n in range(80))))

    with pytest.raises(DataError, match="no row was made of the first 50 answers"):
        made.make(lambda request: said(request, ""))

    assert len(made.asked) == 50


def test_hostile_answers_are_kept_as_text(tmp_path):
    """Escapes and markup stay what they are."""
    made = Set(tmp_path, rows=1, seeds='instructions = ["a0"]')
    text = "<script>alert(1)</script> \x1b[31m </td>"

    made.make(lambda request: said(request, text))

    assert made.rows()[0]["messages"][1]["content"] == text
    assert "\x1b" not in for_terminal(text)


def test_a_saved_run_is_no_teacher(tmp_path):
    """It has one answer to each request that it was asked."""
    made = Set(tmp_path)
    settings = (tmp_path / "teacher.toml").read_text().replace("openai:writer", "run:7")
    (tmp_path / "teacher.toml").write_text(settings)

    config = load_teacher_config(made.folder / "teacher.toml")
    with (
        pytest.raises(ConfigError, match="a saved run, which answers nothing new"),
        opened(config, HarnessConfig(), tmp_path),
    ):
        pass


def test_a_key_goes_to_its_own_address_alone():
    """The one of [engine] is not sent to a teacher elsewhere."""
    harness = HarnessConfig(engine=EngineConfig(base_url="http://127.0.0.1:1/v1", api_key_env="OURS", in_flight=3))
    own = {"output": "a", "template": "b", "seeds": SeedsConfig(instructions=("c",)), "rows": 1}

    elsewhere = TeacherConfig(teacher="openai:big", base_url="http://127.0.0.1:2/v1", **own)
    there = TeacherConfig(teacher="served:big", **own)

    assert engine_of(elsewhere, harness).api_key_env is None
    assert engine_of(elsewhere, harness).base_url == "http://127.0.0.1:2/v1"
    assert engine_of(there, harness) == harness.engine
