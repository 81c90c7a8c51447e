"""The command line of the server that users get: the gate's, with what the gate sends with each request."""

import msgspec
import pytest

from harness.deploy.launched import Place, as_merged, as_module, launch_of, refuse_arguments, unlike_gate
from harness.deploy.serve import serve
from harness.engines.server.launch import resolve
from harness.engines.weights.hardware import Hardware
from harness.errors import ConfigError
from harness.records.asked import Rendering
from tests.apart import run_harness

CPU = Hardware(cores=(0, 1))
GPU = Hardware(cores=(0, 1), has_gpu=True, gpu_capability=(9, 0))
PLACE = Place(port=8000, api_key="right-key-123", args=("--max-num-seqs", "4"))


def started(chosen, tmp_path, serving, hardware=GPU, place=PLACE):
    """Return how a server is started."""
    settings = resolve(chosen.engine, hardware)
    return launch_of(serving, chosen.model.base_path, chosen, settings, place, tmp_path / "t.jinja", {"MY_TOKEN": "x"})


def options(launch):
    """Return its options with the words behind each; the last of a name counts."""
    found = {}
    for word in launch.command[launch.command.index("harness.deploy.vllm_server") + 1 :]:
        if word.startswith("--"):
            found[name := word] = []
        else:
            found[name].append(word)
    return found


def test_a_module_is_served_under_both_names_with_room_for_the_next(chosen, tmp_path):
    """The key is in the environment alone, where no list of processes shows it."""
    found = chosen()

    launch = started(found, tmp_path, as_module(found, str(found.model.adapter_path)))

    told = options(launch)
    assert told["--served-model-name"] == ["tiny"]
    assert [word.split('"')[3] for word in told["--lora-modules"]] == ["second@2", "promoted"]
    assert (told["--max-loras"], told["--max-lora-rank"], told["--max-num-seqs"]) == (["2"], ["64"], ["4"])
    assert (
        launch.environment.items() >= {"VLLM_ALLOW_RUNTIME_LORA_UPDATING": "1", "VLLM_API_KEY": PLACE.api_key}.items()
    )
    assert (PLACE.api_key in " ".join(launch.command), "MY_TOKEN" in launch.environment) == (False, False)
    on_cpu = options(started(found, tmp_path, as_module(found, str(found.model.adapter_path)), CPU))
    assert (on_cpu["--max-loras"], on_cpu["--max-lora-rank"]) == (["3"], ["16"])


def test_a_merged_model_has_both_names_and_no_modules(chosen, tmp_path):
    """No adapter can be loaded into it."""
    found = chosen()

    launch = started(found, tmp_path, as_merged(found))

    assert options(launch)["--served-model-name"] == ["promoted", "second@2"]
    assert "--enable-lora" not in launch.command
    assert "VLLM_ALLOW_RUNTIME_LORA_UPDATING" not in launch.environment


def test_users_get_the_template_that_the_gate_sends(chosen, tmp_path):
    """And its values; they can send none of their own."""
    rendering = Rendering(template="{{ messages }}!", template_args={"short": True})
    found = msgspec.structs.replace(chosen(), rendering=rendering)

    told = options(started(found, tmp_path, as_module(found, str(found.model.adapter_path))))

    assert told["--chat-template"] == [str(tmp_path / "t.jinja")]
    assert told["--default-chat-template-kwargs"] == ['{"short": true}']
    assert "--trust-request-chat-template" not in told


@pytest.mark.parametrize(
    ("args", "text"),
    [
        (("--chat-template", "x"), "change harness.toml"),
        (("--host", "0.0.0.0"), "write --host before the --"),  # noqa: S104 - refused
        (("--api_key=x",), "--api-key-env NAME"),
        (("--api-k", "x"), "--api-key-env NAME"),
        (("--ssl-keyfile", "x"), "put a proxy"),
        (("x",), "is no option of vLLM"),
    ],
)
def test_arguments_by_which_users_would_get_something_else_are_refused(args, text):
    """With what to do instead."""
    with pytest.raises(ConfigError, match=text):
        refuse_arguments(args)


def test_room_for_other_adapters_can_be_set():
    """What can change answers is told."""
    args = ("--max-lora-rank", "128", "--max-loras", "4", "--quantization", "fp8")

    refuse_arguments(args)

    assert unlike_gate(args) == "--quantization=fp8"


def test_a_server_without_a_key_is_for_this_machine_alone(chosen):
    """Who reaches it could load adapters into it."""
    with pytest.raises(ConfigError, match="opens the server to other machines without a key"):
        serve(chosen(), Place(host="0.0.0.0", port=1), print, print)  # noqa: S104 - refused


def test_the_server_is_asked_where_it_listens():
    """On every address, on one."""
    hosts = ("0.0.0.0", "::", "::1", "192.0.2.1")  # noqa: S104 - compared

    assert [Place(host=host, port=1).asked_at for host in hosts] == ["127.0.0.1", "[::1]", "[::1]", "192.0.2.1"]


def test_the_command_takes_arguments_for_vllm_with_and_without_a_name(registry):
    """Behind two dashes."""
    root = registry.adapters.parent

    for name in ((), ("first",)):
        refused = run_harness(root, "serve", "--port", "0", *name, "--", "--model", "x")
        assert (refused.ret, "after --, --model can't be set" in refused.stderr.str()) == (2, True)
    unset = run_harness(root, "serve", "--port", "0", "--api-key-env", "NOT_SET")
    assert (unset.ret, "NOT_SET has no API key in it" in unset.stderr.str()) == (2, True)
