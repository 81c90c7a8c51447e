"""Tools: what OpenAI's API wants of them is checked before any model is asked."""

import json

import pytest

from harness.asking.cases import Suite, load_cases, with_tools
from harness.asking.tools import checked_choice, load_tools, problem_in
from harness.errors import CaseFileError, InputError
from harness.records.answered import Response
from harness.records.asked import Case, ModelRef, Sampling, digest_of_cases
from harness.records.engine import Contender
from harness.records.messages import Message, Tools

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
NAMED = {"type": "function", "function": {"name": "get_weather"}}


def tool(name: str = "get_weather", **changed: object) -> dict[str, object]:
    """Return a tool with these keys of its function changed; None takes a key out."""
    function = {"name": name, "description": "The weather.", "parameters": SCHEMA} | changed
    return {"type": "function", "function": {key: value for key, value in function.items() if value is not None}}


def suite(*cases: Case) -> Suite:
    """Return a suite of these cases."""
    return Suite(name="s", cases=cases, sampling=Sampling(), digest=digest_of_cases(cases))


def case(name: str = "a", **more: object) -> Case:
    """Return a case."""
    return Case(id=name, messages=(Message(role="user", content="Weather?"),), **more)


def write(path, value: object):
    """Write JSON, or text as it is."""
    path.write_text(value if isinstance(value, str) else json.dumps(value))
    return path


@pytest.mark.parametrize(
    "tools", [[tool()], [tool("a"), tool("b-2_C", description=None, parameters=None)], [tool(strict=True)]]
)
def test_tools_are_read_from_a_list_beside_the_test(tmp_path, tools):
    """As they are written."""
    assert load_tools(write(tmp_path / "tools.json", tools)) == tuple(tools)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[", "not JSON: "),
        ({}, "expected a JSON list of tools, each "),
        ([], "expected a JSON list of tools, each "),
        (["get_weather"], "tool 1: expected an object like "),
        ([tool(), {"name": "f", "parameters": {}}], 'tool 2: expected "type": "function" and an object `function`'),
        ([tool() | {"type": "retrieval"}], 'expected "type": "function"'),
        ([tool() | {"functions": 1}], "unknown key: 'functions'; did you mean 'function'?"),
        ([tool(parametres=SCHEMA)], "unknown key in `function`: 'parametres'; did you mean 'parameters'?"),
        ([tool("get weather")], "function.name must be 1 to 64 letters, digits, _ or -, got 'get weather'"),
        ([tool("math.gcd")], "got 'math.gcd'"),
        ([tool("x" * 65)], "function.name must be 1 to 64"),
        ([tool("w\n")], "function.name must be 1 to 64"),
        ([tool(description=3)], "function.description must be a text, got 3"),
        ([tool(strict="yes")], "function.strict must be true or false"),
        ([tool(parameters=[])], "function.parameters must be a JSON schema, an object, got []"),
        ([tool(parameters={"type": "array"})], 'must have "type": "object", got \'array\''),
        ([tool(parameters={"properties": {"n": {"type": "dict"}}})], "no type is called 'dict'"),
        ([tool(parameters={"$ref": "#/$defs/none"})], "function.parameters is not a usable JSON schema"),
        ([tool(), tool()], "tool 2: the name 'get_weather' is already that of tool 1"),
    ],
)
def test_wrong_tools_are_refused_with_their_place(tmp_path, content, words):
    """In a file and in a case, with the number of the tool."""
    path = write(tmp_path / "tools.json", content)

    with pytest.raises(CaseFileError) as caught:
        load_tools(path)

    assert str(caught.value).startswith(f"{path}: ")
    assert words in str(caught.value)


def test_a_cases_own_tools_are_refused_with_file_and_line(tmp_path):
    """So is a case whose tools are not a list."""
    lines = [{"id": "a", "messages": [{"role": "user", "content": "x"}], "tools": [tool("a b")]}]
    path = write(tmp_path / "cases.jsonl", json.dumps(lines[0]))

    with pytest.raises(CaseFileError, match=r"cases.jsonl:1: case 'a' has wrong tools: tool 1: function.name must be"):
        load_cases(path)


def test_a_missing_file_of_tools_is_named(tmp_path):
    """No such file is said in words."""
    with pytest.raises(CaseFileError, match=r"tools.json: no such file"):
        load_tools(tmp_path / "tools.json")


def test_a_tool_that_nests_without_end_is_refused():
    """Never a crash."""
    deep: dict[str, object] = {}
    inner = deep
    for _ in range(3000):
        inner["items"] = inner = {}

    assert "tool 1" in (problem_in([tool(parameters={"properties": deep})]) or "")


@pytest.mark.parametrize("choice", ["auto", "none", "required", NAMED, None])
def test_a_choice_is_a_word_of_the_api_or_names_a_function(choice):
    """As it is sent."""
    assert checked_choice(choice, "test_it.py") == choice


@pytest.mark.parametrize("choice", ["any", "get_weather", 3, {}, {"type": "function"}, NAMED | {"x": 1}])
def test_any_other_choice_is_refused(choice):
    """With both ways to say it."""
    with pytest.raises(InputError, match=r"test_it.py: tool_choice is 'auto', 'none', 'required' or "):
        checked_choice(choice, "test_it.py")


def test_a_cases_own_tools_take_the_place_of_the_suites(tmp_path):
    """And a case with an empty list has none, nor anything to choose."""
    own = case("own", tools=(tool("f"),), tool_choice="required")
    given = with_tools(suite(case(), own, case("none", tools=())), Tools(functions=(tool(),), choice="auto"), tmp_path)

    first, second, third = (given.tools_for(one) for one in given.cases)

    assert first == Tools(functions=(tool(),), choice="auto")
    assert second == Tools(functions=(tool("f"),), choice="required")
    assert third == Tools()


@pytest.mark.parametrize(
    ("cases", "tools", "words"),
    [
        ([case(tool_choice="required")], Tools(), "case 'a': tool_choice is set, but there are no tools"),
        (
            [case(tools=(), tool_choice="auto")],
            Tools(functions=(tool(),)),
            "tool_choice is set, but there are no tools",
        ),
        ([case(tools=(tool(),), tool_choice="any")], Tools(), "case 'a': tool_choice is 'auto', 'none', 'required' or"),
        (
            [case(), case("b", tools=(tool("f"),))],
            Tools(functions=(tool(),), choice=NAMED),
            "case 'b': tool_choice names 'get_weather', which is not one of the tools: f",
        ),
        ([case()], Tools(choice="auto"), "the suite has a tool_choice, but no case has tools; add tools='tools.json'"),
    ],
)
def test_a_choice_that_does_not_fit_the_tools_is_refused(tmp_path, cases, tools, words):
    """With the case, before any model is asked."""
    with pytest.raises(CaseFileError) as caught:
        with_tools(suite(*cases), tools, tmp_path / "cases.jsonl")

    assert words in str(caught.value)


def test_reasoning_between_tags_is_kept_beside_the_text_where_the_suite_says_so():
    """And nothing changes where it does not, or where there are no tags."""
    said = Response(request_key="k", text="<think>Paris?</think>\n\nSunny.", reasoning="From the server.")
    apart = suite(case())

    assert apart.read(said) == said
    tagged = Suite(name="s", cases=(), sampling=Sampling(), digest="", reasoning="think-tags")
    read = tagged.read(said)
    assert (read.text, read.reasoning, read.reasoned) == ("Sunny.", "From the server.\nParis?", True)
    assert tagged.read(read) == read
    plain = Response(request_key="k", text=" as it is ")
    assert tagged.read(plain) is plain


def test_an_answer_that_ends_within_its_reasoning_was_cut_off_while_thinking():
    """Nothing is left of its text."""
    tagged = Suite(name="s", cases=(), sampling=Sampling(), digest="", reasoning="think-tags")

    read = tagged.read(Response(request_key="k", text="<think>It may be", finish_reason="length"))

    assert (read.text, read.reasoning, read.spent_on_reasoning) == ("", "It may be", True)


def test_a_probe_leaves_the_model_free_to_call_nothing():
    """Where a call must come, its first token is the same for every model, and the adapter would look silent."""
    from harness.asking.probe import plan_probe
    from harness.asking.requests import requests_of
    from tests.engines.fakes import BASE_REF

    forced = with_tools(suite(case()), Tools(functions=(tool(),), choice="required"), __file__)
    adapter = ModelRef(base="tiny", base_digest="b" * 64, template_digest="t" * 64, adapter="a", adapter_digest="a")
    contender = Contender(model=adapter, engine=type("Engine", (), {"identity": "e"})())
    planned = [request for _, request in requests_of(forced, contender)]

    asked = plan_probe(planned, adapter, BASE_REF).requests

    assert planned[0].tools.choice == "required"
    assert {request.tools for request in asked if request.tools.choice is not None} == set()
    assert all(request.tools.functions for request in asked)
