"""TOML settings: a mistake is named with its place and the nearest known key."""

from typing import Literal

import msgspec
import pytest

from harness.config.prices import Price, Prices
from harness.config.read import load_config
from harness.config.whole import HarnessConfig
from harness.errors import ConfigError, InputError
from harness.records.compared import Gate
from harness.text.toml import build


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('base_modl = "x"', "unknown key `base_modl`; did you mean `base_model`?"),
        ('[engine]\nkind = "vllm"\nin_fligt = 3', "unknown key `in_fligt` in [engine]; did you mean `in_flight`?"),
        ("zzz = 1", "unknown key `zzz`; known keys: base_model, "),
        ('[engine]\nin_flight = "many"', "Expected `int`, got `str` in `engine.in_flight`"),
        ("[engine]\nin_flight = 0", "Expected `int` >= 1 in `engine.in_flight`"),
        ("[engine]\nrequest_timeout_s = 0.0", "Expected `float` > 0.0 in `engine.request_timeout_s`"),
        ("[engine]\ngpu_memory = 85.0", "Expected `float` <= 1.0 in `engine.gpu_memory`"),
        (
            '[models.a]\nbase = "b"\ntemplate_args = { a = ["b", [nan]] }',
            "`models.a.template_args.a.1.0` must be a finite",
        ),
        ("noise_sample = -1", "Expected `int` >= 0 in `noise_sample`"),
        ('[prices."openai:x"]\ninptu = 1', "unknown key `inptu` in [prices.*]; did you mean `input`?"),
        ("[prices.tiny]\nper_hour = -1.0", "Expected `float` >= 0.0 in `prices[...].per_hour`"),
        ("[prices.tiny]\ninput = 1.0", "a price is input and output for each million tokens, or per_hour alone"),
        ("[prices.tiny]\ninput = 1.0\noutput = 1.0\nper_hour = 1.0", "or per_hour alone in `prices[...]`"),
        ("[prices.tiny]", "a price is input and output"),
        ('[prices]\ncurency = "EUR"', "`curency` is neither"),
        ("[prices.currency]\nper_hour = 1.0", "`currency` is neither"),
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


def test_a_price_table_holds_a_currency_and_models(tmp_path):
    """Names of models are free, dots and colons among them; without a currency it is dollars."""
    path = tmp_path / "harness.toml"
    path.write_text('[prices]\ncurrency = "EUR"\n[prices."openai:gpt-5.1"]\ninput = 0.25\noutput = 2\n')

    table = load_config(path).price_table

    assert table == Prices(currency="EUR", models={"openai:gpt-5.1": Price(input=0.25, output=2.0)})
    assert HarnessConfig().price_table == Prices(currency="USD", models={})


def test_no_file_means_the_defaults(tmp_path):
    """A project may gate adapters without a harness.toml."""
    assert load_config(tmp_path / "harness.toml") == HarnessConfig()


class Inner(msgspec.Struct, forbid_unknown_fields=True):
    """A table."""

    floor: float = 0.0


class Outer(msgspec.Struct, forbid_unknown_fields=True):
    """Tables that can be left out."""

    inner: Inner | msgspec.UnsetType = msgspec.UNSET
    named: dict[str, Inner] | msgspec.UnsetType = msgspec.UNSET
    sizes: tuple[Literal["small", "large"], ...] = ()
    times: Literal[1, 2] | msgspec.UnsetType = msgspec.UNSET


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"inner": {"flor": 1}}, "unknown key `flor` in [inner]; did you mean `floor`?"),
        ({"named": {"a": {"flor": 1}}}, "unknown key `flor` in [named.*]; did you mean `floor`?"),
        ({"innr": {}}, "unknown key `innr`; did you mean `inner`?"),
        ({"sizes": ["small", "big"]}, "Invalid enum value 'big' in `sizes[1]`; take one of 'small', 'large'"),
        ({"times": 3}, "Invalid enum value 3 in `times`; take one of 1, 2"),
        (
            {"sizes": ["` - at `$.times"]},
            "Invalid enum value '` in `times' in `sizes[0]`; take one of 'small', 'large'",
        ),
    ],
)
def test_an_unknown_key_in_a_table_that_can_be_left_out_is_explained(content, words):
    """As in any other."""
    with pytest.raises(InputError) as error:
        build(content, Outer, "here")

    assert str(error.value) == f"here: {words}"


def test_settings_in_code_are_checked_the_same_way():
    """What a suite passes to gate() meets the same check as a file."""
    with pytest.raises(InputError, match="gate\\(\\): unknown key `flor`; did you mean `floor`"):
        build({"flor": 0.5}, Gate, "gate()")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (f"a = {'[' * 50_000}", "not valid TOML: "),
        (f"noise_sample = {'9' * 5_000}", "not valid TOML: "),
        ('"\\u001b[31m\\nx" = 1', "unknown key `\\x1b[31m x`"),
        ("[engine]\nrequest_timeout_s = inf", "Expected `float` <= 10000000"),
    ],
)
def test_a_hostile_file_is_refused_in_one_line(tmp_path, content, words):
    """Nested too deeply, a number of thousands of digits, a name that a terminal would obey, a time without an end."""
    path = tmp_path / "harness.toml"
    path.write_text(content)

    with pytest.raises(ConfigError) as refused:
        load_config(path)

    told = str(refused.value)
    assert told.startswith(f"{path}: {words}")
    assert len(told.splitlines()) == 1
    assert told.isprintable()
