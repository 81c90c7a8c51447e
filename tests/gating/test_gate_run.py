"""One execution's settings and facts; its work is tested through the plugin."""

from threading import Event

import msgspec
import pytest

from harness.asking.cases import Suite
from harness.config.engine import EngineConfig
from harness.config.whole import HarnessConfig
from harness.engines import checked
from harness.engines.openai import hosted_model
from harness.errors import ConfigError, NoSuchModel
from harness.gating.contenders import Contenders
from harness.gating.ledger import properties_of
from harness.gating.naming import newest_adapter
from harness.gating.opened_runs import open_gate_runs
from harness.gating.settings import Names, overrule
from harness.models.installed import installed_versions
from harness.records.answered import Response
from harness.records.asked import Case, ModelRef, Request, Sampling
from harness.records.compared import Comparison, Gate, Verdict
from harness.records.messages import Message
from harness.records.saved import Answer
from harness.runs.folder import read_run, write_run
from harness.runs.outcome import overall
from tests.models.fakes import adapter_in, base_in
from tests.sample_run import sample_run
from tests.stub import serve


def test_the_command_line_overrules_the_file():
    """What isn't named keeps the value from the file."""
    config = HarnessConfig(candidate="adapters/a", engine=EngineConfig(in_flight=7))

    chosen = overrule(config, Names(baseline="adapters/b", engine="transformers", judge="openai:x", runs="elsewhere"))

    assert (chosen.candidate, chosen.baseline, chosen.runs) == ("adapters/a", "adapters/b", "elsewhere")
    assert (chosen.engine.kind, chosen.engine.in_flight) == ("transformers", 7)
    assert chosen.judge.model == "openai:x"


def test_an_address_means_that_a_server_runs_already():
    """--base-url needs no --engine."""
    engine = overrule(HarnessConfig(), Names(base_urls=("http://127.0.0.1:1/v1",))).engine

    assert (engine.kind, engine.base_url) == ("openai", "http://127.0.0.1:1/v1")


def test_an_unknown_engine_is_refused():
    """With the known ones."""
    with pytest.raises(ConfigError, match="vllm, openai, transformers"):
        overrule(HarnessConfig(), Names(engine="llama"))


def test_the_newest_adapter_is_the_default_candidate(tmp_path):
    """With or without a manifest of ours."""
    import os

    folder = tmp_path / "adapters"
    for age, name in ((0, "old"), (10, "new")):
        os.utime(adapter_in(folder / name) / "adapter_model.safetensors", (age, age))

    assert newest_adapter(folder) == "adapters/new"


def test_without_an_adapter_the_error_says_what_is_there_and_what_to_do(tmp_path):
    """A folder that does not exist, an empty one, and one with other things."""
    folder = tmp_path / "adapters"
    with pytest.raises(NoSuchModel, match=r"name one with --candidate .*; adapters/ does not exist"):
        newest_adapter(folder)
    folder.mkdir()
    with pytest.raises(NoSuchModel, match="adapters/ is empty"):
        newest_adapter(folder)
    for name in ("run1", "run2"):
        adapter_in(folder / name / "checkpoint-500")
    with pytest.raises(NoSuchModel, match="adapters/ has run1, run2, but no adapter"):
        newest_adapter(folder)


def test_a_hosted_model_of_a_saved_run_is_not_what_its_name_stands_for_today(tmp_path):
    """Else both sides would share one answer, and a redeployed model would equal the one before."""
    model = hosted_model("gpt-x")
    request = Request(
        case_id="x",
        model=model,
        engine="openai http://127.0.0.1:1/v1",
        messages=(Message(role="user", content="x"),),
        sampling=Sampling(),
    )
    answer = Answer(
        side="candidate",
        case=Case(id="x", messages=request.messages),
        request=request,
        response=Response(request_key=request.key, text="then"),
    )
    folder = tmp_path / "runs" / "0003-2026-11-22-1f3c"
    folder.mkdir(parents=True)
    write_run(folder, msgspec.structs.replace(sample_run().run, candidate=model, engine=request.engine), [answer], [])
    config = HarnessConfig(
        candidate="openai:gpt-x", baseline="run:3", engine=EngineConfig(base_url="http://127.0.0.1:1/v1")
    )

    sides = Contenders(config, tmp_path, folder, print)

    asked_then = msgspec.structs.replace(request, model=sides.baseline.model)
    assert [one.text for one in sides.baseline.engine.generate([asked_then])] == ["then"]
    assert asked_then.key != msgspec.structs.replace(request, model=sides.candidate.model).key


def test_a_verdict_without_scores_has_properties_too():
    """A run in which nothing was answered still writes its JUnit file."""
    model = ModelRef(base="b", base_digest="b", template_digest="t")
    comparison = Comparison(
        scorer="s()",
        baseline=model,
        candidate=model,
        baseline_mean=None,
        candidate_mean=None,
        delta=None,
        rows=(),
        lost=(),
        won=(),
        unscored=(),
        detectable=None,
        fingerprint={},
    )
    verdict = Verdict(
        test_id="t", comparison=comparison, gate=Gate(floor=0.5), outcome="inconclusive", reasons=("no cases",)
    )

    facts = dict(properties_of(verdict))

    assert facts == {"scorer": "s()", "verdict": "inconclusive", "advisory": False, "reasons": "no cases"}
    assert msgspec.json.encode(facts)


def test_a_password_in_an_address_is_in_no_file_of_the_run(tmp_path, monkeypatch):
    """What was typed is saved and shown, the login left out; where each side was asked is saved too."""
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    (tmp_path / "harness.toml").write_text('base_model = "tiny"\n')
    base_in(tmp_path / "tiny")
    adapter_in(tmp_path / "adapters" / "mine")
    url = "http://ada:p@ss@127.0.0.1:9/v1"
    names, candidates = Names(base_urls=(url,)), {"": "adapters/mine"}
    command = ("pytest", "--base-url", url, f"--base-url={url}")

    run = open_gate_runs(names, candidates, tmp_path / "harness.toml", command)
    run.finish()
    run.close()

    (folder,) = (path for path in (tmp_path / "runs").iterdir() if path.is_dir())
    written = {path.name: path.read_text() for path in folder.iterdir()}
    saved = read_run(folder)
    assert not [name for name, text in written.items() if "p@ss" in text or "ss@" in text]
    assert saved.command == ("pytest", "--base-url", "http://127.0.0.1:9/v1", "--base-url=http://127.0.0.1:9/v1")
    assert {(origin.party, origin.address) for origin in saved.origins} == {
        ("baseline", "http://127.0.0.1:9/v1"),
        ("candidate", "http://127.0.0.1:9/v1"),
    }


@pytest.mark.parametrize("is_changed", [False, True])
def test_an_adapter_that_changes_while_it_is_asked_leaves_the_run_inconclusive(is_changed, tmp_path, monkeypatch):
    """Some of the answers can be from other weights. Noticed by its digest, here after the first answer was kept."""
    (tmp_path / "harness.toml").write_text('base_model = "tiny"\nnoise_sample = 0\n')
    base_in(tmp_path / "tiny")
    adapter = adapter_in(tmp_path / "adapters" / "mine")
    messages = (Message(role="user", content="one"),)
    suite = Suite(name="s", cases=(Case(id="one", messages=messages),), sampling=Sampling(), digest="d")
    asked, was_checked = [], Event()
    check = checked.refuse_changed
    monkeypatch.setattr(checked, "refuse_changed", lambda *told: (check(*told), was_checked.set()))

    def reply(model: str, question: str) -> str:
        asked.append(question)
        if is_changed and len(asked) == 2:
            was_checked.wait()
            adapter_in(adapter, weights=b"retrained")
        return f"{model} says {question}"

    with serve(reply, ("tiny", "mine")) as stub:
        names = Names(base_urls=(stub.url,))
        run = open_gate_runs(names, {"": "adapters/mine"}, tmp_path / "harness.toml", ("pytest",))
        run.plan([suite], [tmp_path])
        run.ask(1)
        outcome = overall(run.runs[""].ledger)
        run.finish()
        run.close()

    told = "mine: its files changed while it was asked, so which of its weights answered is not known; run again"
    assert len(asked) > 2
    assert (told in read_run(next((tmp_path / "runs").glob("0*"))).unmeasured) == is_changed
    assert outcome == "inconclusive"


@pytest.mark.parametrize("option", ["candidate", "baseline", "judge", "base_url"])
def test_an_empty_option_is_not_an_option_left_out(option):
    """An unset variable of a shell is reported, and not replaced by the default."""
    names = Names(base_urls=("",)) if option == "base_url" else Names(**{option: ""})
    changed = overrule(HarnessConfig(candidate="adapters/a"), names)

    found = {
        "candidate": changed.candidate,
        "baseline": changed.baseline,
        "judge": changed.judge.model,
        "base_url": changed.engine.base_url,
    }
    assert found[option] == ""


def test_versions_name_what_is_installed():
    """The product itself among them."""
    assert "tunegate" in installed_versions()
