"""TOML settings: a mistake is named with its place and the nearest known key."""

import pytest

from harness.config import HarnessConfig, load_config
from harness.errors import ConfigError, InputError
from harness.records import Gate
from harness.tomlfile import build


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('base_modl = "x"', "unknown key `base_modl`; did you mean `base_model`?"),
        ('[engine]\nkind = "vllm"\nin_fligt = 3', "unknown key `in_fligt` in [engine]; did you mean `in_flight`?"),
        ("zzz = 1", "unknown key `zzz`; known keys: base_model, candidate"),
        ('[engine]\nin_flight = "many"', "Expected `int`, got `str` in `engine.in_flight`"),
        ("[engine", "not valid TOML"),
        (b"base_model = '\xff'", "not UTF-8 at byte 14"),
    ],
)
def test_a_wrong_setting_is_explained(tmp_path, content, words):
    """The text names the file, the key, and what to write instead."""
    path = tmp_path / "harness.toml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())

    with pytest.raises(ConfigError) as caught:
        load_config(path)

    assert str(caught.value).startswith(str(path))
    assert words in str(caught.value)


def test_no_file_means_the_defaults(tmp_path):
    """A project may gate adapters without a harness.toml."""
    assert load_config(tmp_path / "harness.toml") == HarnessConfig()


def test_settings_in_code_are_checked_the_same_way():
    """What a suite passes to gate() meets the same check as a file."""
    with pytest.raises(InputError, match="gate\\(\\): unknown key `flor`; did you mean `floor`"):
        build({"flor": 0.5}, Gate, "gate()")
