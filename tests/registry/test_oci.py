"""A promoted adapter in an OCI registry: pushed with its subject and its promotion, and pulled back the same."""

import hashlib
import json
import sys

import pytest

from harness.errors import InputError, MirrorError
from harness.models.answering import digest_adapter
from harness.registry.dsse import load_trusted_key
from harness.registry.oci.manifests import ADAPTER, ADAPTER_DIGEST, BASE, BASE_DIGEST, ENTRY, STATEMENT
from harness.registry.oci.pull import pull
from harness.registry.oci.push import push
from harness.registry.oci.reference import reference_of
from harness.registry.oci.remote import Remote
from tests.models.fakes import adapter_in
from tests.registry.made import project, promote
from tests.registry.oci_stub import LOGIN, PASSWORD, oci_stub
from tests.registry.test_ledger import signed


@pytest.fixture
def stub():
    """Return a registry with nothing in it."""
    with oci_stub() as made:
        yield made


@pytest.fixture(autouse=True)
def docker(tmp_path, monkeypatch):
    """Keep the docker configuration of this machine out, and return the folder of another one."""
    for name in ("ORAS_USER", "ORAS_PASS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
    (tmp_path / "docker").mkdir()
    return tmp_path / "docker"


@pytest.fixture
def entry(tmp_path):
    """Return the entry of a promoted adapter with a card and a template in a folder of its own."""
    registry = project(tmp_path)
    folder = tmp_path / "adapters" / "first"
    (folder / "README.md").write_text("# first\n")
    (folder / "additional_chat_templates").mkdir()
    (folder / "additional_chat_templates" / "tools.jinja").write_text("{{ messages }}")
    (folder / "optimizer.pt").write_bytes(b"stays here")
    return promote(registry, tmp_path, "first")


def remote(stub, name: str = ":v1") -> Remote:
    """Return the repository that is pushed to."""
    return Remote(reference_of(f"oci://{stub.host}/team/triage{name}"))


def pushed(entry, stub, tmp_path, name: str = ":v1", base: str | None = None):
    """Push the adapter."""
    return push(entry, tmp_path / "adapters" / "first", remote(stub, name), base)


@pytest.mark.parametrize("lists", [True, False], ids=["lists", "tags"])
def test_an_adapter_comes_back_as_it_was_pushed(entry, stub, tmp_path, lists):
    """Every file with its digest, whether the registry keeps lists of referrers or has tags in their place."""
    stub.lists = lists
    done = pushed(entry, stub, tmp_path)

    pulled = pull(remote(stub), tmp_path / "other", None, ())

    own, theirs = tmp_path / "adapters" / "first", tmp_path / "other" / "first"
    names = {one.relative_to(theirs).as_posix() for one in theirs.rglob("*") if one.is_file()}
    assert names == {
        *("adapter_config.json", "adapter_model.safetensors", "README.md"),
        "additional_chat_templates/tools.jinja",
    }
    assert all((own / name).read_bytes() == (theirs / name).read_bytes() for name in names)
    assert pulled.digest == digest_adapter(theirs) == entry.promotion.adapter.digest
    assert (pulled.is_new, pulled.proof.number, pulled.proof.signed_by) == (True, 1, "")
    assert pull(remote(stub, f"@{done.adapter}"), tmp_path / "other", None, ()).is_new is False
    assert (f"sha256-{done.adapter[7:]}" in stub.manifests) != lists


def test_the_manifests_say_what_was_promoted_on_which_base_model_and_why(entry, stub, tmp_path):
    """The base model's manifest is the subject of the adapter's, and that is the subject of its promotion's."""
    done = pushed(entry, stub, tmp_path)

    adapter, base, promotion = (json.loads(stub.manifests[one]) for one in (done.adapter, done.base, done.statement))
    said = entry.promotion
    (layer,) = promotion["layers"]
    envelope = json.loads(stub.blobs[layer["digest"]])
    of_files = {one["digest"] for one in adapter["layers"]}
    assert (adapter["artifactType"], base["artifactType"], promotion["artifactType"]) == (ADAPTER, BASE, STATEMENT)
    assert adapter["subject"] == {
        "mediaType": base["mediaType"],
        "digest": done.base,
        "size": len(stub.manifests[done.base]),
    }
    assert promotion["subject"]["digest"] == done.adapter
    assert json.loads(stub.blobs[base["config"]["digest"]])["digest"] == said.base.digest
    assert adapter["annotations"][ADAPTER_DIGEST] == said.adapter.digest
    assert adapter["annotations"][BASE_DIGEST] == said.base.digest
    assert adapter["annotations"][ENTRY] == entry.digest
    assert {f"sha256:{one.digest['sha256']}" for one in entry.statement.subject} <= of_files
    assert envelope["payloadType"] == "application/vnd.in-toto+json"


@pytest.mark.parametrize("lists", [True, False], ids=["lists", "tags"])
def test_a_second_push_sends_nothing_and_a_tag_that_moves_says_what_it_was(entry, stub, tmp_path, lists):
    """As after a push that was cut off anywhere: what is there stays."""
    stub.lists = lists
    first = pushed(entry, stub, tmp_path)
    stub.asked.clear()

    again = pushed(entry, stub, tmp_path)

    assert again.told[0] == f"there already: oci://{stub.host}/team/triage:v1"
    assert not [one for one in stub.asked if one.startswith(("PUT", "POST"))]
    stub.manifests["v1"] = stub.manifests[first.base]
    assert (
        f"pushed: oci://{stub.host}/team/triage:v1, in place of {first.base[:19]}" in pushed(entry, stub, tmp_path).told
    )


def test_the_tag_comes_last(entry, stub, tmp_path):
    """Where anything before it is refused, the tag is as it was; the next push goes on."""
    pushed(entry, stub, tmp_path)

    for at, asked in enumerate(tuple(stub.asked)):
        if not asked.startswith(("POST", "PUT")):
            continue
        with oci_stub() as other:
            other.answer = refusing_at(at, other.answer)
            with pytest.raises(MirrorError, match="HTTP 500: out of order"):
                pushed(entry, other, tmp_path)
            assert "v1" not in other.manifests
            del other.answer
            pushed(entry, other, tmp_path)

            assert other.manifests == stub.manifests


def refusing_at(at, answer):
    """Return a way to answer that refuses one request, counted from 0."""
    count = iter(range(10_000))

    def refusing(*asked: object) -> object:
        return (500, {}, b"out of order") if next(count) == at else answer(*asked)

    return refusing


def test_what_others_said_of_the_base_model_stays(entry, stub, tmp_path):
    """Where a tag stands for the list: fields of others too. A list that can't be read is never written over."""
    stub.lists = False
    done = pushed(entry, stub, tmp_path)
    tag = f"sha256-{done.base[7:]}"
    theirs = {"mediaType": "m", "digest": done.statement, "size": 1, "platform": {"os": "linux"}}
    stub.manifests[tag] = json.dumps({"schemaVersion": 2, "manifests": [theirs], "annotations": {"a": "b"}}).encode()

    pushed(entry, stub, tmp_path)

    whole = json.loads(stub.manifests[tag])
    assert (whole["manifests"][0], whole["annotations"]) == (theirs, {"a": "b"})
    assert [one["digest"] for one in whole["manifests"]] == [done.statement, done.adapter]
    stub.manifests[tag] = b"[]"
    with pytest.raises(MirrorError, match="the list of what is about an artifact can't be read"):
        pushed(entry, stub, tmp_path)


def test_the_base_models_own_artifact_can_be_the_subject(entry, stub, tmp_path):
    """By its tag in the same repository; one that is not there is named."""
    own = b'{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": []}'
    stub.manifests["base"] = own

    done = pushed(entry, stub, tmp_path, base="base")

    subject = json.loads(stub.manifests[done.adapter])["subject"]
    assert subject["digest"] == f"sha256:{hashlib.sha256(own).hexdigest()}"
    assert subject["mediaType"] == "application/vnd.oci.image.index.v1+json"
    with pytest.raises(MirrorError, match="there is no artifact missing of a base model in this repository"):
        pushed(entry, stub, tmp_path, base="missing")


@pytest.mark.parametrize("kind", ["basic", "token"])
def test_the_login_is_dockers(entry, stub, tmp_path, docker, kind):
    """A token that can only read is changed for one that can write; without a login it is said how to get one."""
    stub.login = kind
    with pytest.raises(MirrorError, match="HTTP 401; docker login as one who may"):
        pushed(entry, stub, tmp_path)
    (docker / "config.json").write_text(json.dumps({"auths": {stub.host: {"auth": LOGIN}}}))

    pushed(entry, stub, tmp_path)

    assert pull(remote(stub), tmp_path / "other", None, ()).is_new
    stub.refused["PUT"] = (500, f"{PASSWORD} is wrong".encode())
    with pytest.raises(MirrorError, match=r"HTTP 500: \*\*\* is wrong"):
        pushed(entry, stub, tmp_path, ":v2")


def test_a_configuration_that_is_broken_and_a_host_that_is_no_registry_are_named(entry, stub, tmp_path, docker):
    """Nothing is sent."""
    (docker / "config.json").write_text("{")
    with pytest.raises(InputError, match="docker's configuration can't be read"):
        remote(stub)
    stub.refused["GET /v2/"] = (404, b"<html>")
    with pytest.raises(MirrorError, match="is no OCI registry: HTTP 404"):
        remote(stub)
    with pytest.raises(MirrorError, match=r"127\.0\.0\.1:9 can't be reached"):
        Remote(reference_of("oci://127.0.0.1:9/team/triage"))


def test_a_machine_without_oras_is_told_what_to_install(monkeypatch):
    """With the extra's name."""
    for name in ("oras", "oras.auth", "oras.logger"):
        monkeypatch.setitem(sys.modules, name, None)

    with pytest.raises(InputError, match=r"pip install 'tunegate\[oci\]'"):
        Remote(reference_of("oci://127.0.0.1:9/team/triage"))


def change_weights(stub, manifest):
    """Give other bytes under the digest of a layer."""
    digest = manifest["layers"][1]["digest"]
    stub.blobs[digest] = b"x" * len(stub.blobs[digest])


def promise_another(stub, manifest):
    """Promise the digest of another adapter."""
    manifest["annotations"][ADAPTER_DIGEST] = "0" * 64


def lead_out(stub, manifest):
    """Name a file that is elsewhere."""
    manifest["layers"][0]["annotations"]["org.opencontainers.image.title"] = "../adapter_config.json"


def hide(stub, manifest):
    """Name the adapter like what is hidden."""
    manifest["annotations"]["org.opencontainers.image.title"] = ".hidden"


def repeat(stub, manifest):
    """Name two files alike."""
    manifest["layers"].append(manifest["layers"][0])


def retype(stub, manifest):
    """Make it an image."""
    manifest["artifactType"] = "application/vnd.example"


CHANGES = {
    change_weights: "has another digest: it was cut or changed",
    promise_another: "its files have the digest .*, and 0{9}... was promised",
    lead_out: "can't be the name of a folder or a file here",
    hide: "'.hidden' can't be the name of a folder",
    repeat: "has the file adapter_config.json twice",
    retype: "is no adapter that harness adapters push has pushed",
}


@pytest.mark.parametrize("change", CHANGES, ids=lambda one: one.__name__)
def test_what_is_not_as_promised_is_not_pulled(entry, stub, tmp_path, change):
    """Nothing of it is kept."""
    manifest = json.loads(stub.manifests[pushed(entry, stub, tmp_path).adapter])
    change(stub, manifest)
    stub.manifests["v1"] = json.dumps(manifest).encode()

    with pytest.raises(MirrorError, match=CHANGES[change]):
        pull(remote(stub), tmp_path / "other", None, ())
    assert [one.name for one in (tmp_path / "other").glob("*") if one.is_dir()] == []


def test_a_trusted_key_must_have_signed_the_promotion(stub, tmp_path):
    """Without one that did, nothing is pulled: signed by nobody, or by somebody else."""
    registry = project(tmp_path, signed(tmp_path))
    pushed(promote(registry, tmp_path, "first"), stub, tmp_path)
    own, other = (load_trusted_key(tmp_path / f"{name}.pub") for name in ("ci", "eve"))

    with pytest.raises(MirrorError, match=r"is signed by one of \[registry\] trusted_keys: eve.pub"):
        pull(remote(stub), tmp_path / "other", None, (other,))
    assert not (tmp_path / "other").exists()
    assert pull(remote(stub), tmp_path / "other", None, (other, own)).proof.signed_by == "ci.pub"


def test_another_adapter_of_the_name_stays(entry, stub, tmp_path):
    """Another name leads to both."""
    pushed(entry, stub, tmp_path)
    adapter_in(tmp_path / "other" / "first", weights=b"mine")

    with pytest.raises(MirrorError, match="is here already and is another adapter; --name NAME"):
        pull(remote(stub), tmp_path / "other", None, ())
    assert pull(remote(stub), tmp_path / "other", "theirs", ()).name == "theirs"
    with pytest.raises(MirrorError, match="there is no such artifact"):
        pull(remote(stub, ":v2"), tmp_path / "other", None, ())
    with pytest.raises(MirrorError, match="there is no such artifact"):
        pull(remote(stub, f"@sha256:{'0' * 64}"), tmp_path / "other", None, ())


@pytest.mark.parametrize(
    "text",
    [
        *(
            "triage",
            "oci://",
            "oci://host",
            "oci://host/Team",
            "oci://host/a:",
            "oci://host/a@sha256:12",
            "oci://host:x/a",
        ),
        *("https://host/a", "oci://host/a/../b"),
    ],
)
def test_what_is_no_reference_is_refused(text):
    """With what is expected."""
    with pytest.raises(InputError, match=r"expected oci://HOST\[:PORT\]/REPOSITORY\[:TAG\]"):
        reference_of(text)


def test_a_password_in_a_reference_is_refused_and_not_shown():
    """The login is docker's."""
    with pytest.raises(InputError, match="a login is docker's") as problem:
        reference_of("oci://ada:s3cret@host/team/triage")
    assert "s3cret" not in str(problem.value)


def test_docker_hub_has_an_address_of_its_own_and_this_machine_is_asked_without_tls():
    """As docker has it."""
    hub = reference_of("oci://docker.io/larkspur/triage")

    assert (hub.address, hub.login_name) == ("https://registry-1.docker.io", "https://index.docker.io/v1/")
    assert reference_of("oci://[::1]:5000/a").address == "http://[::1]:5000"
    assert reference_of("oci://localhost/a").address == "http://localhost"
    assert reference_of("oci://127.0.0.1.example.org/a").address.startswith("https://")
