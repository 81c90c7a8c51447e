"""Chat templates: rendered exactly as transformers does, and never without end."""

import importlib.util
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from jinja2 import TemplateError

from harness.models.chat import ChatTemplate
from harness.records.messages import CalledFunction, Message, TextPart, ToolCall, Tools
from harness.text import charges
from harness.text.charges import TooMuchWork

TURNS = (
    Message(role="system", content=" Be <brief>. "),
    Message(role="user", content='Hello "you" 你好\n'),
    Message(role="assistant", content="<think>\nhm\n</think>\n\nHi"),
    Message(role="user", content="Bye"),
)
TEMPLATES = {
    "chatml": "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>' + '\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}",
    "thoughts": "{%- set ns = namespace(last=messages|length - 1) %}\n{%- for m in messages[::-1] %}"
    "{%- if m.role == 'user' and ns.last == messages|length - 1 %}{%- set ns.last = loop.index0 %}{%- endif %}"
    "{%- endfor %}\n{%- for m in messages %}{% if '</think>' in m.content %}"
    "{%- set text = m.content.split('</think>')[-1].lstrip('\n') %}{{ text | trim }}{% continue %}{%- endif %}\n"
    "    {{- '[' ~ m.role ~ ']' ~ m.content | trim -}}\n{%- endfor %}{{ eos_token }}{{ ns.last }}",
    "generation": "{% for m in messages %}{% generation %}{{ m.content }}.{% endgeneration %}{% endfor %}",
    "objects": "{{ messages | tojson(indent=2) }}{{ tools is none }}{{ documents is defined }}"
    "{{ bos_token is defined }}{{ strftime_now('%%') }}"
    "{% macro a(b) %}{{ b | upper }}{% endmacro %}{{ a(messages[0].role) }}",
    "lines": "{% for m in messages %}\n    {% if loop.first %}\n  1\n    {% endif %}\n{{ m.content }}\n{% endfor %}\n",
}


@pytest.fixture(scope="module")
def tokenizer():
    """A tokenizer of single letters."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    letters = Tokenizer(models.BPE(vocab={one: number for number, one in enumerate(["</s>", *alphabet])}, merges=[]))
    letters.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    return PreTrainedTokenizerFast(tokenizer_object=letters, eos_token="</s>")


@pytest.mark.parametrize("answer_next", [True, False])
@pytest.mark.parametrize("text", TEMPLATES.values(), ids=TEMPLATES)
def test_a_chat_is_rendered_as_transformers_renders_it(tokenizer, text, answer_next):
    """Text and tokens."""
    tokenizer.chat_template = text
    turns = [{"role": turn.role, "content": turn.content} for turn in TURNS]
    chat = ChatTemplate(tokenizer)
    theirs = tokenizer.apply_chat_template(turns, add_generation_prompt=answer_next, tokenize=False)
    tokens = tokenizer.apply_chat_template(turns, add_generation_prompt=answer_next, return_dict=False)

    assert chat.text(TURNS, answer_next=answer_next) == theirs
    assert chat.tokens(TURNS, answer_next=answer_next) == tokens
    assert chat.stop_tokens == (tokenizer.eos_token_id,) == (0,)


CITY = {"type": "object", "properties": {"city": {"type": "string"}}}
TOOLS = Tools(
    functions=(
        {"type": "function", "function": {"name": "get_weather", "description": "It.", "parameters": CITY}},
        {"type": "function", "function": {"parameters": CITY, "name": "get_time"}},
    ),
)
CALLING = (
    Message(role="user", content="Paris?"),
    Message(
        role="assistant",
        content=None,
        tool_calls=(
            ToolCall(id="abcdefghi", function=CalledFunction(name="get_weather", arguments='{"city": "Paris"}')),
        ),
    ),
    Message(role="tool", content="12", tool_call_id="abcdefghi", name="get_weather"),
)
AS_VLLM = [
    {"role": "user", "content": "Paris?"},
    {
        "role": "assistant",
        "content": "",
        "tool_calls": [
            {
                "id": "abcdefghi",
                "type": "function",
                "function": {"name": "get_weather", "arguments": {"city": "Paris"}},
            }
        ],
    },
    {"role": "tool", "content": "12", "tool_call_id": "abcdefghi", "name": "get_weather"},
]
"""How vLLM hands ``CALLING`` to a template: arguments as objects, an unset content as no text."""
TOOLS_AS_VLLM = [
    {"type": "function", "function": {"name": "get_weather", "description": "It.", "parameters": CITY}},
    {"type": "function", "function": {"name": "get_time", "description": None, "parameters": CITY}},
]


def outcome(show: Callable[[], str]) -> str:
    """Return what a template shows, or how it refuses."""
    try:
        return show()
    except TemplateError as problem:
        return f"refused: {problem}"


def test_templates_in_use_are_rendered_as_transformers_renders_them(tokenizer):
    """Those of the model families that trl carries, but for those that show today's date."""
    folder = Path(importlib.util.find_spec("trl").origin).parent / "chat_templates"
    texts = {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.jinja"))}
    shown = {}
    for name, text in texts.items():
        for turns in (TURNS, TURNS[1:]):
            tokenizer.chat_template = text
            chat, told = ChatTemplate(tokenizer), [{"role": turn.role, "content": turn.content} for turn in turns]
            own = outcome(partial(chat.text, turns, answer_next=True))
            theirs = outcome(partial(tokenizer.apply_chat_template, told, add_generation_prompt=True, tokenize=False))
            shown[name, len(turns)] = (own, theirs)
    same_every_day = {key: pair for key, pair in shown.items() if "strftime_now" not in texts[key[0]]}

    assert sum(not own.startswith("refused") for own, _ in same_every_day.values()) > 30
    assert [key for key, (own, theirs) in same_every_day.items() if own != theirs] == []


def test_of_several_templates_the_default_one_is_used(tokenizer):
    """As transformers chooses where there are no tools."""
    tokenizer.chat_template = {"tool_use": "tools", "default": "{{ messages[0].content }}"}

    assert ChatTemplate(tokenizer).text(TURNS, answer_next=True) == " Be <brief>. "


def test_a_template_without_end_is_refused(tokenizer, monkeypatch):
    """And the next chat starts anew."""
    monkeypatch.setattr(charges, "WORK", 1_000_000)
    tokenizer.chat_template = (
        "{% for i in range(99999) %}{% if messages[1] %}{{ i }}{% else %}{% break %}{% endif %}{% endfor %}"
    )
    chat = ChatTemplate(tokenizer)

    with pytest.raises(TooMuchWork):
        chat.text(TURNS, answer_next=True)
    assert chat.text(TURNS[:1], answer_next=True) == ""


def test_whatever_a_template_raises_is_one_kind_of_error(tokenizer):
    """Its own refusal, a type error, and text that is not a template."""
    for text in ("{{ raise_exception('no') }}", "{{ 'a' + 1 }}"):
        tokenizer.chat_template = text
        with pytest.raises(TemplateError):
            ChatTemplate(tokenizer).text(TURNS, answer_next=True)
    tokenizer.chat_template = "{% for"
    with pytest.raises(TemplateError):
        ChatTemplate(tokenizer)


def test_without_messages_or_a_template_nothing_is_rendered(tokenizer):
    """As in transformers."""
    tokenizer.chat_template = "x"
    with pytest.raises(ValueError, match="no messages"):
        ChatTemplate(tokenizer).text((), answer_next=True)
    tokenizer.chat_template = None
    with pytest.raises(ValueError, match="chat_template is not set"):
        ChatTemplate(tokenizer)


def shown_or_refused(show: Callable[[], str]) -> str:
    """Return what a template shows; a few want arguments as text, which neither vLLM nor the harness gives them."""
    try:
        return show()
    except (TemplateError, TypeError):
        return "refused"


def test_tools_and_calls_are_rendered_as_transformers_renders_what_vllm_gives_it(tokenizer):
    """By the templates of the model families that trl carries, but for those that show today's date."""
    folder = Path(importlib.util.find_spec("trl").origin).parent / "chat_templates"
    texts = {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.jinja"))}
    shown = {}
    for name, text in texts.items():
        if "strftime_now" in text:
            continue
        tokenizer.chat_template = text
        own = shown_or_refused(partial(ChatTemplate(tokenizer).text, CALLING, answer_next=True, tools=TOOLS))
        given = {"tools": TOOLS_AS_VLLM, "add_generation_prompt": True, "tokenize": False}
        theirs = shown_or_refused(partial(tokenizer.apply_chat_template, AS_VLLM, **given))
        shown[name] = (own, theirs)

    assert sum("get_time" in own and "Paris" in own for own, _ in shown.values()) > 10
    assert [name for name, (own, theirs) in shown.items() if own != theirs] == []


def test_arguments_that_a_case_writes_as_an_object_or_as_text_are_rendered_alike(tokenizer):
    """So both engines read the same."""
    tokenizer.chat_template = "{% for m in messages %}{{ m | tojson }}{% endfor %}"
    call = ToolCall(id="abcdefghi", function=CalledFunction(name="get_weather", arguments={"city": "Paris"}))
    turns = (CALLING[0], Message(role="assistant", content=None, tool_calls=(call,)), CALLING[2])
    chat = ChatTemplate(tokenizer)

    assert chat.text(turns, answer_next=True) == chat.text(CALLING, answer_next=True)


def test_parts_are_given_to_a_template_that_shows_parts_and_joined_for_any_other(tokenizer):
    """As vLLM does it; a template that prints the list as it is must never be given one."""
    parts = (TextPart(type="text", text="one"), TextPart(type="text", text="two"))
    turns = (Message(role="user", content=parts), Message(role="tool", content=parts, tool_call_id="1"))
    rendered = {}
    for name, text in {
        "parts": "{% for m in messages %}{% if m.content is string %}[{{ m.content }}]{% else %}"
        "{% for part in m.content %}({{ part.text }}){% endfor %}{% endif %}{% endfor %}",
        "text": "{% for m in messages %}[{{ m.content }}]{% endfor %}",
        "sum": "{% for m in messages %}{{ '[' + m.content + ']' }}{% endfor %}",
    }.items():
        tokenizer.chat_template = text
        rendered[name] = ChatTemplate(tokenizer).text(turns, answer_next=True)

    assert rendered == {"parts": "(one)(two)[one\ntwo]", "text": "[one\ntwo]" * 2, "sum": "[one\ntwo]" * 2}


def test_a_tokenizer_with_a_template_for_tools_renders_them_by_it(tokenizer):
    """And everything else by its default."""
    tokenizer.chat_template = {"default": "plain", "tool_use": "{{ tools | length }} tools"}
    chat = ChatTemplate(tokenizer)

    assert chat.text(CALLING, answer_next=True, tools=TOOLS) == "2 tools"
    assert chat.text(CALLING, answer_next=True) == "plain"
