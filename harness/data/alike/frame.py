"""What most texts of a file begin and end with: the instructions around each question, which make no two rows alike.

A frame is kept as lengths and digests, so it can be saved where no text is saved.
"""

from collections import Counter
from collections.abc import Sequence

from harness.records.record import Record, digest

FEWEST_TEXTS = 10
"""Fewer show no frame."""
FEWEST_CHARACTERS = 20
"""A shorter beginning, such as "how do I", is part of the question."""
SHARE = 0.5
"""Of the texts, which begin or end the same."""
GOES_ON = 0.9
"""Of these, which also have the next character: where fewer do, the frame has ended."""
FARTHEST = 20_000
"""Characters: no frame is looked for beyond."""


class Edge(Record, frozen=True, kw_only=True):
    """A beginning or an end of so many characters, as its digest."""

    length: int = 0
    digest: str = ""


class Frame(Record, frozen=True, kw_only=True):
    """The beginning and the end that most texts share; of length 0 where they share none."""

    before: Edge = Edge()
    after: Edge = Edge()

    def without(self, text: str) -> str:
        """Return a folded text without its frame; as it is where it has none, or nothing else."""
        rest = text
        if (length := self.before.length) and digest(rest[:length]) == self.before.digest:
            rest = rest[length:]
        if (length := self.after.length) and len(rest) >= length and digest(rest[-length:]) == self.after.digest:
            rest = rest[:-length]
        return rest.strip() or text


def without_frames(text: str, frames: Sequence[Frame]) -> str:
    """Return a folded text without one frame after the other."""
    for frame in frames:
        text = frame.without(text)
    return text


def frame_of(texts: Sequence[str]) -> Frame:
    """Return the frame of folded texts.

    >>> tickets = [f"say which team answers this ticket: {word}" for word in "abcdefghij"]
    >>> frame_of(tickets).without(tickets[2])
    'c'
    """
    distinct = sorted(set(texts))
    if len(distinct) < FEWEST_TEXTS:
        return Frame()
    before = _shared_start(distinct)
    after = _shared_start([text[::-1] for text in distinct])[::-1]
    return Frame(before=_edge(before), after=_edge(after))


def _edge(text: str) -> Edge:
    return Edge(length=len(text), digest=digest(text)) if text else Edge()


def _shared_start(texts: Sequence[str]) -> str:
    """Return the beginning that most texts share, up to the end of its last whole word."""
    start, count = Counter(text[:FEWEST_CHARACTERS] for text in texts).most_common(1)[0]
    if count <= SHARE * len(texts) or len(start) < FEWEST_CHARACTERS:
        return ""
    sharing = [text for text in texts if text.startswith(start)]
    while len(start) < FARTHEST:
        length = len(start)
        following, count = Counter(text[length : length + 1] for text in sharing).most_common(1)[0]
        if not following or count < GOES_ON * len(sharing):
            break
        start += following
        sharing = [text for text in sharing if text[length : length + 1] == following]
    words = start.rfind(" ") + 1
    cut = words if words > FEWEST_CHARACTERS else len(start)
    return start[:cut] if any(text[len(start) : len(start) + 1].strip() for text in sharing) else start
