"""A real OCI registry, Debian's docker-registry: it takes what is pushed, and gives it back.

Its version keeps no lists of referrers, so the tags in their place are tried too.
"""

import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import pytest

from harness.config.home import home_folder
from harness.models.answering import digest_adapter
from harness.registry.oci.pull import pull
from harness.registry.oci.push import push
from harness.registry.oci.reference import reference_of
from harness.registry.oci.remote import Remote
from tests.registry.made import project, promote
from tests.tools.environments import wait_for

PACKAGE = "docker-registry"


def registry_program() -> Path:
    """Return the program: this machine's, else one out of Debian's package, unpacked in the cache folder."""
    if there := shutil.which(PACKAGE):
        return Path(there)
    folder = home_folder() / PACKAGE
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as unfinished:
            subprocess.run(["apt-get", "download", PACKAGE], check=True, cwd=unfinished)
            (package,) = Path(unfinished).glob("*.deb")
            subprocess.run(["dpkg-deb", "-x", package, Path(unfinished) / "made"], check=True)
            (Path(unfinished) / "made").rename(folder)
    return folder / "usr" / "bin" / PACKAGE


@pytest.fixture
def host(tmp_path):
    """Start a registry, and return its host."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        found = f"127.0.0.1:{free.getsockname()[1]}"
    settings = tmp_path / "registry.yml"
    storage = f"storage: {{filesystem: {{rootdirectory: {tmp_path / 'kept'}}}}}"
    settings.write_text(f"version: 0.1\n{storage}\nhttp: {{addr: '{found}'}}\n")
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen([registry_program(), "serve", str(settings)], stdout=log, stderr=log)
    try:
        wait_for(f"http://{found}/v2/", process, tmp_path / "log", 60)
        yield found
    finally:
        process.terminate()
        process.wait(30)


def test_a_registry_gives_back_what_was_pushed(host, tmp_path):
    """With the same digests, its base model and its promotion; the next adapter moves the tag."""
    registry = project(tmp_path)
    first = promote(registry, tmp_path, "first")
    second = promote(registry, tmp_path, "second", "first")
    reference = reference_of(f"oci://{host}/team/triage:now")

    done = push(first, tmp_path / "adapters" / "first", Remote(reference))
    again = push(first, tmp_path / "adapters" / "first", Remote(reference))
    moved = push(second, tmp_path / "adapters" / "second", Remote(reference))
    pulled = pull(Remote(reference), tmp_path / "other", None, ())
    earlier = pull(Remote(reference_of(f"oci://{host}/team/triage@{done.adapter}")), tmp_path / "other", None, ())

    assert again.was == done.adapter == moved.was
    assert (pulled.name, pulled.proof.number) == ("second", 2)
    assert (earlier.name, earlier.proof.number) == ("first", 1)
    for one in (pulled, earlier):
        assert digest_adapter(tmp_path / "other" / one.name) == one.digest
    about = {one.digest for one in Remote(reference).referrers(done.base)}
    assert about == {done.adapter, moved.adapter}
