"""The ledger's copy in MLflow: versions, figures, files and aliases, after any cut, beside any server."""

import json
import shutil

import msgspec
import pytest

from harness.errors import ConfigError, MirrorError
from harness.registry.mlflow.access import access_from
from harness.registry.mlflow.copy import ENTRY, LACKS, REMOVED, Source, copy_ledger
from harness.registry.mlflow.rest import asking
from harness.registry.mlflow.server import Server
from harness.registry.mlflow.shown import model_name
from harness.runs.folder import read_run
from harness.runs.metrics import metrics_of
from tests.registry.made import ADA, override, project, promote
from tests.registry.mlflow_stub import mlflow_stub


@pytest.fixture
def registry(tmp_path):
    """Return the registry of a project in which two adapters were promoted, one after the other."""
    made = project(tmp_path)
    promote(made, tmp_path, "first")
    promote(made, tmp_path, "second", "first")
    return made


@pytest.fixture
def stub():
    """Return an MLflow with nothing in it."""
    with mlflow_stub() as made:
        yield made


def copied(registry, stub, model: str | None = None, **environ: str):
    """Copy the ledger of a project, and return what is said of it."""
    source = Source(
        entries=registry.ledger.entries(),
        adapters=registry.adapters,
        runs=registry.adapters.parent / "runs",
        model=model,
    )
    with asking(access_from({"MLFLOW_TRACKING_URI": stub.url} | environ)) as rest:
        return copy_ledger(source, Server(rest))


def test_each_promotion_is_a_version_with_what_proves_it(registry, stub, tmp_path):
    """The files of the adapter and of its run, figures with intervals, the statement, and who promoted it."""
    told = copied(registry, stub).told

    first, second = registry.ledger.entries()
    run = read_run(tmp_path / "runs" / first.promotion.run.id)
    kept = stub.runs[0]
    assert told == f"MLflow at {stub.url}, model first: 2 versions added; promoted is version 2, previous is version 1"
    assert stub.aliases == {"promoted": "2", "previous": "1"}
    assert [one["tags"][ENTRY] for one in stub.versions] == [first.digest, second.digest]
    assert [one["source"] for one in stub.versions] == [f"mlflow-artifacts:/1/r{number}/artifacts" for number in (1, 2)]
    assert {name for name, _ in kept["metrics"]} == dict(metrics_of(run)).keys()
    assert set(kept["metrics"].values()) >= {run.comparisons[0][1].delta.low, run.comparisons[0][1].delta.high}
    assert (kept["status"], kept["params"]["adapter digest"]) == ("FINISHED", first.promotion.adapter.digest)
    assert stub.files["1/r1/artifacts/run.json"] == (tmp_path / "runs" / run.id / "run.json").read_bytes()
    weights = (tmp_path / "adapters" / "second" / "adapter_model.safetensors").read_bytes()
    assert stub.files["1/r2/artifacts/adapter/adapter_model.safetensors"] == weights
    assert json.loads(stub.files["1/r1/artifacts/promotion.dsse.json"])["payloadType"] == "application/vnd.in-toto+json"
    assert "| Answers stay quick" in stub.versions[0]["description"]


def test_a_rollback_moves_the_aliases_back_and_a_removal_is_shown(registry, stub, tmp_path):
    """Before the first one there is nothing, so that nothing is previous any more; nothing is added twice."""
    copied(registry, stub)
    registry.roll_back(None, ADA)

    told = copied(registry, stub).told
    back = dict(stub.aliases)
    registry.remove(tmp_path / "adapters" / "second", override("the disk is full"))
    copied(registry, stub)

    assert told.endswith("nothing new; promoted is version 1")
    assert back == {"promoted": "1"}
    assert stub.tags_of("2")[REMOVED] == "2026-11-27: the disk is full"
    assert REMOVED not in stub.tags_of("1")
    assert len(stub.versions) == 2


def test_a_copy_of_what_is_there_writes_nothing(registry, stub):
    """It is read, and left as it is."""
    copied(registry, stub)
    stub.asked.clear()

    assert copied(registry, stub).added == 0
    assert {one.partition(" ")[0] for one in stub.asked} == {"GET"}


def test_a_copy_that_was_cut_off_anywhere_goes_on_without_a_double(tmp_path, stub):
    """After each request that was done and whose answer was lost."""
    registry = project(tmp_path)
    promote(registry, tmp_path, "first")
    copied(registry, stub)
    requests, whole = len(stub.asked), state(stub)

    for cut_at in range(requests):
        with mlflow_stub() as other:
            other.cut_at = cut_at
            with pytest.raises(MirrorError, match="can't be reached"):
                copied(registry, other)
            copied(registry, other)

            assert state(other) == whole


def state(stub):
    """Return what is there, but for times and order."""
    return stub.models, stub.versions, stub.runs, stub.files, stub.experiments


def test_an_adapter_that_was_deleted_is_copied_without_its_files(registry, stub, tmp_path):
    """What is lacking is said, once and in the version's tags; its figures are those that the ledger binds."""
    shutil.rmtree(tmp_path / "adapters" / "first")
    shutil.rmtree(tmp_path / "runs")

    told = copied(registry, stub).told

    assert "version 1 of first@1: without the adapter's files: " in told
    assert "the folder is gone" in stub.tags_of("1")[LACKS]
    assert [name for name in stub.files if "/r1/" in name] == ["1/r1/artifacts/promotion.dsse.json"]
    assert any(name.endswith("difference_low") for name, _ in stub.runs[0]["metrics"])
    assert LACKS not in stub.tags_of("2")
    assert "without" not in copied(registry, stub).told


@pytest.mark.parametrize(
    "where", ["s3://bucket/1/{}", "/srv/mlruns/1/{}", "mlflow-artifacts://elsewhere:1/1/{}/artifacts"]
)
def test_a_server_that_takes_no_files_gets_the_rest(registry, stub, where):
    """It is said how it would take them."""
    stub.artifacts = where

    told = copied(registry, stub).told

    assert "so there are none with it (mlflow server --serve-artifacts)" in told
    assert (stub.files, stub.aliases["promoted"]) == ({}, "2")


def test_a_server_that_refuses_files_gets_the_rest(registry, stub):
    """Its address for them is switched off."""
    stub.refused["PUT"] = (503, b"Endpoint disabled due to the mlflow server running with `--no-serve-artifacts`")

    assert "--serve-artifacts)" in copied(registry, stub).told


def test_a_server_without_aliases_gets_the_rest(registry, stub):
    """As MLflow before 2.3."""
    stub.refused["POST /api/2.0/mlflow/registered-models/alias"] = (404, b"<title>404 Not Found</title>")

    assert copied(registry, stub).told.endswith("this server has no aliases, which came with MLflow 2.3")
    assert len(stub.versions) == 2


@pytest.mark.parametrize(
    ("status", "answer", "told"),
    [
        (
            401,
            b"You are not authenticated",
            "refuses GET .*registered-models/get: HTTP 401; set MLFLOW_TRACKING_USERNAME",
        ),
        (404, b"<html>", "knows no GET .*: it is no MLflow, or a version without it"),
        (200, b"<html>", "the answer is not MLflow's; is MLFLOW_TRACKING_URI its address"),
        (200, b'{"registered_model": 7}', "the answer is not MLflow's"),
        (500, b'{"error_code": "INTERNAL_ERROR", "message": "locked: s3cret-pass"}', r"HTTP 500: locked: \*\*\*"),
    ],
)
def test_a_server_of_another_kind_is_named_and_no_password_is_shown(registry, stub, status, answer, told):
    """Nothing was written."""
    stub.refused["GET"] = (status, answer)

    with pytest.raises(MirrorError, match=told) as problem:
        copied(registry, stub, MLFLOW_TRACKING_URI=stub.url.replace("//", "//ada:s3cret-pass@"))
    assert "s3cret" not in str(problem.value)
    assert not stub.models


@pytest.mark.parametrize(
    ("environ", "header"),
    [
        ({"MLFLOW_TRACKING_USERNAME": "ada", "MLFLOW_TRACKING_PASSWORD": "word"}, "Basic YWRhOndvcmQ="),
        ({"MLFLOW_TRACKING_TOKEN": "abc"}, "Bearer abc"),
        ({"MLFLOW_TRACKING_URI": "http://ada:word@{}"}, "Basic YWRhOndvcmQ="),
        ({}, ""),
    ],
)
def test_the_login_is_that_of_mlflows_own_client(registry, stub, environ, header):
    """In its variables, or in the address."""
    host = stub.url.removeprefix("http://")
    copied(registry, stub, **{name: value.format(host) for name, value in environ.items()})

    assert stub.logins == {header}


def test_an_insecure_server_is_asked_only_where_that_is_said():
    """Certificates are checked, against the authorities of a file where one is named."""
    of = {"MLFLOW_TRACKING_URI": "https://mlflow.example/"}

    assert not access_from(of).insecure
    assert access_from(of | {"MLFLOW_TRACKING_INSECURE_TLS": "true"}).insecure
    missing = access_from(of | {"MLFLOW_TRACKING_SERVER_CERT_PATH": "missing.pem"})
    with (
        pytest.raises(MirrorError, match=r"MLFLOW_TRACKING_SERVER_CERT_PATH: missing\.pem can't be read"),
        asking(missing),
    ):
        pass


@pytest.mark.parametrize("address", ["", "file:mlruns", "sqlite:///m.db", "databricks", "http://", "http://host:port"])
def test_what_is_no_server_is_refused(address):
    """Folders and databases of this machine among it."""
    with pytest.raises(MirrorError, match="MLFLOW_TRACKING_URI"):
        access_from({"MLFLOW_TRACKING_URI": address})


def test_the_model_of_somebody_else_and_a_newer_copy_stay_as_they_are(registry, stub, tmp_path):
    """A name that is taken, and a checkout whose ledger is behind."""
    copied(registry, stub)
    other = project(tmp_path / "other")
    promote(other, tmp_path / "other", "third")
    with pytest.raises(
        MirrorError, match=r"has a model first that is not of this ledger.*set \[registry\] mlflow_model"
    ):
        copied(other, stub, "first")

    stub.models["first"]["tags"]["tunegate.last_entry"] = "3"
    with pytest.raises(MirrorError, match="has entry 3 of this ledger, which ends with entry 2 here"):
        copied(registry, stub)
    assert copied(other, stub, "other").added == 1


def test_names_that_mlflow_refuses_are_changed_or_refused(registry):
    """The adapter's own name is changed, a chosen one refused."""
    (first, second), odd = registry.ledger.entries(), "a/b:c.d 'e'"
    adapter = msgspec.structs.replace(first.promotion.adapter, name=odd)
    said = msgspec.structs.replace(first.promotion, adapter=adapter)
    first = msgspec.structs.replace(first, statement=msgspec.structs.replace(first.statement, predicate=said))

    assert model_name((first, second), None) == "a_b_c_d _e_"
    assert model_name(registry.ledger.entries(), "team.triage 2") == "team.triage 2"
    for name in ("a/b", "a:b", "a'b", "..", "a%b"):
        with pytest.raises(ConfigError, match=r"\[registry\] mlflow_model"):
            model_name(registry.ledger.entries(), name)
