"""What `--launch` asks for: numbers, files of accelerate, and the configurations that TRL ships."""

from types import SimpleNamespace

import pytest
import torch

from harness.errors import ConfigError, TrainingError
from harness.train.several import launch, refused
from harness.train.several.launch import SHIPPED, environment_of, read_launch, shipped_file
from harness.train.several.refused import refuse_launch, refuse_spread
from harness.train.spread import Member, Spread, member_of, sharding_of
from tests.train.tiny import config

SHARDINGS = {"multi_gpu": "none", **{name: name for name in SHIPPED if name != "multi_gpu"}}
PLACE = "train.toml"


@pytest.fixture
def eight_gpus(monkeypatch):
    """Have eight GPUs of Ampere, and DeepSpeed, as far as a launch looks at them."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 8)
    monkeypatch.setattr(refused, "find_spec", lambda _: object())
    device = SimpleNamespace(kind="cuda", dtype="bfloat16", name="GPU")
    monkeypatch.setattr(refused, "this_device", lambda: device)
    return device


def told_by_accelerate(name: str) -> dict[str, str]:
    """Return the variables that accelerate's own launcher sets for a configuration that TRL ships."""
    from accelerate.commands.launch import _validate_launch_command, launch_command_parser
    from accelerate.utils.launch import prepare_deepspeed_cmd_env, prepare_multi_gpu_env

    wanted = ["--config_file", str(shipped_file(name)), "--main_process_port", "0", "-m", "harness.cli", "train"]
    arguments, _, _ = _validate_launch_command(launch_command_parser().parse_args(wanted))
    if not arguments.use_deepspeed:
        return dict(prepare_multi_gpu_env(arguments))
    arguments.deepspeed_fields_from_accelerate_config = ""
    return dict(prepare_deepspeed_cmd_env(arguments)[1])


@pytest.mark.parametrize("name", SHIPPED)
def test_what_trl_ships_is_launched_on_all_gpus(name, eight_gpus):
    """And what it shares out is read alike from its file and from what accelerate tells the processes."""
    wanted = read_launch(name)

    assert wanted.spread == Spread(processes=8, sharding=SHARDINGS[name])
    assert wanted.is_shipped
    told = told_by_accelerate(name)
    assert sharding_of(told) == wanted.spread.sharding
    for key, value in environment_of(launch._read(wanted.file)).items():
        assert told[key] == value, key
    refuse_spread(config(), wanted.spread, PLACE, told)
    eight_gpus.dtype = "float16"
    if name != "multi_gpu":
        with pytest.raises(TrainingError, match="computes in bfloat16, which GPU doesn't have"):
            read_launch(name)


def test_numbers_are_processes_of_this_machine(eight_gpus):
    """Each needs a GPU where there are some."""
    assert read_launch("8").spread == Spread(processes=8)
    with pytest.raises(TrainingError, match="this machine has 8 GPUs"):
        read_launch("9")
    with pytest.raises(ConfigError, match="there must be a process at least"):
        read_launch("0")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("distributed_type: FSDP\nnum_processes: 2\nfsdp_config:\n  fsdp_version: 2\n", None),
        ("distributed_type: MULTI_CPU\nnum_processes: 2\n", None),
        ("distributed_type: 'NO'\n", "starts one process"),
        ("distributed_type: XLA\nnum_processes: 2\n", "XLA is not offered"),
        ("distributed_type: MULTI_GPU\n", "num_processes is missing"),
        ("distributed_type: MULTI_GPU\nnum_processes: 2\nmixed_precision: fp8\n", "fp8 is not offered"),
        ("distributed_type: MULTI_GPU\nnum_processes: 2\nnum_proceses: 2\n", "num_proceses"),
        ("a: [", "not a configuration of accelerate"),
        ("", "not a configuration of accelerate"),
        ("!!python/object/apply:os.system ['true']", "not a configuration of accelerate"),
        (
            "distributed_type: FSDP\nnum_processes: 2\nparallelism_config:\n  parallelism_config_tp_size: 2\n",
            "read the same rows",
        ),
        (
            "distributed_type: FSDP\nnum_processes: 2\nfsdp_config:\n  fsdp_state_dict_type: LOCAL_STATE_DICT\n",
            "leaves no whole adapter",
        ),
    ],
)
def test_files_of_accelerate_are_read_and_checked(text, told, tmp_path, eight_gpus):
    """Before any process is started."""
    file = tmp_path / "accelerate.yaml"
    file.write_text(text)

    if told is None:
        assert read_launch(str(file)).spread.processes == 2
    else:
        with pytest.raises((ConfigError, TrainingError), match=told):
            read_launch(str(file))


def test_what_is_neither_is_refused_with_the_nearest_name():
    """And what shares weights out needs GPUs."""
    with pytest.raises(ConfigError, match=r"--launch fsdp3: neither a number .* did you mean `fsdp"):
        read_launch("fsdp3")
    with pytest.raises(TrainingError, match=r"--launch fsdp2: needs GPUs, .* --launch 2 trains in two processes"):
        read_launch("fsdp2")


def test_settings_that_need_all_weights_are_refused_where_they_are_shared_out(eight_gpus):
    """As what is there twice; and DeepSpeed must be installed."""
    spread = Spread(processes=2, sharding="fsdp2")
    twice = {"FSDP_ACTIVATION_CHECKPOINTING": "true"}

    with pytest.raises(ConfigError, match='"int8" can\'t be shared out by FSDP2'):
        refuse_spread(config(quantization="int8"), spread, PLACE, {})
    with pytest.raises(ConfigError, match='"mica" is computed from all weights'):
        refuse_spread(config(method="lora", init="mica"), spread, PLACE, {})
    with pytest.raises(ConfigError, match="the same thing twice"):
        refuse_spread(config(gradient_checkpointing=True), spread, PLACE, twice)
    with pytest.raises(ConfigError, match="stop_by asks a suite in one process, and this training has 2"):
        refuse_spread(config(stop_by="suites/mine"), Spread(processes=2), PLACE, {})
    refuse_spread(config(method="lora", init="mica"), Spread(processes=2), PLACE, {})


def test_deepspeed_must_be_installed(eight_gpus, monkeypatch):
    """It is told before a process is started."""
    monkeypatch.setattr(refused, "find_spec", lambda _: None)

    with pytest.raises(TrainingError, match="DeepSpeed ZeRO-3 needs the package deepspeed"):
        refuse_launch(Spread(processes=2, sharding="zero3"), {})


def test_variables_of_launchers_say_which_process_this_is():
    """What can't be is refused."""
    assert member_of({"WORLD_SIZE": "4", "RANK": "3"}) == Member(spread=Spread(processes=4), index=3)
    with pytest.raises(TrainingError, match="RANK is 4 and WORLD_SIZE is 4"):
        member_of({"WORLD_SIZE": "4", "RANK": "4"})
    with pytest.raises(TrainingError, match="WORLD_SIZE is not a number"):
        member_of({"WORLD_SIZE": "many"})
