"""Output tokens a second from the real vLLM: through the harness, and by vLLM's own serving benchmark at its best.

One server, started by the harness with its default settings, the embedded base model, the same prompts in the same
order, greedy, same token limit. A first pass fills the prefix cache for both. Then vLLM's benchmark is run
over a sweep of its concurrency, and its best setting is measured again in turns with the harness; medians count.
"""

import contextlib
import io
import json
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from measure import at_least, exit_code, run_script, tell

from harness.config.engine import EngineConfig
from harness.config.home import home_folder
from harness.engines.vllm import VllmEngine
from harness.models.embedded import embedded_base
from harness.models.local import LocalModel, local_base
from harness.records.asked import Request, Sampling
from harness.records.messages import Message

PROMPTS = 128
MAX_TOKENS = 24
SWEEP = (32, 64, 128)
ROUNDS = 5
BAR = 0.97
SAME_TOKENS = 0.02
"""Greedy answers of other batches can end elsewhere; with a larger difference in tokens the comparison is not fair."""


def main() -> int:
    """Measure in turns, print figures and bar, and return the exit code."""
    model = local_base("base", embedded_base(home_folder(), tell))
    with TemporaryDirectory(prefix="bench-vllm-") as name:
        folder = Path(name)
        with VllmEngine((model,), EngineConfig(), folder, home_folder(), tell) as engine:
            requests = write_requests(model, engine.identity)
            ask(engine, requests)
            contest = Contest(engine, requests, model, folder)
            best = contest.sweep()
            rates = [(contest.harness(), contest.vllm(best)) for _ in range(ROUNDS)]
    harness, vllm = (statistics.median(side) for side in zip(*rates, strict=True))
    tell(f"harness {harness:.1f} tokens/s, vLLM's benchmark {vllm:.1f} tokens/s at {best} in flight")
    return exit_code([at_least("output tokens through the harness", harness / vllm, "of vLLM's best", BAR)])


class Contest:
    """The two clients of one server; each method is one pass over all prompts and returns output tokens a second."""

    def __init__(self, engine: VllmEngine, requests: Sequence[Request], model: LocalModel, folder: Path) -> None:
        self._engine = engine
        self._requests = requests
        self._model = model
        self._prompts = folder / "prompts.jsonl"
        lines = (json.dumps({"prompt": request.messages[0].content}) for request in requests)
        self._prompts.write_text("\n".join(lines) + "\n")
        self._tokens = 0

    def sweep(self) -> int:
        """Return the concurrency at which vLLM's benchmark is fastest."""
        rates = {concurrency: self.vllm(concurrency) for concurrency in SWEEP}
        return max(rates, key=rates.__getitem__)

    def harness(self) -> float:
        """Ask through the harness."""
        started = time.monotonic()
        tokens = ask(self._engine, self._requests)
        rate = tokens / (time.monotonic() - started)
        self._check("harness", tokens, rate)
        return rate

    def vllm(self, concurrency: int) -> float:
        """Ask by ``vllm bench serve``, in this process, so that its imports are paid once."""
        result = bench_serve(self._options(concurrency))
        if result["completed"] != len(self._requests):
            sys.exit(f"vLLM's benchmark completed {result['completed']} of {len(self._requests)} requests")
        rate = result["output_throughput"]
        self._check(f"vLLM's benchmark, {concurrency} in flight", int(result["total_output_tokens"]), rate)
        return rate

    def _options(self, concurrency: int) -> list[str]:
        (port,) = self._engine.ports
        return [
            *(
                "--backend",
                "openai-chat",
                "--base-url",
                f"http://127.0.0.1:{port}",
                "--endpoint",
                "/v1/chat/completions",
            ),
            *("--model", self._model.base_path, "--served-model-name", self._model.ref.name),
            *("--dataset-name", "custom", "--dataset-path", str(self._prompts), "--skip-chat-template"),
            *("--disable-shuffle", "--num-prompts", str(len(self._requests)), "--custom-output-len", str(MAX_TOKENS)),
            *("--max-concurrency", str(concurrency), "--temperature", "0", "--disable-tqdm"),
            *("--ready-check-timeout-sec", "0"),
        ]

    def _check(self, name: str, tokens: int, rate: float) -> None:
        tell(f"  {name:<36}{tokens:>6,} tokens{rate:>9.1f} tokens/s")
        self._tokens = self._tokens or tokens
        if abs(tokens - self._tokens) > SAME_TOKENS * self._tokens:
            sys.exit(f"{tokens} output tokens, but {self._tokens} in the first pass: not the same work")


def bench_serve(options: Sequence[str]) -> dict[str, float]:
    """Run vLLM's own serving benchmark and return its result; what it prints is shown when it fails."""
    from vllm.benchmarks import serve
    from vllm.utils.argparse_utils import FlexibleArgumentParser

    parser = FlexibleArgumentParser()
    serve.add_cli_args(parser)
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            result: dict[str, float] = serve.main(parser.parse_args(list(options)))
    except BaseException:
        tell(printed.getvalue())
        raise
    return result


def write_requests(model: LocalModel, identity: str) -> list[Request]:
    """Return the prompts as requests; each asks for more than the limit lets through."""
    return [
        Request(
            case_id=f"prompt-{number}",
            model=model.ref,
            engine=identity,
            messages=(Message(role="user", content=f"Write a long story about {number} ships and a lighthouse."),),
            sampling=Sampling(max_tokens=MAX_TOKENS),
        )
        for number in range(PROMPTS)
    ]


def ask(engine: VllmEngine, requests: Sequence[Request]) -> int:
    """Ask all requests and return how many tokens came back."""
    responses = list(engine.generate(requests))
    failed = [response.error for response in responses if response.error is not None]
    if failed or len(responses) != len(requests):
        sys.exit(f"{len(responses) - len(failed)} of {len(requests)} requests were answered; {failed[:1]}")
    return sum(response.tokens_out or 0 for response in responses)


if __name__ == "__main__":
    run_script(main)
