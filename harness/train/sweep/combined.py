"""The combinations of a sweep: for each its settings, and the name of its adapter."""

import itertools
import math
import posixpath
import re
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

import msgspec

from harness.errors import ConfigError
from harness.records.record import Json, Record, digest
from harness.text.toml import build, read_toml
from harness.train.config import TrainConfig
from harness.train.sweep.varied import VARY, Varied

MOST = 16
"""So many combinations are trained without being asked for by ``--most``."""
UNSAFE = re.compile(r"[^A-Za-z0-9._-]")
"""What can't be in the name of a repository on a hub, a tag of a registry, or a test's id."""
LONGEST = 120
"""Characters of a name; file systems allow 255 bytes, of which work beside it needs some."""


class Combination(Record, frozen=True, kw_only=True):
    """One training of a sweep: the name of its adapter, the value of each varied key, and its settings."""

    name: str
    values: dict[str, Json]
    config: TrainConfig

    @property
    def told(self) -> str:
        """The values in words."""
        return told_values(self.values)


def told_values(values: Mapping[str, Json]) -> str:
    """Return the values of a combination in words.

    >>> told_values({"learning_rate": 0.0001, "packing": True})
    'learning_rate 0.0001, packing true'
    """
    return ", ".join(f"{key} {text_of(value)}" for key, value in values.items())


def combinations(settings: Path, varied: Sequence[Varied], most: int | None) -> tuple[Combination, ...]:
    """Return every combination of the values, over the settings in a file.

    Raises:
        ConfigError: the file or a value is wrong, two combinations are equal, or there are more than ``most`` or, where
            that is None, than ``MOST``.
    """
    number = math.prod(len(one.values) for one in varied)
    if number > (most or MOST):
        counted = " x ".join(str(len(one.values)) for one in varied)
        raise ConfigError(
            f"{VARY}: these are {number:,} combinations ({counted}), each of them a training and a candidate, and the "
            f"best of many has to be better to pass; at most {most or MOST:,} are taken. Vary less, or see what they "
            f"cost with --dry-run --most {number}, and train them with --most {number}"
        )
    content = read_toml(settings, ConfigError)
    output = PurePosixPath(build(content, TrainConfig, str(settings), ConfigError).output)
    keys = [one.key for one in varied]
    found = [
        _combination(content, dict(zip(keys, values, strict=True)), settings)
        for values in itertools.product(*(one.values for one in varied))
    ]
    names = _names(output.name, [values for values, _ in found])
    made = tuple(
        Combination(name=name, values=values, config=msgspec.structs.replace(config, output=str(output.parent / name)))
        for name, (values, config) in zip(names, found, strict=True)
    )
    _refuse_equal(made)
    return made


def _refuse_equal(found: Sequence[Combination]) -> None:
    seen: dict[str, Combination] = {}
    for one in found:
        files = tuple(map(posixpath.normpath, one.config.train))
        key = digest(msgspec.structs.replace(one.config, output="", train=files))
        if key in seen:
            raise ConfigError(
                f"{VARY}: {seen[key].told} and {one.told} are the same training, and one that is there twice makes "
                "the choice look larger than it is; leave one of them out"
            )
        seen[key] = one


def _combination(
    content: Mapping[str, object], values: dict[str, Json], settings: Path
) -> tuple[dict[str, Json], TrainConfig]:
    """Return the values as the settings have them (1 is 1.0 where a number with a fraction is meant), and these."""
    place = f"{settings} with {VARY} {told_values(values)}"
    changed: Mapping[str, object] = content
    for key, value in values.items():
        changed = _with(changed, key.split("."), value, place)
    config = build(changed, TrainConfig, place, ConfigError)
    return {key: value if "." in key else getattr(config, key) for key, value in values.items()}, config


def _with(table: Mapping[str, object], key: Sequence[str], value: Json, place: str) -> dict[str, object]:
    first, *rest = key
    if not rest:
        return {**table, first: value}
    inner = table.get(first, {})
    if not isinstance(inner, Mapping):
        raise ConfigError(f"{place}: `{first}` is not a table, so it has no `{'.'.join(rest)}`")
    return {**table, first: _with(inner, rest, value, place)}


def _names(output: str, found: Sequence[Mapping[str, Json]]) -> list[str]:
    """Return a name for each combination: safe everywhere, and its own."""
    names = [
        "-".join([output, *(f"{key.rpartition('.')[2]}-{text_of(value)}" for key, value in one.items())])
        for one in found
    ]
    safe = [UNSAFE.sub("_", name) for name in names]
    return [
        name if safe.count(name) == 1 and len(name) <= LONGEST else f"{name[:LONGEST]}-{digest(values)[:8]}"
        for name, values in zip(safe, found, strict=True)
    ]


def text_of(value: object) -> str:
    """Return a value as it stands in names and tables: the same for 1e-4 and 0.0001.

    >>> [text_of(value) for value in (0.0001, 1.0, 1e-05, 1e30, True, ("a", "b"), "lora")]
    ['0.0001', '1', '1e-05', '1e30', 'true', 'a_b', 'lora']
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        short = f"{value:g}"
        return (short if float(short) == value else repr(value)).replace("e+", "e")
    if isinstance(value, (list, tuple)):
        return "_".join(map(text_of, value))
    if isinstance(value, Mapping):
        return "_".join(f"{key}_{text_of(inner)}" for key, inner in value.items())
    return str(value)
