"""A project with two promoted adapters, the second one now, and a server that has the first one."""

import msgspec
import pytest

from harness.config.read import load_config
from harness.deploy.chosen import Chosen, choose, folder_to_serve
from tests.deploy.made import Vllm, project, promote, serving
from tests.models.fakes import adapter_in, base_in


@pytest.fixture
def base(tmp_path, monkeypatch):
    """Return the folder of the base model; what is cached is in a folder of its own."""
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("VLLM_API_KEY", raising=False)
    return base_in(tmp_path / "tiny")


@pytest.fixture
def registry(tmp_path, base):
    """Return the registry in which first@1 and then second@2 were promoted."""
    root = tmp_path / "project"
    root.mkdir()
    registry = project(root, base, "")
    for name in ("first", "second"):
        adapter_in(registry.adapters / name, weights=name.encode())
        promote(registry, base, name)
    return registry


@pytest.fixture
def chosen(registry):
    """Return a way to choose what is served: by its name, by default the promoted adapter."""

    def choose_here(wanted: str = "promoted", **changed: object) -> Chosen:
        root = registry.adapters.parent
        config = load_config(root / "harness.toml")
        return choose(wanted, msgspec.structs.replace(config, **changed), root, print)

    return choose_here


@pytest.fixture
def vllm(base, chosen):
    """Return a server on which first@1 is the promoted one, as `harness serve` started it."""
    folder = folder_to_serve(chosen("first@1").model)
    stub = Vllm(base.name, str(base))
    stub.modules = {"first@1": folder, "promoted": folder}
    with serving(stub):
        yield stub
