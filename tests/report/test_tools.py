"""Tools in the report: turns, calls and reasoning are readable, safe and folded, and no size breaks the page.

``python -m tests.report.test_tools FILE`` writes the page, to be looked at in a browser.
"""

import re
import sys
from pathlib import Path

import msgspec
import pytest

from harness.records.answered import Response
from harness.records.messages import Called, CalledFunction, Message, ToolCall, Tools
from harness.records.saved import Answer
from harness.report import render
from harness.report.view.answers import CALLS_SHOWN
from tests.sample_run import HOSTILE, sample_run

MILLION = "x" * 1_000_000
HOSTILE_CALL = "</ul><script>alert('call')</script>\x1b[31m\u202e"
TURNS = (
    Message(role="user", content="Where is invoice 7?"),
    Message(
        role="assistant",
        content=None,
        tool_calls=(ToolCall(id="call_1", function=CalledFunction(name="find_invoice", arguments={"id": 7})),),
    ),
    Message(role="tool", content="not found <b>at all</b>", tool_call_id="call_1", name="find_invoice"),
)
PARAMETERS = {"type": "object", "properties": {"reason": {"type": "string", "description": HOSTILE_CALL}}}
TOOLS = Tools(
    functions=({"type": "function", "function": {"name": "refund", "parameters": PARAMETERS}},), choice="auto"
)
CALLS = (
    Called(name="refund", arguments='{"id": 7, "reason": "charged twice"}'),
    Called(name=HOSTILE_CALL, arguments=f'{{"note": "{HOSTILE[0]}"}}'),
    Called(name="refund", arguments=MILLION),
)


def calling(answer: Answer) -> Answer:
    """Return an answer of the suite "redteam" as one that only calls; others as they are."""
    if not answer.case.id.startswith("bait") or answer.response.error:
        return answer
    calls = CALLS if answer.side == "candidate" else CALLS[:1] * (CALLS_SHOWN + 4)
    called: dict[str, object] = {"text": "", "tool_calls": calls, "reasoning": f"They paid twice. {HOSTILE[1]}"}
    return msgspec.structs.replace(
        answer,
        case=msgspec.structs.replace(answer.case, messages=TURNS),
        request=msgspec.structs.replace(answer.request, tools=TOOLS),
        response=msgspec.structs.replace(answer.response, **called),
    )


def page() -> str:
    """Return the report of the invented run, in which one suite calls tools."""
    sample = sample_run()
    return render(sample.run, [calling(answer) for answer in sample.answers], sample.judgements)


@pytest.fixture(scope="module")
def html() -> str:
    """The page."""
    return page()


def test_tool_turns_are_shown_with_what_they_answer(html):
    """The call in an assistant's turn, and the name and the id in the tool's."""
    assert '<p class="role">tool <span class="of-call">find_invoice · call_1</span></p>' in html
    assert '<li><b>find_invoice</b> <span class="quote" dir="auto">{&#34;id&#34;:7}</span></li>' in html
    assert "not found &lt;b&gt;at all&lt;/b&gt;" in html


def test_an_answer_that_only_calls_shows_its_calls_and_is_not_called_empty(html):
    """As many as there is space for; the rest is counted."""
    part = html[html.index("test_stays_calm</span>") :]

    assert "<li><b>refund</b>" in part
    assert '<p class="note">4 more calls are left out.</p>' in part
    article = part[part.index("<article") : part.index("</article>")]
    assert "The answer is empty." not in article


def test_reasoning_and_tools_are_folded(html):
    """Tools that are the same in all cases are shown once."""
    assert '<summary>Reasoning before the answer</summary><div class="quote" dir="auto">They paid twice.' in html
    assert html.count("what could be called, the same for every case shown in full here") == 1
    assert "Tools that could be called" not in html


def test_hostile_calls_are_text(html):
    """In names, arguments, schemas and reasoning."""
    assert "<script>alert('call')" not in html
    assert "<img src=x" not in html
    assert "&lt;script&gt;alert(&#39;call&#39;)&lt;/script&gt;" in html
    assert "\x1b" not in html
    assert "\u202e" not in html


def test_a_megabyte_of_arguments_is_cut_and_the_page_stays_small(html):
    """What was cut is said."""
    assert not re.search("x{5000}", html)
    assert "more characters are left out" in html
    assert len(html.encode()) < 3_000_000


def test_a_short_case_shows_calls_as_text():
    """The start of what the answer said and called."""
    only_calls = Response(request_key="k", tool_calls=CALLS[:1])
    both = msgspec.structs.replace(only_calls, text="One moment.")

    assert only_calls.said == 'refund({"id": 7, "reason": "charged twice"})'
    assert both.said == f"One moment.\n{only_calls.said}"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
