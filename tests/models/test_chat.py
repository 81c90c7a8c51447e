"""Chat templates: rendered exactly as transformers does, and never without end."""

import importlib.util
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from jinja2 import TemplateError

from harness.models.chat import ChatTemplate
from harness.records.asked import Message
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
    assert chat.eos_token_id == tokenizer.eos_token_id == 0


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
