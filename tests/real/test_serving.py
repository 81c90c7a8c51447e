"""The real vLLM serves a promoted adapter, takes the next one while it is asked, and keeps it from a broken one."""

import json
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from harness.asking.probe import difference
from harness.config import EngineConfig
from harness.deploy.proof import PROMPTS
from harness.engines.http.endpoint import Endpoint
from harness.engines.http.transport import send
from harness.engines.transformers import TransformersEngine
from harness.models.local import local_adapter, local_base
from harness.records.asked import Message, Request, Response, Sampling
from tests.apart import run_harness
from tests.deploy.made import project, promote
from tests.engines.fakes import write_adapter

pytestmark = pytest.mark.real

SETTINGS = '[engine]\nlora = "dynamic"\ndtype = "float32"\nmax_model_len = 512\n'
SCALES = {"first": 0.02, "second": 0.05, "silent": 0.0}
CLOSE = 0.02
"""Nats by which two engines can differ in float32."""


@contextmanager
def served(root):
    """Serve until the end of the block, and give what the command says when it is ready; SIGTERM ends it well."""
    command = [sys.executable, "-m", "harness.cli", "serve", "--port", "0", "--json"]
    with (root / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        first = ""
        while line := process.stdout.readline():
            first += line
            if line == "}\n":
                break
        assert first, (root / "log").read_text()[-3000:]
        yield json.loads(first)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@contextmanager
def being_asked(url):
    """Ask the stable name again and again during the block; give each answer's status and model."""
    answers, is_over = [], threading.Event()
    body = {"model": "promoted", "messages": [{"role": "user", "content": "Name three colours."}], "max_tokens": 1}

    def ask() -> None:
        while not is_over.is_set():
            reply = send("/chat/completions", json.dumps(body).encode(), Endpoint(base_url=url))
            answers.append((reply.status, json.loads(reply.body).get("model")))

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield answers
    finally:
        is_over.set()
        thread.join()


def in_peft(base, adapter):
    """Return what the transformers engine answers to the prompts of the proof, in their order by digest."""
    model = local_adapter(local_base(base.name, base), adapter)
    asked = [
        Request(
            case_id=text,
            model=model.ref,
            engine="",
            messages=(Message(role="user", content=text),),
            sampling=Sampling(max_tokens=1, logprobs=5),
        )
        for text in PROMPTS
    ]
    engine = TransformersEngine((local_base(base.name, base), model), EngineConfig(dtype="float32"), print)
    found = {response.request_key: response for response in engine.generate(asked)}
    return [found[request.key] for request in asked]


def proofs(home):
    """Return the answers that were kept of each proved adapter."""
    return [
        msgspec.json.decode(path.read_bytes(), type=tuple[Response, ...])
        for path in sorted(Path(home).glob("proofs/*"))
    ]


def nearest(answers, proved):
    """Return how far answers are from those of the proof, whatever their order, at the furthest prompt."""
    return max(min(difference(one, other) for other in proved) for one in answers)


def test_a_promoted_adapter_is_served_replaced_and_kept(base_folder, tmp_path, monkeypatch):
    """No request fails meanwhile; the new one's first tokens are as likely as PEFT finds them."""
    home = tmp_path / "home"
    monkeypatch.setenv("HARNESS_HOME", str(home))
    registry = project(tmp_path, base_folder, SETTINGS)
    for name, scale in SCALES.items():
        write_adapter(base_folder, registry.adapters / name, scale=scale)
    promote(registry, base_folder, "first")

    with served(tmp_path) as ready:
        url = ready["url"]
        promote(registry, base_folder, "second")
        with being_asked(url) as asked:
            swapped = run_harness(tmp_path, "reload", "--url", url)
        promote(registry, base_folder, "silent")
        refused = run_harness(tmp_path, "reload", "--url", url)
        with being_asked(url) as after:
            pass

    assert (ready["adapter"], ready["proof"]["changed"]) == ("first@1", 4)
    assert (swapped.ret, "promoted is second@2 now, in place of first@1" in swapped.stdout.str()) == (0, True)
    assert {status for status, _ in asked} == {200}
    assert {model for _, model in asked} <= {"first@1", "second@2"}
    assert (refused.ret, "silent@3 changes nothing" in " ".join(refused.stderr.str().split())) == (2, True)
    assert set(after) == {(200, "second@2")}
    expected = in_peft(base_folder, registry.adapters / "second")
    assert sorted(nearest(expected, proved) < CLOSE for proved in proofs(home)) == [False, True]
