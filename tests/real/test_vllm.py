"""The real vLLM with the real base model: the same answers as transformers, and no process left behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from harness.asking.probe import difference
from harness.config.engine import EngineConfig
from harness.engines.server import launch
from harness.engines.transformers import TransformersEngine
from harness.engines.vllm import VllmEngine
from harness.engines.weights.load import quiet
from harness.errors import EngineStartError
from harness.models.local import LocalModel, local_base
from harness.models.local_adapter import local_adapter
from harness.records.asked import Rendering, Request, Sampling
from harness.records.messages import Message
from tests.engines.fakes import write_adapter

pytestmark = pytest.mark.real

CONFIG = EngineConfig(dtype="float32", max_model_len=512)
MORE = {"args": ("--max-num-seqs", "7"), "env": {"VLLM_LOGGING_LEVEL": "INFO"}}
SLOTS = 2
QUESTIONS = (
    "What is the capital of France?",
    "Name three colours.",
    "What is 12 plus 30?",
    "Write one sentence about the sea.",
    "Translate 'good morning' into Spanish.",
    "Which planet is closest to the sun?",
    "Give me a synonym for 'quick'.",
    "Who wrote Hamlet?",
    'Reply with JSON: {"ok": true}',
    "Is water wet? Answer yes or no.",
    "List the days of the week.",
    "What do bees make?",
    "My invoice shows two charges for May. What should I do?",
    "The export button does nothing since the update!!! pls help",
    "Können Sie mir auf Deutsch antworten?",
    "Explain gravity to a child in two sentences.",
    "What is the opposite of 'hot'?",
    "How many legs does a spider have?",
    "Finish the sentence: The cat sat on",
    "Thanks 👍",
)
SERVES_UNTIL_KILLED = """
import sys, time
from pathlib import Path
import msgspec
from harness.config.engine import EngineConfig
from harness.engines.vllm import VllmEngine
from harness.models.local import LocalModel
from harness.records.asked import Request
model, request, folder = sys.argv[1:]
engine = VllmEngine(
    (msgspec.json.decode(model, type=LocalModel),), EngineConfig(dtype="float32"), Path(folder), Path(folder),
    lambda line: print(line, file=sys.stderr),
)
with engine:
    [response] = engine.generate([msgspec.json.decode(request, type=Request)])
    print(response.error or "answered", *engine.ports, flush=True)
    time.sleep(600)
"""


@pytest.fixture(scope="module")
def base(base_folder) -> LocalModel:
    """Return the base model."""
    return local_base("base", base_folder)


@pytest.fixture(scope="module")
def adapter(base, tmp_path_factory) -> LocalModel:
    """Return an adapter with random weights that changes the answers and keeps them readable."""
    folder = tmp_path_factory.mktemp("adapters") / "nudged"
    write_adapter(Path(base.base_path), folder, scale=0.02)
    return local_adapter(base, folder)


@pytest.fixture(scope="module")
def dora(base, tmp_path_factory) -> LocalModel:
    """Return a DoRA adapter with random weights."""
    folder = tmp_path_factory.mktemp("adapters") / "dora"
    write_adapter(Path(base.base_path), folder, scale=0.15, use_dora=True)
    return local_adapter(base, folder)


@pytest.fixture(scope="module")
def checked(base, adapter):
    """Return the answers of transformers and PEFT to all questions: the base model's, then the adapter's."""
    return answer(TransformersEngine((base, adapter), CONFIG), [*questions_for(base), *questions_for(adapter)])


@pytest.fixture(scope="module")
def engine(base, adapter, dora, tmp_path_factory):
    """Return a vLLM engine with base and adapters, merged; the server of each starts when it is first asked."""
    runs = tmp_path_factory.mktemp("vllm")
    config = msgspec.structs.replace(CONFIG, **MORE)
    with VllmEngine((base, adapter, dora), config, runs / "run", runs / "cache", print) as engine:
        yield engine


def questions_for(model, max_tokens=24):
    """Return the twenty questions as requests to a model."""
    return [
        Request(
            case_id=f"q{number}",
            model=model.ref,
            engine="test",
            messages=(Message(role="user", content=text),),
            sampling=Sampling(max_tokens=max_tokens),
        )
        for number, text in enumerate(QUESTIONS)
    ]


def answer(engine, requests):
    """Return the responses in the order of the requests."""
    found = {response.request_key: response for response in engine.generate(requests)}
    return [found[request.key] for request in requests]


def weighing(model):
    """Return requests that ask a model how likely answers are, short and long, right and wrong."""
    texts = (("Paris.", "The capital of France is Paris.", "Berlin"), ("Red, blue and green.", "\n\nred"), ("42", "43"))
    return [
        msgspec.structs.replace(request, continuations=each)
        for request, each in zip(questions_for(model), texts, strict=False)
    ]


def apart(served, checked):
    """Return the largest difference between two engines' log-probabilities of a token, in nats."""
    assert [one.error for one in (*served, *checked)] == [None] * (2 * len(served))
    pairs = [
        (mine, theirs)
        for one, other in zip(served, checked, strict=True)
        for first, second in zip(one.likelihoods, other.likelihoods, strict=True)
        for mine, theirs in zip(first.logprobs, second.logprobs, strict=True)
    ]
    assert len(pairs) > 20
    return max(abs(mine - theirs) for mine, theirs in pairs)


def session_of(port):
    """Return the session of the server on a port, which holds every process that it started."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            leads = os.getsid(int(folder.name)) == int(folder.name)
        except (OSError, ValueError):
            continue
        if str(port).encode() in words and b"--" not in words and leads:
            return int(folder.name)
    pytest.fail(f"no server on port {port}")


def left_of(session):
    """Return the processes of a session that still run."""
    left = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, _, _, its_session = (folder / "stat").read_text().rpartition(") ")[2].split()[:4]
        except (OSError, ValueError):
            continue
        if int(its_session) == session and state != "Z":
            left.append(int(folder.name))
    return left


def in_peft(base, folder, texts, rows=None):
    """Return greedy answers of PEFT itself to some questions, with the tokenizer of a folder, without the harness."""
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(base if rows is None else folder)
    plain = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    if rows is not None:
        plain.resize_token_embeddings(rows, mean_resizing=False)
    with quiet():
        model = PeftModel.from_pretrained(plain, folder).eval()
    answers = []
    for text in texts:
        asked = [{"role": "user", "content": text}]
        tokens = tokenizer.apply_chat_template(asked, add_generation_prompt=True, return_tensors="pt", return_dict=True)
        made = model.generate(**tokens, max_new_tokens=12, do_sample=False, repetition_penalty=1.0)
        answers.append(tokenizer.decode(made[0, tokens["input_ids"].shape[1] :], skip_special_tokens=True))
    return answers


def differ(texts, checked):
    """Tell whether answers to the first questions are others than the base model's, which can be longer."""
    return not all(plain.text.startswith(text) for text, plain in zip(texts, checked, strict=False))


def write_varieties(base: Path, folder: Path) -> dict[str, Path]:
    """Write adapters in several forms; return by name the folder that PEFT reads, the same one where it can."""
    import torch
    from safetensors.torch import load_file, save_file

    forms = {
        "older": {"use_rslora": True, "rank_pattern": {"v_proj": 8}, "alpha_pattern": {"q_proj": 32}},
        "pattern": {
            "target_modules": r".*layers\.(1|8|20)\..*(q|k|o)_proj",
            "init_lora_weights": "orthogonal",
            "rank": 6,
            "scale": 0.2,
        },
        "linear": {"target_modules": "all-linear", "init_lora_weights": "gaussian", "rank": 2},
        "divided": {"target_modules": ["q_proj", "down_proj"], "init_lora_weights": "eva", "rank": 3, "scale": 0.15},
    }
    for name, settings in forms.items():
        write_adapter(base, folder / name, **{"scale": 0.02} | settings)
    read = {name: folder / name for name in forms}
    for name in ("older", "divided"):
        read[name] = (folder / name).rename(folder / f"{name} today")
        (folder / name).mkdir()
        (folder / name / "adapter_config.json").write_text((read[name] / "adapter_config.json").read_text())
    weights = load_file(read["older"] / "adapter_model.safetensors")
    renamed = {key.replace(".weight", ".default.weight"): one for key, one in weights.items()}
    save_file(renamed, folder / "older" / "adapter_model.safetensors")
    weights = load_file(read["divided"] / "adapter_model.safetensors")
    for part in (1, 2):
        half = {key: weights[key] for key in sorted(weights)[part - 1 :: 2]}
        save_file(half, folder / "divided" / f"adapter_model-0000{part}-of-00002.safetensors")
    path = folder / "linear" / "adapter_model.safetensors"
    save_file({key: one.to(torch.bfloat16) for key, one in load_file(path).items()}, path, {"format": "pt"})
    return read


def test_varieties_of_adapters_are_answered_for_as_by_peft_itself(checked, base, tmp_path, monkeypatch):
    """More modules than a server has places for, loaded in turns, and beside it one with tokens of its own, merged."""
    from tests.engines.weights.test_merge import write_resized

    read = write_varieties(Path(base.base_path), tmp_path)
    write_resized(Path(base.base_path), tmp_path / "resized", ["embed_tokens", "lm_head"], scale=0.001)
    models = [local_adapter(base, tmp_path / name) for name in (*read, "resized")]
    rounds = [[questions_for(model, max_tokens=12)[number] for model in models] for number in range(2)]
    expected = [in_peft(base.base_path, folder, QUESTIONS[:2]) for folder in read.values()]
    expected.append(in_peft(base.base_path, tmp_path / "resized", QUESTIONS[:2], 49_155))
    # As few places as a GPU has; none stays empty, so the base model is not asked.
    monkeypatch.setattr(launch, "SPARE_SLOT", SLOTS - len(read))
    own = EngineConfig(dtype="float32", lora="dynamic")

    with VllmEngine(models, own, tmp_path / "run", tmp_path / "cache", print) as engine:
        served = [answer(engine, requests) for requests in rounds]
        command = next(one for one in engine._servers.values() if one.launch.name != "resized").launch.command

    assert [one.error for responses in served for one in responses] == [None] * 10
    assert [tuple(one.text for one in responses) for responses in served] == list(zip(*expected, strict=True))
    assert len(set(map(tuple, expected))) == len(models)
    assert all(differ(texts, checked) for texts in expected)
    assert command[command.index("--max-loras") :][:4] == ("--max-loras", str(SLOTS), "--max-cpu-loras", str(len(read)))
    assert command[command.index("--max-model-len") + 1] == "2048"
    assert [note.partition(" (")[0] for note in engine.notes] == [
        "resized: served merged, by a server of its own, since LoRA modules can't carry a resized vocabulary"
    ]


def test_a_template_its_values_and_plain_text_are_read_as_by_transformers(engine, base):
    """One server takes all three, with arguments and variables of the settings; first here, or it starts once more."""
    own = "{% for m in messages %}{{ m.role }}: {{ m.content }} {% endfor %}{{ tone }}:"
    renderings = (
        Rendering(template=own, template_args={"tone": "Answer"}),
        Rendering(template=own, template_args={"tone": "Spanish"}),
        Rendering(format="raw"),
    )
    asked = [
        msgspec.structs.replace(request, rendering=rendering)
        for rendering in renderings
        for request in questions_for(base)[:4]
    ]
    here = answer(TransformersEngine((base,), CONFIG), asked)

    served = answer(engine, asked)

    [command] = [one.launch.command for one in engine._servers.values() if one.launch.name == "base"]
    assert [response.error for response in served] == [None] * len(asked)
    assert [response.tokens_in for response in served] == [response.tokens_in for response in here]
    assert [response.text for response in served] == [response.text for response in here]
    assert "--trust-request-chat-template" in command
    assert command[-2:] == MORE["args"]


def test_greedy_answers_are_those_of_transformers(checked, engine, base, adapter):
    """All twenty of both models, in float32, asked as one stream of two servers."""
    served = answer(engine, [*questions_for(base), *questions_for(adapter)])

    assert [one.error for one in served] == [None] * 40
    assert [one.text for one in served] == [one.text for one in checked]
    assert [(one.finish_reason, one.tokens_in, one.tokens_out) for one in served] == [
        (one.finish_reason, one.tokens_in, one.tokens_out) for one in checked
    ]
    changed = sum(one.text != other.text for one, other in zip(served[:20], served[20:], strict=True))
    assert changed >= 5


def test_dora_is_answered_for_merged_as_by_peft_itself(checked, engine, base, dora):
    """By a server of its own, the third one."""
    served = answer(engine, questions_for(dora, max_tokens=12)[:4])

    texts = [one.text for one in served]
    assert [one.error for one in served] == [None] * 4
    assert texts == in_peft(base.base_path, dora.adapter_path, QUESTIONS[:4])
    assert differ(texts, checked)
    assert dora.beyond_modules == "use_dora"


def test_a_context_too_long_is_an_error_response_and_the_others_go_on(engine, base):
    """The server's words say how long it was."""
    short, *_ = questions_for(base)
    too_long = msgspec.structs.replace(short, messages=(Message(role="user", content="word " * 2000),))

    failed, fine = answer(engine, [too_long, short])

    assert failed.error.startswith("HTTP 400: This model's maximum context length is 512 tokens")
    assert failed.text == ""
    assert (fine.error, fine.text != "") == (None, True)


def test_a_stop_string_ends_the_answer(engine, base):
    """As everywhere: it's not part of the answer."""
    first, *_ = questions_for(base)
    stopping = msgspec.structs.replace(first, sampling=Sampling(max_tokens=24, stop=("Paris",)))

    free, stopped = answer(engine, [first, stopping])

    assert "Paris" in free.text
    assert stopped.text == free.text.split("Paris")[0]
    assert stopped.finish_reason == "stop"


def test_draws_differ_by_repeat_and_agree_by_seed(engine, base):
    """The same request asked again may meet another batch, but on a CPU in float32 it draws the same."""
    first, *_ = questions_for(base)
    sampling = Sampling(max_tokens=12, temperature=1.2, seed=3)
    repeats = [msgspec.structs.replace(first, sampling=sampling, repeat=number) for number in range(4)]

    drawn = [one.text for one in answer(engine, repeats)]

    assert len(set(drawn)) > 1
    assert [one.text for one in answer(engine, repeats)] == drawn


def test_log_probabilities_tell_adapter_and_base_apart(engine, base, adapter):
    """As the probe asks for them: one token with its alternatives, the same from transformers."""
    sampling = Sampling(max_tokens=1, logprobs=5)
    pair = [msgspec.structs.replace(questions_for(one)[0], sampling=sampling) for one in (base, adapter)]

    served = answer(engine, pair)
    checked = answer(TransformersEngine((base, adapter), CONFIG), pair)

    assert difference(*served) > 0.01
    assert all(difference(one, other) < 0.01 for one, other in zip(served, checked, strict=True))


def test_texts_are_as_likely_as_transformers_finds_them(engine, base, adapter):
    """Each token within 0.01 nats in float32, for both models, also when the server has the prompt in its cache."""
    requests = [*weighing(base), *weighing(adapter)]
    checked = answer(TransformersEngine((base, adapter), CONFIG), requests)

    served = answer(engine, requests)
    again = answer(engine, requests)

    assert apart(served, checked) < 0.01
    assert apart(again, checked) < 0.01
    assert apart(checked[:3], checked[3:]) > 0.01


def test_a_server_killed_half_way_is_started_again(engine, base):
    """What was answered before is not asked again: one response for each request, none of them an error."""
    requests = questions_for(base, max_tokens=40)
    responses = engine.generate(requests)
    arrived = [next(responses)]

    os.killpg(session_of(engine.ports[0]), signal.SIGKILL)
    arrived += responses

    assert sorted(one.request_key for one in arrived) == sorted(one.key for one in requests)
    assert [one.error for one in arrived] == [None] * 20


def test_no_process_is_left_after_the_end(engine, base, adapter):
    """Last in this module: it closes the engine. The logs stay, and stay small."""
    answer(engine, [questions_for(base)[0], questions_for(adapter)[0]])
    sessions = [session_of(port) for port in engine.ports]
    logs = sorted(Path(engine.log_folder).iterdir())
    assert all(len(left_of(session)) >= 3 for session in sessions)

    engine.close()

    assert [left_of(session) for session in sessions] == [[]] * len(sessions)
    assert len(sessions) >= 2
    assert {"vllm-base.log", "vllm-nudged.log"} <= {log.name for log in logs}
    assert all(log.stat().st_size < 60_000 for log in logs)
    assert "POST /v1" not in logs[0].read_text()


def test_no_process_is_left_after_the_harness_was_killed(base, tmp_path):
    """SIGKILL, while the server is up."""
    encoded = [msgspec.json.encode(one).decode() for one in (base, questions_for(base, max_tokens=4)[0])]
    command = [sys.executable, "-c", SERVES_UNTIL_KILLED, *encoded, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as killed:
        told = killed.stdout.readline().split()
        session = session_of(told[1]) if told[:1] == ["answered"] else None
        at_work = left_of(session)

        killed.send_signal(signal.SIGKILL)

    assert len(at_work) >= 3, told
    deadline = time.monotonic() + 20
    while left_of(session):
        assert time.monotonic() < deadline, "server processes stayed"
        time.sleep(0.1)


def test_adapters_as_lora_modules_answer_as_peft_does(checked, base, adapter, tmp_path):
    """Dynamic serving: at least 19 of 20 greedy answers in float32 are those of PEFT, and the adapter shows."""
    config = msgspec.structs.replace(CONFIG, lora="dynamic")
    requests = [*questions_for(base), *questions_for(adapter)]

    with VllmEngine((base, adapter), config, tmp_path / "run", tmp_path / "cache", print) as engine:
        served = answer(engine, requests)
        likely = answer(engine, [*weighing(base), *weighing(adapter)])

    assert all('set lora = "merged"' in one.error for one in likely)
    same = [one.text == other.text for one, other in zip(served, checked, strict=True)]
    assert sum(same[:20]) >= 19
    assert sum(same[20:]) >= 19
    assert sum(one.text != other.text for one, other in zip(served[:20], served[20:], strict=True)) >= 5


def test_a_server_without_memory_names_the_setting(base, tmp_path):
    """More key-value cache than any machine has."""
    config = msgspec.structs.replace(CONFIG, memory_gib=1_000_000)

    with (
        VllmEngine((base,), config, tmp_path / "run", tmp_path / "cache", print) as engine,
        pytest.raises(EngineStartError, match="lower memory_gib"),
    ):
        list(engine.generate(questions_for(base)))


def test_an_argument_that_vllm_does_not_know_is_told_in_vllms_words(base, tmp_path):
    """The last lines of its log, before anything is asked."""
    config = EngineConfig(dtype="float32", args=("--quantisation", "fp8"))

    with (
        VllmEngine((base,), config, tmp_path / "run", tmp_path / "cache", print) as engine,
        pytest.raises(EngineStartError, match="unrecognized arguments: --quantisation"),
    ):
        answer(engine, questions_for(base)[:1])
