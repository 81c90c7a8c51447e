"""What is served is what was promoted, asked as its gate asked it; anything else is refused."""

from pathlib import Path

import pytest

from harness.config.models import ModelConfig
from harness.config.read import load_config
from harness.deploy.chosen import choose, folder_to_serve
from harness.errors import NoSuchModel, PromotionRefused
from harness.models.answering import digest_adapter
from harness.records.asked import Rendering
from tests.deploy.made import project, promote
from tests.models.fakes import adapter_in, base_in


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ("promoted", ("promoted", "second@2")),
        ("previous", ("previous", "first@1")),
        ("first", ("first", "first@1")),
        ("registry:second@2", ("second", "second@2")),
    ],
)
def test_names_lead_to_promoted_adapters(chosen, wanted, names):
    """By an alias, by a name, by a name with its entry."""
    assert chosen(wanted).names == names


def test_what_was_never_promoted_is_not_served(tmp_path, base, chosen):
    """The text says what to do."""
    (tmp_path / "other").mkdir()
    other = project(tmp_path / "other", base, "")
    adapter_in(other.adapters / "only")

    with pytest.raises(NoSuchModel, match="promoted was first, second"):
        chosen("third")
    with pytest.raises(PromotionRefused, match="nothing is promoted yet; run pytest suites/, then harness promote"):
        choose_in(other, "promoted")
    promote(other, base, "only")
    with pytest.raises(PromotionRefused, match="only@1 is the first that was promoted"):
        choose_in(other, "previous")


def choose_in(registry, wanted):
    """Return what is served of another project."""
    root = registry.adapters.parent
    return choose(wanted, load_config(root / "harness.toml"), root, print)


def test_a_folder_that_holds_another_adapter_is_not_served(registry, chosen):
    """Whoever wrote there."""
    adapter_in(registry.adapters / "second", weights=b"another")

    with pytest.raises(PromotionRefused, match="holds another adapter"):
        chosen()


def test_a_base_model_that_was_not_gated_is_not_served(tmp_path, chosen):
    """Its digest decides."""
    other = base_in(tmp_path / "other-base")
    (other / "config.json").write_text('{"changed": true}')

    with pytest.raises(PromotionRefused, match="was gated on the base model tiny"):
        chosen(base_model=str(other))


def test_a_template_that_was_not_gated_is_not_served(registry, chosen):
    """Also where its values changed."""
    (registry.adapters.parent / "own.jinja").write_text("{{ messages }}!")

    for changed in ({"chat_template": "own.jinja"}, {"template_args": {"short": True}}, {"prompt_format": "raw"}):
        with pytest.raises(PromotionRefused, match="another chat template, other template_args"):
            chosen(**changed)


def test_settings_of_the_table_that_was_gated_are_found(registry, base, chosen):
    """Where the ones of the checkout are others."""
    (registry.adapters.parent / "own.jinja").write_text("{{ messages }}!")
    promote(registry, base, "first", Rendering(template="{{ messages }}!"))
    table = ModelConfig(adapter="adapters/first", chat_template="own.jinja", args=("--seed", "1"))

    found = chosen(models={"mine": table})

    assert (found.entry.name, found.rendering.template) == ("first@3", "{{ messages }}!")
    assert (found.engine.kind, found.engine.args) == ("vllm", ("--seed", "1"))
    with pytest.raises(PromotionRefused, match="another chat template"):
        chosen()


def test_a_server_reads_a_copy_that_stays_as_it_is(registry, chosen):
    """Also when the adapter's folder is written to while it is served; a changed copy is refused."""
    model = chosen().model

    folder = folder_to_serve(model)

    assert digest_adapter(registry.adapters / "second") == digest_adapter(Path(folder))
    adapter_in(registry.adapters / "second", weights=b"another")
    assert folder_to_serve(model) == folder
    (adapter_in(registry.adapters / "x", weights=b"y") / "adapter_model.safetensors").replace(
        f"{folder}/adapter_model.safetensors"
    )
    with pytest.raises(PromotionRefused, match="this copy of second was changed"):
        folder_to_serve(model)
