"""Cut a text into the tokens of a model: no more than it reads, and never all of a text without end."""

from typing import TYPE_CHECKING, NamedTuple

from harness.embedding.embedder import MOST_CHARACTERS

if TYPE_CHECKING:
    from tokenizers import Tokenizer


class Cut(NamedTuple):
    """The numbers of a text's tokens, which of them stand for a part of it, and whether it has no more."""

    ids: list[int]
    is_part: list[bool]
    is_whole: bool


def cut(tokenizer: "Tokenizer", text: str) -> Cut:
    """Return the tokens of a text; the tokenizer is set to cut what is too long.

    White space counts once, and half characters, which no model knows, are replaced.
    """
    plain = " ".join(text[: MOST_CHARACTERS * 10].encode(errors="replace").decode().split())
    made = tokenizer.encode(plain[:MOST_CHARACTERS])
    is_whole = not made.overflowing and len(plain) <= MOST_CHARACTERS and len(text) <= MOST_CHARACTERS * 10
    return Cut(made.ids, [not special for special in made.special_tokens_mask], is_whole)
