"""``--vary KEY=VALUE,VALUE``: what a sweep varies, as it was typed; a key that train.toml doesn't have is refused."""

import re
import tomllib
from collections.abc import Sequence

import msgspec

from harness.errors import ConfigError
from harness.records.record import Json, Record
from harness.text.toml import nearest
from harness.text.visible import for_terminal
from harness.train.config import TrainConfig
from harness.train.passed_on import OF_LORA, OF_TRAINER

VARY = "--vary"
KEYS = TrainConfig.__struct_fields__
OTHER_NAMES = {"lr": "learning_rate", "batch_size": "rows_per_batch"} | {
    name: ours for name, ours in (OF_TRAINER | OF_LORA).items() if ours in KEYS and name not in KEYS
}
"""What people and libraries call keys of ours."""
BARE = re.compile(r"[\w./@:+-]+(?:,[\w./@:+-]+)*")
"""Words without quotes, which a shell has taken away, or which nobody typed: ``method=lora,qlora``."""


class Varied(Record, frozen=True, kw_only=True):
    """One key of train.toml, with dots between the names of tables, and the values that it takes."""

    key: str
    values: tuple[Json, ...]


def read_varied(words: Sequence[str]) -> tuple[Varied, ...]:
    """Return what each ``KEY=VALUE,VALUE`` varies; values are written as in TOML, single words also without quotes.

    >>> read_varied(["lora_rank=8,16", "trainer.optim=adamw_torch", "packing=true,false"])[1].values
    ('adamw_torch',)

    Raises:
        ConfigError: one has no value, or a key is unknown, given twice, or ``output``.
    """
    found = tuple(map(_varied, words))
    keys = [one.key for one in found]
    for key in keys:
        if keys.count(key) > 1:
            raise ConfigError(f"{VARY} {key}: given twice; write all its values in one, with commas")
    return found


def _varied(word: str) -> Varied:
    key, equals, values = word.partition("=")
    key, shown = key.strip(), for_terminal(word, 80)
    if not equals or not values.strip():
        raise ConfigError(f"{VARY} {shown}: has no values; write {VARY} KEY=VALUE,VALUE")
    _refuse_key(key)
    try:
        return Varied(key=key, values=_values(values.strip()))
    except (ValueError, RecursionError) as problem:
        raise ConfigError(
            f"{VARY} {shown}: not values of TOML with commas between them ({for_terminal(str(problem), 80)}); put "
            f'quotes around the whole, and around each text: {VARY} \'{for_terminal(key, 60)}="one","another"\''
        ) from problem


def _values(text: str) -> tuple[Json, ...]:
    try:
        return _as_toml(text)
    except tomllib.TOMLDecodeError:
        if not BARE.fullmatch(text):
            raise
    return tuple(map(_word, text.split(",")))


def _word(text: str) -> Json:
    try:
        (value,) = _as_toml(text)
    except tomllib.TOMLDecodeError:
        return text
    return value


def _as_toml(text: str) -> tuple[Json, ...]:
    """Return values with commas between them; dates and times are none, since no setting is one."""
    content = tomllib.loads(f"values = [{text}]")
    if content.keys() != {"values"}:  # a line break, and another key behind it
        raise ValueError("more than values")
    return msgspec.convert(content["values"], tuple[Json, ...])


def _refuse_key(key: str) -> None:
    first, _, rest = key.partition(".")
    place = f"{VARY} {for_terminal(key, 60)}"
    if first not in KEYS:
        raise ConfigError(
            f"{place}: train.toml has no such key; {_meant(first)}; those of tables are written with a "
            "dot, as in trainer.weight_decay"
        )
    if rest.startswith(".") or key.endswith("."):
        raise ConfigError(f"{place}: a name is missing beside the dot")
    if first == "output":
        raise ConfigError(f"{place}: can't be varied: each combination gets a folder of its own, named by its values")


def _meant(key: str) -> str:
    """Say which key is meant: by another name of it, by a part of its name, or by how it is written."""
    known = [*KEYS]
    if key in OTHER_NAMES:
        return f"did you mean `{OTHER_NAMES[key]}`?"
    words = set(key.split("_"))
    near = [name for name in known if words <= set(name.split("_"))]
    return f"did you mean `{near[0]}`?" if len(near) == 1 else nearest(key, known)
