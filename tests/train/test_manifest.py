"""The manifest: round trip, no paths, and a digest of what decides an adapter."""

import msgspec

from harness.records.asked import Rendering
from harness.records.trained import TrainedFile
from harness.train.config import TrainConfig
from harness.train.manifest import (
    Loss,
    Manifest,
    Origin,
    read_manifest,
    settings_digest,
    without_places,
    write_manifest,
)

CONFIG = TrainConfig(
    lora_rank=16,
    lora_alpha=32,
    output="/home/anna/adapters/mine",
    train=("/home/anna/train.jsonl",),
    base_model="/models/tiny",
)
ORIGIN = Origin(base="tiny", base_digest="b", template_digest="t", train_digest="d", validation_digest=None)


def manifest() -> Manifest:
    """Return a manifest with every field filled."""
    return Manifest(
        **msgspec.structs.asdict(ORIGIN),
        name="mine",
        settings=without_places(CONFIG, "tiny"),
        settings_digest=settings_digest(CONFIG, ORIGIN),
        adapter_digest="a",
        versions={"torch": "2"},
        device="CPU",
        dtype="float32",
        step=2,
        steps=3,
        tokens=300,
        seconds=4.5,
        train_losses=(Loss(step=1, loss=2.5),),
        validation_losses=(),
        time="2026-11-22T00:00:00+00:00",
        files=(TrainedFile(name="train.jsonl", digest="d", rows=3, tokens=300),),
    )


def test_a_manifest_is_read_as_it_was_written(tmp_path):
    """Nothing is lost on the way."""
    write_manifest(tmp_path, manifest())

    assert read_manifest(tmp_path) == manifest()


def test_a_manifest_tells_nothing_about_the_machine(tmp_path):
    """Only the names of files and folders stand in it."""
    write_manifest(tmp_path, manifest())

    assert "anna" not in (tmp_path / "manifest.json").read_text()
    assert "/models" not in (tmp_path / "manifest.json").read_text()


def test_a_broken_or_missing_manifest_is_none(tmp_path):
    """Then nothing is known about the adapter, and nothing is guessed."""
    assert read_manifest(tmp_path) is None

    (tmp_path / "manifest.json").write_text('{"base": ')
    assert read_manifest(tmp_path) is None


def test_places_do_not_decide_an_adapter():
    """The same data in another folder gives the same one."""
    moved = msgspec.structs.replace(CONFIG, output="other", train=("elsewhere.jsonl",), base_model="smollm")

    assert settings_digest(moved, ORIGIN) == settings_digest(CONFIG, ORIGIN)


def test_settings_data_and_base_model_decide_an_adapter():
    """A change in any of them is another training."""
    hotter = msgspec.structs.replace(CONFIG, learning_rate=1.0)
    digests = {settings_digest(CONFIG, ORIGIN), settings_digest(hotter, ORIGIN)}
    for field in ("base_digest", "template_digest", "train_digest", "validation_digest"):
        digests.add(settings_digest(CONFIG, msgspec.structs.replace(ORIGIN, **{field: "other"})))

    assert len(digests) == 6


def test_a_chat_template_decides_an_adapter_and_none_leaves_earlier_ones_as_trained():
    """By the template's text, wherever its file is; the digest without one is that of earlier versions."""
    moved = msgspec.structs.replace(CONFIG, chat_template="elsewhere/chat.jinja")
    renderings = (Rendering(template="{{ messages }}"), Rendering(template_args={"enable_thinking": False}))

    assert settings_digest(CONFIG, ORIGIN) == "19ebc2f9afadda26e340162f883adffd460924cba056eb9b8529a40079e87149"
    assert len({settings_digest(moved, ORIGIN, one) for one in (Rendering(), *renderings)}) == 3
    assert settings_digest(moved, ORIGIN, renderings[0]) == settings_digest(CONFIG, ORIGIN, renderings[0])
    assert without_places(moved, "tiny").chat_template == "chat.jinja"
