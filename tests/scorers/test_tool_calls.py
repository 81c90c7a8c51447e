"""Calls of tools: which are right, what a wrong one is called, and what ``expected`` can say."""

import json

import pytest

from harness.errors import ScorerError
from harness.records.answered import Response
from harness.records.asked import Case
from harness.records.messages import Called, Message
from harness.scorers import calls_tool, exact_match, expected_from_bfcl
from harness.scorers.calling.expected import BadExpected
from harness.scorers.scoring import score_one

ASKED = (Message(role="user", content="Weather in Paris?"),)
PARIS = {"name": "get_weather", "arguments": {"city": "Paris"}}
ROME = {"name": "get_weather", "arguments": {"city": "Rome"}}


def case_of(expected: object) -> Case:
    """Return a case that expects this."""
    return Case(id="c", messages=ASKED, expected=expected)


def answer(*calls: object, text: str = "", ending: str = "tool_calls") -> Response:
    """Return an answer with these calls: a name and arguments as an object, or as the model's own text."""
    made = tuple(
        Called(name=name, arguments=given if isinstance(given, str) else json.dumps(given)) for name, given in calls
    )
    return Response(request_key="k", text=text, finish_reason=ending, tool_calls=made)


def score(expected: object, *calls: object, scorer: object = None, **said: str):
    """Score an answer as a run does, its cause found as well."""
    return score_one(scorer or calls_tool(), case_of(expected), answer(*calls, **said))


def call(**arguments: object) -> dict[str, object]:
    """Return an expected call of f."""
    return {"name": "f", "arguments": arguments}


@pytest.mark.parametrize(
    ("expected", "calls"),
    [
        (PARIS, [("get_weather", {"city": "Paris"})]),
        ({"name": "now"}, [("now", {})]),
        ({"name": "now"}, [("now", "")]),  # so some servers write no arguments
        (call(n=5), [("f", {"n": 5.0})]),
        (call(n=5.0), [("f", {"n": 5})]),
        (call(n=0.1), [("f", '{"n": 0.10}')]),
        (call(who="Ame\u0301lie"), [("f", {"who": "Am\u00e9lie"})]),
        (call(tags=["a", "b"], at={"x": 1}), [("f", {"at": {"x": 1}, "tags": ["a", "b"]})]),
        ([PARIS, ROME], [("get_weather", {"city": "Rome"}), ("get_weather", {"city": "Paris"})]),
        ({"$any_of": [PARIS, []]}, []),
        ({"$any_of": [PARIS, [PARIS, ROME]]}, [("get_weather", {"city": "Rome"}), ("get_weather", {"city": "Paris"})]),
        ([], []),
        (call(city={"$any_of": ["Paris", "Paris, France"]}), [("f", {"city": "Paris, France"})]),
        (call(days={"$min": 1, "$max": 5}), [("f", {"days": 5})]),
        (call(days={"$min": 1}), [("f", {"days": 10**30})]),
        (call(note={"$type": "string"}), [("f", {"note": "any"})]),
        (call(note={"$type": ["integer", "null"]}), [("f", {"note": 3.0})]),
        (call(unit={"$any_of": ["C"], "$optional": True}), [("f", {})]),
        (call(unit={"$optional": True}), [("f", {"unit": "K"})]),
        (call(at={"lat": {"$min": 48, "$max": 49}}), [("f", {"at": {"lat": 48.8}})]),
        (call(q={"$equals": {"$gt": 3}}), [("f", {"q": {"$gt": 3}})]),
    ],
)
def test_an_accepted_call_is_right(expected, calls):
    """Whatever order calls and arguments have, and however numbers and accents are written."""
    assert score(expected, *calls).value == 1


@pytest.mark.parametrize(
    ("expected", "calls", "category", "words"),
    [
        (PARIS, [], "no call", "nothing is called, expected get_weather"),
        (PARIS, [("get_time", {"city": "Paris"})], "wrong function", "called 'get_time', expected get_weather"),
        (PARIS, [("get_weather", {})], "missing argument", "`get_weather.city` is missing"),
        (PARIS, [("get_weather", {"city": "Paris", "x": 1})], "unexpected argument", "`get_weather.x` is not expected"),
        (PARIS, [("get_weather", {"city": "paris"})], "wrong value", "`get_weather.city` is 'paris', expected 'Paris'"),
        (call(n=5), [("f", {"n": "5"})], "wrong value", "`f.n` is '5', expected 5"),
        (call(n=1), [("f", {"n": True})], "wrong value", "`f.n` is true, expected 1"),
        (call(n=0.3), [("f", '{"n": 0.30000000000000000001}')], "wrong value", "is 0.30000000000000000001"),
        (call(n=[1]), [("f", '{"n": [0.30000000000000000001]}')], "wrong value", "`f.n[0]` is 0.30000000000000000001"),
        (call(n=[1, 2]), [("f", {"n": [2, 1]})], "wrong value", "`f.n[0]` is 2, expected 1"),
        (call(n=[1, 2]), [("f", {"n": [1]})], "wrong value", "`f.n` is [1], expected [1, 2]"),
        (call(n={"$min": 1, "$max": 5}), [("f", {"n": 6})], "wrong value", "expected a number from 1 to 5"),
        (call(n={"$min": 1}), [("f", {"n": "2"})], "wrong value", "expected a number of at least 1"),
        (call(n={"$max": 1}), [("f", {"n": True})], "wrong value", "expected a number of at most 1"),
        (call(n={"$type": "integer"}), [("f", {"n": 1.5})], "wrong value", "expected of type integer"),
        (call(n={"$type": "number"}), [("f", {"n": True})], "wrong value", "expected of type number"),
        (call(n={"$any_of": [1, 2], "$optional": True}), [("f", {"n": 3})], "wrong value", "expected one of [1, 2]"),
        (call(n={"$equals": 1}), [("f", {"n": 2})], "wrong value", "`f.n` is 2, expected 1"),
        (call(at={"x": 1}), [("f", {"at": {}})], "missing argument", "`f.at.x` is missing"),
        (PARIS, [("get_weather", '{"city": "Paris"')], "invalid JSON", "the arguments of get_weather: Expecting"),
        (PARIS, [("get_weather", '["Paris"]')], "invalid JSON", "expected an object"),
        (PARIS, [("get_weather", '{"city": "Rome", "city": "Paris"}')], "invalid JSON", "is twice in one object"),
        ([], [("get_weather", {})], "needless call", "'get_weather' is called needlessly"),
        (PARIS, [("get_weather", {"city": "Paris"})] * 2, "needless call", "'get_weather' is called needlessly"),
        ([PARIS, ROME], [("get_weather", {"city": "Paris"})], "missing call", "get_weather is not called"),
        ({"$any_of": [PARIS, ROME]}, [("get_weather", {"city": "Oslo"})], "wrong value", "is 'Oslo'"),
    ],
)
def test_a_wrong_call_is_named(expected, calls, category, words):
    """By the first thing that is wrong with the call that is nearest to the expected one."""
    given = score(expected, *calls, text="" if calls else "It is sunny there.")

    assert (given.value, given.category) == (0, category)
    assert words in given.reason


def test_parallel_calls_are_matched_as_well_as_they_can_be():
    """The call that only one of them accepts is not given away to the other."""
    either, wide = call(n={"$any_of": [1, 2]}), call(n={"$min": 2, "$max": 9})

    assert score([wide, either], ("f", {"n": 2}), ("f", {"n": 1})).value == 1
    assert score([either, wide], ("f", {"n": 2}), ("f", {"n": 1})).value == 1
    assert "`f.n` is 0" in score([either, wide], ("f", {"n": 2}), ("f", {"n": 0})).reason


def test_text_beside_a_call_does_not_count_and_text_alone_is_no_call():
    """Nor is a refusal beside a call the cause of a wrong one; without a call it is."""
    refusal = "I'm sorry, but I can't help with that request."

    assert score(PARIS, ("get_weather", {"city": "Paris"}), text="One moment.").value == 1
    assert score([], text="It is sunny.", ending="stop").value == 1
    assert score(PARIS, ("get_weather", {}), text=refusal).category == "missing argument"
    assert score(PARIS, text=refusal, ending="stop").category == "refused"


def test_a_call_that_max_tokens_cut_off_is_named_so():
    """Its arguments end in the middle; more tokens help."""
    assert score(PARIS, ("get_weather", '{"city": "Par'), ending="length").category == "cut off at max_tokens"


def test_a_call_that_no_parser_read_is_told_from_one_that_is_broken():
    """The first is for the server's settings, the second is the model's."""
    whole, broken = '<tool_call>{"name": "f", "arguments": {}}</tool_call>', '<tool_call>{"name": "f"</tool_call>'

    unread = score(call(), text=whole)
    assert (unread.category, "--tool-call-parser" in unread.reason) == ("no call", True)
    assert score(call(), text=broken).category == "invalid JSON"
    assert score([], text=broken).category == "needless call"
    assert score([], text=f"<think>{broken}</think>It is sunny.").value == 1


def test_texts_are_compared_by_choice_without_case_or_spaces():
    """By default each character counts, in NFC; the choice is part of the scorer's name."""
    said = ("get_weather", {"city": "PARIS "})

    loose = calls_tool(normalize=("case", "white space"))
    assert score(PARIS, said).value == 0
    assert score(PARIS, said, scorer=loose).value == 1
    assert repr(calls_tool()) == "calls_tool()"
    assert repr(loose) == "calls_tool(ignore_case=True, normalize=('NFC', 'white space'))"


@pytest.mark.parametrize(
    ("expected", "words"),
    [
        (None, "needs `expected`, got nothing"),
        ("get_weather", "a call is an object with `name` and `arguments`"),
        ({"name": "f", "args": {}}, "a call is an object with `name` and `arguments`"),
        ({"name": 3}, "`name` is the function's name"),
        ({"name": "f", "arguments": {"$min": 1}}, "an object with values or rules in it"),
        ({"$all_of": [PARIS]}, 'only {"$any_of": [...]} has a meaning around calls'),
        ({"$any_of": []}, 'only {"$any_of": [...]} has a meaning around calls'),
        (call(n={"$anyof": [1]}), "unknown rule '$anyof'; did you mean $any_of?"),
        (call(n={"$any_of": 3}), "$any_of takes a list of accepted values, got 3"),
        (call(n=[{"$type": "int"}]), "$type takes names of JSON types"),
        (call(n={"$type": [["string"]]}), "$type takes names of JSON types"),
        (call(n={"$type": {"a": 1}}), "$type takes names of JSON types"),
        (call(n={"$type": []}), "$type names no type"),
        (call(n={"$min": 5, "$max": 1}), "no number is at least 5 and at most 1"),
        (call(n={"x": {"$min": "1"}}), "$min takes a number, got '1'"),
        (call(n={"$optional": "yes"}), "$optional is true or false"),
    ],
)
def test_an_expected_call_of_another_shape_is_an_error_of_the_case(expected, words):
    """Never a score."""
    with pytest.raises(ScorerError, match="case 'c': calls_tool") as caught:
        score(expected, ("f", {}))

    assert words in str(caught.value)


def test_an_answer_that_only_calls_is_not_empty_to_other_scorers():
    """Its text is the wrong one; nothing says that the model was silent."""
    assert score("Paris", ("get_weather", {}), scorer=exact_match()).category == "wrong answer"


def test_hostile_calls_are_named_on_one_safe_line():
    """Names, keys and values come from the model."""
    for name, given in (
        ("\x1b[31m\nf", {}),
        ("f", {"\x1b]0;x\n": 1}),
        ("f", {"n": "\x1b[2J\n"}),
        ("f", {"n": ["\x1b"]}),
    ):
        reason = score(call(n=1), (name, given)).reason
        assert reason.isprintable(), reason


def test_a_megabyte_of_arguments_is_scored_and_its_reason_is_short():
    """Whether it is right, wrong, broken, or a crowd of calls."""
    million = "x" * 1_000_000

    assert score(call(n=million), ("f", {"n": million})).value == 1
    for given in ({"n": million}, {million: 1}, f'{{"n": "{million}', {"n": [0] * 200_000}):
        assert len(score(call(n=1), ("f", given)).reason) < 500
    crowd = score(call(n=1), *[("f", {"n": 2})] * 20_000)
    assert crowd.category == "wrong value"
    assert len(crowd.reason) < 500


def test_a_ground_truth_of_bfcl_becomes_an_expected_call():
    """Lists are accepted values, "" among them makes an argument optional, and names lose their dots."""
    truth = [{"math.gcd": {"a": [12], "b": [18, 18.0], "unit": ["m", ""], "at": [{"x": [1, 2]}], "note": [""]}}]

    expected = expected_from_bfcl(truth)

    assert expected == [
        {
            "name": "math_gcd",
            "arguments": {
                "a": 12,
                "b": {"$any_of": [18, 18.0]},
                "unit": {"$any_of": ["m"], "$optional": True},
                "at": {"x": {"$any_of": [1, 2]}},
                "note": {"$any_of": [""], "$optional": True},
            },
        }
    ]
    assert score(expected, ("math_gcd", {"a": 12, "b": 18, "at": {"x": 2}})).value == 1
    assert score(expected, ("math_gcd", {"a": 12, "b": 18, "at": {"x": 2}, "unit": "km"})).category == "wrong value"


@pytest.mark.parametrize("truth", [{"f": {}}, ["f"], [{"f": [1]}], [{"f": {"a": 1}}], [{"f": {"a": []}}]])
def test_what_is_no_ground_truth_of_bfcl_is_refused(truth):
    """With what was got."""
    with pytest.raises(BadExpected, match="got"):
        expected_from_bfcl(truth)
