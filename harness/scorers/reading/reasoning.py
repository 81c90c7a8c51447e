"""Reasoning that a model writes into its answer, between tags such as ``<think>`` and ``</think>``."""

import re

_NAMES = "think|thinking|thought|reasoning|scratchpad"
REASONING_TAG = rf"(?P<begins><(?:{_NAMES})>|\[THINK\])|(?P<ends></(?:{_NAMES})>|\[/THINK\])"
"""A pattern, for letters of either case."""
_TAG = re.compile(REASONING_TAG, re.IGNORECASE)


def without_reasoning(text: str) -> str:
    """Return the answer without its reasoning, and without white space at its ends.

    Reasoning that never ends takes up the rest of the answer. An end without a beginning ends what the prompt began:
    all before it is reasoning.

    >>> without_reasoning("<think>a bug? no</think> billing")
    'billing'
    """
    kept: list[str] = []
    position = 0
    while tag := _TAG.search(text, position):
        if tag["begins"]:
            kept.append(text[position : tag.start()])
            position = end_of_reasoning(text, tag.end())
        else:
            kept.clear()
            position = tag.end()
    return "".join((*kept, text[position:])).strip()


def end_of_reasoning(text: str, position: int) -> int:
    """Return where the reasoning that began before ``position`` has ended: the end of the text where it never does."""
    for tag in _TAG.finditer(text, position):
        if tag["ends"]:
            return tag.end()
    return len(text)


def without_tags(text: str) -> str:
    """Return a prompt without the tags that it may speak of: in a prompt they enclose no reasoning."""
    return _TAG.sub("", text)
