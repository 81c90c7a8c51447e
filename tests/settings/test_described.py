"""The settings as they are explained: all of them, each with type, default and meaning."""

import re

import msgspec
import pytest

from harness.config.prices import Prices
from harness.config.whole import HarnessConfig
from harness.settings.described import attribute_docstrings, described_tables
from scripts.settings_page import FILE, page_text

TABLES = {table.name: {one.key: one for one in table.settings} for table in described_tables()}


def structs_in(kind: object) -> list[type[msgspec.Struct]]:
    """Return the structs that a type has in it, at any depth."""
    inner = [found for one in getattr(kind, "__args__", ()) for found in structs_in(one)]
    if not hasattr(kind, "__struct_fields__"):
        return inner
    return [kind, *(found for field in msgspec.structs.fields(kind) for found in structs_in(field.type))]


def test_every_field_of_every_table_is_explained():
    """By the types alone: no list of keys has to be kept."""
    keys = [field for kind in {*structs_in(HarnessConfig), Prices} for field in kind.__struct_fields__]

    told = [key for settings in TABLES.values() for key in settings]

    tables = [
        "models",
        "models",
        "engine",
        "ray",
        "judge",
        "judges",
        "gates",
        "review",
        "data",
        "logs",
        "mapping",
        "registry",
        "drift",
        "share",
        "prices",
        "prices",
    ]
    assert sorted([*told, *tables]) == sorted(keys)


def test_the_tables_are_named_as_in_the_file():
    """NAME and MODEL where the user chooses."""
    assert list(TABLES) == [
        "",
        "models.NAME",
        "engine",
        "engine.ray",
        "judge",
        "judges.NAME",
        "gates",
        "review",
        "data",
        'data.prices."NAME"',
        "logs.mapping",
        "registry",
        "drift",
        "share",
        "prices",
        'prices."MODEL"',
    ]


@pytest.mark.parametrize(
    ("table", "key", "kind", "default"),
    [
        ("engine", "kind", 'one of "openai", "ray", "transformers", "vllm"', '"vllm"'),
        ("engine", "base_url", "text", None),
        ("engine", "gpu_memory", "number above 0 to 1", "0.85"),
        ("engine", "args", "list of texts", "[]"),
        ("engine", "env", "table of texts", "{}"),
        ("", "noise_sample", "whole number from 0", "20"),
        ("", "template_args", "table of any values", "{}"),
        ("review", "min_win_rate", "number above 0 below 1", "0.45"),
        ("gates", "guarantee", "true or false", "false"),
        ('prices."MODEL"', "input", "number from 0", None),
    ],
)
def test_types_and_defaults_are_in_words(table, key, kind, default):
    """As they would be written."""
    setting = TABLES[table][key]

    assert (setting.kind, setting.default) == (kind, default)


def test_each_meaning_is_a_sentence_of_its_own():
    """Without Python's None, which TOML doesn't have, and without reStructuredText's double backticks."""
    meanings = [one.meaning for settings in TABLES.values() for one in settings.values()]

    assert all(re.fullmatch(r"[\w\[`\"].{5,}\.", text) for text in meanings)
    assert not [text for text in meanings if "None" in text or "``" in text]


def test_docstrings_under_fields_are_read_with_their_line_breaks_joined():
    """A field without one is left out, so that it is missed where all must be explained."""
    import tests.settings.test_described as here

    assert attribute_docstrings(here)["Sample"] == {"told": "On two lines."}


class Sample(msgspec.Struct):
    """A class to read."""

    told: int = 1
    """On
    two lines."""
    untold: int = 2
    also_untold: int = 3


def test_the_page_of_settings_is_up_to_date():
    """After a change of a setting or an extra: python scripts/settings_page.py."""
    assert FILE.read_text(encoding="utf-8") == page_text()
