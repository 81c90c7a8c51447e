"""Fixtures for the engines: a tiny model with random weights, and an HTTP server that does what a test says."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.models.local import LocalModel, local_base
from harness.models.local_adapter import local_adapter
from tests.engines.clock import Clock, Instant
from tests.engines.fakes import write_adapter, write_tiny_base
from tests.stub import Stub, serve


@pytest.fixture
def stub() -> Iterator[Stub]:
    """Return a running server that answers "fine"; a test may set another ``reply``."""
    with serve(lambda _model, _question: "fine") as running:
        yield running


@pytest.fixture
def clock(monkeypatch) -> Clock:
    """Return a clock that the test may turn forward."""
    return Clock(monkeypatch)


@pytest.fixture
def instant(monkeypatch) -> Instant:
    """Return a clock that jumps to whatever is due next."""
    return Instant(monkeypatch)


@pytest.fixture(scope="session")
def tiny_base(tmp_path_factory) -> LocalModel:
    """Return a base model of two layers."""
    folder = tmp_path_factory.mktemp("models") / "tiny"
    write_tiny_base(folder)
    return local_base("tiny", folder)


@pytest.fixture(scope="session")
def tiny_adapter(tiny_base, tmp_path_factory) -> LocalModel:
    """Return an adapter on the tiny base model."""
    folder = tmp_path_factory.mktemp("adapters") / "nudged"
    write_adapter(Path(tiny_base.base_path), folder)
    return local_adapter(tiny_base, folder)
