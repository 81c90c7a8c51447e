"""A candidate that was tuned at a service: asked there by its name, and only where somebody on this machine said so."""

import datetime as dt
from pathlib import Path

import pytest

from harness.config.engine import EngineConfig
from harness.errors import ConfigError, NoSuchModel
from harness.gating.trained import trained_files
from harness.train.hosted.trusted import Service, remember
from harness.train.hosted_manifest import write_job
from tests.engines.fakes import make_request
from tests.models.fakes import adapter_in
from tests.stub import serve
from tests.train.hosted.made import ADDRESS, ROWS, job


@pytest.fixture
def hosted(tmp_path, monkeypatch) -> Path:
    """The folder of a training at a service."""
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SERVICE_KEY", "sk-of-the-service-1")
    folder = tmp_path / "adapters" / "hosted"
    folder.mkdir(parents=True)
    write_job(folder, job())
    return folder


def test_a_job_is_asked_at_its_service_against_its_base_model_there(hosted, opened):
    """With the key that the training was told, whatever [engine] is; both sides by their names."""
    with serve(lambda model, _text: f"I am {model}") as stub:
        write_job(hosted, job(base_url=stub.url))
        remember(Service(base_url=stub.url, api_key_env="SERVICE_KEY"))
        contenders = opened("adapters/hosted")
        sides = (contenders.candidate, contenders.baseline)
        texts = [next(side.engine.generate([make_request(model=side.model)])).text for side in sides]

    assert texts == ["I am ft:tiny:mine", "I am tiny-8b"]
    assert {one["authorization"] for one in stub.headers} == {"Bearer sk-of-the-service-1"}
    assert {one.address for one in contenders.origins(())} == {stub.url}


@pytest.mark.parametrize("is_named", [True, False])
def test_a_folder_alone_names_no_address(is_named, hosted, opened):
    """It can come from anybody: cases and keys go where harness.toml, or a training here, says."""
    engine = EngineConfig(kind="openai", base_url=f"{ADDRESS}/" if is_named else "http://127.0.0.1:8/v1")
    if is_named:
        assert opened("adapters/hosted", engine).candidate.model.adapter == "ft:tiny:mine"
        return

    with pytest.raises(ConfigError, match=r"hosted: was tuned at http://127.0.0.1:9/v1, but neither does harness.toml"):
        opened("adapters/hosted", engine)


def test_the_end_of_a_base_model_is_told(hosted, opened, said):
    """Once in the terminal, and kept with where the answers come from."""
    remember(Service(base_url=ADDRESS, api_key_env=""))
    write_job(hosted, job(base_ends=dt.date(2020, 1, 1)))

    contenders = opened("adapters/hosted")

    assert [line for line in said if "retired" in line] == [
        "hosted: its base model tiny-8b was retired there on 2020-01-01: what was tuned on it may not answer any more"
    ]
    assert {one.party: one.base_ends for one in contenders.origins(())} == {"candidate": "2020-01-01", "baseline": ""}


def test_its_rows_are_known(hosted, opened):
    """Leaks are looked for in the signatures beside its job."""
    remember(Service(base_url=ADDRESS, api_key_env=""))

    contenders = opened("adapters/hosted")

    assert contenders.adapter_folder.resolve() == hosted.resolve()
    assert trained_files(contenders.adapter_folder, ()) == (ROWS,)


def test_a_job_without_a_model_says_what_to_do(hosted, opened):
    """Some services serve nothing before it is deployed."""
    write_job(hosted, job(model=None))

    with pytest.raises(
        NoSuchModel, match=r"job ftjob-1 left neither weights nor the name of a model to ask; deploy it"
    ):
        opened("adapters/hosted")


def test_a_job_that_can_not_be_read_is_told(hosted, opened):
    """As one that another version wrote."""
    (hosted / "job.json").write_text("{}")

    with pytest.raises(NoSuchModel, match=r"job.json: is not what this version writes; train again"):
        opened("adapters/hosted")


def test_a_job_with_weights_is_an_ordinary_adapter(hosted, opened):
    """Served here, on the base model of the settings."""
    adapter_in(hosted)
    write_job(hosted, job(has_weights=True))

    contenders = opened("adapters/hosted")

    assert (contenders.candidate.model.adapter, contenders.candidate.model.base) == ("hosted", "tiny")
    assert contenders.adapter_folder == hosted
