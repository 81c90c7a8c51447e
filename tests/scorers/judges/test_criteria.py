"""Rubrics with several criteria: in one call or in one each, and each a score of its own."""

import json

import jsonschema
import msgspec
import pytest

from harness.errors import RubricError
from harness.records.answered import Response
from harness.records.asked import Case, ModelRef, Request
from harness.records.messages import Message
from harness.records.scored import Criterion, Rubric
from harness.scorers.judges import prompt
from harness.scorers.judges.judge import Judge
from harness.scorers.judges.prompt import judge_messages
from harness.scorers.judges.reply import answer_format, read_score
from harness.scorers.judges.rubric import load_rubric, named_rubric
from tests.scorers.judges.test_rubric import LEVELS, write

MODEL = ModelRef(base="judge", base_digest="d", template_digest="t")
CASE = Case(id="c1", messages=(Message(role="user", content="Where is my invoice?"),))
ANSWER = Response(request_key="k", text="Under Billing.")
FORMAT = Criterion(question="Is it short?", levels={"0": "long", "1": "short"})
TONE = Criterion(question="Is it friendly?", levels=LEVELS)
ONE_CALL = Rubric(
    id="reply",
    version=1,
    kind="scale",
    question="How good is it?",
    prompt="{{ question }}\n{{ conversation }}\n{{ answer }}\n{{ criteria }}\nReply with JSON only: {{ reply }}",
    criteria={"format": FORMAT, "tone": TONE},
)
EACH_CALL = msgspec.structs.replace(ONE_CALL, calls="each")


def judge_of(rubric: Rubric, criterion: str = "") -> Judge:
    """Return a judge of a rubric by one criterion, or by all."""
    return Judge(rubric=rubric, model=MODEL, engine_identity="e", max_tokens=64, criterion=criterion)


def verdict_of(request: Request, levels: dict[str, int]) -> Response:
    """Be a judge that gives each criterion its level, if it was asked for it."""
    asked = request.sampling.response_format["json_schema"]["schema"]["required"]
    return Response(request_key=request.key, text=json.dumps({name: levels[name] for name in asked}))


def scored(judge: Judge, **levels: int):
    """Return the score that a judge's levels make of an answer."""
    return judge.score(CASE, ANSWER, [verdict_of(one, levels) for one in judge.requests(CASE, ANSWER)])


@pytest.mark.parametrize("rubric", [ONE_CALL, EACH_CALL], ids=["one", "each"])
def test_a_rubric_with_criteria_survives_its_file(tmp_path, rubric):
    """What is written is what loads."""
    assert load_rubric(write(tmp_path, {}, rubric)) == rubric


def test_in_one_call_the_judge_reads_all_criteria_and_replies_with_a_level_for_each():
    """With names, questions and levels in the order of the file."""
    content = judge_messages(ONE_CALL, CASE, ANSWER)[1].content

    assert "format: Is it short?\n0: long\n1: short\n\ntone: Is it friendly?\n1: wrong" in content
    assert content.endswith('Reply with JSON only: {"format": N, "tone": N}')


def test_criteria_of_one_call_share_their_request():
    """So several tests cost one call."""
    keys = {one.key for name in ("", "format", "tone") for one in judge_of(ONE_CALL, name).requests(CASE, ANSWER)}

    assert len(keys) == 1


def test_a_prompt_is_compiled_once_for_all_criteria():
    """However many calls are made of it."""
    prompt._template.cache_clear()

    for _ in range(3):
        judge_of(EACH_CALL).requests(CASE, ANSWER)

    assert prompt._template.cache_info().misses == 1


def test_with_a_call_for_each_nothing_of_another_criterion_is_read():
    """All of them are asked for the mean, one for a score by one; the mean shares the calls of the scores."""
    both, tone = (judge_of(EACH_CALL, name).requests(CASE, ANSWER) for name in ("", "tone"))

    assert [one.messages[1].content.split("JSON only: ")[1] for one in both] == ['{"format": N}', '{"tone": N}']
    assert tone == both[1:]
    assert "friendly" not in both[0].messages[1].content


@pytest.mark.parametrize("rubric", [ONE_CALL, EACH_CALL], ids=["one", "each"])
def test_each_criterion_is_a_score_of_its_own_and_without_one_it_is_the_mean(rubric):
    """On its own scale; the category of the mean names where most is lost."""
    found = {name: scored(judge_of(rubric, name), format=1, tone=3) for name in ("", "format", "tone")}

    assert {name: score.value for name, score in found.items()} == {"": 0.75, "format": 1.0, "tone": 0.5}
    assert found["tone"].reason == "level 3 of 5: half right"
    assert found["tone"].category == "level 3"
    assert (found[""].reason, found[""].category) == ("format level 1, tone level 3", "tone level 3")


def test_a_criterion_without_a_verdict_leaves_the_mean_unscored():
    """A mean of the rest would be another figure."""
    judge = judge_of(EACH_CALL)
    form, tone = judge.requests(CASE, ANSWER)
    said = [Response(request_key=tone.key, text="nice"), verdict_of(form, {"format": 1})]
    failed = [Response(request_key=tone.key, error="gone"), verdict_of(form, {"format": 1})]

    unread, missing = judge.score(CASE, ANSWER, said), judge.score(CASE, ANSWER, failed)

    assert (unread.value, unread.category) == (None, "unreadable verdict")
    assert unread.reason == "tone: unreadable verdict: 'nice'"
    assert (missing.value, missing.category) == (None, "failed judge call")


@pytest.mark.parametrize(
    "said",
    [
        {"format": 1},
        {"format": 1, "tone": 6},
        {"format": 2, "tone": 5},
        {"format": 1, "tone": None},
        {"format": 1, "tone": 5, "taste": 5},
        {"score": 5},
        {"format": True, "tone": 5},
    ],
)
def test_an_incomplete_verdict_is_no_verdict_on_any_criterion(said):
    """Nor does the schema admit it."""
    schema = answer_format(ONE_CALL)["json_schema"]["schema"]

    scores = [read_score(ONE_CALL, json.dumps(said), name) for name in ("", "format", "tone")]

    assert [score.value for score in scores] == [None] * 3
    assert not jsonschema.Draft202012Validator(schema).is_valid(said)
    assert jsonschema.Draft202012Validator(schema).is_valid({"format": 1, "tone": 5})


def test_a_reason_of_the_judge_is_kept_with_each_score():
    """One is enough for all of them."""
    said = json.dumps({"format": 1, "tone": 5, "reason": "Fine."})

    assert read_score(ONE_CALL, said, "tone").reason == "level 5 of 5: 'Fine.'"


@pytest.mark.parametrize("text", ["", " "])
def test_an_empty_answer_has_the_lowest_level_by_every_criterion(text):
    """Nobody is asked."""
    judge = judge_of(ONE_CALL, "format")

    assert judge.requests(CASE, Response(request_key="k", text=text)) == ()
    assert judge.score(CASE, Response(request_key="k", text=text), []).value == 0.0


def test_scores_by_different_criteria_have_different_names():
    """A comparison by one is not one by another."""
    assert len({repr(judge_of(ONE_CALL, name)) for name in ("", "format", "tone")}) == 3
    assert repr(judge_of(ONE_CALL, "tone")) == f"judge('reply' 'tone' v1 {ONE_CALL.digest[:8]} by judge)"


@pytest.mark.parametrize(
    ("rubric", "name", "told"),
    [
        (ONE_CALL, "formt", "has no criterion 'formt'; did you mean 'format'? its criteria are format, tone"),
        (ONE_CALL, "x", "has no criterion 'x'; its criteria are format, tone"),
        (named_rubric("correctness"), "tone", "has no criterion 'tone'; it has no criteria; leave the name out"),
    ],
)
def test_an_unknown_criterion_is_named(rubric, name, told):
    """With the nearest one, and with those that there are."""
    with pytest.raises(RubricError) as error:
        judge_of(rubric, name)

    assert told in str(error.value)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"levels": LEVELS}, "`levels` stands beside `criteria`"),
        ({"criteria": {}}, "`criteria` is empty; add a table [criteria.NAME]"),
        ({"criteria": {"Tone": TONE}}, "`criteria.Tone` has a name that can't be used; take letters a to z"),
        ({"criteria": {"reason": TONE}}, "`criteria.reason` has a name that can't be used"),
        ({"criteria": {"tone": {"question": " ", "levels": LEVELS}}}, "`criteria.tone.question` is empty"),
        ({"criteria": {"tone": {"question": "?", "levels": {}}}}, "`criteria.tone.levels` is missing or empty"),
        ({"criteria": {"tone": {"question": "?", "levels": {"1": "a", "3": "b"}}}}, "has no text for level 2"),
        ({"criteria": {"tone": {"question": "?"}}}, "missing required field `levels` in `criteria"),
        (
            {"criteria": {"tone": {"question": "?", "level": LEVELS}}},
            "unknown key `level` in [criteria.*]; did you mean `levels`?",
        ),
        ({"prompt": ONE_CALL.prompt.replace("{{ criteria }}", "")}, "`prompt` never shows `criteria`"),
        ({"prompt": ONE_CALL.prompt + "{{ levels }}"}, "unknown variable `levels`"),
        ({"prompt": ONE_CALL.prompt.replace("{{ reply }}", '{"tone": N}')}, "`prompt` never says how to reply"),
        (
            {"calls": "each", "prompt": ONE_CALL.prompt.replace("{{ reply }}", '{"format": N, "tone": N}')},
            "`prompt` never says how to reply; add: Reply with JSON only: {{ reply }}",
        ),
    ],
)
def test_wrong_criteria_are_refused_with_file_and_key(tmp_path, changes, told):
    """Each mistake is named with what to do."""
    path = write(tmp_path, msgspec.to_builtins(changes), ONE_CALL)

    with pytest.raises(RubricError) as error:
        load_rubric(path)

    assert str(error.value).startswith(f"{path}: ")
    assert told in str(error.value)


def test_a_hostile_name_of_a_criterion_acts_on_no_terminal(tmp_path):
    """It is refused, and what is printed of it is harmless."""
    path = tmp_path / "reply.toml"
    text = write(tmp_path, {}, ONE_CALL).read_text().replace("{format = ", '{"a\\u001b[31m" = ')
    path.write_text(text)

    with pytest.raises(RubricError, match="name that can't be used") as error:
        load_rubric(path)

    assert str(error.value).isprintable()


def test_the_form_of_the_reply_can_be_written_out(tmp_path):
    """With the key of every criterion in it."""
    written = ONE_CALL.prompt.replace("{{ reply }}", '{"format": N, "tone": N}')

    assert load_rubric(write(tmp_path, {"prompt": written}, ONE_CALL)).prompt == written
