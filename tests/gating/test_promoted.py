"""The promoted adapter as a side of a run: by default, and by its name."""

import msgspec
import pytest

from harness.config.models import ModelConfig
from harness.config.whole import HarnessConfig
from harness.errors import NoSuchModel, PromotionRefused
from harness.gating.known_models import KnownModels
from harness.models.answering import digest_base
from tests.models.fakes import adapter_in, base_in
from tests.registry.made import judged, override, project, promote
from tests.saved_runs import empty_run

CONFIG = HarnessConfig(base_model="tiny")


@pytest.fixture
def registry(tmp_path):
    """Return the registry of a project with its base model."""
    base_in(tmp_path / "tiny")
    return project(tmp_path)


def baseline(tmp_path, candidate: str, config: HarnessConfig = CONFIG) -> tuple[str, str]:
    """Return what a candidate is compared with, and why."""
    known = KnownModels(config, tmp_path, lambda _line: None)
    named = known.baseline_of(known.candidate(candidate))
    return named.settings.adapter or named.settings.base or named.model, known.why_baseline


def put_in(registry, tmp_path, name: str, base: str) -> None:
    """Promote an adapter on a base model of this digest."""
    model = msgspec.structs.replace(empty_run().baseline, base_digest=base)
    own = {"adapter": name, "adapter_digest": registry._known(registry.find(name)).digest}
    run = judged(tmp_path, name, baseline=model, candidate=msgspec.structs.replace(model, **own))
    registry.promote(registry.find(name), run, override("it is said so"))


def test_where_nothing_is_promoted_the_base_model_is_the_baseline(registry, tmp_path):
    """Without a word: it goes without saying."""
    assert baseline(tmp_path, "adapters/second") == ("tiny", "")


def test_the_promoted_adapter_of_the_same_base_model_is_the_baseline(registry, tmp_path):
    """The line says which and why, and names nobody's address."""
    put_in(registry, tmp_path, "first", digest_base(tmp_path / "tiny"))

    chosen, why = baseline(tmp_path, "adapters/second")

    assert chosen == "adapters/first"
    assert why == "baseline: first@1, promoted on 2026-11-27 by Ada; --baseline names another one"


def test_what_was_overridden_at_its_promotion_is_said(registry, tmp_path):
    """In every run that is compared with it."""
    run = judged(tmp_path, "first", outcome="failed")
    entry = registry.promote(registry.find("first"), run, override("it must be"))

    from harness.gating.promoted import as_baseline

    base = msgspec.structs.replace(empty_run().baseline)
    _, why = as_baseline(entry, ModelConfig(base="tiny"), base, CONFIG, tmp_path)

    assert "though something was missing then: run 0001-2026-11-27-abcd failed" in why


@pytest.mark.parametrize(
    ("digest", "candidate", "told"),
    [
        ("f" * 64, "adapters/second", "is on another one (tiny)"),
        ("", "adapters/first", "is the promoted adapter itself"),
    ],
)
def test_else_the_base_model_is_the_baseline_and_the_line_says_why(registry, tmp_path, digest, candidate, told):
    """One that is on another base model, or that would be compared with itself."""
    put_in(registry, tmp_path, "first", digest or digest_base(tmp_path / "tiny"))

    chosen, why = baseline(tmp_path, candidate)

    assert chosen == "tiny"
    assert told in why


def test_a_baseline_that_is_named_wins_and_a_saved_run_has_its_own(registry, tmp_path):
    """Whatever is promoted."""
    put_in(registry, tmp_path, "first", digest_base(tmp_path / "tiny"))

    assert baseline(tmp_path, "adapters/second", msgspec.structs.replace(CONFIG, baseline="base")) == ("tiny", "")
    assert baseline(tmp_path, "run:7") == ("7#baseline", "")


def test_an_adapter_of_a_table_is_compared_with_the_promoted_one_in_the_tables_own_way(registry, tmp_path):
    """On the same base model, with the template of the table."""
    put_in(registry, tmp_path, "first", digest_base(tmp_path / "tiny"))
    tables = {"ours": ModelConfig(base="tiny", adapter="adapters/second", template_args={"loud": True}, served_as="x")}
    known = KnownModels(msgspec.structs.replace(CONFIG, models=tables), tmp_path, lambda _line: None)

    settings = known.baseline_of(known.candidate("ours")).settings

    assert (settings.adapter, settings.template_args, settings.served_as) == ("adapters/first", {"loud": True}, None)


def test_what_was_promoted_and_is_gone_or_another_is_an_error_and_nothing_takes_its_place(registry, tmp_path):
    """As the default baseline, and by its name."""
    put_in(registry, tmp_path, "first", digest_base(tmp_path / "tiny"))
    adapter_in(tmp_path / "adapters" / "first", weights=b"trained again")
    with pytest.raises(PromotionRefused, match="holds another adapter"):
        baseline(tmp_path, "adapters/second")
    (tmp_path / "adapters" / "first" / "adapter_config.json").unlink()

    for candidate in ("adapters/second", "registry:first"):
        with pytest.raises(PromotionRefused, match="the folder is gone"):
            baseline(tmp_path, candidate)


def test_an_adapter_is_named_by_its_promotion(registry, tmp_path):
    """As a candidate too; a name that nobody promoted means nothing."""
    promote(registry, tmp_path, "first")
    known = KnownModels(CONFIG, tmp_path, lambda _line: None)

    assert known.candidate("registry:first@1").settings.adapter == "adapters/first"
    for name in ("registry:second", "registry:first@2", "registry:"):
        with pytest.raises(NoSuchModel):
            known.candidate(name)
