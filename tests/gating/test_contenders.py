"""From names to contenders: what each name means, what is known of it, and what is refused."""

import pytest

from harness.asking.ask import Asking
from harness.asking.store import Store
from harness.config.engine import EngineConfig
from harness.config.models import JudgeConfig
from harness.config.whole import HarnessConfig
from harness.errors import AdapterError, EngineSetupError, NoSuchModel
from harness.gating.contenders import Contenders
from harness.records.parties import Origin
from harness.runs.folder import write_run
from tests.engines.fakes import make_request
from tests.gating.contenders import HERE, LOCAL, SERVER, known_by, probe_of
from tests.models.fakes import adapter_in, base_in, write_config
from tests.saved_runs import empty_run
from tests.stub import Sent, completion, serve


@pytest.mark.parametrize("side", ["candidate", "baseline"])
@pytest.mark.parametrize("name", ["", " ", "openai:", "run:"])
def test_a_name_with_nothing_in_it_is_refused(opened, side, name):
    """An unset variable of a shell must not gate the newest adapter, nor a model called "hosted"."""
    with pytest.raises(NoSuchModel, match=f"the {side} is .*, which is not the name of a model; use base, a path"):
        opened(**{side: name})


def test_a_folder_that_is_not_an_adapter_is_refused_with_what_it_holds(opened, tmp_path, monkeypatch):
    """The current folder, a base model, a folder of adapters: each says what was found."""
    monkeypatch.chdir(tmp_path / "adapters")
    for name, words in (
        (".", "not an adapter; name one of the adapters in it: mine"),
        (str(tmp_path / "tiny"), "not an adapter; it holds a whole model: name it as base in a table"),
        ("..", "not an adapter; found adapters, tiny; name the folder that PEFT saved"),
    ):
        with pytest.raises(AdapterError, match=words):
            opened(name)


def test_a_checkout_is_no_adapter_whatever_files_lie_in_it(opened, tmp_path, monkeypatch):
    """``--candidate .`` is refused for its missing configuration, not by a pickle in some virtual environment."""
    (tmp_path / "weights.bin").write_bytes(b"x")
    monkeypatch.chdir(tmp_path)

    with pytest.raises(AdapterError, match=r"adapter_config\.json is missing"):
        opened(".")


def test_an_adapter_named_by_a_dot_is_that_adapter_and_not_the_base_model(opened, tmp_path, monkeypatch):
    """Its name is the folder's, it is asked by it, and it is proved as any other."""
    monkeypatch.chdir(tmp_path / "adapters" / "mine")

    here = opened(".")

    assert here.candidate.model.name == "mine"
    assert [contender.model.adapter for contender, _ in here.adapters()] == ["mine"]
    assert known_by(here, probe_of("mine")) == {"baseline": "weights", "candidate": "proof"}


def test_what_is_unusual_about_an_adapter_is_said_once(opened, said, tmp_path):
    """It names another base model than the one configured; that is not a reason to refuse it."""
    write_config(tmp_path / "adapters" / "mine", base_model_name_or_path="meta-llama/Llama-3.1-8B")

    opened()

    assert said == ["mine: its adapter_config.json names the base model meta-llama/Llama-3.1-8B; here it runs on tiny"]


def test_an_adapter_is_asked_in_its_own_template_and_the_base_model_in_its_own(opened, said, tmp_path):
    """A fine-tuned model under another template than that of its training is another model; it is said."""
    (tmp_path / "adapters" / "mine" / "chat_template.jinja").write_text("### {{ messages }}")

    sides = opened()

    assert sides.candidate.rendering.template == "### {{ messages }}"
    assert sides.baseline.rendering.template is None
    told = "mine: is asked in the chat template of its own folder, which differs from the base model's"
    assert said == [told]
    assert told in sides.notes
    assert sides.candidate.declared == ("chat template",)
    assert sides.baseline.declared == ()


def test_a_candidate_that_changed_is_no_fault_of_the_others(tmp_path):
    """Each candidate has a run of its own; a base model that changed is on both sides of all."""
    base = base_in(tmp_path / "tiny")
    config = HarnessConfig(base_model="tiny", candidate="adapters/one", engine=SERVER)
    for name in ("one", "two"):
        adapter_in(tmp_path / "adapters" / name)
    one = Contenders(config, tmp_path, tmp_path / "run", print, beside=["adapters/two"])
    two = one.with_candidate("adapters/two")
    assert (one.changed(), two.changed()) == ((), ())

    adapter_in(tmp_path / "adapters" / "two", weights=b"retrained")
    alone = (one.changed(), two.changed())
    (base / "config.json").write_text('{"model_type": "llama"}')

    assert alone == ((), ("two",))
    assert (one.changed(), two.changed()) == (("tiny", "one"), ("tiny", "two"))


def test_two_adapters_of_one_name_are_refused_on_a_running_server(opened, tmp_path):
    """Both would be asked as checkpoint-500; the harness's own engines tell them apart."""
    sides = [f"run{n}/checkpoint-500" for n in (1, 2)]
    for number, name in enumerate(sides):
        adapter_in(tmp_path / name, weights=str(number).encode())

    with pytest.raises(AdapterError, match=r"run1/checkpoint-500 and .*run2/checkpoint-500 are both called checkpoint"):
        opened(sides[1], SERVER, baseline=sides[0])
    with pytest.raises(AdapterError, match=rf"the server at {LOCAL} is asked by name.*rename a folder.*--lora-modules"):
        opened(sides[1], SERVER, baseline=sides[0])

    here = opened(sides[1], baseline=sides[0])
    assert here.baseline.model.weights != here.candidate.model.weights


def test_an_adapter_named_as_its_base_model_is_refused_on_a_running_server(opened, tmp_path):
    """The base model would answer for it."""
    adapter_in(tmp_path / "adapters" / "tiny")

    with pytest.raises(AdapterError, match=r"the base model in .*tiny and .*adapters/tiny are both called tiny"):
        opened("adapters/tiny", SERVER)


def test_one_adapter_as_both_sides_is_no_clash_and_is_said(opened, said):
    """A path can be written in two ways."""
    opened("adapters/mine", SERVER, baseline="./adapters/../adapters/mine").announce()

    assert "candidate and baseline are the same model, mine" in said


def test_two_models_are_not_called_the_same(opened, said):
    """An adapter and its base model differ."""
    opened().announce()

    assert said == []


def test_an_adapter_retrained_beside_a_running_server_stops_the_run_before_any_answer_of_it(opened, tmp_path):
    """Its answers would be filed under a digest that the server does not have."""
    with serve(lambda _model, _text: "fine", ("tiny", "mine")) as stub:
        contenders = opened(engine=EngineConfig(kind="openai", base_url=stub.url))
        adapter_in(tmp_path / "adapters" / "mine", weights=b"retrained")

        with pytest.raises(EngineSetupError, match="mine: it changed since this run read it; load it into the server"):
            next(contenders.candidate.engine.generate([make_request(model=contenders.candidate.model)]))


@pytest.mark.parametrize(
    ("candidate", "baseline"), [("adapters/mine", "base"), ("openai:a", "openai:b"), ("openai:a", "base")]
)
def test_two_sides_at_one_address_share_the_limit_on_requests_in_flight(opened, tmp_path, candidate, baseline):
    """The server counts them: eight at once, not eight for each; a judge there shares it too."""
    slow = Sent(completion(), after_s=0.003)
    with serve(lambda _model, _text: slow, ("tiny", "mine")) as stub:
        engine = EngineConfig(kind="openai", base_url=stub.url, in_flight=8, max_in_flight=8)
        contenders = opened(candidate, engine, baseline=baseline, judge=JudgeConfig(model="openai:j"))
        asking = Asking(Store(tmp_path / "store.sqlite"), lambda responses, _total: responses)
        for together in ([contenders.candidate, contenders.baseline], [contenders.judge(), contenders.candidate]):
            asking.fetch(
                [
                    (side.engine, make_request(f"{len(stub.asked)} {number}", number, side.model))
                    for number in range(60)
                    for side in together
                ]
            )

    assert len(asking.responses) == 240
    assert {one.error for one in asking.responses.values()} == {None}
    assert stub.most_under_way == 8


def test_what_is_known_of_each_side_follows_from_who_holds_the_weights(opened):
    """Read here, proved, not proved, on a server, or only a name."""
    judged = JudgeConfig(model="openai:gpt-x", base_url=LOCAL)
    hosted = opened("openai:a", engine=HERE, judge=judged)
    hosted.judge()

    assert known_by(opened(), probe_of("mine")) == {"baseline": "weights", "candidate": "proof"}
    assert known_by(opened()) == {"baseline": "weights", "candidate": "unproved"}
    assert known_by(opened(engine=SERVER), probe_of("mine")) == {"baseline": "server", "candidate": "server"}
    assert known_by(hosted) == {"baseline": "weights", "candidate": "name", "judge": "name"}


def test_a_saved_run_keeps_what_it_took_on_trust(opened, tmp_path):
    """A hosted candidate does not become known by being saved."""
    origins = (Origin(party="baseline", known_by="proof"), Origin(party="candidate", known_by="name", address=LOCAL))
    folder = tmp_path / "runs" / "0003-2026-11-22-1f3c"
    folder.mkdir(parents=True)
    write_run(folder, empty_run(origins=origins), (), ())

    assert opened("run:3").origins(()) == (
        Origin(party="baseline", known_by="saved"),
        Origin(party="candidate", known_by="name"),
    )
