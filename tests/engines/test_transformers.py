"""The engine in this process: batches change nothing, seeds decide draws, adapters are kept apart."""

import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest

from harness.config.engine import EngineConfig
from harness.engines import transformers
from harness.engines.transformers import TransformersEngine
from harness.engines.weights import compare
from harness.engines.weights.answering import Loaded, Prompt, answer_batch, groups_of, make_batches, read_prompt
from harness.engines.weights.chats import Chats, longest
from harness.engines.weights.compare import unlike
from harness.engines.weights.load import attach, load_base
from harness.errors import AdapterError, EngineSetupError, NoSuchModel
from harness.models.local import local_base
from harness.models.local_adapter import local_adapter
from harness.records.asked import Rendering
from harness.records.messages import Called, CalledFunction, Message, ToolCall, Tools
from harness.text import charges
from tests.engines.fakes import make_request, write_adapter, write_tiny_base

QUESTIONS = ["hi", "what is the capital of France?", "x" * 90, "ok", "one two three", "Grüße 👋", "a", "zzz zz z"]
CONFIG = EngineConfig(dtype="float32")


@pytest.fixture(scope="module")
def engine(tiny_base, tiny_adapter):
    """Return an engine with a base model and an adapter."""
    return TransformersEngine((tiny_base, tiny_adapter), CONFIG)


def answers(engine, model, questions=QUESTIONS, **sampling: object):
    """Return the text of each answer, in the order of the questions."""
    requests = [make_request(text, number, model.ref, **sampling) for number, text in enumerate(questions)]
    responses = {response.request_key: response for response in engine.generate(requests)}
    assert [responses[request.key].error for request in requests] == [None] * len(requests)
    return [responses[request.key].text for request in requests]


def greedy_by_hand(model, text, steps):
    """Return the tokens that the model finds likeliest, one forward pass for each, without the engine."""
    import torch
    from transformers import AutoTokenizer

    weights = load_base(model.base_path, "float32", "cpu")
    tokenizer = AutoTokenizer.from_pretrained(model.base_path)
    tokens = tokenizer(f"<user>{text}</s><assistant>")["input_ids"]
    made = []
    while len(made) < steps and (not made or made[-1] != 0):
        logits = weights(torch.tensor([tokens + made])).logits
        made.append(int(logits[0, -1].argmax()))
    return tokenizer.decode([token for token in made if token != 0])


def test_the_deadline_holds_for_everything_that_the_engine_is_asked(tiny_base, clock):
    """Cases that are asked again too; a conversation with tool turns is one request of them."""
    call = ToolCall(id="1", function=CalledFunction(name="find", arguments="{}"))
    turns = (
        Message(role="user", content="x"),
        Message(role="assistant", content=None, tool_calls=(call,)),
        Message(role="tool", content="none", tool_call_id="1"),
    )
    second = msgspec.structs.replace(make_request("b", 1, tiny_base.ref), messages=turns)
    engine = TransformersEngine((tiny_base,), EngineConfig(dtype="float32", in_flight=1, deadline_s=100.0))
    responses = engine.generate([make_request("a", 0, tiny_base.ref), second])
    first = next(responses)
    clock.skip(100)

    late = [*responses, *engine.generate([make_request("c", 2, tiny_base.ref)])]

    assert first.error is None
    assert len({one.request_key for one in (first, *late)}) == 3
    assert {one.error for one in late} == {
        "out of time: all requests together have deadline_s = 100 (under [engine] in harness.toml)"
    }


def test_greedy_answers_are_the_likeliest_tokens(engine, tiny_base):
    """Padding, batching and the chat template change nothing."""
    made = answers(engine, tiny_base)

    assert made == [greedy_by_hand(tiny_base, text, 8) for text in QUESTIONS]


def test_adapter_and_base_are_kept_apart_in_one_stream(engine, tiny_base, tiny_adapter):
    """Whatever was answered before, each request meets its own weights."""
    alone = answers(TransformersEngine((tiny_base,), CONFIG), tiny_base)

    adapted = answers(engine, tiny_adapter)
    based = answers(engine, tiny_base)

    assert based == alone
    assert adapted != based
    assert answers(engine, tiny_adapter) == adapted


def test_a_response_carries_reason_and_counts(engine, tiny_base):
    """Tokens of the prompt include the template's."""
    [response] = engine.generate([make_request("hi", model=tiny_base.ref, max_tokens=3)])

    assert response.tokens_in == len("<user>hi") + 1 + len("<assistant>")
    assert (response.finish_reason, response.tokens_out) == ("length", 3)
    assert response.seconds > 0


def test_a_stopped_engine_answers_no_further_batch(tiny_base):
    """The batch that was answered is yielded whole."""
    engine = TransformersEngine((tiny_base,), msgspec.structs.replace(CONFIG, in_flight=2))
    stream = engine.generate([make_request(text, number, tiny_base.ref) for number, text in enumerate(QUESTIONS)])
    next(stream)

    engine.stop()

    assert len(list(stream)) == 1
    assert len(answers(engine, tiny_base)) == len(QUESTIONS)


def test_a_stop_string_ends_the_answer_and_is_not_part_of_it(engine, tiny_base):
    """Other rows of the batch go on."""
    free = answers(engine, tiny_base, max_tokens=24)
    stop = free[0][5:7]
    assert stop.isprintable()

    requests = [make_request(text, n, tiny_base.ref, max_tokens=24, stop=(stop,)) for n, text in enumerate(QUESTIONS)]
    stopped = {one.request_key: one for one in engine.generate(requests)}

    assert [stopped[request.key].text for request in requests] == [text.split(stop)[0] for text in free]
    first = stopped[requests[0].key]
    assert first.finish_reason == "stop"
    assert first.tokens_out < 24


def test_the_end_token_ends_the_answer(tmp_path):
    """A model that always says the end token says nothing, which is an answer."""
    import torch
    from transformers import AutoModelForCausalLM

    write_tiny_base(tmp_path / "silent")
    model = AutoModelForCausalLM.from_pretrained(tmp_path / "silent")
    with torch.no_grad():
        model.lm_head.weight.zero_()
    model.save_pretrained(tmp_path / "silent")
    silent = local_base("silent", tmp_path / "silent")

    [response] = TransformersEngine((silent,), CONFIG).generate([make_request(model=silent.ref)])

    assert (response.text, response.finish_reason, response.tokens_out, response.error) == ("", "stop", 1, None)


def test_a_draw_depends_on_its_seed_and_repeat_alone(engine, tiny_base):
    """Not on what else is in the batch: the same request must get the same answer from any run."""
    drawn = answers(engine, tiny_base, temperature=1.0, seed=5)

    one_by_one = [answers(engine, tiny_base, [text], temperature=1.0, seed=5)[0] for text in QUESTIONS]
    repeats = [make_request("hi", model=tiny_base.ref, temperature=1.0, seed=5, repeat=n) for n in range(4)]

    assert one_by_one == drawn
    assert answers(engine, tiny_base, temperature=1.0, seed=6) != drawn
    assert len({response.text for response in engine.generate(repeats)}) == 4


def test_draws_follow_the_models_probabilities(engine, tiny_base):
    """The first token of 600 draws, against the probabilities of one forward pass."""
    import torch
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tiny_base.base_path)
    tokens = torch.tensor([tokenizer("<user>hi</s><assistant>")["input_ids"]])
    probabilities = torch.softmax(load_base(tiny_base.base_path, "float32", "cpu")(tokens).logits[0, -1] / 0.1, -1)
    letters = [number for number in range(257) if tokenizer.decode([number]).isalnum()]
    expected = probabilities[letters].sum().item()

    requests = [
        make_request(model=tiny_base.ref, text="hi", temperature=0.1, max_tokens=1, repeat=n) for n in range(600)
    ]
    drawn = [response.text.isalnum() for response in engine.generate(requests)]

    assert 0.05 < expected < 0.95
    assert abs(sum(drawn) / 600 - expected) < 4 * (expected * (1 - expected) / 600) ** 0.5


def test_a_tiny_top_p_leaves_the_likeliest_token(engine, tiny_base):
    """Whatever the temperature."""
    drawn = answers(engine, tiny_base, temperature=2.0, top_p=0.001)

    assert drawn == answers(engine, tiny_base)


def test_a_context_too_long_is_an_error_and_the_others_go_on(engine, tiny_base):
    """The model was made for 256 tokens, whatever the setting."""
    requests = [make_request("x" * 300, 1, tiny_base.ref), make_request("ok", 2, tiny_base.ref)]

    too_long, fine = engine.generate(requests)

    assert "prompt has 318 tokens; with max_tokens = 8 that is more than the limit of 256" in too_long.error
    assert too_long.text == ""
    assert fine.error is None


def test_a_prompt_that_just_fits_is_answered(engine, tiny_base):
    """The limit counts prompt and answer together."""
    room = 256 - 8 - (len("<user>") + 1 + len("<assistant>"))
    requests = [make_request("x" * size, size, tiny_base.ref) for size in (room, room + 1)]

    errors = {one.request_key: one.error for one in engine.generate(requests)}

    assert errors[requests[0].key] is None
    assert errors[requests[1].key] is not None


def test_messages_that_the_template_refuses_are_an_error(engine, tiny_base):
    """Many templates know no system message, or want turns in order."""
    request = msgspec.structs.replace(
        make_request(model=tiny_base.ref),
        messages=(Message(role="user", content="a"), Message(role="system", content="b")),
    )

    [response] = engine.generate([request])

    assert response.error == "the chat template refuses the messages: a system message must come first"


def chat_with(template, model):
    """Return the ways to ask a base model that has this chat template."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(model.base_path)
    tokenizer.chat_template = template
    return Chats(tokenizer, model.base_path)


def test_a_chat_template_without_end_names_model_and_case(tiny_base, monkeypatch):
    """It would never end for any other case either, so the run stops."""
    monkeypatch.setattr(charges, "WORK", 1_000_000)
    chat = chat_with("{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}", tiny_base)

    with pytest.raises(
        EngineSetupError, match="tiny: the chat template can't be rendered for case 'case-0': it repeats"
    ):
        read_prompt(make_request(model=tiny_base.ref), chat, 256)


@pytest.mark.parametrize(
    ("template", "told"),
    [
        ("{{ messages + 1 }}", "the chat template refuses the messages: TypeError: can only concatenate list"),
        ("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "refuses the messages: RecursionError"),
        ("{{ messages[0].content | int(1 / 0) }}", "refuses the messages: ZeroDivisionError"),
        ("{{ raise_exception('only users') }}", "refuses the messages: only users"),
        ("{% if false %}never{% endif %}", "the chat template makes no text of the messages"),
    ],
)
def test_a_faulty_chat_template_leaves_the_case_unanswered(tiny_base, template, told):
    """Whatever it raises, in one line, and where nothing comes out of it; the run goes on to the other requests."""
    chat = chat_with(template, tiny_base)

    with pytest.raises(ValueError, match=told):
        read_prompt(make_request(model=tiny_base.ref), chat, 256)


def test_a_text_that_is_not_a_template_names_the_base_model(tiny_base):
    """In one line."""
    with pytest.raises(EngineSetupError, match="the chat template can't be used: unexpected"):
        read_prompt(make_request(model=tiny_base.ref), chat_with("{% for", tiny_base), 256)


def test_a_model_that_was_not_given_is_named(engine):
    """A hosted model can't be answered here."""
    with pytest.raises(EngineSetupError, match="tiny: there are no weights"):
        list(engine.generate([make_request()]))


def test_nothing_is_loaded_before_it_is_needed(tiny_base):
    """The identity is part of every key, and must be cheap."""
    engine = TransformersEngine((msgspec.structs.replace(tiny_base, base_path="/nowhere"),), CONFIG)

    assert list(engine.generate([])) == []
    assert engine.identity.endswith(" float32 dynamic")


def test_an_adapter_for_another_shape_is_refused(tiny_base, tmp_path):
    """More layers than the base model has: PEFT alone would drop them in silence."""
    write_tiny_base(tmp_path / "deeper", layers=3)
    write_adapter(tmp_path / "deeper", tmp_path / "adapter")
    fitting = local_adapter(local_base("deeper", tmp_path / "deeper"), tmp_path / "adapter")
    ref = msgspec.structs.replace(tiny_base.ref, adapter="adapter", adapter_digest=fitting.ref.adapter_digest)
    wrong = msgspec.structs.replace(fitting, ref=ref, base_path=tiny_base.base_path)

    with pytest.raises(
        AdapterError, match=r"does not fit this base model.*the model has no place for 4 of its weights"
    ):
        list(TransformersEngine((tiny_base, wrong), CONFIG).generate([make_request(model=wrong.ref)]))


def test_what_is_asked_again_is_in_batches_of_its_own(tiny_base, tiny_adapter):
    """The three parts of a proof: their batches are composed alike, or half precision would look like an adapter."""
    prompts = [make_request(text, number) for number, text in enumerate(("one", "two"))]
    adapter, base = (
        [msgspec.structs.replace(one, model=each.ref) for one in prompts] for each in (tiny_adapter, tiny_base)
    )
    again = [msgspec.structs.replace(one, again=True) for one in base]

    assert groups_of([*adapter, *base, *again]) == [adapter, base, again]


def test_batches_hold_all_prompts_once_within_their_bounds():
    """The longest prompt decides how many fit."""
    prompts = [Prompt(make_request(number=size), range(size)) for size in (2000, 5, 900, 5, 40, 2000, 2000, 1)]

    batches = list(make_batches(prompts, max_tokens=6000, most=3))

    assert sorted(len(one.tokens) for batch in batches for one in batch) == [1, 5, 5, 40, 900, 2000, 2000, 2000]
    assert [len(batch) for batch in batches] == [2, 2, 2, 2]
    assert [len(batch) for batch in make_batches(prompts, 10, 3)] == [3, 3, 2]
    assert [len(batch) for batch in make_batches(prompts, 99_999, 3)] == [1] * 8
    assert list(make_batches([], 10, 3)) == []


def test_the_base_folder_decides_not_the_name_in_the_adapter(tiny_base, tiny_adapter, tmp_path):
    """PEFT writes where the base model lay at training; that place may be gone, or hold something else."""
    folder = adapter_with(tiny_adapter, tmp_path / "moved", base_model_name_or_path="someone/elses-model")
    moved = local_adapter(tiny_base, folder)

    made = answers(TransformersEngine((tiny_base, moved), CONFIG), moved)

    assert made == answers(TransformersEngine((tiny_base, tiny_adapter), CONFIG), tiny_adapter)


@pytest.mark.parametrize(
    ("key", "value"), [("init_lora_weights", "pissa"), ("init_lora_weights", "olora"), ("bias", "lora_only")]
)
def test_an_adapter_that_changes_the_base_model_is_refused_before_anything_is_loaded(
    tiny_base, tiny_adapter, key, value, tmp_path
):
    """The base model beside it would answer with other weights, and the store would keep that."""
    changed = adapter_with(tiny_adapter, tmp_path / "changing", **{key: value})

    with pytest.raises(AdapterError, match=rf'changing: with {key} = "{value}" PEFT changes .* lora = "merged"'):
        TransformersEngine((tiny_base, local_adapter(tiny_base, changed)), CONFIG)


def test_an_adapter_with_a_tokenizer_of_its_own_is_refused_before_anything_is_loaded(tiny_base, tiny_adapter, tmp_path):
    """There is one tokenizer in the process; a server of its own has another."""
    own = adapter_with(tiny_adapter, tmp_path / "own")
    (own / "special_tokens_map.json").write_text('{"eos_token": "!"}')

    with pytest.raises(AdapterError, match=r'own: has a tokenizer of its own, .* set kind = "vllm" under \[engine\]'):
        TransformersEngine((tiny_base, local_adapter(tiny_base, own)), CONFIG)


def test_a_base_model_that_answers_differently_beside_an_adapter_is_refused(tiny_base, tiny_adapter, tmp_path):
    """Whatever the reason: here PEFT puts a third layer into the base model."""
    folder = tmp_path / "longer"
    write_adapter(Path(tiny_base.base_path), folder, layer_replication=[[0, 2], [0, 1]])
    longer = local_adapter(tiny_base, folder)

    with pytest.raises(
        AdapterError, match=r"longer: with this adapter loaded, the base model answers differently: logits"
    ):
        list(TransformersEngine((tiny_base, tiny_adapter, longer), CONFIG).generate([make_request(model=longer.ref)]))


def test_an_adapter_that_answers_differently_than_in_peft_is_refused(tiny_base, tiny_adapter, tmp_path, monkeypatch):
    """Whatever the reason: here another adapter's weights get its name."""
    write_adapter(Path(tiny_base.base_path), tmp_path / "other", scale=0.6)
    monkeypatch.setattr(compare, "attach", lambda model, _, name: attach(model, str(tmp_path / "other"), name))

    with pytest.raises(
        AdapterError, match=r"nudged: answers differently here than in PEFT: logits differ by .* merged"
    ):
        answers(TransformersEngine((tiny_base, tiny_adapter), CONFIG), tiny_adapter)


@pytest.mark.parametrize(
    "kinds",
    [
        {"dora": {"use_dora": True}, "head": {"target_modules": ["q_proj", "lm_head"]}},
        {"saved": {"modules_to_save": ["lm_head"]}, "plain": {"use_rslora": True}},
        {"plain": {}, "tokens": {"trainable_token_indices": [104, 256]}},
    ],
)
def test_adapters_of_several_kinds_are_served_beside_each_other(kinds, tmp_path):
    """Each as by PEFT alone, and the base model as if none was there."""
    write_tiny_base(tmp_path / "tied", tie_word_embeddings=True)
    base = local_base("tied", tmp_path / "tied")
    for name, settings in kinds.items():
        write_adapter(tmp_path / "tied", tmp_path / name, **settings)
    models = [local_adapter(base, tmp_path / name) for name in kinds]

    together = TransformersEngine((base, *models), CONFIG)

    assert answers(together, base) == answers(TransformersEngine((base,), CONFIG), base)
    made = {tuple(answers(together, model)) for model in models}
    assert made == {tuple(answers(TransformersEngine((model,), CONFIG), model)) for model in models}
    assert len(made) == len(kinds)


@pytest.mark.parametrize("name", ["base/config.json", "mine/adapter_model.safetensors"])
def test_a_file_replaced_while_it_is_loaded_stops_the_run_before_any_answer(name, tmp_path, monkeypatch):
    """Answers would be filed under the digest of the old file for good."""
    write_tiny_base(tmp_path / "base")
    write_adapter(tmp_path / "base", tmp_path / "mine")
    base = local_base("tiny", tmp_path / "base")
    mine = local_adapter(base, tmp_path / "mine")
    load = transformers.load_together

    def load_and_replace(*given: object) -> object:
        loaded = load(*given)
        (tmp_path / name).write_bytes((tmp_path / name).read_bytes() + b" ")
        return loaded

    monkeypatch.setattr(transformers, "load_together", load_and_replace)
    engine = TransformersEngine((base, mine), CONFIG)

    with pytest.raises(EngineSetupError) as refused:
        next(engine.generate([make_request(model=mine.ref)]))

    assert str(refused.value) == f"{(tmp_path / name).parent}: it changed while it was being loaded; run again"


def test_a_base_model_overwritten_after_it_was_loaded_answers_as_before(tmp_path):
    """As read, its weights are the file itself in memory: overwriting it in place would change them."""
    write_tiny_base(tmp_path / "base")
    base = local_base("tiny", tmp_path / "base")
    engine = TransformersEngine((base,), CONFIG)
    before = answers(engine, base)
    weights = tmp_path / "base" / "model.safetensors"

    with weights.open("r+b") as file:
        file.seek(weights.stat().st_size // 2)
        file.write(b"\x3f" * (weights.stat().st_size - file.tell()))

    assert answers(engine, base) == before


def test_what_is_being_loaded_is_said_first(tiny_base, tiny_adapter):
    """Loading can take minutes, and an adapter that takes too long is known by its name."""
    said: list[str] = []
    engine = TransformersEngine((tiny_base, tiny_adapter), CONFIG, said.append)
    assert said == []

    answers(engine, tiny_adapter, ["hi"])
    answers(engine, tiny_base, ["hi"])

    assert said == ["loading tiny and nudged"]


def test_a_tokenizer_with_code_of_its_own_is_refused_and_not_run(tmp_path, monkeypatch):
    """Even where someone would answer yes."""
    write_tiny_base(tmp_path / "base")
    path = tmp_path / "base" / "tokenizer_config.json"
    own = {"tokenizer_class": "OwnTokenizer", "auto_map": {"AutoTokenizer": ["own.OwnTokenizer", None]}}
    path.write_text(json.dumps(json.loads(path.read_text()) | own))
    (tmp_path / "base" / "own.py").write_text(f"open({str(tmp_path / 'was_run')!r}, 'w')\n")
    monkeypatch.setattr("builtins.input", lambda _: "y")
    base = local_base("base", tmp_path / "base")

    with pytest.raises(
        NoSuchModel, match=r"base: this model brings its own Python code .*, which this process never runs: "
    ):
        answers(TransformersEngine((base,), CONFIG), base)

    assert not (tmp_path / "was_run").exists()


def test_logits_that_are_no_numbers_are_never_equal():
    """NaN differs from everything, also from itself."""
    import torch

    fine, broken = torch.tensor([1.0, -2.0]), torch.tensor([1.0, float("nan")])

    assert unlike(fine, fine, "float32") is None
    assert unlike(fine + 0.001, fine, "float32") is None
    assert unlike(fine + 0.01, fine, "float32") == (
        "logits differ by 0.005 of the largest one; rounding in float32 explains at most 0.001"
    )
    assert unlike(fine + 0.01, fine, "bfloat16") is None
    assert unlike(broken, broken, "float32") == "the logits contain NaN or infinity in float32, or differ in number"
    assert unlike(fine[:1], fine, "float32") == "the logits contain NaN or infinity in float32, or differ in number"


def test_a_base_model_that_breaks_in_a_number_format_is_named(tmp_path):
    """Some large models overflow in float16; nothing can be compared then."""
    import torch
    from transformers import AutoModelForCausalLM

    write_tiny_base(tmp_path / "hot")
    model = AutoModelForCausalLM.from_pretrained(tmp_path / "hot")
    with torch.no_grad():
        model.lm_head.weight.mul_(1e37)
    model.save_pretrained(tmp_path / "hot")
    write_adapter(tmp_path / "hot", tmp_path / "mine")
    base = local_base("hot", tmp_path / "hot")

    with pytest.raises(EngineSetupError, match="hot: its logits contain NaN or infinity in float16; set another dtype"):
        answers(
            TransformersEngine((local_adapter(base, tmp_path / "mine"),), EngineConfig(dtype="float16")),
            local_adapter(base, tmp_path / "mine"),
        )


def test_a_tokenizer_saved_beside_an_adapter_is_the_base_models_unless_it_differs(tiny_base, tiny_adapter, tmp_path):
    """As training leaves it: with a padding token and a longest length of its own, and in another library's words."""
    from transformers import AutoTokenizer

    folder = adapter_with(tiny_adapter, tmp_path / "trained")
    tokenizer = AutoTokenizer.from_pretrained(tiny_base.base_path)
    tokenizer.padding_side, tokenizer.model_max_length, tokenizer.pad_token = "right", 64, "a"
    tokenizer("some words", truncation=True, max_length=8, padding="max_length")
    tokenizer.save_pretrained(folder)

    assert local_adapter(tiny_base, folder).tokenizer_path is None

    tokenizer.add_tokens(["<|new|>"])
    tokenizer.save_pretrained(folder)
    with pytest.raises(AdapterError, match=r"trained: its tokenizer has 258 tokens, but its model has embeddings for"):
        local_adapter(tiny_base, folder)


def adapter_with(model, folder, **changed: object):
    """Copy an adapter's folder, and change its configuration."""
    shutil.copytree(model.adapter_path, folder)
    config = json.loads((folder / "adapter_config.json").read_text())
    (folder / "adapter_config.json").write_text(json.dumps(config | changed))
    return folder


TOOLS = Tools(functions=({"type": "function", "function": {"name": "f"}},))
CALL = '<tool_call>\n{"name": "f", "arguments": {"a":  1}}\n</tool_call>'


class Saying:
    """A model that says one text, whatever it is asked."""

    device = "cpu"
    generation_config = SimpleNamespace(eos_token_id=0)

    def __init__(self, tokens: list[int]) -> None:
        self._tokens = tokens

    def generate(self, input_ids, **_options: object):
        """Return the prompt, and what it says."""
        import torch

        said = torch.tensor([[*self._tokens, 0]] * len(input_ids))
        return SimpleNamespace(sequences=torch.cat([input_ids, said], dim=1), logits=None)


def answer_of(tokenizer, text: str, tools: Tools):
    """Return the engine's response where the model says this text."""
    request = msgspec.structs.replace(make_request("hi"), tools=tools)
    loaded = Loaded(tokenizer, None, Saying(tokenizer(text, add_special_tokens=False)["input_ids"]), {})
    [response] = answer_batch([Prompt(request, [1, 2])], request.sampling, loaded)
    return response


@pytest.mark.parametrize("special", [(), ("<tool_call>", "</tool_call>")])
def test_calls_in_the_text_are_read_where_tools_were_given(tiny_base, special):
    """Also where the tokenizer calls their tags special; the arguments are the model's own text."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tiny_base.base_path)
    tokenizer.add_special_tokens({"additional_special_tokens": list(special)})

    called = answer_of(tokenizer, f"One moment. {CALL}", TOOLS)
    assert (called.text, called.tool_calls) == ("One moment. ", (Called(name="f", arguments='{"a":  1}'),))
    assert called.finish_reason == "tool_calls"
    assert answer_of(tokenizer, CALL, TOOLS).text == ""
    for tools in (Tools(), msgspec.structs.replace(TOOLS, choice="none")):
        assert (answer_of(tokenizer, CALL, tools).text, answer_of(tokenizer, CALL, tools).tool_calls) == (CALL, ())


def test_a_broken_call_stays_in_the_text(tiny_base):
    """As vLLM leaves it there; the scorer says what is wrong with it."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tiny_base.base_path)

    response = answer_of(tokenizer, CALL.replace("}}", "}"), TOOLS)

    assert (response.text, response.tool_calls, response.finish_reason) == (CALL.replace("}}", "}"), (), "stop")


def test_the_tools_of_a_request_are_in_its_prompt(tiny_base):
    """By the chat template."""
    chats = chat_with("{{ tools | tojson if tools else 'none' }}", tiny_base)
    request = make_request(model=tiny_base.ref)
    with_tools = msgspec.structs.replace(request, tools=TOOLS)

    assert '"name":"f"' in bytes_of(read_prompt(with_tools, chats, 256)).replace("Ġ", "")
    assert bytes_of(read_prompt(request, chats, 256)) == "none"
    with pytest.raises(ValueError, match="in which no tools are shown"):
        read_prompt(msgspec.structs.replace(with_tools, rendering=Rendering(format="raw")), chats, 256)


def test_a_template_and_its_values_take_the_place_of_the_models_own(tiny_base):
    """As servers do with those that come with a request."""
    chats = chat_with("own", tiny_base)
    request = make_request("hi", model=tiny_base.ref)
    set_apart = Rendering(template="{{ messages[0].content }}{{ mood }}", template_args={"mood": "!"})

    read = [
        bytes_of(read_prompt(msgspec.structs.replace(request, rendering=one), chats, 256))
        for one in (Rendering(), set_apart, Rendering(format="raw"))
    ]

    assert read == ["own", "hi!", "hi"]


def test_a_model_without_a_template_answers_plain_text_alone(tiny_base):
    """Messages are refused in words, and nothing is made up to join them."""
    chats = chat_with(None, tiny_base)
    request = msgspec.structs.replace(make_request("hi", model=tiny_base.ref), rendering=Rendering(format="raw"))
    turns = msgspec.structs.replace(request, messages=(Message(role="system", content="Be brief."), *request.messages))

    assert bytes_of(read_prompt(request, chats, 256)) == "hi"
    with pytest.raises(ValueError, match='prompt_format = "raw" sends the text of one user message'):
        read_prompt(turns, chats, 256)
    with pytest.raises(EngineSetupError, match="the chat template can't be used"):
        read_prompt(make_request("hi", model=tiny_base.ref), chats, 256)


def bytes_of(tokens):
    """Return the text of tokens that are single bytes, numbered from 1 in the alphabet's order."""
    from tokenizers import pre_tokenizers

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    return "".join(alphabet[token - 1] for token in tokens)


def test_the_longest_prompt_counts_with_its_answer(tiny_base):
    """In tokens, not in characters; what can't be rendered is left to the server."""
    chats = chat_with("{{ messages[0].content }}{{ 1 // (messages[0].content == 'no' and 0 or 1) }}", tiny_base)
    asked = [make_request("a" * 40, 0), make_request("b" * 30, 1, max_tokens=50), make_request("é" * 25, 2)]

    assert longest([*asked, make_request("no", 3)], chats) == 30 + 1 + 50
    assert longest([asked[2]], chats) == 2 * 25 + 1 + 8
    assert longest([], chats) == 0


def test_the_longest_prompt_counts_with_the_tools_that_are_in_it(tiny_base):
    """A server started for less would refuse every prompt with tools."""
    chats = chat_with("{{ tools | length if tools else '' }}{{ messages[0].content }}", tiny_base)
    request = make_request("hi", model=tiny_base.ref, max_tokens=1)

    assert longest([msgspec.structs.replace(request, tools=TOOLS)], chats) == longest([request], chats) + 1
