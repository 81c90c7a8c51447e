"""A suite's template joins the question of each case with its context."""

import msgspec
import pytest

from harness.asking.cases import load_suite
from harness.asking.joined import with_prompt
from harness.errors import CaseFileError
from harness.gating.leaked import cases_by_suite
from harness.records.asked import Sampling

TEMPLATE = """Read:
{% for passage in context %}
[{{ passage.id }}] {{ passage.text }}
{% endfor %}
{{ question }}
"""
FEE = {"context": [{"id": "terms", "text": "The fee is 5 euros."}, {"id": "2", "text": "It is {{ due }}."}]}
ASKED = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "What is the fee?"}]


def joined(folder, meta, template=TEMPLATE, messages=ASKED):
    """Return the suite of one case, joined."""
    line = msgspec.json.encode({"id": "fee", "messages": messages, "meta": meta})
    (folder / "cases.jsonl").write_bytes(line + b"\n")
    (folder / "prompt.jinja").write_text(template)
    return with_prompt(load_suite(folder / "cases.jsonl", Sampling()), folder / "prompt.jinja")


def test_the_last_message_has_the_passages_and_the_question(tmp_path):
    """Word for word: what looks like a template in a passage is none."""
    suite = joined(tmp_path, FEE)

    (case,) = suite.cases
    assert [message.role for message in case.messages] == ["system", "user"]
    assert case.messages[1].text == "Read:\n[terms] The fee is 5 euros.\n[2] It is {{ due }}.\nWhat is the fee?"
    assert suite.questions["fee"][1].text == "What is the fee?"
    assert suite.digest != load_suite(tmp_path / "cases.jsonl", Sampling()).digest


def test_a_case_without_a_context_has_none(tmp_path):
    """Its list of passages is empty, as where the context was taken away."""
    assert joined(tmp_path, {}).cases[0].messages[1].text == "Read:\nWhat is the fee?"
    assert joined(tmp_path, {"context": []}).cases[0].messages[1].text == "Read:\nWhat is the fee?"


def test_leaks_are_looked_for_with_the_context_and_without(tmp_path):
    """A training row that asks the question alone gives the case away too."""
    suite = joined(tmp_path, FEE)

    (looked_for,) = cases_by_suite([suite]).values()
    assert [case.messages[1].text[:4] for case in looked_for] == ["Read", "What"]
    assert {case.id for case in looked_for} == {"fee"}


@pytest.mark.parametrize(
    ("meta", "template", "told"),
    [
        (FEE, "{% for x in context %}", "prompt.jinja:1: not a Jinja template"),
        (FEE, "{{ question }} {{ documents }}", "'documents' is undefined"),
        (FEE, "{{ context }}", "lacks its question"),
        (FEE, "{{ ''.__class__ }}{{ question }}", "unsafe"),
        ({"context": [{"id": "1"}]}, TEMPLATE, "its context can't be joined: a passage is no text"),
        ({"context": {"a": "x", "A ": "y"}}, TEMPLATE, "two passages have the same name"),
    ],
)
def test_what_can_not_be_joined_is_told(tmp_path, meta, template, told):
    """With the file, and the case."""
    with pytest.raises(CaseFileError, match=told):
        joined(tmp_path, meta, template)


def test_only_a_users_message_is_joined(tmp_path):
    """A tool's is data."""
    call = {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "1", "function": {"name": "f", "arguments": "{}"}}],
    }
    with pytest.raises(CaseFileError, match="role 'tool'"):
        joined(tmp_path, FEE, messages=[*ASKED, call, {"role": "tool", "content": "5", "tool_call_id": "1"}])
