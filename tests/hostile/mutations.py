"""Valid files made wrong in every way that hypothesis can think of: other values, keys and bytes, cut and nested."""

import copy
import json
import os
import re
import time
from collections.abc import Callable

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from harness.errors import HarnessError
from harness.records.record import Json

SECONDS = float(os.environ.get("HARNESS_FUZZ_SECONDS", "0"))
"""How long each reader is tried with ever new examples, after the fixed ones; `make fuzz` sets 60."""
DEEP = 3_000
ODD_TEXT = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["", " ", "\0", "\n", "../../etc", "{{ x }}", "=1+1", "\u202e", "\ufeff", "1e999", "9" * 400, "null"]
    ),
)
ODD_NUMBERS = st.one_of(
    st.integers(), st.floats(), st.sampled_from([2**63, -(2**63) - 1, 10**30, 1e308, -0.0, float("nan"), float("inf")])
)
ODD_VALUES: st.SearchStrategy[Json] = st.recursive(
    st.one_of(st.none(), st.booleans(), ODD_NUMBERS, ODD_TEXT),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(ODD_TEXT, inner, max_size=3)),
    max_leaves=5,
)
ODD_TOML = (
    "",
    "[]",
    "{}",
    "[[]]",
    '""',
    "-1",
    "0",
    "1e400",
    "nan",
    "-inf",
    "true",
    "1979-05-27",
    '"\\u0000"',
    "[1, 'a']",
)


@st.composite
def odd_json(draw: st.DrawFn, sound: Json) -> bytes:
    """A JSON document with one to three changes, as bytes; sometimes the bytes are damaged too."""
    document = copy.deepcopy(sound)
    for _ in range(draw(st.integers(0, 3))):
        document = _changed(draw, document)
    text = json.dumps(document, ensure_ascii=draw(st.booleans()))
    return _damaged(draw, text.encode("utf-8", "surrogatepass"))


@st.composite
def odd_lines(draw: st.DrawFn, sound: list[Json]) -> bytes:
    """JSON Lines of which one line is changed, given twice, or damaged."""
    lines = [json.dumps(line).encode() for line in sound]
    place = draw(st.integers(0, len(lines) - 1))
    lines[place] = draw(odd_json(sound[place]))
    if draw(st.booleans()):
        lines.append(lines[draw(st.integers(0, len(lines) - 1))])
    return draw(st.sampled_from([b"\n", b"\r\n", b"\n\n", b"\r"])).join(lines)


@st.composite
def odd_toml(draw: st.DrawFn, sound: str) -> bytes:
    """A TOML file with a value changed, or a line dropped, given twice or moved."""
    lines = sound.splitlines()
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(lines) - 1))
        key = re.match(r"\s*[\w.\"-]+\s*=", lines[place])
        change = draw(st.sampled_from(["value", "drop", "twice", "move", "text"]))
        if change == "value" and key:
            lines[place] = f"{key[0]} {draw(st.sampled_from(ODD_TOML))}"
        elif change == "drop" and len(lines) > 1:
            del lines[place]
        elif change == "twice":
            lines.append(lines[place])
        elif change == "move":
            lines.insert(0, lines.pop(place))
        else:
            lines[place] = draw(ODD_TEXT)
    return _damaged(draw, "\n".join(lines).encode("utf-8", "surrogatepass"))


@st.composite
def odd_bytes(draw: st.DrawFn, sound: bytes) -> bytes:
    """A file that is no text, damaged in one to three places."""
    for _ in range(draw(st.integers(1, 3))):
        sound = _damaged(draw, sound)
    return sound


def _changed(draw: st.DrawFn, document: Json) -> Json:
    """Return the document with one value in it replaced, left out, wrapped or renamed."""
    places = list(_places(document))
    if not places:
        return draw(ODD_VALUES)
    holder, key = draw(st.sampled_from(places))
    change = draw(st.sampled_from(["value", "value", "value", "drop", "rename", "deep", "swap"]))
    if change == "drop":
        del holder[key]
    elif change == "rename" and isinstance(holder, dict):
        holder[draw(ODD_TEXT)] = holder.pop(key)
    elif change == "deep":
        holder[key] = [holder[key]] * 2
    elif change == "swap":
        other, name = draw(st.sampled_from(places))
        holder[key] = copy.deepcopy(other[name])
    else:
        holder[key] = draw(ODD_VALUES)
    return document


def _places(document: Json):  # noqa: ANN202 - every (list or dict, key) at any depth
    if isinstance(document, dict):
        keys = list(document)
    elif isinstance(document, list):
        keys = list(range(len(document)))
    else:
        return
    for key in keys:
        yield document, key
        yield from _places(document[key])


def _damaged(draw: st.DrawFn, data: bytes) -> bytes:
    """Return the bytes, in half of all cases cut, turned, nested too deeply, or with bytes that are not text."""
    damage = draw(st.sampled_from(["", "", "", "cut", "flip", "bom", "bytes", "deep", "nothing"]))
    place = draw(st.integers(0, max(len(data) - 1, 0)))
    if damage == "cut":
        return data[:place]
    if damage == "flip" and data:
        return data[:place] + bytes([data[place] ^ (1 << draw(st.integers(0, 7)))]) + data[place + 1 :]
    if damage == "bom":
        return b"\xef\xbb\xbf" + data
    if damage == "bytes":
        return (
            data[:place]
            + draw(st.sampled_from([b"\0", b"\xff\xfe", b"\xed\xa0\x80", b"\\ud800", b"\r"]))
            + data[place:]
        )
    if damage == "deep":
        return data[:place] + b"[" * DEEP + data[place:]
    return b"" if damage == "nothing" else data


def holds(read: Callable[[bytes], object], odd: st.SearchStrategy[bytes], examples: int = 150) -> None:
    """Check that ``read`` takes or refuses each file, the latter by an error of the product with a text of one line.

    The first examples are the same each time; with HARNESS_FUZZ_SECONDS new ones follow for that long.
    """

    def check(data: bytes) -> None:
        said = "taken"
        try:
            read(data)
        except HarnessError as problem:
            said = str(problem)

        assert len(said.splitlines()) == 1, said

    quiet = settings(deadline=None, suppress_health_check=list(HealthCheck), database=None)
    settings(quiet, max_examples=examples, derandomize=True)(given(odd)(check))()
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        number = time.monotonic_ns()
        seed(number)(settings(quiet, max_examples=500)(given(odd)(check)))()
