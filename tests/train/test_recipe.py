"""What a training is planned from, before it starts."""

import json
from pathlib import Path

import msgspec
import pytest

from harness.data.beside import page_digest, rows_digest, write_checked, write_mixed
from harness.data.row import DataRow
from harness.errors import ConfigError, DataError, NoSuchModel
from harness.models.answering import digest_template
from harness.records.trained import CheckedFile, Mixed, MixedPart, RowsChecked
from harness.train import plan as planning
from harness.train.config import TrainConfig
from harness.train.plan import plan as _plan
from tests.engines.fakes import write_tiny_base

COMMIT = "1" * 40
PLACE = Path("train.toml")
CONFIG = TrainConfig(output="mine", train=("rows.jsonl",), base_model="org/tiny@main")


@pytest.fixture
def base(tmp_path):
    """Return a tiny base model in a cache as huggingface_hub lays it out, with a row to train on beside it."""
    folder = tmp_path / "models--org--tiny" / "snapshots" / COMMIT
    write_tiny_base(folder)
    turns = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    (tmp_path / "rows.jsonl").write_text(json.dumps({"messages": turns}) + "\n")
    return folder


def test_a_base_model_from_a_hub_is_named_as_there_and_its_commit_decides_nothing(base, tmp_path):
    """Its digests decide: a commit that changed the readme must not train again."""
    plan = _plan(CONFIG, tmp_path, base, PLACE)
    pinned = _plan(msgspec.structs.replace(CONFIG, base_model=f"org/tiny@{COMMIT}"), tmp_path, base, PLACE)
    elsewhere = base.rename(tmp_path / "tiny")

    assert (plan.origin.base, plan.base_commit) == ("org/tiny", COMMIT)
    assert pinned.key == plan.key
    moved = _plan(msgspec.structs.replace(CONFIG, base_model="tiny"), tmp_path, elsewhere, PLACE)
    assert (moved.origin.base, moved.base_commit) == ("tiny", "")


def test_a_quantized_base_model_is_refused_before_its_rows_are_read(base, tmp_path):
    """The text names the method."""
    config = json.loads((base / "config.json").read_text()) | {"quantization_config": {"quant_method": "awq"}}
    (base / "config.json").write_text(json.dumps(config))

    with pytest.raises(NoSuchModel, match=r"quantized already \(awq\)"):
        _plan(msgspec.structs.replace(CONFIG, train=("missing.jsonl",)), tmp_path, base, PLACE)


def test_rows_are_read_in_the_chat_template_that_is_set(base, tmp_path):
    """With its values, as the engines render them; a template that doesn't compile is refused before anything else."""
    (tmp_path / "own.jinja").write_text(
        "{% for m in messages %}{{ m.role[0] }}{{ m.content }}</s>{% endfor %}"
        "{% if add_generation_prompt %}a{% endif %}"
    )
    (tmp_path / "wrong.jinja").write_text("{% for %}")
    config = msgspec.structs.replace(CONFIG, chat_template="own.jinja", template_args={"tone": "warm"})

    plain, own = (_plan(one, tmp_path, base, PLACE) for one in (CONFIG, config))

    assert own.rows.rendering.template_args == {"tone": "warm"}
    assert own.rows.rendering.template.startswith("{% for m in messages %}")
    assert len(own.rows.train[0].input_ids) < len(plain.rows.train[0].input_ids)
    assert own.key != plain.key
    with pytest.raises(ConfigError, match=r"wrong\.jinja:1: not a Jinja template"):
        _plan(msgspec.structs.replace(CONFIG, chat_template="wrong.jinja"), tmp_path, base, PLACE)


def test_the_manifest_tells_each_file_with_its_rows_and_tokens_and_what_it_was_mixed_of(base, tmp_path, capfd):
    """A mixture that is of another file is not told, but said; the digest is what a check's page is found by."""
    (tmp_path / "more.jsonl").write_text((tmp_path / "rows.jsonl").read_text() * 2)
    digest = rows_digest(tmp_path / "more.jsonl")
    mixed = Mixed(digest=digest, parts=(MixedPart(name="a", rows=2, tokens=9),), seed=4, estimated=False)
    write_mixed(tmp_path / "more.jsonl", mixed)
    write_mixed(tmp_path / "rows.jsonl", mixed)

    plan = _plan(msgspec.structs.replace(CONFIG, train=("rows.jsonl", "more.jsonl")), tmp_path, base, PLACE)

    first, second = plan.rows.files
    assert (first.name, first.rows, first.mixed) == ("rows.jsonl", 1, None)
    assert (second.name, second.rows, second.mixed, second.digest) == ("more.jsonl", 2, mixed, digest)
    assert second.tokens == 2 * first.tokens == sum(len(row.input_ids) for row in plan.rows.train[1:])
    assert "rows.mixture.json: not of this rows.jsonl, which was changed" in capfd.readouterr().err


def test_rows_that_change_while_they_are_read_are_refused(base, tmp_path, monkeypatch):
    """Nobody could say which ones were trained on."""
    read = planning.load_rows

    def load(file, *told: object) -> tuple[DataRow, ...]:
        rows = read(file, *told)
        file.write_text(file.read_text() * 2)
        return rows

    monkeypatch.setattr(planning, "load_rows", load)

    with pytest.raises(DataError, match=r"rows\.jsonl: this file, .* was changed while it was read"):
        _plan(CONFIG, tmp_path, base, PLACE)


@pytest.mark.parametrize(("digest", "is_told"), [("another", True), ("", False), (None, False)])
def test_rows_that_were_checked_with_another_tokenizer_are_told(base, tmp_path, digest, is_told, capfd):
    """By what the check's page keeps beside it; where nothing was counted, there is nothing to say."""
    page = tmp_path / "runs" / "training_rows.html"
    page.parent.mkdir()
    page.write_text("a page")
    checked = RowsChecked(
        files=(CheckedFile(name="rows.jsonl", digest=rows_digest(tmp_path / "rows.jsonl"), rows=1),),
        problems=0,
        warnings=0,
        untold=0,
        page=page_digest(page),
        time="2026-11-27T00:00:00+00:00",
        template_digest=digest_template(base) if digest is None else digest,
    )
    write_checked(page, checked)
    (tmp_path / "harness.toml").write_text("")

    _plan(CONFIG, tmp_path, base, PLACE)

    assert ("checked with another base model's tokenizer" in capfd.readouterr().err) is is_told
