"""Whole trainings of a tiny model: every method leaves what the gate can take."""

import json

import pytest

from harness.errors import ConfigError
from harness.models.local import local_base
from harness.models.local_adapter import local_adapter
from harness.train import trainer
from harness.train.job import Trained
from tests.train.tiny import trained, write_tiny

IN_AN_ADAPTER = {
    "adapter_config.json",
    "adapter_model.safetensors",
    "curve.json",
    "manifest.json",
    "tensorboard",
    "training_rows.signatures",
}


@pytest.fixture
def folder(tmp_path):
    """Return a folder with a tiny base model and rows."""
    write_tiny(tmp_path)
    return tmp_path


@pytest.mark.parametrize("changed", [{}, {"method": "lora", "rslora": True, "targets": ("q_proj", "v_proj")}])
def test_an_adapter_is_left_that_a_server_takes_as_a_module(folder, changed):
    """And no pickle, and nothing of this machine."""
    manifest = trained(folder, **changed)

    adapter = local_adapter(local_base("tiny", folder / "tiny"), folder / "mine")
    written = json.loads((folder / "mine" / "adapter_config.json").read_text())
    assert {path.name for path in (folder / "mine").iterdir()} == IN_AN_ADAPTER
    assert adapter.beyond_modules is None
    assert (written["r"], written["lora_alpha"]) == (2, 4)
    assert written["use_rslora"] is bool(changed)
    assert len({name.rpartition(".")[2] for name in written["target_modules"]}) == (2 if changed else 7)
    assert (manifest.batches, manifest.steps, manifest.settings.lora_alpha) == ("sdpa, padded, by length", 2, 4)
    assert manifest.padding is not None
    assert str(folder) not in (folder / "mine" / "manifest.json").read_text()


def test_an_adapter_that_no_server_takes_as_a_module_is_merged_beside_it(folder, capfd):
    """The merged model is made again where it was removed, and no training is needed for it."""
    from transformers import AutoModelForCausalLM

    trained(folder, method="dora", merge=True)

    base, merged = (AutoModelForCausalLM.from_pretrained(folder / name) for name in ("tiny", "mine-merged"))
    name = "model.layers.0.self_attn.q_proj.weight"
    assert not base.state_dict()[name].equal(merged.state_dict()[name])
    assert local_base("merged", folder / "mine-merged").base_path == str(folder / "mine-merged")
    first = (folder / "mine-merged" / "model.safetensors").read_bytes()
    (folder / "mine-merged").rename(folder / "gone")
    trained(folder, method="dora", merge=True)
    assert "already trained" in capfd.readouterr().err
    assert (folder / "mine-merged" / "model.safetensors").read_bytes() == first
    assert not list(folder.glob("*.lock"))


def test_a_training_of_all_weights_leaves_a_whole_model(folder, capfd):
    """With the tokenizer and template of its base model; the same command then has nothing to do."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    manifest = trained(folder, method="full", learning_rate=1e-3, lora_rank=None)

    base, whole = (AutoModelForCausalLM.from_pretrained(folder / name) for name in ("tiny", "mine"))
    assert whole.dtype == base.dtype
    assert not base.lm_head.weight.equal(whole.lm_head.weight)
    tokenizer = AutoTokenizer.from_pretrained(folder / "mine")
    assert tokenizer.chat_template == AutoTokenizer.from_pretrained(folder / "tiny").chat_template
    found = local_base("mine", folder / "mine")
    assert found.ref.base_digest != local_base("tiny", folder / "tiny").ref.base_digest
    assert manifest.settings.lora_rank is None
    assert str(folder) not in "".join(path.read_text() for path in (folder / "mine").glob("*.json"))
    assert not list((folder / "mine").glob("*.bin"))
    trained(folder, method="full", learning_rate=1e-3, lora_rank=None)
    assert "already trained" in capfd.readouterr().err


def test_the_result_of_another_method_takes_no_adapters_place_silently(folder, capfd):
    """The earlier one is kept under a new name."""
    trained(folder, method="full", learning_rate=1e-3, lora_rank=None)
    trained(folder)

    assert "is now called mine.1" in capfd.readouterr().err
    assert (folder / "mine.1" / "model.safetensors").is_file()
    assert (folder / "mine" / "adapter_model.safetensors").is_file()


def test_a_base_model_without_a_template_is_trained_with_the_one_that_is_set(folder):
    """From the rows to the end; a whole model keeps it."""
    template = (folder / "tiny" / "chat_template.jinja").read_text()
    (folder / "own.jinja").write_text(template)
    (folder / "tiny" / "chat_template.jinja").unlink()

    trained(folder, method="full", lora_rank=None, learning_rate=1e-3, chat_template="own.jinja")

    assert (folder / "mine" / "chat_template.jinja").read_text() == template


def test_the_learning_rate_of_matrices_b_is_a_multiple_of_that_of_a(folder):
    """LoRA+; at its end of two steps B is further from where it started."""
    from safetensors.torch import load_file

    sizes = []
    for ratio in (None, 16.0):
        trained(folder, method="lora", loraplus_ratio=ratio, learning_rate=1e-4, output=f"mine-{ratio}")
        weights = load_file(folder / f"mine-{ratio}" / "adapter_model.safetensors")
        sizes.append(sum(float(weight.norm()) for name, weight in weights.items() if "lora_B" in name))

    assert 8 < sizes[1] / sizes[0] < 20


def test_every_key_reaches_the_training(folder):
    """Trained with it, the adapter is another one, and known to be; that of the same rows and loss is the same."""
    plain = trained(folder, method="lora")

    for key, value in {"neftune": 5.0, "init": "gaussian", "loss_on": "last", "packing": True}.items():
        other = trained(folder, method="lora", output=key, **{key: value})

        assert other.settings_digest != plain.settings_digest
        assert (other.adapter_digest != plain.adapter_digest) is (key != "loss_on")
        assert getattr(other.settings, key) == value


def test_what_a_training_shows_is_told_and_kept(folder, capfd):
    """Before the first step, and at the end; each with what to do."""
    manifest = trained(folder, method="lora", epochs=6.0, learning_rate=1e-15, rows_per_batch=4)

    assert {"near-zero", "seen-too-often", "not-learning"} == {one.kind for one in manifest.findings}
    told = capfd.readouterr().err
    assert "each row is seen 6.0 times; lower epochs to 5" in told
    assert "step 18: the adapter changes the weights by" in told
    assert "step 10: after an epoch the loss is" in told


def test_a_stopped_training_still_knows_how_many_validations_were_worse(folder, monkeypatch):
    """It ends early at the same step as an undisturbed one; test_killed.py has all else."""
    from transformers import TrainerCallback

    class Stops(TrainerCallback):
        def on_step_begin(self, _args, state, _control, **_: object) -> None:
            if state.global_step == 3:
                raise KeyboardInterrupt

    settings = {"method": "lora", "epochs": 4.0, "rows_per_batch": 4, "learning_rate": 0.3}
    settings |= {"validation": "held_out.jsonl", "validations": 12, "patience": 2}
    make = trainer.make_trainer

    def stopping(*job: object) -> object:
        made = make(*job)
        made.add_callback(Stops())
        return made

    monkeypatch.setattr(trainer, "make_trainer", stopping)
    with pytest.raises(KeyboardInterrupt):
        trained(folder, **settings)
    monkeypatch.setattr(trainer, "make_trainer", make)
    resumed = trained(folder, **settings)

    losses = [one.loss for one in resumed.validation_losses]
    assert losses[1] == min(losses[:3])  # one was worse before the stop, and one after
    assert (resumed.step, resumed.steps) == (2, 4)


def test_tables_are_handed_to_trl_and_peft(folder):
    """As they are."""
    tables = {"trainer": {"weight_decay": 0.5, "optim": "sgd"}, "lora": {"layers_to_transform": [1]}}
    manifest = trained(folder, method="lora", targets=("q_proj",), **tables)

    written = json.loads((folder / "mine" / "adapter_config.json").read_text())
    assert written["layers_to_transform"] == [1]
    assert manifest.settings.trainer == {"weight_decay": 0.5, "optim": "sgd"}


def test_padded_and_packed_batches_have_the_same_loss(folder):
    """Each token of a row counts once, and padding never."""
    at_once = {"method": "lora", "rows_per_batch": 12}
    padded = trained(folder, **at_once)
    flattened = trained(folder, output="packed", packing=True, max_length=256, **at_once)

    assert (padded.batches, flattened.batches) == ("sdpa, padded, by length", "sdpa, flattened")
    assert padded.train_losses[0].loss == pytest.approx(flattened.train_losses[0].loss, abs=5e-3)
    assert padded.tokens == flattened.tokens
    assert flattened.padding is None


@pytest.mark.parametrize("changed", [{"targets": ("nowhere",)}, {"lora": {"rank_pattern": {"nowhere": 4}}}])
def test_targets_that_the_model_does_not_have_are_refused_before_it_is_loaded(changed, folder):
    """By PEFT's words; a pattern of none was left out with a warning."""
    with pytest.raises(ConfigError, match=r"train\.toml: PEFT refuses these settings for this base model: .*nowhere"):
        trained(folder, **changed)

    assert not (folder / ".mine.partial").exists()


def test_an_optimizer_that_is_not_installed_is_refused_with_its_package(folder):
    """Before any weights are read."""
    with pytest.raises(ConfigError, match=r'`optim`: "galore_adamw" is not installed here: .*galore'):
        trained(folder, trainer={"optim": "galore_adamw", "optim_target_modules": "all-linear"})


def test_a_training_on_rows_that_changed_meanwhile_says_so(folder, capfd, monkeypatch):
    """It was trained on the rows as they were, and the manifest has the digests of these."""
    from harness.train import recipe

    run = recipe.run_trainer

    def run_and_change(job) -> Trained:
        (folder / "rows.jsonl").write_text("")
        return run(job)

    monkeypatch.setattr(recipe, "run_trainer", run_and_change)
    manifest = trained(folder)

    assert "was changed during the training" in capfd.readouterr().err
    assert manifest.files[0].rows == 12
