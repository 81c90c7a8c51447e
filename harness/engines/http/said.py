"""What a server says in the body of an error: its words, its codes, and which parameters it is about."""

import json
import re
from collections.abc import Sequence
from typing import NamedTuple

LARGEST_ERROR = 1 << 20
"""Bytes. What is larger is not an error's body."""
MOST_SAID = 4000
"""Characters. Of a server's words no more are read, since looking for parameters in them takes its time."""
MOST_CODES, LONGEST_CODE = 16, 200
"""The same for its codes: how many, and their characters."""
NEAR = 60
"""How many characters apart a parameter's name and the words that refuse it can be."""
_REFUSING = re.compile(
    r"unsupported|not support|unrecogni[sz]ed|unknown|unexpected|extra_forbidden|not permitted|not allowed"
    r"|only the default|cannot both|deprecated",
    re.IGNORECASE,
)
_ABOUT_INPUT = re.compile(r"flagged|moderation|content.?(?:policy|filter)|guardrail", re.IGNORECASE)


class Said(NamedTuple):
    """``codes`` are its codes and types as text; ``about`` names the parameters, where the server names them apart."""

    words: str
    codes: tuple[str, ...] = ()
    about: tuple[str, ...] = ()

    @property
    def status(self) -> int:
        """The HTTP status among the codes, for an error that was sent with status 200; 0 without one."""
        return next((int(code) for code in self.codes if re.fullmatch(r"[45]\d\d", code)), 0)

    @property
    def is_about_input(self) -> bool:
        """Whether it's the text of this one request that the server won't answer."""
        return bool(_ABOUT_INPUT.search(" ".join((*self.codes, self.words))))


def said_in(body: bytes) -> Said | None:
    """Return what an error's body says, in the usual servers' shapes; None when it's none of them."""
    if len(body) > LARGEST_ERROR:
        return None
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    codes: list[str] = []
    about: list[str] = []
    is_error = False
    while isinstance(value, dict):
        codes += (str(value[key]) for key in ("code", "type") if isinstance(value.get(key), str | int))
        about += (str(value[key]) for key in ("param",) if isinstance(value.get(key), str))
        inner = next((value[key] for key in ("error", "message", "detail") if value.get(key)), None)
        if inner is None:
            break
        is_error, value = True, inner
    if not is_error:
        return None
    for part in value if isinstance(value, list) else ():  # as FastAPI reports each field
        if isinstance(part, dict):
            codes += (str(part[key]) for key in ("type",) if isinstance(part.get(key), str))
            about += (name for name in _listed(part.get("loc")) if isinstance(name, str))
    words = value if isinstance(value, str) else body.decode(errors="replace")
    return Said(words[:MOST_SAID], tuple(code[:LONGEST_CODE] for code in codes[:MOST_CODES]), tuple(about))


def refused_parameter(said: Said, sent: Sequence[str]) -> str:
    """Return the parameter that the server says it doesn't accept, out of those that were sent; empty when none.

    >>> refused_parameter(Said("Unsupported parameter: 'seed'"), ("top_p", "seed"))
    'seed'
    >>> refused_parameter(Said("this seed is too large"), ("top_p", "seed"))
    ''
    """
    text = " ".join((*said.codes, said.words))
    if said.about:
        return next((name for name in sent if name in said.about), "") if _REFUSING.search(text) else ""
    return next((name for name in sent if _is_refused(name, text)), "")


def _is_refused(name: str, text: str) -> bool:
    """Return whether a text names a parameter near words that refuse one."""
    return any(
        found.start() - refusing.end() <= NEAR and refusing.start() - found.end() <= NEAR
        for found in re.finditer(rf"(?<![\w-]){name}(?![\w-])", text)
        for refusing in _REFUSING.finditer(text)
    )


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []
