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
from harness.config.engine import EngineConfig
from harness.deploy.proof import PROMPTS
from harness.engines.http.endpoint import Endpoint
from harness.engines.http.transport import fetch, send
from harness.engines.transformers import TransformersEngine
from harness.models.local import local_base
from harness.models.local_adapter import local_adapter
from harness.records.answered import Response
from harness.records.asked import Request, Sampling
from harness.records.messages import Message
from tests.apart import run_harness
from tests.deploy.made import project, promote
from tests.engines.fakes import write_adapter, write_tiny_base
from tests.waiting import until

pytestmark = pytest.mark.real

SETTINGS = '[engine]\nlora = "dynamic"\ndtype = "float32"\n'
SCALES = {"first": 0.5, "second": 1.0, "silent": 0.0}
CLOSE = 0.001
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
        assert first, f"ended with {process.wait(60)}:\n{(root / 'log').read_text()[-3000:]}"
        ready = json.loads(first)
        yield ready
        with under_way(ready["url"]) as answers:
            process.send_signal(signal.SIGTERM)
            assert process.wait(90) == 0
        assert answers == [(200, 120)]
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


@contextmanager
def under_way(url):
    """Ask for a long answer, which is being computed when the block begins; give its status and its tokens."""
    answers = []
    body = {"model": "promoted", "prompt": "go", "max_tokens": 120, "ignore_eos": True}

    def ask() -> None:
        reply = send("/completions", json.dumps(body).encode(), Endpoint(base_url=url))
        answers.append((reply.status, json.loads(reply.body)["usage"]["completion_tokens"]))

    thread = threading.Thread(target=ask)
    thread.start()
    server = Endpoint(base_url=url.removesuffix("/v1"))
    until(lambda: any(line.endswith(" 1.0") for line in running(fetch("/metrics", server).body.decode())))
    yield answers
    thread.join()


def running(metrics):
    """Return the lines about requests that are being computed."""
    return [line for line in metrics.splitlines() if line.startswith("vllm:num_requests_running")]


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
    return max(min(difference(shown(one), shown(other)) for other in proved) for one in answers)


def shown(answer):
    """Return an answer without tokens that are half a character: the engines write these in ways of their own."""
    first = answer.logprobs[0]
    top = {token: value for token, value in first.top.items() if token.isascii() and token}
    return msgspec.structs.replace(answer, logprobs=(msgspec.structs.replace(first, token="", logprob=None, top=top),))


def test_a_promoted_adapter_is_served_replaced_and_kept(tmp_path, monkeypatch):
    """No request fails meanwhile, nor at the end; the new one's first tokens are as likely as PEFT finds them."""
    home, base_folder = tmp_path / "home", tmp_path / "tiny"
    monkeypatch.setenv("HARNESS_HOME", str(home))
    write_tiny_base(base_folder, head_dim=64)
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
