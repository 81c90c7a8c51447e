"""Chat templates that people write: read from a file, compiled to find mistakes, and asked for the values they know."""

from collections.abc import Collection
from pathlib import Path

from jinja2 import TemplateError, TemplateSyntaxError, meta, nodes
from jinja2.ext import Extension
from jinja2.parser import Parser

from harness.errors import ConfigError
from harness.text.regular import read_regular_text
from harness.text.templates import BoundedEnvironment, compiled, template_errors
from harness.text.visible import for_terminal

OURS = frozenset(
    {
        "add_generation_prompt",
        "chat_template",
        "continue_final_message",
        "conversation",
        "documents",
        "max_length",
        "messages",
        "padding",
        "return_assistant_tokens_mask",
        "return_dict",
        "return_tensors",
        "tokenize",
        "tokenizer_kwargs",
        "tools",
        "truncation",
    }
)
"""What a template is given anyway, and what servers take for options of the call."""


class _Generation(Extension):
    """The tag with which transformers marks what the assistant says; its text stays as it is."""

    tags = {"generation"}  # noqa: RUF012 - jinja2's own type

    def parse(self, parser: Parser) -> list[nodes.Node]:
        """Return what is inside of the tag."""
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


def read_template(path: Path, where: str) -> str:
    """Return the text of a template's file; ``where`` says which setting names it.

    Raises:
        ConfigError: there is no such file, it is not text, or it doesn't compile.
    """
    try:
        text = read_regular_text(path, "utf-8-sig").removesuffix("\n")
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file; {where} names it as the chat template") from None
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigError(f"{path}: can't be read as a chat template ({where}): {problem}") from problem
    try:
        compiled(_environment(), text)
    except TemplateSyntaxError as problem:
        raise ConfigError(
            f"{path}:{problem.lineno}: not a Jinja template ({where}): {for_terminal(problem.message or '')}"
        ) from problem
    except TemplateError as problem:
        raise ConfigError(f"{path}: not a Jinja template ({where}): {for_terminal(str(problem))}") from problem
    if not text.strip():
        raise ConfigError(f"{path}: the chat template is empty ({where})")
    return text


def unknown_values(text: str, names: Collection[str]) -> tuple[str, ...]:
    """Return those of the names that a template never asks for: setting them changes nothing.

    >>> unknown_values("{{ messages }}{% if thinking %}.{% endif %}", ["thinking", "loud"])
    ('loud',)
    """
    try:
        with template_errors():
            known = meta.find_undeclared_variables(_environment().parse(text))
    except TemplateError:  # a base model's own; whoever renders it says what is wrong
        return ()
    return tuple(name for name in names if name not in known)


def refuse_our_values(names: Collection[str], where: str) -> None:
    """Refuse values for a template that the harness or a server sets by itself.

    Raises:
        ConfigError: there are some.
    """
    taken = [name for name in names if name in OURS]
    if taken:
        raise ConfigError(
            f"{where}: template_args can't set {', '.join(taken)}, which every request sets; leave it out"
        )


def _environment() -> BoundedEnvironment:
    """Return an environment that knows the tags of chat templates; what they call is not needed to compile them."""
    return BoundedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols", _Generation])
