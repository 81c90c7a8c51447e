"""The settings that hold in one checkout, each with where it comes from, and without what must stay secret."""

from collections.abc import Callable, Iterator, Mapping

import msgspec

from harness.config.whole import HarnessConfig
from harness.records.record import Json, Record
from harness.settings.written import as_key, as_toml
from harness.text.secrets import MASK, hide_login

ENV = "env"
"""The setting with variables of an environment, whose values are never shown: any can be a token."""
SETTINGS = {"template_args"}
"""Dictionaries above all tables that are one setting."""
TABLES = {("models",), ("judges",), ("prices",), ("data", "prices"), ("logs",), ("engine", "ray")}
"""Tables whose own entries are tables, and tables that stand in another one."""


class Effective(Record, frozen=True, kw_only=True):
    """One setting as it holds."""

    table: str
    """As in the file; empty above all tables."""
    key: str
    value: str | None
    """As it would be written; None where it is left out."""
    is_written: bool
    """Whether the file says so; otherwise it is the default."""


def effective_settings(
    config: HarnessConfig, written: Mapping[str, Json], mask: Callable[[str], str]
) -> tuple[Effective, ...]:
    """Return every setting of ``config``, which was read from ``written``; ``mask`` takes secrets out of a text."""
    whole = msgspec.to_builtins(config)
    whole["prices"] = {"currency": config.price_table.currency, **whole["prices"]}
    return tuple(_settings_in((), whole, written, mask))


def _settings_in(
    table: tuple[str, ...], values: Mapping[str, Json], written: Mapping[str, Json], mask: Callable[[str], str]
) -> Iterator[Effective]:
    """Yield what a table says itself, then what the tables in it say."""
    tables = [key for key, value in values.items() if isinstance(value, dict) and _holds_tables(table, key)]
    for key, value in values.items():
        if key not in tables:
            text = None if value is None else as_toml(_names_alone(value) if key == ENV else value)
            shown = None if text is None else mask(hide_login(text))
            yield Effective(table=as_key(table), key=as_key([key]), value=shown, is_written=key in written)
    for key in tables:
        yield from _settings_in((*table, key), _dict(values[key]), _dict(written.get(key)), mask)


def _holds_tables(table: tuple[str, ...], key: str) -> bool:
    """Tell whether a dictionary is a table of settings, and not one setting, as ``template_args`` and ``env`` are."""
    return table in TABLES or (*table, key) in TABLES or (not table and key not in SETTINGS)


def _dict(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, dict) else {}


def _names_alone(value: Json) -> Json:
    return dict.fromkeys(_dict(value), MASK)
