"""The command lines and environments of vLLM servers, for machines with and without a GPU."""

import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.config.engine import EngineConfig
from harness.config.whole import HarnessConfig
from harness.engines.server import launch
from harness.engines.server.arguments import identity_of
from harness.engines.server.cores import ranges, share_cores
from harness.engines.weights.hardware import Hardware
from harness.errors import AdapterError, ConfigError, NoSuchModel
from harness.models.adapter import beyond_lora_modules, changes_base, read_config
from harness.models.local import LocalModel
from harness.records.asked import ModelRef

CPU = Hardware(cores=(0, 1))
GPU = Hardware(cores=(0, 1), has_gpu=True, gpu_capability=(9, 0))


@pytest.fixture
def folders(tmp_path):
    """Return a base model's folder with a context of 512, and a function that makes adapters' folders."""
    base = tmp_path / "base"
    base.mkdir()
    (base / "config.json").write_text(json.dumps({"max_position_embeddings": 512}))

    def adapter(name: str, rank: int = 8, **config: object) -> LocalModel:
        folder = tmp_path / name
        folder.mkdir(parents=True)
        (folder / "adapter_config.json").write_text(json.dumps({"peft_type": "LORA", "r": rank} | config))
        return local(base, name.rpartition("/")[2], folder)

    return local(base), adapter


def local(base, name=None, folder=None):
    """Return a model without reading any weights."""
    ref = ModelRef(
        base="tiny", base_digest="b", template_digest="t", adapter=name, adapter_digest=folder and str(folder)[-24:]
    )
    config = folder and read_config(folder)
    return LocalModel(
        ref=ref,
        base_path=str(base),
        adapter_path=folder and str(folder),
        changes_base=config and changes_base(config),
        beyond_modules=config and beyond_lora_modules(config),
    )


def command_for(models, config, hardware):
    """Return the commands of all servers, each as one line after the interpreter."""
    settings = launch.resolve(config, hardware)
    servings = dict.fromkeys(launch.plan(models, settings.mode).values())
    return [" ".join(launch.command_line(one, "/served", 8123, settings)[1:]) for one in servings]


def test_a_cpu_serves_each_model_merged_by_a_server_of_its_own(folders):
    """Base models first: theirs starts while an adapter is being merged."""
    base, make_adapter = folders
    triage = make_adapter("triage")

    servings = launch.plan((triage, base), launch.resolve(EngineConfig(), CPU).mode)

    assert [(one.name, one.merge) for one in servings.values()] == [("tiny", None), ("triage", triage)]
    assert servings[launch.weights_of(triage.ref)].merge == triage


def test_the_command_on_a_cpu(folders):
    """In full, so that each change of it is seen."""
    base, _ = folders

    [command] = command_for((base,), EngineConfig(), CPU)

    assert command == (
        "-P -W ignore -m vllm.entrypoints.openai.api_server --model /served --served-model-name tiny "
        "--host 127.0.0.1 --port 8123 --dtype float32 --max-model-len 512 --generation-config vllm "
        "--disable-uvicorn-access-log --enforce-eager --gpu-memory-utilization 0.3 "
        "--no-enable-chunked-prefill"
    )


def test_a_gpu_serves_all_adapters_from_one_server(folders):
    """As LoRA modules, and as many in one batch as there are; the rank is the smallest allowed that fits."""
    base, make_adapter = folders
    models = (base, make_adapter("triage", rank=12), make_adapter("other", rank=4))

    [command] = command_for(models, EngineConfig(gpu_memory=0.5, max_model_len=100), GPU)

    assert "--served-model-name tiny " in command
    assert "--dtype bfloat16 --max-model-len 100 " in command
    assert "--gpu-memory-utilization 0.5 --enable-lora --max-loras 2 --max-lora-rank 16 --lora-modules {" in command
    assert '"name": "triage", "path": "' in command
    assert "--enforce-eager" not in command


def test_more_adapters_than_a_gpu_holds_take_turns(folders):
    """VLLM keeps all of them in the machine's memory, and at most eight on the GPU."""
    base, make_adapter = folders
    models = (base, *(make_adapter(f"checkpoint-{n}") for n in range(11)))

    [command] = command_for(models, EngineConfig(), GPU)

    assert "--max-loras 8 --max-cpu-loras 11 " in command


def test_a_cpu_has_one_slot_more_than_adapters(folders):
    """The CPU kernels of vLLM give requests without an adapter the last slot, which must hold none."""
    base, make_adapter = folders
    models = (base, make_adapter("triage"), make_adapter("other"))

    [command] = command_for(models, EngineConfig(lora="dynamic"), CPU)

    assert "--max-loras 3 " in command


def test_a_gpu_without_adapters_needs_no_lora(folders):
    """LoRA kernels cost time even when nothing uses them."""
    base, _ = folders

    [command] = command_for((base,), EngineConfig(), GPU)

    assert "lora" not in command


@pytest.mark.parametrize(("rank", "limit"), [(1, 8), (8, 8), (9, 16), (64, 64), (65, 128), (256, 256)])
def test_the_rank_limit_is_the_smallest_that_fits(folders, rank, limit):
    """A higher one takes memory for nothing."""
    _, make_adapter = folders

    [command] = command_for((make_adapter("one", rank),), EngineConfig(max_lora_rank=256), GPU)

    assert f"--max-lora-rank {limit} " in command


DYNAMIC = EngineConfig(lora="dynamic")


def test_a_rank_above_the_limit_is_refused_in_words(folders):
    """Where modules are asked for; the largest rank of any layer counts."""
    _, make_adapter = folders
    too_large = make_adapter("large", 8, rank_pattern={"layers.0.q_proj": 96})

    with pytest.raises(
        AdapterError, match=r"large: can't be served as a LoRA module, since it has rank 96, above max_l"
    ):
        launch.served_apart((too_large,), DYNAMIC)

    assert launch.served_apart((too_large,), EngineConfig(lora="dynamic", max_lora_rank=128)) == {}
    assert launch.served_apart((too_large,), EngineConfig()) == {
        too_large: "rank 96, above max_lora_rank = 64, which [engine] can raise to 256"
    }


def test_a_rank_that_vllm_does_not_know_is_refused_however_high_the_setting(folders):
    """Its list of ranks ends."""
    _, make_adapter = folders

    with pytest.raises(AdapterError, match="above max_lora_rank = 256; set lora"):
        launch.served_apart((make_adapter("huge", 300),), EngineConfig(lora="dynamic", max_lora_rank=1024))


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("init_lora_weights", "pissa", 'init_lora_weights = "pissa"'),
        ("bias", "all", 'bias = "all"'),
        ("use_dora", True, "use_dora"),
        ("modules_to_save", ["lm_head"], "modules_to_save"),
        ("peft_type", "IA3", 'peft_type = "IA3"'),
    ],
)
def test_what_a_lora_module_can_not_serve_is_merged_or_refused_where_modules_are_asked_for(folders, key, value, told):
    """A server takes the two matrices, and would answer without the rest or refuse in a log."""
    base, make_adapter = folders
    adapter, plain = make_adapter("more", **{key: value}), make_adapter("plain")

    with pytest.raises(
        AdapterError,
        match=rf'more: can\'t be served as a LoRA module, since it has {told}; set lora = "merged" or "auto"',
    ):
        launch.served_apart((base, plain, adapter), DYNAMIC)

    assert launch.served_apart((base, plain, adapter), EngineConfig()) == {adapter: told}


def test_what_modules_can_not_carry_is_merged_beside_the_others(folders):
    """One server holds the base model with its modules, the other the merged one."""
    base, make_adapter = folders
    special, plain = make_adapter("special", use_dora=True), make_adapter("plain")
    models = (base, special, plain)

    servings = launch.plan(models, "dynamic", launch.served_apart(models, EngineConfig()))

    assert servings[launch.weights_of(special.ref)] == launch.Serving(
        name="special", base_path=base.base_path, merge=special
    )
    assert servings[launch.weights_of(plain.ref)] == servings[launch.weights_of(base.ref)]
    assert servings[launch.weights_of(base.ref)] == launch.Serving(
        name="tiny", base_path=base.base_path, modules=(("plain", plain.adapter_path),)
    )


def test_servers_on_one_gpu_share_its_memory():
    """Each takes its share at the start, so the second would find none."""
    settings = launch.resolve(EngineConfig(gpu_memory=0.8), GPU)

    assert launch.share_memory(settings, 2).config.gpu_memory == 0.4
    assert launch.share_memory(settings, 1) == settings
    assert launch.share_memory(launch.resolve(EngineConfig(), CPU), 2).config.gpu_memory == EngineConfig().gpu_memory


def test_a_tokenizer_of_its_own_needs_a_server_of_its_own(folders):
    """Also where modules are asked for: one server has one tokenizer."""
    base, make_adapter = folders
    made = make_adapter("special")
    special = msgspec.structs.replace(made, tokenizer_path=made.adapter_path, beyond_modules="a tokenizer of its own")

    apart = launch.served_apart((base, special), DYNAMIC)

    assert apart == {special: "a tokenizer of its own"}
    assert launch.plan((base, special), "dynamic", apart)[launch.weights_of(special.ref)].merge == special


def test_a_template_of_its_own_needs_no_server_of_its_own(folders):
    """It goes with each request, so base model and adapter share a server whatever their templates."""
    base, make_adapter = folders
    made = make_adapter("mine")
    mine = msgspec.structs.replace(
        made, own_template="{{ messages }}", ref=msgspec.structs.replace(made.ref, template_digest="another")
    )

    servings = launch.plan((base, mine), "dynamic", launch.served_apart((base, mine), DYNAMIC))

    assert len(set(servings.values())) == 1
    assert servings[launch.weights_of(mine.ref)].name == "tiny"


def test_a_plain_copy_is_what_a_server_reads(folders, tmp_path):
    """It doesn't know older names."""
    base, make_adapter = folders
    old = msgspec.structs.replace(make_adapter("old"), plain_path=str(tmp_path / "copy"))

    [serving] = {*launch.plan((base, old), "dynamic").values()}

    assert serving.modules == (("old", str(tmp_path / "copy")),)


def test_models_of_one_name_are_told_apart(folders):
    """Adapters of two trainings often lie in folders of the same name."""
    base, make_adapter = folders
    first, second = make_adapter("monday/triage"), make_adapter("tuesday/triage")

    names = launch.name_models((base, first, second, first))

    assert len(set(names.values())) == len(names) == 3
    assert names[launch.weights_of(base.ref)] == "tiny"
    assert names[launch.weights_of(first.ref)].startswith("triage-")


def test_one_model_under_two_names_has_one_server(folders):
    """Candidate and baseline may be the same."""
    base, _ = folders
    renamed = msgspec.structs.replace(base, ref=msgspec.structs.replace(base.ref, base="another"))

    assert len(set(launch.plan((base, renamed), "merged").values())) == 1
    assert len(set(launch.plan((base, renamed), "dynamic").values())) == 1


def test_lora_modes_can_be_chosen_against_the_hardware(folders):
    """To compare the two ways of serving."""
    assert launch.resolve(EngineConfig(lora="merged"), GPU).mode == "merged"
    assert launch.resolve(EngineConfig(lora="dynamic"), CPU).mode == "dynamic"
    assert launch.resolve(EngineConfig(), GPU).mode == "dynamic"


def test_the_environment_is_offline_silent_and_without_keys():
    """A key of the environment would be demanded by the server, or lie open in its process."""
    secret = {"VLLM_API_KEY": "s", "OPENAI_API_KEY": "s", "HF_TOKEN": "s", "OURS": "s", "JUDGES": "s"}
    secret |= {"COPY": "Bearer sk-secret-1", "OTHER": "sk-secret-1", "https_proxy": "http://me:word@p:1"}
    environ = {"PATH": "/bin", "VLLM_LOGGING_LEVEL": "DEBUG"} | secret
    settings = launch.resolve(EngineConfig(memory_gib=2, api_key_env="OURS"), CPU, ("JUDGES", "OTHER"))

    made = launch.environment(environ, (0, 1), settings)

    assert made == {
        "PATH": "/bin",
        "VLLM_LOGGING_LEVEL": "DEBUG",
        "HF_HUB_OFFLINE": "1",
        "VLLM_NO_USAGE_STATS": "1",
        "DO_NOT_TRACK": "1",
        "VLLM_CPU_KVCACHE_SPACE": "2",
        "VLLM_CPU_OMP_THREADS_BIND": "0-1",
    }


def test_a_persons_own_binding_is_kept():
    """Who sets it knows the machine."""
    settings = launch.resolve(EngineConfig(), CPU)

    made = launch.environment({"VLLM_CPU_OMP_THREADS_BIND": "4-7"}, (0, 1), settings)

    assert made["VLLM_CPU_OMP_THREADS_BIND"] == "4-7"


@pytest.mark.parametrize(
    ("args", "cores", "bound"),
    [
        (("--tensor-parallel-size", "2"), (0, 1, 2, 3), "0-1|2-3"),
        (("--data_parallel_size=2", "-pp", "2"), (0, 1), "0|0|1|1"),
        (("-tp", "2", "--tensor-parallel-size", "1"), (0, 1), "0-1"),
        (("--tensor-parallel-size", "many"), (0, 1), "0-1"),
        (("-tp", "0"), (0, 1), "0-1"),
    ],
)
def test_each_process_of_a_server_that_is_split_has_cores_of_its_own(args, cores, bound):
    """Without a list for each, vLLM does not start."""
    settings = launch.resolve(EngineConfig(args=args), CPU)

    assert launch.environment({}, cores, settings)["VLLM_CPU_OMP_THREADS_BIND"] == bound


def test_a_gpu_server_gets_no_settings_of_the_cpu():
    """They mean nothing there."""
    assert not [name for name in launch.environment({}, (0,), launch.resolve(EngineConfig(), GPU)) if "CPU" in name]


@given(st.sets(st.integers(0, 300), min_size=1), st.integers(1, 20))
def test_cores_are_shared_evenly_and_none_is_idle(cores, servers):
    """Servers that bind the same core run at half the speed."""
    shares = share_cores(sorted(cores), servers)

    given_away = [core for share in shares for core in share]
    assert len(shares) == servers
    assert all(shares)
    assert set(given_away) <= cores
    if servers <= len(cores):
        assert sorted(given_away) == sorted(cores)
        assert max(map(len, shares)) - min(map(len, shares)) <= 1


@given(st.sets(st.integers(0, 300), min_size=1))
def test_ranges_name_exactly_the_cores(cores):
    """Read back as vLLM reads them."""
    read = set()
    for part in ranges(sorted(cores)).split(","):
        first, _, last = part.partition("-")
        read |= set(range(int(first), int(last or first) + 1))

    assert read == cores


@pytest.mark.parametrize(
    ("config", "length"),
    [
        ({"max_position_embeddings": 512}, 512),
        ({"max_position_embeddings": 99_999}, 2048),
        ({"text_config": {"max_position_embeddings": 256}}, 256),
        ({}, 2048),
    ],
)
def test_the_context_is_no_longer_than_the_models(tmp_path, config, length):
    """A server refuses to start with a longer one."""
    (tmp_path / "config.json").write_text(json.dumps(config))

    assert launch.context_length(str(tmp_path), 2048) == length


@pytest.mark.parametrize("text", ["", "[]", "{", "\x00"])
def test_a_broken_configuration_is_named(tmp_path, text):
    """A model's folder may be damaged."""
    (tmp_path / "config.json").write_text(text)

    with pytest.raises(NoSuchModel, match=r"config\.json: not readable"):
        launch.context_length(str(tmp_path), 2048)


def test_further_arguments_and_variables_come_last_and_take_the_place_of_ours(folders):
    """So an option is never there twice."""
    base, _ = folders
    config = EngineConfig(
        args=("--max-model-len", "64", "--quantization", "fp8"), env={"HF_HUB_OFFLINE": "0", "A": "b"}
    )

    [command] = command_for((base,), config, GPU)

    assert command.endswith(" --quantization fp8")
    assert command.count("--max-model-len") == 1
    changed = launch.environment({"HOME": "h"}, (0,), launch.resolve(config, GPU))
    assert (changed["HF_HUB_OFFLINE"], changed["A"], changed["HOME"]) == ("0", "b", "h")


@pytest.mark.parametrize("kind", ["tensor", "pipeline", "data"])
def test_vllms_own_ways_to_use_several_gpus_go_to_its_server_and_are_part_of_the_identity(folders, kind):
    """A sum over several GPUs is rounded otherwise than on one."""
    base, _ = folders
    written = (f"--{kind}_parallel_size=4",)

    [command] = command_for((base,), EngineConfig(args=written), GPU)

    assert command.endswith(f" --{kind}_parallel_size=4")
    assert identity_of(written, {}) == f"--{kind}-parallel-size=4"
    assert identity_of((f"--{kind}-parallel-size", "4"), {}) == identity_of(written, {})


def test_an_argument_on_which_identity_rests_is_refused_before_any_start():
    """By its name."""
    with pytest.raises(ConfigError, match=r"args in harness\.toml can't have --served-model-name"):
        launch.resolve(EngineConfig(args=("--served-model-name", "x")), CPU)


def test_a_context_is_as_long_as_it_must_be_unless_it_is_set(folders):
    """And never longer than the model's own; a template with requests must be allowed."""
    base, _ = folders
    settings = launch.resolve(EngineConfig(), GPU)
    serving = next(iter(launch.plan((base,), settings.mode).values()))
    reach = launch.Reach(tokens=300, templates=True)

    with_it = launch.command_line(serving, "/served", 1, settings, reach)
    without = launch.command_line(serving, "/served", 1, settings)

    assert with_it[with_it.index("--max-model-len") + 1] == "300"
    assert "--trust-request-chat-template" in with_it
    assert without[without.index("--max-model-len") + 1] == "512"
    assert "--trust-request-chat-template" not in without


def test_the_walk_through_of_a_model_on_two_gpus_starts_one_server_for_both_sides(folders):
    """As docs/models.md has it: both GPUs, the adapter as a module, templates' values with the requests."""
    page = (Path(__file__).parents[3] / "docs" / "models.md").read_text()
    block = page.partition("## Qwen3-8B without thinking")[2].partition("```toml\n")[2].partition("```")[0]
    config = msgspec.toml.decode(block, type=HarnessConfig)
    base, make_adapter = folders

    [command] = command_for((base, make_adapter("support", rank=16)), config.engine, GPU)

    assert command.endswith(" --tensor-parallel-size 2")
    assert "--enable-lora --max-loras 1 --max-lora-rank 16 " in command
    assert config.template_args == {"enable_thinking": False}
    variables = launch.environment({}, (0, 1), launch.resolve(config.engine, GPU))
    assert variables["CUDA_VISIBLE_DEVICES"] == "0,1"
