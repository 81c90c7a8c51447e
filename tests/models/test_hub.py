"""Base models from a hub: what is fetched, what is not, what is used again, and what is said when it fails."""

import errno
import json
import logging
import os
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from huggingface_hub import constants, file_download

from harness.errors import AdapterError, NoSuchModel
from harness.models.answering import digest_weights
from harness.models.base_files import CODE
from harness.models.embedded import resolve_base
from harness.models.hub import fetch_base
from harness.models.hub_cache import HubName, hub_model, hub_name
from harness.models.local import local_base
from harness.models.local_adapter import local_adapter
from tests.models.fakes import OF_BASE, adapter_in, safetensors
from tests.models.hub_server import FIRST, SECOND, Hub, Model, asked_alone

TINY = HubName(repo="org/tiny")
SECRET = "hf_abcdefghij0123456789"
WEIGHTS = safetensors(struct.pack("<2f", 1, 2), name=OF_BASE, remark="x" * 102_400)
FILES = {
    "config.json": b'{"model_type": "llama"}',
    "generation_config.json": b'{"eos_token_id": 2}',
    "tokenizer.json": b'{"model": {}}',
    "tokenizer_config.json": b'{"eos_token": "</s>"}',
    "chat_template.jinja": b"{{ messages }}",
    "additional_chat_templates/tool_use.jinja": b"{{ tools }}",
    "model.safetensors": WEIGHTS,
}
OTHERS = {
    "pytorch_model.bin": b"pickle",
    "training_args.bin": b"pickle",
    "optimizer.pt": b"pickle",
    "rng_state.pth": b"pickle",
    "modeling_tiny.py": b"raise SystemExit",
    "original/model.safetensors": b"again",
    "consolidated.safetensors": b"again",
    "README.md": b"# tiny",
}

Fetch = Callable[..., Path]


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """Return a hub with one model, which huggingface_hub asks, with an empty cache and no token."""
    monkeypatch.setattr(file_download.time, "sleep", lambda _seconds: None)
    with asked_alone(tmp_path, monkeypatch) as hub:
        hub.models["org/tiny"] = Model({FIRST: FILES | OTHERS})
        yield hub


@pytest.fixture
def said() -> list[str]:
    """Hold what is said, line by line."""
    return []


@pytest.fixture
def fetch(hub: Hub, said: list[str]) -> Fetch:
    """Fetch the model, or another one or revision."""
    return lambda name="org/tiny": resolve_base(name, Path("nowhere"), said.append)


def files_in(folder: Path) -> dict[str, bytes]:
    """Return the files of a folder by name."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def lead(hub: Hub, commit: str = SECOND, **changed: bytes) -> None:
    """Let the branch lead to another commit, with changed files: ``config`` or ``weights``."""
    names = {"config": "config.json", "weights": "model.safetensors", "template": "chat_template.jinja"}
    files = FILES | {names[part]: content for part, content in changed.items()}
    hub.models["org/tiny"].commits[commit] = files
    hub.models["org/tiny"].revisions["main"] = commit


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Qwen/Qwen3-8B", HubName(repo="Qwen/Qwen3-8B")),
        ("Qwen/Qwen3-8B@refs/pr/1", HubName(repo="Qwen/Qwen3-8B", revision="refs/pr/1")),
        ("gpt2", None),
        ("/models/tiny", None),
        ("../org/name", None),
        ("models/of/mine", None),
        ("org/name@", None),
        ("org/na--me", None),
        ("org/na..me", None),
        ("org/name\n", None),
    ],
)
def test_a_name_on_a_hub_has_two_parts_and_perhaps_a_revision(text, name):
    """Everything else is a path, which no hub hears of."""
    assert hub_name(text) == name


def test_weights_tokenizer_templates_and_configuration_are_fetched_and_nothing_else(fetch, hub, said):
    """No pickle, no Python code, no second copy of the weights: the hub isn't even asked for them."""
    folder = fetch()

    assert files_in(folder) == FILES
    assert set(hub.paths("GET")) == {Path(name).name for name in FILES}
    assert hub_model(folder) is not None
    assert hub_model(folder).commit == FIRST
    assert said == []


def test_own_code_is_fetched_where_it_is_asked_for(hub):
    """Only then."""
    assert "modeling_tiny.py" in files_in(resolve_base("org/tiny", Path("nowhere"), print, CODE))


@pytest.mark.parametrize("name", ["org/tiny", f"org/tiny@{FIRST}"])
def test_code_comes_later_to_a_copy_that_was_fetched_without_it(fetch, hub, name):
    """Also at a commit that is in the cache; the weights are not fetched again."""
    own = {"model_type": "llama", "auto_map": {"AutoModelForCausalLM": "modeling_tiny.Tiny"}}
    hub.models["org/tiny"].commits[FIRST] = FILES | OTHERS | {"config.json": json.dumps(own).encode()}
    fetch(name)
    hub.asked.clear()

    folder = resolve_base(name, Path("nowhere"), print, CODE)

    assert hub.paths("GET") == ["modeling_tiny.py"]
    assert local_base("org/tiny", folder, code=CODE).code == CODE
    assert local_base("org/tiny", folder).code == ()


def test_a_copy_without_its_code_is_refused_where_no_hub_can_be_asked(fetch, hub, monkeypatch):
    """The text says how to get the code."""
    own = {"model_type": "llama", "auto_map": {"AutoModelForCausalLM": "modeling_tiny.Tiny"}}
    hub.models["org/tiny"].commits[FIRST] = FILES | OTHERS | {"config.json": json.dumps(own).encode()}
    fetch()
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)

    folder = resolve_base("org/tiny", Path("nowhere"), print, CODE)

    with pytest.raises(NoSuchModel, match=r"modeling_tiny\.py \(auto_map\), which is not here; .*HF_HUB_OFFLINE unset"):
        local_base("org/tiny", folder, code=CODE)


def test_what_is_in_the_cache_is_not_fetched_again(fetch, hub):
    """Only where the branch leads is looked up."""
    folder = fetch()
    hub.asked.clear()

    assert fetch() == folder
    assert [one.path for one in hub.asked] == ["/api/models/org/tiny/revision/main"]


def test_a_commit_that_is_in_the_cache_asks_nobody(fetch, hub):
    """It can't move."""
    folder = fetch(f"org/tiny@{FIRST}")
    hub.asked.clear()

    assert fetch(f"org/tiny@{FIRST}") == folder
    assert hub.asked == []


def test_a_connection_that_breaks_is_continued_where_it_broke(fetch, hub, monkeypatch, caplog):
    """The rest is asked for as a range, and the file is whole; the library's warning shows the whole address."""
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 10_000)
    theirs = logging.getLogger("huggingface_hub")
    theirs.addHandler(caplog.handler)
    hub.cut["model.safetensors"] = 30_000

    folder = fetch()
    theirs.removeHandler(caplog.handler)

    assert caplog.records == []
    assert files_in(folder)["model.safetensors"] == WEIGHTS
    assert [one.range for one in hub.asked if one.range] == ["bytes=30000-"]


def test_an_interrupted_download_keeps_the_files_that_are_whole(fetch, hub, monkeypatch):
    """After Ctrl-C the next run fetches the rest; until then the cache does not pass for a whole copy."""
    get = file_download.http_get

    def interrupt(url: str, *more: object, **options: object) -> None:
        if "model.safetensors" in url:
            raise KeyboardInterrupt
        get(url, *more, **options)

    with monkeypatch.context() as patch:
        patch.setattr(file_download, "http_get", interrupt)
        with pytest.raises(KeyboardInterrupt):
            fetch()
    with monkeypatch.context() as patch:
        patch.setattr(constants, "HF_HUB_OFFLINE", True)
        with pytest.raises(NoSuchModel, match="no whole copy"):
            fetch()
        with pytest.raises(NoSuchModel, match="no whole copy"):
            fetch(f"org/tiny@{FIRST}")
    hub.asked.clear()
    fetch()

    assert hub.paths("GET") == ["model.safetensors"]


def test_a_missing_part_of_the_weights_is_not_a_whole_copy(fetch, hub, monkeypatch):
    """The index names two files, and another tool fetched one of them."""
    index = json.dumps({"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}).encode()
    parts = {"model-1.safetensors": b"1", "model-2.safetensors": b"2", "model.safetensors.index.json": index}
    hub.models["org/tiny"].commits[FIRST] = {**FILES, **parts}
    folder = fetch()
    (folder / "model-2.safetensors").unlink()
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)

    with pytest.raises(NoSuchModel, match="no whole copy"):
        fetch()


def test_offline_the_cache_is_used_and_nobody_is_asked(fetch, hub, monkeypatch):
    """As with HF_HUB_OFFLINE=1 anywhere else."""
    folder = fetch()
    hub.asked.clear()
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)

    assert fetch() == folder
    assert hub.asked == []


def test_offline_without_a_copy_says_what_to_do(fetch, monkeypatch):
    """Unset the variable, or fetch it elsewhere."""
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)

    with pytest.raises(
        NoSuchModel,
        match=r"^org/tiny@v1: HF_HUB_OFFLINE is set, .*unset HF_HUB_OFFLINE.*hf download org/tiny --rev.* v1",
    ):
        fetch("org/tiny@v1")


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_hub_that_is_down_is_replaced_by_the_cache_and_that_is_said(fetch, hub, said, status):
    """A run must not depend on somebody else's server once the model is here."""
    folder = fetch()
    hub.status = status

    assert fetch() == folder
    assert said == [f"org/tiny: the hub can't be reached; using commit {FIRST} from the cache"]


def test_without_network_the_cache_is_used(fetch, hub, said, monkeypatch):
    """Nobody listens at the address."""
    folder = fetch()
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")

    assert fetch() == folder
    assert len(said) == 1


def test_without_network_and_copy_the_address_is_named_but_no_password_in_it(fetch, monkeypatch):
    """HF_ENDPOINT can hold a login."""
    monkeypatch.setattr(constants, "ENDPOINT", "http://me:pass-word@127.0.0.1:9")

    with pytest.raises(
        NoSuchModel, match=r"^org/tiny: http://127.0.0.1:9 can't be reached \(.*refused.*HF_ENDPOINT"
    ) as it:
        fetch()

    assert "pass-word" not in str(it.value)


def test_a_name_with_a_typo_says_so_and_that_a_private_model_looks_the_same(fetch):
    """The hub doesn't tell the two apart."""
    with pytest.raises(
        NoSuchModel, match=r"^org/tinny: no folder.*no such model.*private.*spelling.*no token is set.*HF_TOKEN"
    ):
        fetch("org/tinny")


def test_a_private_model_is_fetched_with_a_token(fetch, hub, monkeypatch):
    """The one in HF_TOKEN is sent, and to the hub alone."""
    hub.models["org/tiny"].token = SECRET
    monkeypatch.setenv("HF_TOKEN", SECRET)

    assert files_in(fetch()) == FILES
    assert {one.authorization for one in hub.asked} == {f"Bearer {SECRET}"}


def test_a_token_without_access_is_said_and_never_shown(fetch, hub, monkeypatch, caplog, capfd):
    """Not even where the hub sends it back."""
    hub.models["org/tiny"].token = "another"
    monkeypatch.setenv("HF_TOKEN", SECRET)

    with caplog.at_level(logging.DEBUG), pytest.raises(NoSuchModel, match="your token can't read it") as it:
        fetch()

    assert SECRET not in str(it.value)
    assert SECRET not in caplog.text
    assert SECRET not in "".join(capfd.readouterr())


def test_a_gated_model_names_the_page_where_access_is_asked_for(fetch, hub, monkeypatch):
    """Its list of files is public, its files are not; with a token of another account the sentence differs."""
    hub.models["org/tiny"].is_gated = True
    with pytest.raises(
        NoSuchModel, match=rf"gated, and no token is set; ask for access on its page, {hub.url}/org/tiny"
    ):
        fetch()
    monkeypatch.setenv("HF_TOKEN", SECRET)

    with pytest.raises(NoSuchModel, match="gated, and your token's account has no access"):
        fetch()


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, "refuses your token"),
        (403, r"refuses access \(status 403\)"),
        (418, r"refuses the request \(status 418\)"),
        (404, "no such model"),
        (503, r"can't be reached \(status 503\)"),
    ],
)
def test_each_refusal_has_a_sentence_of_its_own(fetch, hub, monkeypatch, status, words):
    """And none shows the token, which this hub sends back."""
    monkeypatch.setenv("HF_TOKEN", SECRET)
    hub.status = status

    with pytest.raises(NoSuchModel, match=words) as it:
        fetch()

    assert SECRET not in str(it.value)


def test_a_wrong_revision_is_named(fetch):
    """The model is there."""
    with pytest.raises(NoSuchModel, match=r"^org/tiny@v9: org/tiny has no revision 'v9'; write a branch, a tag"):
        fetch("org/tiny@v9")


def test_a_full_disk_is_named_with_the_file_and_the_way_out(fetch, monkeypatch):
    """What is whole is kept."""

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(file_download, "http_get", full)

    with pytest.raises(
        NoSuchModel, match=r"no room is left in .*cache while .* was fetched; make room, or set HF_HOME"
    ):
        fetch()


def test_a_download_that_breaks_off_for_good_names_the_file(fetch, hub, monkeypatch):
    """Running again continues."""

    def broken(*_: object, **__: object) -> None:
        raise ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")

    monkeypatch.setattr(file_download, "http_get", broken)

    with pytest.raises(NoSuchModel, match=r"the download of .* broke off \(Connection reset by peer\); .*run again"):
        fetch()


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"config.json": b"{}", "pytorch_model.bin": b"p"}, r"its weights are pickles \(pytorch_model.bin\)"),
        ({"tiny.Q4_K_M.gguf": b"g"}, r"its weights are in a GGUF file \(tiny.Q4_K_M.gguf\), which vLLM can't serve"),
        ({"README.md": b"r"}, "no transformers model with safetensors weights"),
    ],
)
def test_a_model_that_can_never_be_used_is_refused_before_anything_is_fetched(fetch, hub, files, words):
    """Its list of files tells."""
    hub.models["org/tiny"].commits[FIRST] = files

    with pytest.raises(NoSuchModel, match=f"^org/tiny: {words}"):
        fetch()

    assert hub.paths("GET") == []


def test_a_model_that_needs_its_own_code_is_refused_before_its_weights_are_fetched(fetch, hub):
    """The configuration is fetched first."""
    hub.models["org/tiny"].commits[FIRST] = FILES | {"config.json": b'{"auto_map": {"AutoModel": "m.M"}}'}

    with pytest.raises(NoSuchModel, match=r'brings its own Python code .* args = \["--trust-remote-code"\]'):
        fetch()

    assert "model.safetensors" not in hub.paths("GET")


def test_a_name_that_no_hub_can_have_is_called_so(fetch):
    """Longer than 96 characters."""
    with pytest.raises(NoSuchModel, match="no hub can have a model of this name"):
        fetch(f"org/{'tiny' * 30}")


def test_a_hub_can_name_no_place_outside_of_the_cache(fetch, hub, tmp_path):
    """Neither by a commit nor by the names of files."""
    hub.models["org/tiny"].commits[FIRST] = FILES | {"../../evil.json": b"{}", "/evil.json": b"{}"}
    fetch()
    hub.models["org/tiny"].commits["../../../../evil"] = FILES
    hub.models["org/tiny"].revisions["main"] = "../../../../evil"

    with pytest.raises(NoSuchModel, match="gives no commit for it; is HF_ENDPOINT the address of a hub"):
        fetch()
    assert list(tmp_path.rglob("*evil*")) == []


def test_without_huggingface_hub_the_package_is_named(monkeypatch):
    """The core is installed without it."""
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)

    with pytest.raises(NoSuchModel, match="pip install huggingface_hub"):
        fetch_base(TINY, print)


def test_a_folder_wins_over_a_model_on_the_hub(fetch, hub, tmp_path, monkeypatch):
    """With a revision the same name means the hub again."""
    (tmp_path / "org" / "tiny").mkdir(parents=True)
    (tmp_path / "org" / "tiny" / "config.json").write_text("{}")
    monkeypatch.chdir(tmp_path)

    assert fetch() == Path("org/tiny")
    assert hub.asked == []
    assert hub_model(fetch("org/tiny@main")).commit == FIRST


def test_a_branch_that_moved_leads_to_its_new_commit(fetch, hub, monkeypatch):
    """Offline too, once it was fetched; the old commit stays in the cache under its own name."""
    old = fetch()
    lead(hub, weights=b"new weights")
    new = fetch()
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)

    assert hub_model(new).commit == SECOND
    assert fetch() == new
    assert fetch(f"org/tiny@{FIRST}") == old


def test_an_adapter_of_the_commit_before_is_refused_with_both_commits(fetch, hub, tmp_path):
    """The branch moved to other weights after the training."""
    old = fetch()
    adapter = adapter_in(tmp_path / "mine", digest_weights(old))
    manifest = {"base_digest": digest_weights(old), "base_commit": FIRST}
    (adapter / "manifest.json").write_text(json.dumps(manifest))
    lead(hub, weights=b"new weights")

    with pytest.raises(AdapterError, match=rf"trained on commit {FIRST}, and this is commit {SECOND} of org/tiny; set"):
        local_adapter(local_base("org/tiny", fetch()), adapter)


def test_an_adapter_of_the_commit_before_with_the_same_weights_is_noted(fetch, hub, tmp_path):
    """Somebody changed the chat template."""
    old = fetch()
    adapter = adapter_in(tmp_path / "mine")
    manifest = {"base_digest": digest_weights(old), "base_commit": FIRST}
    (adapter / "manifest.json").write_text(json.dumps(manifest))
    lead(hub, template=b"{{ other }}")

    model = local_adapter(local_base("org/tiny", fetch()), adapter)

    assert model.commit == SECOND
    (note,) = model.notes
    assert note.startswith(f"mine: trained on commit {FIRST[:12]} of org/tiny; here it runs on commit {SECOND[:12]}, ")
    assert note.endswith("whose weights are the same")


def test_progress_is_lines_of_ours_and_no_bar_of_another_library(fetch, hub, capfd):
    """In other people's pytest a library's bar is noise; where nothing is fetched nothing is shown."""
    fetch()
    first = capfd.readouterr()
    fetch()

    assert first.out == ""
    assert first.err.splitlines()[0] == "fetching org/tiny: 1 MB"
    assert "%" not in first.err
    assert capfd.readouterr() == ("", "")


def test_the_environment_names_hub_cache_and_token(hub, tmp_path):
    """HF_ENDPOINT, HF_HOME and HF_TOKEN, as for every tool that uses huggingface_hub."""
    hub.models["org/tiny"].token = SECRET
    (tmp_path / "harness.toml").write_text('base_model = "org/tiny"\n')
    chosen = {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "home"), "HF_TOKEN": SECRET, "NO_PROXY": "127.0.0.1"}

    done = subprocess.run(
        [sys.executable, "-m", "harness.cli", "base-model"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])} | chosen,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()) == tmp_path / "home" / "hub" / "models--org--tiny" / "snapshots" / FIRST
    assert SECRET not in done.stderr
