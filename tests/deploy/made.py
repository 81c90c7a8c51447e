"""Adapters that are promoted without a gate, and a server that does with them what vLLM does."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import msgspec

from harness.config.read import load_config
from harness.models.local import local_base
from harness.models.local_adapter import local_adapter
from harness.models.own_text import own_text
from harness.records.asked import Rendering
from harness.records.parties import Setup
from harness.registry.promote import Registry
from harness.runs.folder import write_run
from tests.loopback import listening
from tests.registry.made import NOW, override
from tests.saved_runs import empty_run
from tests.stub import completion

SILENT = "silent"
"""What is in the weights of an adapter that changes nothing."""


def project(root: Path, base: Path, settings: str) -> Registry:
    """Write harness.toml, and return the registry of the project."""
    (root / "harness.toml").write_text(f'base_model = "{base}"\n{settings}')
    return Registry(load_config(root / "harness.toml"), root, lambda: NOW)


def promote(registry: Registry, base: Path, name: str, rendering: Rendering = Rendering()) -> str:  # noqa: B008 - it is frozen
    """Promote an adapter as if a gate had asked it so; return its name with the number of the entry."""
    folder, root = registry.adapters / name, registry.adapters.parent
    candidate = local_adapter(local_base(base.name, base), folder).ref
    run = empty_run(
        id=f"{len(list(root.glob('runs/*'))) + 1:04}-2026-11-27-abcd",
        candidate=candidate,
        baseline=msgspec.structs.replace(candidate, adapter=None, adapter_digest=None),
        setups={"candidate": Setup(engine="e", rendering=rendering)},
        own_text=own_text(folder),
    )
    place = root / "runs" / run.id
    place.mkdir(parents=True)
    write_run(place, run, (), ())
    return registry.promote(folder, place, override("a test")).name


class Vllm:
    """A stub of vLLM with one base model, and modules by name with their folders; ``asked`` is all that was posted.

    Each adapter answers in a way of its own, by the bytes of its weights. ``faults`` maps a path to the status and the
    text that it answers with; ``key`` is what it asks for. With ``ignores_swaps`` names in use keep their adapter.
    """

    def __init__(self, base: str, root: str) -> None:
        self.base, self.root = base, root
        self.modules: dict[str, str] = {}
        self.asked: list[tuple[str, str]] = []
        self.faults: dict[str, tuple[int, str]] = {}
        self.owner = "tunegate"
        self.key = ""
        self.ignores_swaps = False
        self.url = ""

    def models(self) -> dict[str, object]:
        """Return the list of models."""
        cards = [{"id": self.base, "root": self.root, "parent": None, "owned_by": "vllm"}]
        for name, folder in self.modules.items():
            cards.append({"id": name, "root": folder, "parent": self.base, "owned_by": self.owner})
        return {"object": "list", "data": cards}

    def post(self, path: str, body: dict[str, object]) -> tuple[int, object]:
        """Do what a request asks for."""
        name = str(body.get("lora_name") or body.get("model"))
        self.asked.append((path, name))
        if path in self.faults:
            status, text = self.faults[path]
            return status, {"error": {"message": text, "code": status}} if text else {"detail": "Not Found"}
        if path == "/v1/load_lora_adapter":
            if not (self.ignores_swaps and name in self.modules):
                self.modules[name] = str(body["lora_path"])
        elif path == "/v1/unload_lora_adapter":
            del self.modules[name]
        elif name not in {self.base, *self.modules}:
            return 404, {"error": {"message": f"The model `{name}` does not exist.", "code": 404}}
        else:
            return 200, completion("a", logprobs={"content": [self.token(name)]})
        return 200, {}

    def token(self, name: str) -> dict[str, object]:
        """Return the first token of an answer."""
        weights = (Path(self.modules[name]) / "adapter_model.safetensors").read_bytes() if name in self.modules else b""
        far = 0.0 if not weights or SILENT.encode() in weights else 1 + sha256(weights).digest()[0] / 16
        return {"token": "a", "logprob": -1 - far, "top_logprobs": [{"token": "a", "logprob": -1 - far}]}


def handler_of(vllm: Vllm) -> type[BaseHTTPRequestHandler]:
    """Return what answers for the stub."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer(lambda: (200, vllm.models()))

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.answer(lambda: vllm.post(self.path, body))

        def answer(self, ask: Callable[[], tuple[int, object]]) -> None:
            refused = vllm.key and self.headers.get("Authorization") != f"Bearer {vllm.key}"
            status, content = (401, {"error": "Unauthorized"}) if refused else ask()
            told = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        def log_message(self, *_: object) -> None:
            return

    return Handler


@contextmanager
def serving(vllm: Vllm) -> Iterator[Vllm]:
    """Serve the stub until the end of the block."""
    with listening(handler_of(vllm)) as place:
        vllm.url = f"http://{place}"
        yield vllm
