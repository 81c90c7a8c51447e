"""The model card: what Hugging Face reads of it, and names that others wrote."""

import msgspec
import pytest
from huggingface_hub import ModelCard

from harness.models.answering import digest_adapter
from harness.records.made_of import SealedTest
from harness.records.parties import Origin
from harness.registry.card import NO_RUN, card_of
from harness.registry.facts import facts_of
from harness.runs.folder import read_run
from harness.runs.listing import read_listing
from harness.train.config import TrainConfig
from harness.train.manifest import Manifest, write_manifest
from tests.registry.made import judged, override, project, promote


@pytest.fixture
def registry(tmp_path):
    """Return the registry of a project."""
    return project(tmp_path)


def card(registry, tmp_path, name: str, run=None) -> str:
    """Return the card of an adapter."""
    entries, runs = registry.ledger.entries(), read_listing(tmp_path / "runs").runs
    return card_of(facts_of(registry.find(name), registry.adapters, runs, entries), read_run(run) if run else None)


def trained(tmp_path, name: str) -> None:
    """Give an adapter the manifest of a training on a model of a hub."""
    loss = {"train_losses": (), "validation_losses": ()}
    digests = {"base_digest": "b", "template_digest": "t", "train_digest": "r" * 64, "validation_digest": None}
    write_manifest(
        tmp_path / "adapters" / name,
        Manifest(
            name=name,
            base="Qwen/Qwen3-8B",
            base_commit="c" * 40,
            settings=TrainConfig(output=name, train=("rows.jsonl",)),
            settings_digest="s",
            adapter_digest=digest_adapter(tmp_path / "adapters" / name),
            versions={"trl": "1.10.0"},
            device="cpu",
            dtype="float32",
            step=8,
            steps=10,
            tokens=12_000,
            seconds=1.0,
            time="2026-11-27T10:00:00+00:00",
            **digests,
            **loss,
        ),
    )


def test_hugging_face_reads_the_figures_with_their_intervals(registry, tmp_path):
    """The base model is named where it is one of a hub."""
    trained(tmp_path, "first")
    run = judged(tmp_path, "first")

    read = ModelCard(card(registry, tmp_path, "first", run)).data

    (result,) = read.eval_results
    assert (read.base_model, read.library_name, read.model_name) == ("Qwen/Qwen3-8B", "peft", "first")
    assert (result.metric_type, result.metric_value, result.dataset_name) == ("latency(p=95)", 0.78, "support_triage")
    assert "95 % interval" in result.metric_name


def test_a_card_says_where_an_adapter_came_from_and_where_its_evidence_ends(registry, tmp_path):
    """Training, promotion, what was overridden, what was taken on trust, whom a sealed test has judged."""
    trained(tmp_path, "first")
    known = {"sealed": (SealedTest(suite="sums", judged=3),), "judge": "tiny"}
    origin = Origin(party="candidate", known_by="server")
    run = judged(tmp_path, "first", outcome="inconclusive", origins=(origin,), **known)
    registry.promote(registry.find("first"), run, override("the old one is down"))

    told = card(registry, tmp_path, "first", run)

    for part in (
        f"Digest of its configuration and weights: `{digest_adapter(tmp_path / 'adapters' / 'first')}`",
        f"digest of the rows: `{'r' * 64}`",
        "entry 1): the old one is down. Overridden: run 0001",
        "**inconclusive**",
        "The sealed test sums has judged 3 candidates",
        "a running server was believed",
        "Some scores are a judge's: tiny",
    ):
        assert part in told
    assert "ada@" not in told


def test_without_a_run_and_a_manifest_nothing_is_made_up(registry, tmp_path):
    """It says that nothing is known."""
    told = card(registry, tmp_path, "second")

    assert NO_RUN in told
    assert "its training data is not known" in told
    assert "base_model" not in told
    assert "model-index" not in told


def test_a_name_that_others_wrote_stays_a_text(registry, tmp_path):
    """In the front matter and below it."""
    run = judged(tmp_path, "first")
    hostile = '"\n---\n<script>alert(1)</script> [x](javascript:alert(2)) @all'
    read = read_run(run)
    verdict = msgspec.structs.replace(
        read.verdicts[0], comparison=msgspec.structs.replace(read.verdicts[0].comparison, scorer=hostile)
    )
    facts = facts_of(registry.find("first"), registry.adapters, (), ())

    told = card_of(facts, msgspec.structs.replace(read, verdicts=(verdict,)))

    assert ModelCard(told).data.eval_results[0].metric_type.startswith('" --- <script>')
    below = told.split("\n---\n", 1)[1]
    assert "<script>" not in below
    assert "](javascript" not in below
    assert "@all" not in below


def test_promotions_are_in_the_order_of_their_entries(registry, tmp_path):
    """A rollback is one more."""
    promote(registry, tmp_path, "first")
    promote(registry, tmp_path, "second", "first")
    registry.roll_back(None, override(""))

    told = card(registry, tmp_path, "first")

    assert told.index("Promoted on 2026-11-27 (entry 1)") < told.index("Promoted again on 2026-11-27 (entry 3)")
