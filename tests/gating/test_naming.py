"""What a name means, and which tables are refused."""

import pytest

from harness.config.models import ModelConfig
from harness.config.whole import HarnessConfig
from harness.errors import ConfigError, NoSuchModel
from harness.gating.naming import check_tables, default_baseline, meaning
from tests.models.fakes import adapter_in

THINKING = {"enable_thinking": False}


def named(name, root, **settings: object):
    """Return what a name means under these settings."""
    return meaning("candidate", name, HarnessConfig(base_model="tiny", **settings), root)


def test_the_prefix_of_a_name_says_where_its_answers_come_from(tmp_path):
    """What follows it is the model's name there."""
    kinds = {name: (one.kind, one.model) for name in NAMES for one in [named(name, tmp_path)]}

    assert kinds == {
        "base": ("here", "base"),
        "adapters/mine": ("here", "adapters/mine"),
        "run:7#baseline": ("saved", "7#baseline"),
        "openai:gpt-x": ("hosted", "gpt-x"),
        "served:org/mine": ("served", "org/mine"),
    }


NAMES = ("base", "adapters/mine", "run:7#baseline", "openai:gpt-x", "served:org/mine")


def test_an_adapter_is_rendered_as_its_base_model(tmp_path):
    """What is set beside ``base_model`` holds for all adapters on it."""
    one = named("adapters/mine", tmp_path, template_args=THINKING, prompt_format="raw")

    assert (one.settings.base, one.settings.adapter) == ("tiny", "adapters/mine")
    assert (one.settings.template_args, one.settings.prompt_format) == (THINKING, "raw")
    assert one.declared == ()


def test_a_table_on_the_same_base_model_adds_to_what_is_set_for_it(tmp_path):
    """It declares what it changes, and nothing else."""
    tables = {"loud": ModelConfig(template_args={"loud": True}), "fast": ModelConfig(args=("--seed", "1"))}

    loud, fast = (named(name, tmp_path, models=tables, template_args=THINKING) for name in tables)

    assert loud.settings.template_args == {**THINKING, "loud": True}
    assert (loud.settings.base, loud.declared) == ("tiny", ("chat template",))
    assert (fast.settings.template_args, fast.declared) == (THINKING, ("engine",))


def test_another_base_model_takes_over_nothing_and_is_a_declared_difference(tmp_path):
    """A template that is set beside ``base_model`` is for that model."""
    one = named("large", tmp_path, models={"large": ModelConfig(base="other")}, template_args=THINKING)

    assert (one.settings.base, one.settings.template_args) == ("other", {})
    assert one.declared == ("base model", "chat template")


def test_an_adapter_of_a_table_is_compared_with_its_own_base_model(tmp_path):
    """A fully trained model is compared with the base model of the settings, a saved run with its own baseline."""
    tables = {"mine": ModelConfig(base="other", adapter="a", served_as="x"), "full": ModelConfig(base="full")}
    config = HarnessConfig(base_model="tiny", models=tables)

    bases = [
        default_baseline(meaning("candidate", name, config, tmp_path), config, tmp_path)
        for name in ("mine", "full", "run:7")
    ]

    assert [(one.settings.base, one.settings.adapter, one.settings.served_as) for one in bases[:2]] == [
        ("other", None, None),
        ("tiny", None, None),
    ]
    assert (bases[2].kind, bases[2].model) == ("saved", "7#baseline")


@pytest.mark.parametrize("name", ["base", "run:7", "openai:gpt-x", "served:mine", "registry:mine", "a/b", "--port", ""])
def test_a_table_whose_name_means_something_else_is_refused(name):
    """A name has one meaning."""
    with pytest.raises(ConfigError, match="give the table another name"):
        check_tables(HarnessConfig(models={name: ModelConfig()}))


def test_a_table_and_an_adapters_folder_of_one_name_are_refused(tmp_path):
    """Unless the folder is the table's own."""
    adapter_in(tmp_path / "mine")

    with pytest.raises(
        ConfigError, match=r"mine is the table \[models.mine\] .* and also an adapter's folder; write ./"
    ):
        named("mine", tmp_path, models={"mine": ModelConfig(adapter="other")})
    assert named("mine", tmp_path, models={"mine": ModelConfig(adapter="./mine")}).table == "mine"


def test_a_table_as_the_adapter_of_a_table_is_told_as_such(tmp_path):
    """A folder of that name is an adapter as any other."""
    tables = {"mine": ModelConfig(adapter="triage"), "triage": ModelConfig(adapter="adapters/triage")}

    with pytest.raises(ConfigError, match=r"\[models.mine\] adapter = 'triage': .* names the table \[models.triage\]"):
        named("mine", tmp_path, models=tables)
    adapter_in(tmp_path / "triage")
    assert named("mine", tmp_path, models=tables).settings.adapter == "triage"


def test_an_empty_name_behind_served_is_refused(tmp_path):
    """As an unset variable of a shell gives."""
    with pytest.raises(NoSuchModel, match="the candidate is 'served:', which is not the name of a model"):
        named("served:", tmp_path)
