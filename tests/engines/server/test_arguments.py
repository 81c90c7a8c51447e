"""What people hand on to vLLM: what is refused, what it replaces, and what of it identifies an engine."""

import pytest

from harness.engines.server.arguments import identity_of, refuse_ours, runs_code, without_collisions
from harness.errors import ConfigError

OURS = [("--max-model-len", "512"), ("--enforce-eager",), ("--generation-config", "vllm")]


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["--model", "other"], "can't have --model: set base_model"),
        (["--served_model_name=x"], "can't have --served-model-name: the harness names what it serves"),
        (["--seed", "1", "--port", "80"], "can't have --port: set port under"),
        (["--enable-lora"], "can't have --enable-lora: set lora under"),
        (["--served", "x"], "can't have --served: the harness names"),
        (["--chat-template", "a.jinja"], "set chat_template"),
        (["--hf-token", "hf_1"], "set the environment variable HF_TOKEN"),
        (["--config=all.yaml"], "write what it holds into args"),
        (["fp8", "--quantization"], "starts with 'fp8', which is not an option"),
    ],
)
def test_what_a_run_rests_on_is_refused_by_name(args, told):
    """In each way in which vLLM reads it: with _, with =, and shortened."""
    with pytest.raises(ConfigError, match=told):
        refuse_ours(args)


def test_everything_else_is_left_to_vllm():
    """Also an option that begins as one that is refused."""
    refuse_ours(["--model-impl", "transformers", "-tp", "2", "--seed", "-1", "--trust-remote-code", "--anything-new"])


@pytest.mark.parametrize(
    ("args", "runs"),
    [
        (["--trust-remote-code"], True),
        (["--seed", "1", "--trust_remote_code", "--max-num-seqs=9"], True),
        (["--trust-remote"], True),
        (["--no-trust-remote-code", "--trust-remote-code"], True),
        (["--trust-remote-code", "--no-trust-remote-code"], False),
        (["--no-trust-remote-code"], False),
        (["--trust-remote-codes"], False),
        (["--trust-request-chat-template"], False),
        (["--seed", "1"], False),
        ([], False),
    ],
)
def test_whether_a_models_own_code_runs_is_told_as_vllm_reads_it(args, runs):
    """The last word counts, shortened or with _."""
    assert runs_code(args) is runs


def test_our_arguments_give_way_to_the_same_ones_and_all_others_stay():
    """Theirs come last, as they are."""
    args = ("--max_model_len=4096", "--no-enforce-eager", "--quantization", "fp8")

    assert without_collisions([("--no-enable-x",)], ("--enable-x",)) == ("--enable-x",)
    assert without_collisions(OURS, args) == ("--generation-config", "vllm", *args)
    assert without_collisions(OURS, ()) == ("--max-model-len", "512", "--enforce-eager", "--generation-config", "vllm")


def test_what_changes_answers_identifies_and_nothing_secret_is_shown():
    """A path is shown by its digest; a longer context or another log changes no answer."""
    args = ["--quantization=fp8", "--max-model-len", "9", "--uvicorn-log-level", "info", "--rope", "/home/ada/x"]
    env = {"VLLM_ATTENTION_BACKEND": "FLASHINFER", "CUDA_VISIBLE_DEVICES": "1", "HF_TOKEN": "hf_secret"}

    identity = identity_of(args, env)

    assert identity.startswith("--quantization=fp8 --rope=")
    assert identity.endswith(" VLLM_ATTENTION_BACKEND=FLASHINFER")
    assert not {"ada", "hf_secret", "CUDA", "info", "--max-model-len"} & set(identity.replace("=", " ").split())
    assert identity_of((), {}) == ""
