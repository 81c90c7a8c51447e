"""Regular expressions in an adapter's configuration: usual ones pass, endless and broken ones are refused by name."""

import msgspec
import pytest

from harness.errors import AdapterError
from harness.models import patterns
from harness.models.adapter import check_adapter
from harness.models.adapter_config import AdapterConfig
from harness.models.patterns import refuse_endless
from tests.models.fakes import adapter_in, write_config

NAMES = [f"model.layers.{number}.self_attn.{name}" for number in range(30) for name in ("q_proj", "v_proj")]
ENDLESS = r"(\w+\.?)+!"


def config_of(**settings: object) -> AdapterConfig:
    """Return a configuration with some settings."""
    return msgspec.convert({"r": 8} | settings, AdapterConfig)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("target_modules", ENDLESS),
        ("exclude_modules", r"(.*)*(.*)*(.*)*(.*)*(.*)*(.*)*!"),
        ("rank_pattern", {"v_proj": 8, ENDLESS: 16}),
        ("alpha_pattern", {ENDLESS: 16}),
        ("modules_to_save", [ENDLESS]),
        ("layers_pattern", ENDLESS),
    ],
)
def test_a_pattern_that_takes_exponential_time_is_refused_by_its_key(key, value, tmp_path):
    """After a second of computing, in a process of its own."""
    with pytest.raises(AdapterError) as refused:
        refuse_endless(tmp_path / "mine", config_of(**{key: value}), NAMES, most_s=1)

    told = str(refused.value)
    assert told.startswith(f"{tmp_path / 'mine'}: {key} in its adapter_config.json has a pattern that takes too long")
    assert told.endswith("!; write the names of the modules instead")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("target_modules", "(q_proj"),
        ("exclude_modules", "q_proj)"),
        ("rank_pattern", {"[z-a]": 16}),
        ("alpha_pattern", {"*": 16}),
        ("modules_to_save", ["(?P<x"]),
        ("layers_pattern", ["h", "layers("]),
        ("target_modules", "a{99999999999999999999}"),
        ("target_modules", "(" * 5_000 + ")" * 5_000),
    ],
)
def test_a_pattern_that_is_not_one_is_refused_by_its_key(key, value, tmp_path):
    """With the library's reason, before PEFT breaks over it."""
    with pytest.raises(
        AdapterError, match=rf"mine: {key} in its .* a pattern that is not a regular expression: .+: .+; w"
    ):
        refuse_endless(tmp_path / "mine", config_of(**{key: value}), NAMES)


def test_usual_patterns_pass(tmp_path):
    """With what other engines for patterns don't know, as a look ahead."""
    config = config_of(
        target_modules=r"(?i)^(?!.*visual).*layers\.\d+\.self_attn\.(?:q_proj|v_proj)$",
        exclude_modules=r".*\.(lm_head|embed_tokens)",
        rank_pattern={rf"layers\.{number}\..*q_proj": 16 for number in range(300)},
        layers_pattern=["layers", r"h\d?"],
        modules_to_save=[r"score(\.dense)?"],
    )

    assert refuse_endless(tmp_path, config, NAMES) is None


def test_plain_names_start_no_process(tmp_path, monkeypatch):
    """Nearly all adapters have nothing else."""
    monkeypatch.setattr(patterns, "subprocess", None)
    config = config_of(
        target_modules=["q_proj", "(never matched as a pattern"], rank_pattern={"model.layers.0.q_proj": 16}
    )

    assert refuse_endless(tmp_path, config, NAMES) is None
    assert refuse_endless(tmp_path, config_of(target_modules="all-linear"), NAMES) is None


def test_an_adapter_is_refused_before_anything_is_loaded(tmp_path):
    """Also for a server, which would match the pattern with the names in the adapter's file."""
    folder = adapter_in(tmp_path / "mine")
    write_config(folder, rank_pattern={ENDLESS: 16})

    with pytest.raises(
        AdapterError, match=r"mine: rank_pattern in its adapter_config\.json has a pattern that takes too"
    ):
        check_adapter(folder)
