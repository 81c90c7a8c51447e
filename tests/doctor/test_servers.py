"""Whether servers answer and keys are there; a key is never shown."""

import socket

import pytest

from harness.config.engine import EngineConfig
from harness.config.models import JudgeConfig
from harness.config.whole import HarnessConfig
from harness.doctor import servers
from harness.doctor.servers import check_key, check_servers
from tests.stub import serve

KEY = "sk-of-a-test-1"


@pytest.fixture
def stub():
    """Return a server with a base model and an adapter."""
    with serve(lambda _model, _text: "fine", models=("tiny", "mine")) as server:
        yield server


def closed_address() -> str:
    """Return an address of this machine at which nothing listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/v1"


def found_by(environ=None, **settings: object):
    """Return (name, state, found) of each finding."""
    return [(one.name, one.state, one.found) for one in check_servers(HarnessConfig(**settings), environ or {})]


def test_without_a_server_in_the_settings_nothing_is_asked():
    """The harness starts its own."""
    assert found_by() == []


def test_a_server_that_answers_is_shown_with_what_it_lists(stub):
    """It is asked for its list once, and for no answer."""
    found = found_by(engine=EngineConfig(base_url=stub.url), candidate="served:mine", baseline="served:tiny")

    assert found == [
        ("server key", "ok", f"none is sent to {stub.url}, since api_key_env names no variable"),
        ("server", "ok", f"{stub.url} answers, and lists mine, tiny"),
    ]
    assert stub.count == 0


def test_a_name_that_the_server_does_not_list_is_a_problem(stub):
    """With those that it does."""
    found = found_by(engine=EngineConfig(base_url=stub.url), candidate="served:other")

    assert found[1] == ("server", "problem", f"{stub.url} answers, and lists mine, tiny, but not other")


def test_many_names_are_cut(stub):
    """Five are enough to see which server it is."""
    stub.models = [f"model-{number}" for number in range(8)]

    found = found_by(engine=EngineConfig(base_url=stub.url))

    assert found[1][2].endswith("lists model-0, model-1, model-2, model-3, model-4 and 3 more")


def test_a_server_that_is_down_is_a_problem():
    """With what to do."""
    finding = list(check_servers(HarnessConfig(engine=EngineConfig(base_url=closed_address())), {}))[1]

    assert finding.state == "problem"
    assert finding.remedy


def test_a_server_that_is_silent_is_given_up(monkeypatch):
    """After three seconds, here after less; a socket that listens takes connections, and nobody answers."""
    monkeypatch.setattr(servers, "WAIT_S", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/v1"
        found = found_by(engine=EngineConfig(base_url=url))

    assert found[1] == ("server", "problem", f"{url}/models can't be read: no answer within 0.05 s")


def test_a_login_and_a_key_are_not_shown(stub):
    """Of the key its variable is named, of the address all but the login."""
    url = stub.url.replace("//", "//ada:open-sesame@")
    engine = EngineConfig(base_url=url, api_key_env="TEAM_KEY")

    found = found_by({"TEAM_KEY": KEY}, engine=engine)

    assert found[0] == ("server key", "ok", f"in TEAM_KEY, for {stub.url}; it is not shown")
    assert found[1][1] == "ok"
    assert KEY not in str(found)
    assert "sesame" not in str(found)


def test_a_key_that_is_missing_or_broken_is_a_problem():
    """And is not shown."""
    config = EngineConfig(base_url="http://127.0.0.1:1/v1", api_key_env="TEAM_KEY")

    missing, broken = (check_key("key", config, environ) for environ in ({}, {"TEAM_KEY": f"{KEY}\nmore"}))

    assert (missing.state, broken.state) == ("problem", "problem")
    assert missing.found == "TEAM_KEY is not set, and holds the key for http://127.0.0.1:1/v1"
    assert missing.remedy.startswith("export TEAM_KEY=...")
    assert KEY not in str(broken)


@pytest.mark.parametrize(
    "settings", [{"engine": EngineConfig(kind="openai")}, {"candidate": "openai:small"}, {"baseline": "openai:small"}]
)
def test_openai_without_a_key_is_one_problem(settings):
    """It is not asked then."""
    assert [one[:2] for one in found_by(**settings)] == [("server key", "problem")]


def test_a_judge_at_another_address_has_a_key_and_a_server_of_its_own(stub):
    """That of the sides is another one, or started here."""
    judge = JudgeConfig(model="openai:grader", base_url=stub.url, api_key_env="JUDGE_KEY")

    found = found_by({"JUDGE_KEY": KEY}, judge=judge)

    assert [one[:2] for one in found] == [("judge key", "ok"), ("judge", "ok")]


def test_a_judge_at_the_same_address_is_asked_once(stub):
    """With the same key."""
    found = found_by(engine=EngineConfig(base_url=stub.url), judge=JudgeConfig(model="openai:grader"))

    assert [one[0] for one in found] == ["server key", "server"]
