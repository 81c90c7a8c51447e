"""Reasoning that a model writes into its answer, between tags such as ``<think>`` and ``</think>``."""

import re

import msgspec

from harness.records.answered import Response

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
    return split_reasoning(text)[1]


def split_reasoning(text: str) -> tuple[str, str]:
    """Return the reasoning in a text, and the rest as ``without_reasoning`` returns it, both without the tags.

    >>> split_reasoning("<think>a bug? no</think> billing")
    ('a bug? no', 'billing')
    """
    thought: list[str] = []
    kept: list[str] = []
    position = 0
    while tag := _TAG.search(text, position):
        before = text[position : tag.start()]
        if tag["begins"]:
            kept.append(before)
            position = end_of_reasoning(text, tag.end())
            thought.append(text[tag.end() : position])
        else:
            thought += [*kept, before]
            kept.clear()
            position = tag.end()
    inside = "\n".join(filter(None, (_TAG.sub("", part).strip() for part in thought)))
    return inside, "".join((*kept, text[position:])).strip()


def with_reasoning_apart(response: Response) -> Response:
    """Return an answer whose text has no reasoning between tags; that is kept beside it."""
    thought, text = split_reasoning(response.text)
    if not _TAG.search(response.text):
        return response
    reasoning = "\n".join(filter(None, (response.reasoning, thought)))
    reasoned = response.reasoned or bool(thought)
    return msgspec.structs.replace(response, text=text, reasoning=reasoning, reasoned=reasoned)


def end_of_reasoning(text: str, position: int) -> int:
    """Return where the reasoning that began before ``position`` has ended: the end of the text where it never does."""
    for tag in _TAG.finditer(text, position):
        if tag["ends"]:
            return tag.end()
    return len(text)


def reasoning_ends(text: str) -> int:
    """Return where the last reasoning in a text has ended; 0 where there is none."""
    position = end = 0
    while tag := _TAG.search(text, position):
        position = end = end_of_reasoning(text, tag.end()) if tag["begins"] else tag.end()
    return end


def without_tags(text: str) -> str:
    """Return a prompt without the tags that it may speak of: in a prompt they enclose no reasoning."""
    return _TAG.sub("", text)
