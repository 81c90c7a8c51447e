"""Further arguments and variables for vLLM's server: which are refused, which replace ours, and what identifies them.

They are passed on as they are, behind ours. Whether vLLM knows one is left to vLLM, whose words the failed start shows.
"""

import math
import re
from collections.abc import Mapping, Sequence
from functools import partial

from harness.errors import ConfigError
from harness.records.record import digest
from harness.text.secrets import without_secrets
from harness.text.visible import for_terminal

INSTEAD: Mapping[str, str] = {
    "--model": "set base_model, or base in a table [models.NAME]",
    "--model-tag": "set base_model, or base in a table [models.NAME]",
    "--served-model-name": "the harness names what it serves",
    "--host": "the server is for this run alone",
    "--port": "set port under [engine]",
    "--uds": "the server is asked at a port",
    "--api-key": "the server is for this run alone",
    "--root-path": "the server is for this run alone",
    "--ssl-keyfile": "the server is for this run alone",
    "--ssl-certfile": "the server is for this run alone",
    "--config": "write what it holds into args",
    "--headless": "the server must answer",
    "--grpc": "the server must answer over HTTP",
    "--enable-lora": "set lora under [engine]",
    "--no-enable-lora": "set lora under [engine]",
    "--lora-modules": "the harness names what it serves",
    "--max-loras": "it follows from the adapters",
    "--max-lora-rank": "it follows from the adapters",
    "--dtype": "set dtype under [engine]",
    "--tokenizer": "a base model is read with its own, by which its answers are kept",
    "--revision": "name it in base_model",
    "--tokenizer-revision": "name it in base_model",
    "--chat-template": "set chat_template",
    "--default-chat-template-kwargs": "set template_args",
    "--trust-request-chat-template": "the harness sets it where it is needed",
    "--hf-token": "set the environment variable HF_TOKEN",
}
"""What a run rests on: which weights answer under which name, how they are asked, and what must stay secret."""

WITHOUT_EFFECT = frozenset(
    {
        "--disable-log-stats",
        "--disable-uvicorn-access-log",
        "--download-dir",
        "--enable-log-requests",
        "--gpu-memory-utilization",
        "--max-log-len",
        "--max-model-len",
        "--no-enable-log-requests",
        "--uvicorn-log-level",
    }
)
"""What changes no answer. Everything else counts: a sum over several GPUs, say, is rounded otherwise."""
VARIABLES_WITHOUT_EFFECT = frozenset({"CUDA_VISIBLE_DEVICES", "VLLM_LOGGING_LEVEL"})
PLAIN = re.compile(r"[A-Za-z0-9_.:-]{1,40}")
WHERE = "args in harness.toml"
CODE_RUNS, CODE_DOES_NOT = "--trust-remote-code", "--no-trust-remote-code"
SHORTEST: Mapping[str, str] = {CODE_RUNS: "--trust-rem", CODE_DOES_NOT: "--no-trust-rem"}
"""No other option of vLLM begins so."""
PARALLEL = (
    frozenset({"--tensor-parallel-size", "-tp"}),
    frozenset({"--pipeline-parallel-size", "-pp"}),
    frozenset({"--data-parallel-size", "-dp"}),
)
"""The names of each option that says into how many processes vLLM splits a server."""
MOST_WORKERS = 1024


def options_of(args: Sequence[str]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return each option with its values, as vLLM reads them: ``_`` is ``-``, and ``=`` ends a name.

    >>> options_of(["--max_num_seqs=8", "--seed", "-1", "--enforce-eager"])
    (('--max-num-seqs', ('8',)), ('--seed', ('-1',)), ('--enforce-eager', ()))

    Raises:
        ConfigError: the first of them is not an option.
    """
    options: list[tuple[str, list[str]]] = []
    for word in args:
        if re.match(r"--?[A-Za-z]", word):
            name, has_value, value = word.partition("=")
            options.append((name.replace("_", "-"), [value] if has_value else []))
        elif options:
            options[-1][1].append(word)
        else:
            raise ConfigError(
                f'{WHERE} starts with {for_terminal(word)!r}, which is not an option like "--max-num-seqs"'
            )
    return tuple((name, tuple(values)) for name, values in options)


def refuse_ours(args: Sequence[str]) -> None:
    """Refuse arguments on which the identity of a run rests, written in full or shortened as vLLM allows.

    Raises:
        ConfigError: there is one; the text says what to set instead.
    """
    for name, _ in options_of(args):
        meant = name if name in INSTEAD else next((one for one in INSTEAD if one.startswith(name)), None)
        if meant is not None and name.startswith("--"):
            raise ConfigError(f"{WHERE} can't have {for_terminal(name)}: {INSTEAD[meant]}")


def without_collisions(ours: Sequence[Sequence[str]], args: Sequence[str]) -> tuple[str, ...]:
    """Return our options, each with its values, and ``args`` behind them; none of ours that is also among them."""
    theirs = {_positive(name) for name, _ in options_of(args)}
    kept = [word for option in ours if _positive(option[0]) not in theirs for word in option]
    return (*kept, *args)


def runs_code(args: Sequence[str]) -> bool:
    """Tell whether arguments make vLLM run a model's own Python code: the last word counts, in full or shortened.

    >>> runs_code(["--seed", "1", "--trust_remote_code"]), runs_code(["--trust-remote-code", "--no-trust-remote-code"])
    (True, False)
    """
    told = [name for name, _ in options_of(args) if any(map(partial(_is_short_for, name), (CODE_RUNS, CODE_DOES_NOT)))]
    return bool(told) and CODE_RUNS.startswith(told[-1])


def workers_of(args: Sequence[str]) -> int:
    """Return how many processes compute in a server with these arguments; of an option given twice the last counts.

    >>> workers_of(["-tp", "2", "--data_parallel_size=3"]), workers_of(["--seed", "2"])
    (6, 1)
    """
    given = [(name, values[0]) for name, values in options_of(args) if len(values) == 1 and values[0].isdecimal()]
    sizes = [[int(value) for name, value in given if name in names] for names in PARALLEL]
    return max(1, min(MOST_WORKERS, math.prod(size[-1] for size in sizes if size)))


def _is_short_for(name: str, option: str) -> bool:
    """Tell whether a name means an option that no other one begins like."""
    return name.startswith(SHORTEST[option]) and option.startswith(name)


def _positive(name: str) -> str:
    return name.replace("--no-", "--", 1)


def sets(args: Sequence[str], option: str) -> bool:
    """Tell whether an option is among arguments."""
    return any(name == option for name, _ in options_of(args))


def identity_of(args: Sequence[str], env: Mapping[str, str]) -> str:
    """Return what of arguments and variables can change answers, as words without spaces; empty where nothing can.

    A value that could be a path or hold anything else is shown by its digest, and a secret variable not at all.

    >>> identity_of(["--quantization", "fp8", "--max-log-len", "9"], {"VLLM_X": "1", "MY_TOKEN": "hf_a"})
    '--quantization=fp8 VLLM_X=1'
    """
    known = without_secrets(env, ())
    words = [f"{name}{_shown(values)}" for name, values in options_of(args) if name not in WITHOUT_EFFECT]
    words += [
        f"{name}{_shown((value,))}" for name, value in sorted(known.items()) if name not in VARIABLES_WITHOUT_EFFECT
    ]
    return " ".join(words)


def _shown(values: Sequence[str]) -> str:
    plain = [value if PLAIN.fullmatch(value) else digest(value)[:8] for value in values]
    return f"={','.join(plain)}" if plain else ""
