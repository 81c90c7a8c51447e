"""What docs/tools.md shows works as it is written there."""

import importlib.util
import json
import re
import tomllib
from pathlib import Path

import msgspec
import pytest

from harness.asking.cases import Suite, load_suite, with_tools
from harness.asking.tools import load_tools
from harness.config.engine import EngineConfig
from harness.records.answered import Response
from harness.records.asked import Sampling
from harness.records.messages import Called, Tools
from harness.scorers import calls_tool

PAGE = (Path(__file__).parent.parent / "docs" / "tools.md").read_text()


def blocks(language: str) -> list[str]:
    """Return the code blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)


@pytest.fixture
def suite(tmp_path) -> Suite:
    """The suite that the page writes."""
    tools, *cases = blocks("json")
    (tmp_path / "tools.json").write_text(tools)
    (tmp_path / "cases.jsonl").write_text("".join(cases))
    given = Tools(functions=load_tools(tmp_path / "tools.json"))
    return with_tools(load_suite(tmp_path / "cases.jsonl", Sampling()), given, tmp_path / "cases.jsonl")


def test_the_cases_of_the_page_can_be_asked_and_scored(suite):
    """Each case with the answer that it expects is right, and wrong with any other."""
    scorer = calls_tool()
    for case in suite.cases:
        wanted = [case.expected] if case.expected else []
        calls = tuple(Called(name=one["name"], arguments=json.dumps(one["arguments"])) for one in wanted)
        more = (*calls, Called(name="find_invoice", arguments="{}"))
        assert scorer(case, Response(request_key="k", tool_calls=calls)).value == 1
        assert scorer(case, Response(request_key="k", tool_calls=more)).value == 0
    assert {case.id for case in suite.cases} == {"by-year", "thanks", "told"}


def test_the_settings_of_the_page_are_known_to_the_harness_and_their_parsers_to_vllm():
    """The names are in vLLM's own lists; nothing of it is imported."""
    [settings] = map(tomllib.loads, blocks("toml"))
    engine = msgspec.convert(settings["engine"], EngineConfig)
    vllm = Path(importlib.util.find_spec("vllm").origin).parent
    options = dict(zip(engine.args[1::2], engine.args[2::2], strict=True))

    assert engine.args[0] == "--enable-auto-tool-choice"
    assert f'"{options["--tool-call-parser"]}": (' in (vllm / "tool_parsers" / "__init__.py").read_text()
    assert f'"{options["--reasoning-parser"]}": (' in (vllm / "reasoning" / "__init__.py").read_text()


def test_the_test_of_the_page_is_a_test():
    """Its mark takes what the page gives it."""
    [code] = blocks("python")
    names: dict[str, object] = {"__file__": __file__}

    exec(code, names)  # noqa: S102 - the page's own code

    mark = names["pytestmark"].mark
    assert (mark.name, mark.kwargs) == ("suite", {"tools": "tools.json", "max_tokens": 256})
    assert repr(names["CALLS"]) == "calls_tool()"
