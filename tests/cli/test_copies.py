"""``harness adapters mirror``, and the copy in MLflow after each change of the ledger."""

import json
import shutil

import pytest

from tests.registry.made import judged, project
from tests.registry.mlflow_stub import mlflow_stub
from tests.registry.oci_stub import oci_stub


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return a project, in which the command is given, with a run that judged an adapter."""
    project(tmp_path)
    judged(tmp_path, "first")
    judged(tmp_path, "second", "first")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_server_that_is_down_hinders_no_promotion_and_the_next_command_catches_up(folder, monkeypatch, command):
    """One line says so each time; no login is shown."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://ada:s3cret-pass@127.0.0.1:9")
    code, told = command("promote", "first", "--run", "1")
    assert code == 0
    assert "promoted: first@1" in told
    assert "not copied to MLflow: MLflow at http://127.0.0.1:9 can't be reached: " in told
    assert "the ledger has it, and harness adapters mirror copies it" in told
    assert "s3cret" not in told
    failed, told = command("adapters", "mirror")
    assert (failed, "can't be reached" in told) == (2, True)

    with mlflow_stub() as stub:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", stub.url)
        _, promoted = command("promote", "second", "--run", "2")
        _, back = command("rollback")
        _, forced = command("adapters", "remove", "second", "--force", "the disk")
        _, again = command("adapters", "mirror")

    assert (
        f"MLflow at {stub.url}, model first: 2 versions added; promoted is version 2, previous is version 1" in promoted
    )
    assert "nothing new; promoted is version 1" in back
    assert "nothing new; promoted is version 1" in forced
    assert again == f"MLflow at {stub.url}, model first: nothing new; promoted is version 1\n"
    assert stub.models["first"]["tags"]["tunegate.last_entry"] == "4"


def test_a_folder_of_mlflow_is_no_server(folder, monkeypatch, command):
    """The export of a run takes one; a promotion says nothing of it, and the command refuses it."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "file:mlruns")

    _, told = command("promote", "first", "--run", "1")
    code, refused = command("adapters", "mirror")

    assert "MLflow" not in told
    assert code == 2
    assert (
        "MLFLOW_TRACKING_URI has to name an MLflow server, http://HOST:PORT or https://HOST, and is file:mlruns"
        in refused
    )


def test_an_empty_ledger_has_nothing_to_copy(folder, monkeypatch, command):
    """It says so."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")

    code, told = command("adapters", "mirror")

    assert (code, "nothing was promoted so far" in told) == (2, True)


def test_a_promoted_adapter_is_pushed_and_pulled_by_name(folder, tmp_path, monkeypatch, command):
    """The promoted one, or one that is named; never one that was not promoted."""
    monkeypatch.setenv("HOME", str(tmp_path))
    refused, told = command("adapters", "push", "oci://127.0.0.1:9/team/triage")
    assert (refused, "only what was promoted is pushed" in told) == (2, True)
    command("promote", "first", "--run", "1")

    with oci_stub() as stub:
        target = f"oci://{stub.host}/team/triage"
        _, pushed = command("adapters", "push", target)
        _, again = command("adapters", "push", target, "--adapter", "first@1", "--json")
        code, unknown = command("adapters", "push", target, "--adapter", "second")
        shutil.rmtree(folder / "adapters" / "first")
        gone, told = command("adapters", "push", target)
        _, pulled = command("adapters", "pull", target)

    assert pushed.startswith(f"pushed: {target}:latest\n  sha256:")
    assert json.loads(again)["was"] == json.loads(again)["adapter"]
    assert (code, "no adapter of this name was promoted" in unknown) == (2, True)
    assert (gone, "the folder is gone; put it back" in told) == (2, True)
    assert "promoted as entry 1 on " in pulled
    assert command("adapters", "push", f"{target}@sha256:{'0' * 64}")[0] == 2
    assert "first, the promoted adapter" in command("adapters", "show", "first")[1]
