"""Chat templates that people write: what is refused with its line, and which values one knows."""

import pytest

from harness.errors import ConfigError
from harness.models.template_file import read_template, refuse_our_values, unknown_values
from harness.models.tokenizer import usual_template
from tests.models.fakes import base_in

QWEN_LIKE = (
    "{%- for message in messages %}\n{{- '<|im_start|>' + message.role + '\n' + message.content }}\n{%- endfor %}\n"
    "{% generation %}{{ '' }}{% endgeneration %}\n"
    "{%- if enable_thinking is defined and enable_thinking is false %}\n{{- '<think></think>' }}\n{%- endif %}\n"
)


def written(folder, text):
    """Write a template, and return its file."""
    path = folder / "chat.jinja"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_template_with_the_tags_of_transformers_is_read_as_it_is(tmp_path):
    """Its last line end doesn't count, as in a model's folder."""
    assert read_template(written(tmp_path, QWEN_LIKE), "here") == QWEN_LIKE.removesuffix("\n")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{{ 1 }}\n{% for %}", r"chat\.jinja:2: not a Jinja template \(here\): "),
        ("{% if a %}", r"chat\.jinja:1: not a Jinja template"),
        ("{{ a | upcase }}", "not a Jinja template .* 'upcase'"),
        (" \n", "the chat template is empty"),
        (b"\xff\xfe", "can't be read as a chat template"),
        ("{{ a }}" + "x" * 200_001, "200,008 characters"),
    ],
)
def test_a_template_that_does_not_compile_is_refused_with_its_place(tmp_path, text, told):
    """Before any engine starts."""
    with pytest.raises(ConfigError, match=told):
        read_template(written(tmp_path, text), "here")


def test_a_file_that_is_not_there_is_told_with_the_setting(tmp_path):
    """The path is what was looked for."""
    with pytest.raises(ConfigError, match=r"none\.jinja: no such file; chat_template, harness\.toml names it"):
        read_template(tmp_path / "none.jinja", "chat_template, harness.toml")


def test_values_that_a_template_never_asks_for_are_named():
    """Also where it gives them a default; what can't be read is left to whoever renders it."""
    template = QWEN_LIKE + "{% set tone = tone if tone is defined else 'warm' %}{% macro said(loud) %}{% endmacro %}"

    assert unknown_values(template, ["enable_thinking", "tone", "loud", "enable_thinkin"]) == ("loud", "enable_thinkin")
    assert unknown_values("{% if %}", ["anything"]) == ()


def test_what_every_request_sets_is_not_a_value_to_set():
    """A server would take it for an option of the call."""
    with pytest.raises(ConfigError, match=r"\[models.a\]: template_args can't set add_generation_prompt, tools"):
        refuse_our_values(["enable_thinking", "add_generation_prompt", "tools"], "[models.a]")


def test_the_template_of_a_folder_is_known_without_any_library(tmp_path):
    """None where it has none."""
    base = base_in(tmp_path / "tiny")
    assert usual_template(base) == "{{ messages }}"
    (base / "chat_template.jinja").unlink()
    assert usual_template(base) is None
