"""What runs on a node: one of the harness's engines, asked batch by batch; an actor of Ray is made of it."""

import queue
import socket
import tempfile
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import cast

import msgspec

from harness.config.home import home_folder
from harness.engines.cluster.alike import versions_here
from harness.engines.cluster.sent import Made, Order, Problem, Taken
from harness.engines.cluster.shipped import Files, arrive
from harness.engines.installed import hardware_for, installed_hardware, installed_vllm
from harness.engines.weights.hardware import Hardware
from harness.errors import HarnessError
from harness.models.local import LocalModel
from harness.records.answered import Response
from harness.records.asked import Request
from harness.records.engine import Engine

WAIT_S = 1.0
"""How long ``take`` waits for something to tell."""
MOST_AT_ONCE = 500
"""Responses in one message: an answer is a few kilobytes, so a message has a few megabytes at most."""


class Lane:
    """Makes the engine that an order asks for, and answers through it.

    Each method takes and gives JSON. ``take`` is called by one thread, all others by any; ``ask`` again only after the
    end of what was asked before.

    Args:
        order: an ``Order``.
        files: fetches the files of each adapter that was shipped, by its digest.
    """

    def __init__(self, order: bytes, files: dict[str, Callable[[], Files]] | None = None) -> None:
        self._order = msgspec.json.decode(order, type=Order)
        self._files = files or {}
        self._node = socket.gethostname()
        self._told: queue.SimpleQueue[Response | Problem | str | None] = queue.SimpleQueue()
        self._stack = ExitStack()
        self._engine: Engine | None = None

    def make(self) -> bytes:
        """Find the models, check them, and make the engine, which loads nothing yet; return what it is: a ``Made``."""
        try:
            models = [self._arrived(number) for number in range(len(self._order.models))]
            self._engine, hardware = self._opened(models)
        except HarnessError as problem:
            return msgspec.json.encode(Made(node=self._node, problem=_problem(problem)))
        made = Made(
            node=self._node,
            identity=self._engine.identity,
            versions=versions_here(),
            hardware=_told(hardware),
            notes=self._engine.notes,
        )
        return msgspec.json.encode(made)

    def ask(self, requests: bytes) -> None:
        """Begin to answer; what comes of it is taken."""
        asked = _with_shared_models(msgspec.json.decode(requests, type=tuple[Request, ...]))
        threading.Thread(target=self._answer, args=(asked,), daemon=True).start()

    def take(self) -> bytes:
        """Return what there is to tell, after waiting for it so long at most: a ``Taken``."""
        responses: list[Response] = []
        said: list[str] = []
        try:
            item = self._told.get(timeout=WAIT_S)
            while True:
                if item is None or isinstance(item, Problem):
                    return msgspec.json.encode(
                        Taken(responses=tuple(responses), said=tuple(said), ended=True, problem=item)
                    )
                if isinstance(item, Response):
                    responses.append(item)
                else:
                    said.append(item)
                if len(responses) >= MOST_AT_ONCE:
                    break
                item = self._told.get_nowait()
        except queue.Empty:
            pass
        return msgspec.json.encode(Taken(responses=tuple(responses), said=tuple(said)))

    def stop(self) -> None:
        """Ask nothing more: what has arrived is taken, and then the end."""
        if self._engine is not None:
            self._engine.stop()

    def close(self) -> None:
        """Stop all servers."""
        self.stop()
        self._stack.close()

    def _answer(self, requests: Sequence[Request]) -> None:
        end: Problem | None = None
        try:
            for response in cast("Engine", self._engine).generate(requests):
                self._told.put(response)
        except Exception as problem:  # noqa: BLE001 - raised again by the process that asked
            end = _problem(problem)
        self._told.put(end)

    def _arrived(self, number: int) -> LocalModel:
        model = self._order.models[number]
        files = self._files.get(model.ref.adapter_digest or "")
        return arrive(model, files, home_folder(), self._told.put, self._node)

    def _opened(self, models: Sequence[LocalModel]) -> tuple[Engine, Hardware]:
        config = self._order.config
        if config.kind == "transformers":
            from harness.engines.transformers import TransformersEngine

            return TransformersEngine(models, config, self._told.put), installed_hardware()
        from harness.engines.vllm import VllmEngine

        logs = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="tunegate-replica-")))
        engine = VllmEngine(models, config, logs, home_folder(), self._told.put, self._order.keys)
        return self._stack.enter_context(engine), hardware_for(*installed_vllm())


def _problem(problem: Exception) -> Problem:
    if isinstance(problem, HarnessError):
        return Problem(kind=type(problem).__name__, text=str(problem))
    return Problem(kind="EngineError", text=f"{type(problem).__name__}: {problem}")


def _told(hardware: Hardware) -> str:
    if not hardware.has_gpu:
        return "a CPU"
    return f"a GPU of capability {'.'.join(map(str, hardware.gpu_capability or ()))}"


def _with_shared_models(requests: Sequence[Request]) -> tuple[Request, ...]:
    """Return the requests with one object for each model: engines look models up by what they are, once for each."""
    known = {request.model: request.model for request in requests}
    return tuple(msgspec.structs.replace(request, model=known[request.model]) for request in requests)
