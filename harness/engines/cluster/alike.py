"""What all replicas must have in common, and what a replica is that differs."""

import platform
from collections.abc import Iterator

from harness.engines.cluster.sent import Made
from harness.models.installed import installed_versions
from harness.text.visible import for_terminal


def versions_here() -> dict[str, str]:
    """Return the versions of the packages here that can change an answer, and Python's."""
    return {**installed_versions(), "python": platform.python_version()}


def unlike(first: Made, other: Made, ours: str) -> str:
    """Say in what a replica differs from the first one, and from the harness here (``ours``); empty if in nothing.

    Their engine says kind, number format and LoRA mode, so all that is left are the versions of what it is built on.

    >>> one = Made(node="a", identity="vllm 0.32.0 float32 merged", versions={"tunegate": "1", "torch": "2.13"})
    >>> unlike(one, Made(node="b", identity=one.identity, versions={"tunegate": "1", "torch": "2.12"}), "1")
    'torch 2.12 (a: 2.13)'
    """
    return "; ".join(_differences(first, other, ours))


def _differences(first: Made, other: Made, ours: str) -> Iterator[str]:
    own = other.versions.get("tunegate", "")
    if own != ours:
        yield f"tunegate {for_terminal(own) or 'is not installed'} (here: {for_terminal(ours) or 'not installed'})"
    if other.identity != first.identity:
        yield f"{for_terminal(other.identity)} ({for_terminal(first.node)}: {for_terminal(first.identity)})"
    for name in sorted({*first.versions, *other.versions} - {"tunegate"}):
        one, two = first.versions.get(name, ""), other.versions.get(name, "")
        if one != two:
            yield f"{name} {for_terminal(two) or 'none'} ({for_terminal(first.node)}: {for_terminal(one) or 'none'})"


def kinds_of_hardware(made: list[Made]) -> tuple[str, ...]:
    """Return a line where replicas compute with different hardware: answers can then differ in their last digits."""
    kinds = sorted({one.hardware for one in made if one.hardware})
    told = ", ".join(for_terminal(kind) for kind in kinds)
    return (f"the replicas compute with different hardware: {told}",) if len(kinds) > 1 else ()
