"""What a running server lists, as sides: by its name alone, or with weights that are here."""

import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from harness.config.engine import EngineConfig
from harness.errors import AdapterError, ConfigError, EngineSetupError, NoSuchModel
from harness.gating.contenders import Contenders
from harness.models.answering import digest_template
from harness.models.local import local_base
from harness.records.parties import Setup
from harness.runs.folder import write_run
from tests.engines.fakes import make_request, write_tiny_base
from tests.gating.contenders import FIRST, SERVER, at, known_by, tables
from tests.models.fakes import adapter_in, base_in
from tests.saved_runs import empty_run
from tests.stub import serve


def test_a_table_and_a_folder_of_one_name_cannot_be_the_two_sides(opened, tmp_path):
    """No report could tell them apart."""
    adapter_in(tmp_path / "new", weights=b"new")

    with pytest.raises(ConfigError, match=r"both sides are called mine: one by its table \[models.mine\]"):
        opened("mine", models=tables(mine={"adapter": "new"}), baseline="adapters/mine")


def test_a_server_is_asked_for_a_model_under_the_name_that_its_table_tells(opened, tmp_path):
    """Without ``served_as`` it's the folder's name, never the table's."""
    from tests.engines.fakes import make_request

    base_in(tmp_path / "other", weights=b"other weights")
    models = tables(large={"base": "other", "served_as": "org/Large-8B"}, ours={"adapter": "adapters/mine"})
    with serve(lambda model, _text: model, ("tiny", "mine", "org/Large-8B")) as stub:
        sides = opened("large", EngineConfig(kind="openai", base_url=stub.url), models=models, baseline="ours")

        for side in (sides.candidate, sides.baseline):
            list(side.engine.generate([make_request(model=side.model)]))

    assert [model for model, _ in stub.asked] == ["org/Large-8B", "mine"]


def test_one_model_under_two_names_of_a_server_is_refused(opened):
    """Answers are kept by the weights, so one name's would serve for the other."""
    models = tables(one={"served_as": "a"}, two={"served_as": "b"})

    with pytest.raises(
        ConfigError, match=r"\[models.two\] served_as = 'b': the same weights are already served as 'a'"
    ):
        opened("two", SERVER, models=models, baseline="one")


def test_adapters_of_one_name_are_refused_where_the_weights_are_not_here_either(opened, tmp_path):
    """The server would answer both as checkpoint-500: a model would be compared with itself, and pass."""
    (tmp_path / "tiny" / "model.safetensors").unlink()
    sides = [f"run{n}/checkpoint-500" for n in (1, 2)]
    for name in sides:
        adapter_in(tmp_path / name, weights=name.encode())

    with pytest.raises(AdapterError, match=r"run1/checkpoint-500 and run2/checkpoint-500 are both called checkpoint"):
        opened(sides[1], SERVER, baseline=sides[0])


@pytest.mark.parametrize("where", ["here", "not here"])
def test_the_only_base_model_of_a_server_is_not_asked_for_two(opened, tmp_path, where):
    """It would be compared with itself. One base model alone is whatever the server calls it."""
    for name in ("old", "new"):
        base_in(tmp_path / name, weights=name.encode())
        if where == "not here":
            (tmp_path / name / "model.safetensors").unlink()
    models = tables(was={"base": "old"}, now={"base": "new"})
    with serve(lambda model, _text: model, ("somebody/model",)) as stub:
        sides = opened("now", at(stub), models=models, baseline="was")
        for side in (sides.baseline, sides.candidate):
            with pytest.raises(EngineSetupError, match=r"serves somebody/model, but not '(old|new)'; .*served_as"):
                list(side.engine.generate([make_request(model=side.model)]))
        ask_both(alone := opened("now", at(stub), models=models, baseline="now"))

    assert {model for model, _ in stub.asked} == {"somebody/model"}
    assert alone.candidate.model.base == "new"


def test_a_folder_and_what_a_server_lists_can_be_one_model_and_that_is_said(opened, said):
    """Both are asked for by one name."""
    opened("adapters/mine", SERVER, baseline="served:mine").announce()
    opened("adapters/mine", SERVER, baseline="served:other").announce()

    assert said.count("candidate and baseline are the same model, mine") == 1


def test_a_table_and_a_served_model_of_one_name_cannot_be_the_two_sides(opened):
    """A report couldn't tell them apart."""
    models = tables(quiet={"served_as": "qwen-quiet"})

    with pytest.raises(ConfigError, match=r"both sides are called quiet: one by its table .* or at the server"):
        opened("served:quiet", SERVER, models=models, baseline="quiet")


def test_a_saved_run_of_two_engines_replays_each_side_by_its_own(opened, tmp_path):
    """A key has the engine's identity, so a side under the other's would have no answers."""
    setups = {"baseline": Setup(engine="one"), "candidate": Setup(engine="two", declared=("engine",))}
    folder = tmp_path / "runs" / "0003-2026-11-22-1f3c"
    folder.mkdir(parents=True)
    write_run(folder, empty_run(setups=setups), (), ())

    sides = opened("run:3")

    assert [side.engine.identity for side in (sides.baseline, sides.candidate)] == ["one", "two"]
    assert sides.candidate.declared == ("engine",)


def ask_both(sides: Contenders) -> None:
    """Ask both sides one question."""
    from tests.engines.fakes import make_request

    for side in (sides.candidate, sides.baseline):
        list(side.engine.generate([make_request(model=side.model)]))


@pytest.mark.parametrize(
    ("candidate", "baseline", "known"),
    [
        ("served:org/ours", "base", {"candidate": "name", "baseline": "server"}),
        ("served:org/ours", "served:tiny", {"candidate": "name", "baseline": "name"}),
        ("adapters/mine", "served:org/ours", {"candidate": "server", "baseline": "name"}),
        ("openai:org/ours", "served:tiny", {"candidate": "name", "baseline": "name"}),
    ],
)
def test_what_a_server_lists_can_be_either_side(opened, candidate, baseline, known):
    """Known by its name alone; that its base model can't be known is declared."""
    with serve(lambda model, _text: model, ("tiny", "mine", "org/ours")) as stub:
        sides = opened(candidate, at(stub), baseline=baseline)
        ask_both(sides)

    names = {"base": "tiny", "adapters/mine": "mine"}
    asked = [names.get(name, name.partition(":")[2]) for name in (candidate, baseline)]
    assert [model for model, _ in stub.asked] == asked
    assert known_by(sides) == known
    served = sides.candidate if candidate.startswith("served:") else sides.baseline
    assert served.declared == ("base model", "chat template")
    assert sides.adapters() == () or candidate == "adapters/mine"


def test_a_name_that_the_server_does_not_list_is_told_with_those_that_it_does(opened):
    """Before any question reaches it."""
    with serve(lambda model, _text: model, ("tiny", "mine")) as stub:
        sides = opened("served:mien", at(stub))
        with pytest.raises(
            EngineSetupError, match="serves tiny, mine, but not 'mien'; name one of these, as served:NAME"
        ):
            ask_both(sides)

    assert stub.asked == []


@pytest.mark.parametrize("is_here", [True, False])
def test_a_base_model_is_whatever_single_one_the_server_lists(is_here, opened, tmp_path):
    """Whatever its name there, also where nothing of it is here."""
    if not is_here:
        shutil.rmtree(tmp_path / "tiny")
    with serve(lambda model, _text: model, ("any-name",)) as stub:
        ask_both(opened("base", at(stub)))

    assert {model for model, _ in stub.asked} == {"any-name"}


@pytest.mark.parametrize("is_here", [True, False])
def test_what_is_the_candidate_never_answers_for_the_base_model(is_here, opened, tmp_path):
    """A server that lists the candidate alone: it would be compared with itself, and pass."""
    if not is_here:
        shutil.rmtree(tmp_path / "tiny")
    with serve(lambda model, _text: model, ("tuned",)) as stub:
        sides = opened("served:tuned", at(stub), baseline="base")
        with pytest.raises(EngineSetupError, match="serves tuned, but not 'tiny'"):
            ask_both(sides)

    assert [model for model, _ in stub.asked] == ["tuned"]


def test_an_adapter_that_a_server_lists_alone_never_answers_for_the_base_model(opened, tmp_path):
    """Its folder is here and its base model's weights are not; the server doesn't say that it is an adapter."""
    shutil.rmtree(tmp_path / "tiny")
    with serve(lambda model, _text: model, ("mine",)) as stub:
        sides = opened("adapters/mine", at(stub), baseline="base")
        with pytest.raises(EngineSetupError, match="mine, which would answer both for the base model and for"):
            ask_both(sides)


def test_a_served_model_needs_a_server(opened):
    """The harness's own has none that isn't here."""
    with pytest.raises(
        ConfigError, match="served:mine: this is a model of a running server; name the server with --base"
    ):
        opened("served:mine")


@pytest.mark.parametrize("has_base", [True, False])
def test_a_plain_name_that_the_server_lists_is_suggested(opened, tmp_path, has_base):
    """Whether the base model's weights are here or not; nobody is told to install anything."""
    if not has_base:
        shutil.rmtree(tmp_path / "tiny")
    with (
        serve(lambda model, _text: model, ("tiny", "my-adapter")) as stub,
        pytest.raises(NoSuchModel, match=r"my-adapter is not an adapter's folder, .* did you mean served:my-adapter"),
    ):
        opened("my-adapter", at(stub))


def test_a_name_that_is_nowhere_keeps_its_own_error(opened):
    """Also where the server can't be asked."""
    with (
        serve(lambda model, _text: model, ("tiny",)) as stub,
        pytest.raises(AdapterError, match="no such adapter folder"),
    ):
        opened("nothing", at(stub))
    with pytest.raises(AdapterError, match="no such adapter folder"):
        opened("nothing", SERVER)


def test_without_weights_here_the_base_model_and_its_adapters_are_asked_by_name(opened, said, tmp_path):
    """What is missing is said; an adapter's own files still tell it from one that was trained again."""
    (tmp_path / "tiny" / "model.safetensors").unlink()
    with serve(lambda model, _text: model, ("tiny", "mine")) as stub:
        sides = opened(engine=at(stub))
        ask_both(sides)
        again = adapter_in(tmp_path / "adapters" / "mine", weights=b"retrained")
        trained_again = opened(engine=at(stub))

    assert [model for model, _ in stub.asked] == ["mine", "tiny"]
    assert known_by(sides) == {"baseline": "name", "candidate": "name"}
    assert (sides.baseline.model.adapter, sides.baseline.model.is_hosted) == (None, True)
    assert trained_again.candidate.model.weights != sides.candidate.model.weights
    assert sum("its base model's weights are not here" in line for line in said) == 4
    assert again.name == "mine"


def test_a_hub_id_has_no_folder_here_and_is_a_servers_name(opened, tmp_path):
    """As base model of the settings, or in a table under whatever name the server has for it."""
    models = tables(large={"base": "Qwen/Qwen3-8B", "served_as": "qwen-quiet", "template_args": {"quiet": True}})
    with serve(lambda model, _text: model, ("tiny", "qwen-quiet")) as stub:
        sides = opened("large", at(stub), models=models)
        ask_both(sides)

    assert [model for model, _ in stub.asked] == ["qwen-quiet", "tiny"]
    assert (sides.candidate.model.name, sides.candidate.model.base) == ("large", "Qwen/Qwen3-8B")
    assert sides.candidate.rendering.template_args == {"quiet": True}


def served_beside(cached: Callable[[str], Path], *left_out: str) -> Path:
    """Put the model on a hub into the cache without some of its files; return its folder."""
    folder = cached(FIRST)
    for name in left_out:
        (folder / name).unlink()
    return folder


def test_a_model_on_a_hub_that_is_in_the_cache_is_known_by_its_weights(opened, cached, tmp_path):
    """Behind a server as without one; the hub, which can have moved on, isn't asked."""
    folder = served_beside(cached)
    models = tables(large={"base": "org/tiny", "served_as": "large"})
    with serve(lambda model, _text: model, ("tiny", "large")) as stub:
        sides = opened("large", at(stub), models=models)
        ask_both(sides)

    assert [model for model, _ in stub.asked] == ["large", "tiny"]
    assert known_by(sides) == {"baseline": "server", "candidate": "server"}
    assert sides.candidate.model.base == "org/tiny"
    assert sides.candidate.model.base_digest == local_base("tiny", folder).ref.base_digest
    assert {one.party: one.commit for one in sides.origins(())}["candidate"] == FIRST


def test_tokenizer_and_configuration_alone_tell_templates_apart(opened, cached, said, tmp_path):
    """A base model from a hub behind a server, without its weights: its adapter is asked in its own template."""
    folder = served_beside(cached, "model.safetensors")
    (tmp_path / "adapters" / "mine" / "chat_template.jinja").write_text("{{ messages }} of its own")
    models = tables(ours={"base": "org/tiny", "adapter": "adapters/mine", "served_as": "ours"})
    with serve(lambda model, _text: model, ("org/tiny", "ours")) as stub:
        sides = opened("ours", at(stub), models=models)
        ask_both(sides)

    assert [model for model, _ in stub.asked] == ["ours", "org/tiny"]
    assert known_by(sides) == {"baseline": "name", "candidate": "name"}
    assert sides.candidate.rendering.template == "{{ messages }} of its own"
    assert sides.baseline.rendering.template is None
    assert {one.model.template_digest for one in (sides.baseline, sides.candidate)} == {digest_template(folder)}
    told = "mine: is asked in the chat template of its own folder, which differs from the base model's"
    assert told in said
    assert told in sides.notes
    assert str(folder) not in repr((sides.baseline.model, sides.candidate.model, sides.notes, said))


def test_an_adapters_own_template_that_nothing_can_be_compared_with_is_told(opened, said, tmp_path):
    """It is not sent: the server's own is possibly the same."""
    shutil.rmtree(tmp_path / "tiny")
    (tmp_path / "adapters" / "mine" / "chat_template.jinja").write_text("{{ messages }}")
    with serve(lambda model, _text: model, ("tiny", "mine")) as stub:
        sides = opened(engine=at(stub))

    assert sides.candidate.rendering.template is None
    [told] = [line for line in said if "has a chat template" in line]
    assert told.startswith("mine: its folder has a chat template, and the base model's is not here to compare: ")


def test_a_tokenizer_of_its_own_behind_a_server_is_told(opened, cached, said, tmp_path):
    """Whether the server has it can't be seen."""
    folder = served_beside(cached, "model.safetensors")
    (folder / "tokenizer.json").write_text('{"model": {"vocab": {"a": 0}}}')
    (tmp_path / "adapters" / "mine" / "tokenizer.json").write_text('{"model": {"vocab": {"b": 0}}}')
    models = tables(ours={"base": "org/tiny", "adapter": "adapters/mine", "served_as": "ours"})

    sides = opened("ours", SERVER, models=models)

    told = (
        "mine: its folder has a tokenizer of its own (its tokenizer.json differs from the base model's); "
        "the server must serve it with that"
    )
    assert told in said
    assert told in sides.notes


def test_how_likely_a_text_is_can_be_asked_with_the_tokenizer_alone(opened, cached, tmp_path):
    """A server is asked about tokens, which the tokenizer of its base model makes here."""
    folder = served_beside(cached)
    shutil.rmtree(folder)
    write_tiny_base(folder)
    (folder / "model.safetensors").unlink()
    models = tables(large={"base": "org/tiny", "served_as": "large"})
    with serve(lambda model, _text: model, ("large",)) as stub:
        sides = opened("large", at(stub), models=models)
        asked = msgspec.structs.replace(make_request(model=sides.candidate.model), continuations=("a", "bc"))
        [response] = sides.candidate.engine.generate([asked])

    assert response.error is None
    assert [len(one.logprobs) for one in response.likelihoods] == [1, 2]


def test_a_model_that_no_hub_gives_is_asked_by_name_and_said_once(opened, cached, said):
    """Offline, without anything of it in the cache."""
    models = tables(large={"base": "org/other", "served_as": "large", "template_args": {"quiet": True}})

    sides = opened("large", SERVER, models=models)

    assert (sides.candidate.model.base, sides.candidate.model.template_digest) == ("org/other", "hosted")
    [told] = [line for line in said if "HF_HUB_OFFLINE" in line]
    assert told.startswith("org/other: HF_HUB_OFFLINE is set")
    assert told.endswith("without it, chat templates can't be compared here, nor texts be read as tokens")
