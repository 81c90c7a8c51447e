"""Which JSON in an answer is the answer."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.records.answered import Response
from harness.records.asked import Case
from harness.records.messages import Message
from harness.scorers import contains, embedded_json, field_equals, last_json, matches_schema, predicts_label, valid_json
from harness.scorers.reading.json_values import AmbiguousJson, NotJson, parse_json
from harness.scorers.scoring import score_one

LONG = 200_000
"""Characters: milliseconds for what is linear, and hours for what is not."""
ANSWER = '{"queue": "billing"}'
SCHEMA = {"type": "object", "properties": {"queue": {"type": "string"}}, "required": ["queue"]}
EXAMPLE = '{"queue": "bug"}'
PROMPT = (
    Message(role="system", content=f"Follow this schema:\n{json.dumps(SCHEMA, indent=2)}\nFor example: {EXAMPLE}"),
    Message(role="user", content='Our config {env: {"mode": "x"}} is broken.'),
)
short = st.text(max_size=8)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | short,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(short, inner, max_size=3),
    max_leaves=6,
)
json_containers = st.lists(json_values) | st.dictionaries(short, json_values)
prose = st.text(alphabet="ab \n.,:*-")


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ('Sure! {"queue": "bug"} Anything else?', '{"queue": "bug"}'),
        ("```json\n[1, 2]\n```", "[1, 2]"),
        ('{"a": "}"} tail', '{"a": "}"}'),
        (r'x {"a": "\"}", "b": [{}]} y', r'{"a": "\"}", "b": [{}]}'),
        ('I use {curly} and [square] words: {"a": -1.5e3}', '{"a": -1.5e3}'),
        ('{"say": {"a": 1}} {', '{"say": {"a": 1}}'),
        ('The list [1, 2 and so on: {"a": true}', '{"a": true}'),
        ('Two tickets: [{"queue": "bug"}, {"queue": "billing"}].', '[{"queue": "bug"}, {"queue": "billing"}]'),
        ('The tags are ["late", "refund"].', '["late", "refund"]'),
        ('\\boxed{{"queue": "bug"}}', '{"queue": "bug"}'),
        ("[]", "[]"),
        ('[Answer: {"queue": "bug"}]', '{"queue": "bug"}'),
        ('[The answer: ["late", "refund"] ]', '["late", "refund"]'),
        ("`[3,5]`", "[3,5]"),
        ("The answer is [3, 5, 7], see [1].", "[3, 5, 7]"),
        ("**[1]**", "[1]"),
        ("So:\n`[1]`\nas in [2]", "[1]"),
    ],
)
def test_the_json_is_found_in_prose_and_fences(answer, found):
    """Other brackets before it and anything after it don't matter."""
    assert embedded_json(answer) == last_json(answer) == found


@pytest.mark.parametrize(
    "answer",
    [
        f'<think>maybe {{"queue": "outage"}}? or {{"queue": ["x"]}}</think>{ANSWER}',
        f'maybe {{"queue": "outage"}}?\n</think>\n\n{ANSWER}',
        f'<THINKING>{{"queue": "b</THINKING>{ANSWER}',
        f'[THINK]{{"queue": "outage"}}[/THINK]{ANSWER}',
        f'<think>{{"queue": "x"}}</think>{ANSWER}<think>or {{"queue": "outage"}}',
        f"By {json.dumps(SCHEMA)}:\n{ANSWER}",
        f"By {json.dumps(SCHEMA['properties'])}:\n{ANSWER}",
        f"{ANSWER} follows {json.dumps(SCHEMA, indent=4)}",
        f'Not {{ "queue":"bug" }} as in the example, but {ANSWER}',
        f'Your config {{"mode": "x"}}: {ANSWER}',
        f"An empty {{}} or [] won't do. {ANSWER} {{}}",
        f"As it says in [1] and [2, 3]: {ANSWER} [4]",
        f'["refund", "late"] are its tags. {ANSWER}',
        f'It starts with {{" and ends so: {ANSWER}',
        f'It starts with {{"queue": and ends so: {ANSWER}',
        f'Draft: {{"queue": "bil\n\nFinal: {ANSWER}',
        f'{{"queue": NaN}} is not JSON. {ANSWER}',
        f'{ANSWER}\nAgain:\n```json\n{{\n  "queue": "billing"\n}}\n```',
        f"```python\ntags = []\nd = {{}}\nprint(tags[0])\n```\n{ANSWER}",
    ],
)
def test_what_is_not_the_answer_is_passed_over(answer):
    """Drafts in reasoning, quotations of the prompt, empty and broken pieces, citations, code, and repetitions."""
    assert parse_json(embedded_json(answer, PROMPT)) == {"queue": "billing"}
    assert parse_json(last_json(answer, PROMPT)) == {"queue": "billing"}


@pytest.mark.parametrize(
    "answer",
    [
        f"```json\n{EXAMPLE}\n```\nBetter:\n```json\n{ANSWER}\n```",
        f"Draft: {EXAMPLE}. Final: {ANSWER}",
        f'{{"queue": "billing", "sure": true}} or {ANSWER}',
        f"[{ANSWER}] or {ANSWER}",
        '["late"] or ["refund"]',
    ],
)
def test_two_different_values_are_refused_unless_the_last_one_is_asked_for(answer):
    """A reader that takes the first or the last would guess."""
    with pytest.raises(AmbiguousJson, match="two different JSON values"):
        embedded_json(answer)
    assert answer.rstrip("`\n .").endswith(last_json(answer))


@pytest.mark.parametrize(
    "answer", [f'{ANSWER} and {{"queue": "bu', f'{ANSWER}\nor {{"queue": "the "big" one"}}', f'{ANSWER} {{"queue":']
)
@pytest.mark.parametrize("read", [embedded_json, last_json])
def test_a_complete_object_before_a_broken_one_is_not_taken(read, answer):
    """The broken one may have been the answer, as where a draft is complete and the final answer is cut off."""
    with pytest.raises(NotJson, match="another begins, which breaks off at character"):
        read(answer)


@pytest.mark.parametrize(
    "final",
    [
        "{'queue': 'billing'}",
        '{queue: "billing"}',
        "{ queue : billing }",
        "```python\n{\n  'queue': 'billing'\n}\n```",
        "{'queue': {\"name\": \"billing\"}, 'sure': true}",
        '{queue: ["billing"], sure: true}',
        "{\"queue\": 'billing'}",
        "['billing']",
    ],
)
@pytest.mark.parametrize("read", [embedded_json, last_json])
@pytest.mark.parametrize("draft", [EXAMPLE, '["bug"]'])
def test_a_draft_is_not_taken_for_a_final_answer_that_is_no_json(read, draft, final):
    """Python's quotes or keys without any are invalid JSON, alone as well as behind a draft."""
    with pytest.raises(NotJson, match="another begins, which breaks off at character"):
        read(f"Draft: {draft}\nFinal answer:\n{final}")
    with pytest.raises(NotJson):
        parse_json(read(final))


@pytest.mark.parametrize(
    "before", ["{'queue': 'bug'}", '{queue: "bug"}, well, answer:', "['bug'] or rather", "f'{x:.2f}'"]
)
def test_json_behind_what_is_no_json_is_read(before):
    """The last one is the answer, and the others can't be meant."""
    assert embedded_json(f"{before} {ANSWER}") == last_json(f"{before} {ANSWER}") == ANSWER


@pytest.mark.parametrize("after", ["{placeholder}", "f'{price:.2f}'", "x['a']", "\\frac{a}{b: c}", "{'a', 'b'}"])
def test_other_brackets_behind_the_answer_do_not_matter(after):
    """They don't begin as an object does."""
    assert embedded_json(f"{ANSWER} {after}") == ANSWER


@pytest.mark.parametrize("array", ['["refund", "invoice"]', "[3, 5]", '**["refund"]**', '```json\n["refund"]\n```'])
def test_an_array_on_lines_of_its_own_beside_an_object_is_ambiguous(array):
    """Either can be the answer, and the other one a note."""
    for answer in (f'{array}\n\nNote: I ignored {{"x": 1}}', f'By {{"x": 1}}:\n{array}'):
        with pytest.raises(AmbiguousJson):
            embedded_json(answer, PROMPT)


def test_an_example_given_as_the_answer_is_not_passed_over_for_a_note():
    """A note has none of its keys; an echoed schema has those of the answer, and is passed over."""
    note = 'Metadata: {"confidence": 0.9}'
    with pytest.raises(AmbiguousJson):
        embedded_json(f"{EXAMPLE}\n{note}", PROMPT)
    with pytest.raises(AmbiguousJson):
        embedded_json(f"```json\n{EXAMPLE}\n```\n\n{note}", PROMPT)

    assert embedded_json(f"```json\n{json.dumps(SCHEMA, indent=2)}\n```\n{ANSWER}", PROMPT) == ANSWER
    assert embedded_json(f"{EXAMPLE}\nis the example.\n{ANSWER}", PROMPT) == ANSWER
    assert embedded_json(f"{EXAMPLE}\nThe tags are ['late'] or [\"late\"]", PROMPT) == EXAMPLE


def test_a_quotation_is_the_answer_where_there_is_no_other():
    """The right answer can be the example of the prompt."""
    assert embedded_json(f"It is {EXAMPLE}.", PROMPT) == EXAMPLE
    with pytest.raises(AmbiguousJson):
        embedded_json(f"{json.dumps(SCHEMA)} {EXAMPLE}", PROMPT)


def test_a_prompt_that_speaks_of_reasoning_is_still_quoted():
    """A tag in it begins no reasoning."""
    asked = (Message(role="user", content=f"Think after <think>. Schema: {json.dumps(SCHEMA)}"),)

    assert embedded_json(f"{json.dumps(SCHEMA, indent=1)} {ANSWER}", asked) == ANSWER


def test_answers_to_examples_are_not_quotations():
    """Few-shot answers are often right answers: what the model said before, and says again, counts."""
    shots = (Message(role="assistant", content=EXAMPLE), Message(role="user", content="And this?"))

    with pytest.raises(AmbiguousJson):
        embedded_json(f"{EXAMPLE} {ANSWER}", shots)


@pytest.mark.parametrize(
    "answer",
    [
        "no json here",
        "",
        "See [1] and [2].",
        "dp[0] = []",
        '{"queue": "bug", "tags": ["a", "b"], "summ',
        '{"queue": "bug", "tags": ["a", "b"], "summary":',
        '{"queue": "bug", "parts": [{"a": 1},',
        '{"summary": "see [1] and',
        '{"summary": "see {} and ["a"] and',
        '{"summary": "The "big" one", "queue": {"name": "bug"}}',
        '{"summary": "The "big" one", "queue": {"name": "bug"}, "sure": true}',
        '{queue: "bug", meta: {"a": 1}}',
        "<think>I could say {}",
        "{]",
    ],
)
def test_an_answer_without_complete_json_stays_whole(answer):
    """A cut or broken answer must not pass for a complete one because of a piece inside it."""
    assert embedded_json(answer) == last_json(answer) == answer
    with pytest.raises(NotJson):
        parse_json(answer)


def test_json_that_only_resembles_json_is_returned_to_be_refused():
    """NaN or a raw line break makes the whole object invalid; the inner object is not taken instead."""
    assert embedded_json('x {"a": NaN, "b": {}} y') == '{"a": NaN, "b": {}}'
    assert embedded_json('x {"a": "1\n2", "b": {}} y') == '{"a": "1\n2", "b": {}}'
    assert embedded_json(f'{ANSWER} then {{"a": NaN}}') == '{"a": NaN}'


def test_tags_inside_of_json_are_not_reasoning():
    """The text of a field is the model's answer, whatever it holds."""
    said = '{"html": "<think>a</think>"}'

    assert embedded_json(f"So: {said}") == said


@given(json_containers, st.booleans(), prose, prose)
def test_any_json_is_found_inside_prose(value, escaped, before, after):
    """Whatever json writes is found again, character for character."""
    text = json.dumps(value, ensure_ascii=escaped)

    assert embedded_json(f"{before}\n{text}\n{after} [and more]") == text


@given(st.dictionaries(short, json_values, min_size=1), prose)
def test_an_object_is_found_behind_reasoning_quotations_and_empty_ones(value, thought):
    """Also when the reasoning holds another one."""
    text = json.dumps(value)
    answer = f'<think>{thought} {{"a draft": 1}}</think> {json.dumps(SCHEMA)} {{}} [1] {text}'

    assert parse_json(embedded_json(answer, PROMPT)) == parse_json(text)


@given(st.text(alphabet='{}[]",:\\1 a\n'))
def test_any_text_is_read_without_another_error(text):
    """The reader returns a piece of the answer, or says why not, whatever the answer is."""
    assert last_json(f"x{text}") in f"x{text}" if _is_read(text) else True


def _is_read(text: str) -> bool:
    try:
        last_json(f"x{text}")
    except NotJson:
        return False
    return True


HOSTILE = [
    "{a: ",
    "{'a': [",
    "['a', ",
    "{'a",
    "{a",
    "{",
    "[",
    '["',
    '{"a":',
    '["[',
    "{x",
    '["\\"[',
    '"[{"',
    "[1,",
    "{ ",
    "<think>",
    "</think>{",
    '{"{',
    "[{},",
    "[1]",
]


@pytest.mark.parametrize("unit", HOSTILE)
def test_a_long_answer_of_brackets_is_read_in_linear_time(unit):
    """A quadratic reader would take hours here."""
    hostile = unit * (LONG // len(unit))

    assert embedded_json(hostile) == hostile.strip()


@pytest.mark.parametrize("unit", ['{"a%d": 1} ', '["a%d"]\n', '{"a%d": NaN}', '{"%d'])
def test_a_long_answer_of_different_pieces_is_refused_in_linear_time(unit):
    """Each is searched for in the prompt, so there is a limit to their number."""
    hostile = "".join(unit % number for number in range(LONG // len(unit)))

    with pytest.raises(NotJson):
        parse_json(embedded_json(hostile, PROMPT))


def test_each_scorer_says_that_an_answer_is_ambiguous():
    """Wrong, in a category of its own: the model gave two answers where one was asked for."""
    case = Case(id="c1", messages=PROMPT, expected={"queue": "billing"})
    said = Response(request_key="k", text=f'{{"queue": "outage"}} or {ANSWER}')
    labels = predicts_label(["billing", "outage"], "queue", read=embedded_json)
    scorers = [field_equals("queue", read=embedded_json), valid_json(read=embedded_json), labels]
    scorers += [matches_schema(SCHEMA, read=embedded_json), contains("billing", read=embedded_json)]

    scores = [score_one(scorer, case, said) for scorer in scorers]

    assert [(score.value, score.category) for score in scores] == [(0, "ambiguous JSON")] * 5
    assert labels(case, said).classes == ("billing", "(none)")
    assert scores[0].reason.startswith('two different JSON values, \'{"queue": "outage"}\' and')


def test_scorers_pass_what_the_case_asked_to_the_reader():
    """So that the example of the prompt doesn't make the answer ambiguous."""
    case = Case(id="c1", messages=PROMPT, expected={"queue": "billing"})
    said = Response(request_key="k", text=f"Not {EXAMPLE}, but {ANSWER}")

    for scorer in (field_equals("queue", read=embedded_json), matches_schema(SCHEMA, read=embedded_json)):
        assert score_one(scorer, case, said).value == 1
    assert score_one(predicts_label(["billing", "bug"], "queue", read=embedded_json), case, said).value == 1
