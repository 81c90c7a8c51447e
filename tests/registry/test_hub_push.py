"""An adapter on a hub: what goes there, in one commit, what never does, and what is said where it fails."""

import json

import pytest
from huggingface_hub import ModelCard, constants
from huggingface_hub.utils import close_session

from harness.errors import AdapterError, PublishError
from harness.models.answering import digest_adapter
from harness.registry import hub_push
from harness.registry.hub_push import Push, files_to_push, notes_on, push_adapter
from tests.models.fakes import adapter_in, write_config
from tests.models.hub_server import running
from tests.models.hub_writes import WRITER

CARD = '---\nlibrary_name: "peft"\n---\n\n# mine\n'
REPO = "org/mine"


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """Return an empty hub that takes this token."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("HF_TOKEN", WRITER)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)  # as HF_HUB_DISABLE_XET=1; a hub without Xet
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "token"))
    with running() as hub:
        monkeypatch.setattr(constants, "ENDPOINT", hub.url)
        close_session()
        yield hub
        close_session()


@pytest.fixture
def folder(tmp_path):
    """Return an adapter with all that trainers leave beside it."""
    folder = adapter_in(tmp_path / "mine")
    (folder / "chat_template.jinja").write_text("{{ messages }}")
    for name in ("optimizer.pt", "training_rows.signatures", "curve.json", "events.out.tfevents.1"):
        (folder / name).write_bytes(b"private")
    (folder / "checkpoint-5").mkdir()
    (folder / "checkpoint-5" / "adapter_model.safetensors").write_bytes(b"earlier")
    return folder


def push(folder, **changed: object):
    """Push the adapter as it is now."""
    return push_adapter(folder, digest_adapter(folder), CARD, Push(repo=REPO, **changed))


def test_an_adapter_is_pushed_in_one_commit_to_a_private_repository(hub, folder):
    """Its own files and the card; a second time nothing changes."""
    pushed = push(folder)
    again = push(folder)

    there = hub.writes.files[REPO]
    assert sorted(there) == ["README.md", "adapter_config.json", "adapter_model.safetensors", "chat_template.jinja"]
    assert there["adapter_model.safetensors"] == (folder / "adapter_model.safetensors").read_bytes()
    assert there["README.md"].decode() == CARD
    assert (pushed.private, pushed.address) == (True, f"{hub.url}/{REPO}/commit/{pushed.commit}")
    assert (again.commit, hub.writes.commits[REPO]) == (pushed.commit, ["0" * 40, pushed.commit])


def test_what_an_earlier_adapter_had_is_taken_away_and_other_peoples_files_stay(hub, folder):
    """Else a loader would find the template of one beside the weights of the other."""
    hub.writes.make(REPO, private=True)
    hub.writes.files[REPO] = {"added_tokens.json": b"{}", "training_rows.signatures": b"x", "picture.png": b"x"}

    push(folder)

    assert {"added_tokens.json", "training_rows.signatures"}.isdisjoint(hub.writes.files[REPO])
    assert hub.writes.files[REPO]["picture.png"] == b"x"


def test_signatures_of_rows_go_only_where_they_are_asked_for(folder):
    """They show who has one of the rows."""
    assert "training_rows.signatures" not in files_to_push(folder)
    assert "training_rows.signatures" in files_to_push(folder, signatures=True)


@pytest.mark.parametrize(("public", "refused"), [(False, True), (True, False)])
def test_a_repository_that_everybody_can_read_is_pushed_to_only_where_that_was_meant(hub, folder, public, refused):
    """Its visibility is not changed by a push."""
    hub.writes.make(REPO, private=False)

    if refused:
        with pytest.raises(PublishError, match="org/mine: everybody can read this repository; give --public"):
            push(folder, public=public)
        assert hub.writes.files[REPO] == {}
    else:
        assert push(folder, public=public).private is False


def test_a_push_that_failed_is_finished_by_the_next_one(hub, folder):
    """The large file is there already, and isn't sent again."""
    hub.writes.refuse["/commit/"] = 403
    with pytest.raises(PublishError, match="doesn't let your token write"):
        push(folder)
    assert hub.writes.files[REPO] == {}
    hub.writes.refuse.clear()

    push(folder)

    assert "adapter_model.safetensors" in hub.writes.files[REPO]
    assert sum(one.method == "PUT" for one in hub.asked) == 1


@pytest.mark.parametrize(
    ("part", "status", "told"),
    [
        ("create", 401, r"the hub refuses your token \(status 401\): it is mistyped or expired; set HF_TOKEN"),
        ("create", 403, r"doesn't let your token write there \(status 403\); set HF_TOKEN to a token that can write"),
        ("create", 404, r"has no such account, or hides it from your token \(status 404\)"),
        ("yaml", 400, r"refuses the card \(status 400\); is --license one that the hub knows"),
        ("commit", 412, r"the repository changed meanwhile \(status 412\); run again"),
        ("preupload", 418, r"refuses the push \(status 418\); check the name and HF_ENDPOINT"),
    ],
)
def test_a_refusal_says_what_to_do_and_shows_no_token(hub, folder, part, status, told):
    """The hub's own words have the token in them."""
    hub.writes.refuse[part] = status

    with pytest.raises(PublishError, match=told) as raised:
        push(folder)

    assert WRITER not in str(raised.value)
    assert raised.value.status == status
    assert not hub.writes.files.get(REPO)


def test_what_no_hub_could_take_is_refused_before_one_is_asked(hub, folder, monkeypatch):
    """By name, token, address and network."""

    def refused() -> str:
        with pytest.raises(PublishError) as raised:
            push(folder)
        return str(raised.value)

    monkeypatch.delenv("HF_TOKEN")
    assert "no token is set; set HF_TOKEN" in refused()
    monkeypatch.setenv("HF_TOKEN", WRITER)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert "HF_HUB_OFFLINE is set" in refused()
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "ENDPOINT", "http://hub.example")
    assert "a token is only sent over https" in refused()
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    assert "can't be reached" in refused()
    with pytest.raises(PublishError, match="write org/name, without a revision"):
        push_adapter(folder, digest_adapter(folder), CARD, Push(repo="org/mine@main"))
    assert hub.asked == []


def test_an_adapter_that_is_not_the_digested_one_is_not_pushed(hub, folder, monkeypatch):
    """Neither one that changed before, nor one that changes while it is sent."""
    with pytest.raises(AdapterError, match="changed since it was digested"):
        push_adapter(folder, "0" * 64, CARD, Push(repo=REPO))
    assert hub.asked == []

    made = hub_push._made

    def change(api: object, wanted: object) -> object:
        write_config(folder, r=9)
        return made(api, wanted)

    monkeypatch.setattr(hub_push, "_made", change)
    with pytest.raises(AdapterError, match="changed while it was sent; nothing was committed"):
        push(folder)
    assert hub.writes.files[REPO] == {}


def test_a_folder_of_this_machine_in_the_configuration_is_told(folder):
    """It would be seen by others."""
    assert list(notes_on(folder)) == []
    write_config(folder, base_model_name_or_path="/home/ada/tiny")

    (told,) = notes_on(folder)

    assert "/home/ada/tiny" in told
    assert json.loads((folder / "adapter_config.json").read_text())["base_model_name_or_path"] == "/home/ada/tiny"
    assert ModelCard(CARD).data.library_name == "peft"
