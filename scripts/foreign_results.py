"""Let other tools ask a stub server a few cases, and keep the files that they write for the tests of imports.

    python -m scripts.foreign_results HOMES TOOL [TOOL ...]

HOMES has an installation of each tool: ``HOMES/lm_eval``, ``inspect`` and ``deepeval``, ``helm``, ``evals`` are virtual
environments with lm-eval[api], inspect-ai, deepeval, crfm-helm and evals, each with openai where it asks for that;
``promptfoo`` is a folder with node_modules. The files come to tests/exchange/files/TOOL/.
"""

import json
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from scripts.foreign_cases import CASES, MODELS, REFUSED, run, serving, write_cases
from scripts.foreign_helm import helm

FILES = Path(__file__).parent.parent / "tests" / "exchange" / "files"


def lm_eval(home: Path, url: str, folder: Path, out: Path) -> None:
    """Ask both models in chats, and "old" in plain text; two filters, so that each document has two lines."""
    write_cases(folder, CASES)
    first = {"filter": [{"function": "take_first"}]}
    task = {
        "task": "queues",
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {"test": "cases.jsonl"}},
        "test_split": "test",
        "output_type": "generate_until",
        "doc_to_text": "{{input}}",
        "doc_to_target": "{{target}}",
        "generation_kwargs": {"until": [], "max_gen_toks": 16, "temperature": 0},
        "filter_list": [
            {"name": "strict", **first},
            {"name": "flexible", "filter": [{"function": "lowercase"}, *first["filter"]]},
        ],
        "metric_list": [{"metric": "exact_match", "aggregation": "mean", "higher_is_better": True}],
    }
    (folder / "queues.yaml").write_text(json.dumps(task))
    asked = [(model, "local-chat-completions", "/chat/completions", ["--apply_chat_template"]) for model in MODELS]
    for name, kind, path, more in [*asked, ("old", "local-completions", "/completions", [])]:
        arguments = (
            f"model={name},base_url={url}{path},num_concurrent=1,tokenizer_backend=None,tokenized_requests=False"
        )
        command = [home / "bin/lm_eval", "run", "--model", kind, "--model_args", arguments, "--tasks", "queues"]
        options = ["--include_path", ".", "--output_path", "results", "--log_samples", *more]
        run(folder, *command, *options)
        to = out / f"{name}-{'chat' if more else 'text'}"
        to.mkdir(parents=True, exist_ok=True)
        for file in folder.glob("results/**/*.json*"):
            shutil.move(
                file,
                to / f"{file.stem.partition('_')[0]}_queues{file.suffix}"
                if file.suffix == ".jsonl"
                else to / "results.json",
            )


INSPECT_TASK = """
from inspect_ai import Task, task
from inspect_ai.dataset import json_dataset
from inspect_ai.scorer import match
from inspect_ai.solver import generate


@task
def queues():
    return Task(dataset=json_dataset("cases.jsonl"), solver=generate(), scorer=match("exact"), epochs=2)
"""


def inspect(home: Path, url: str, folder: Path, out: Path) -> None:
    """Ask both models twice, with one case that ends in an error; logs of both formats."""
    long = {"id": "long", "input": f"{'Read this first. ' * 20}{CASES[0]['input']}", "target": "billing"}
    write_cases(folder, (*CASES, long, REFUSED))
    (folder / "queues.py").write_text(INSPECT_TASK)
    for model, kind in (("old", "eval"), ("new", "eval"), ("new", "json")):
        if kind == "json":
            write_cases(folder, CASES[:2])
        command = [home / "bin/inspect", "eval", "queues.py", "--model", f"openai-api/stub/{model}"]
        options = ["--model-base-url", url, "--max-tokens", "16", "--temperature", "0", "--no-fail-on-error"]
        logs = ["--display", "plain", "--log-format", kind, "--log-dir", f"{model}-{kind}"]
        run(folder, *command, *options, *logs, STUB_API_KEY="none")
        (log,) = (folder / f"{model}-{kind}").glob(f"*.{kind}")
        shutil.move(log, out / f"{model}.{kind}")


def promptfoo(home: Path, url: str, folder: Path, out: Path) -> None:
    """Ask both models in one file, with one case that ends in an error."""
    config = {
        "prompts": ["{{question}}"],
        "providers": [
            {
                "id": f"openai:chat:{model}",
                "label": model,
                "config": {"apiBaseUrl": url, "apiKey": "none", "temperature": 0, "max_tokens": 16},
            }
            for model in MODELS
        ],
        "tests": [
            {
                "description": case["id"],
                "vars": {"question": case["input"]},
                "assert": [{"type": "equals", "value": case["target"]}],
            }
            for case in (*CASES, REFUSED)
        ],
    }
    (folder / "promptfooconfig.json").write_text(json.dumps(config))
    quiet = {
        "PROMPTFOO_DISABLE_TELEMETRY": "1",
        "PROMPTFOO_DISABLE_UPDATE": "1",
        "PROMPTFOO_CONFIG_DIR": str(folder / ".promptfoo"),
        "PROMPTFOO_FAILED_TEST_EXIT_CODE": "0",
        "PROMPTFOO_DISABLE_REMOTE_GENERATION": "1",
    }
    command = [home / "node_modules/.bin/promptfoo", "eval", "-c", "promptfooconfig.json", "--no-cache"]
    run(folder, *command, "--no-progress-bar", "--no-table", "-o", "results.json", **quiet)
    shutil.move(folder / "results.json", out / "results.json")


DEEPEVAL_SCRIPT = """
import json, sys
from deepeval import evaluate
from deepeval.evaluate import AsyncConfig, CacheConfig, DisplayConfig
from deepeval.metrics import ExactMatchMetric
from deepeval.test_case import LLMTestCase
from openai import OpenAI

client, asked = OpenAI(base_url=sys.argv[1]), []
for case in map(json.loads, open("cases.jsonl")):
    messages = [{"role": "user", "content": case["input"]}]
    said = client.chat.completions.create(model=sys.argv[2], messages=messages).choices[0].message.content
    asked.append(
        LLMTestCase(name=case["id"], input=case["input"], actual_output=said, expected_output=case["target"])
    )
evaluate(
    asked,
    [ExactMatchMetric()],
    hyperparameters={"model": sys.argv[2], "temperature": 1},
    async_config=AsyncConfig(run_async=False),
    cache_config=CacheConfig(write_cache=False),
    display_config=DisplayConfig(show_indicator=False, print_results=False, inspect_after_run=False),
)
"""


def deepeval(home: Path, url: str, folder: Path, out: Path) -> None:
    """Ask both models."""
    write_cases(folder, CASES)
    (folder / "ask.py").write_text(DEEPEVAL_SCRIPT)
    quiet = {"DEEPEVAL_TELEMETRY_OPT_OUT": "1", "DEEPEVAL_NO_INSPECT_PROMPT": "1"}
    for model in MODELS:
        results = folder / f"{model}-results"
        run(folder, home / "bin/python", "ask.py", url, model, DEEPEVAL_RESULTS_FOLDER=str(results), **quiet)
        (written,) = results.rglob("*.json")
        shutil.move(written, out / f"{model}.json")


EVALS_FUNCTION = """
from evals.completion_fns.openai import OpenAIChatCompletionFn


class Asking(OpenAIChatCompletionFn):
    def __init__(self, registry=None, **settings):
        super().__init__(**settings)
"""


def evals(home: Path, url: str, folder: Path, out: Path) -> None:
    """Ask both models."""
    for part in ("evals", "completion_fns", "data"):
        (folder / "registry" / part).mkdir(parents=True)
    samples = [{"input": [{"role": "user", "content": one["input"]}], "ideal": one["target"]} for one in CASES]
    (folder / "asking.py").write_text(EVALS_FUNCTION)
    lines = "".join(json.dumps(one) + "\n" for one in samples)
    (folder / "registry/data/queues.jsonl").write_text(lines)
    evaluation = {
        "queues": {"id": "queues.test.v1", "metrics": ["accuracy"]},
        "queues.test.v1": {
            "class": "evals.elsuite.basic.match:Match",
            "args": {"samples_jsonl": "queues.jsonl"},
        },
    }
    (folder / "registry/evals/queues.yaml").write_text(json.dumps(evaluation))
    for model in MODELS:
        arguments = {"model": model, "api_base": url, "api_key": "none", "extra_options": {"temperature": 0}}
        function = {model: {"class": "asking:Asking", "args": arguments}}
        (folder / f"registry/completion_fns/{model}.yaml").write_text(json.dumps(function))
        command = [home / "bin/oaieval", model, "queues", "--registry_path", "registry", "--record_path"]
        run(folder, *command, f"{model}.jsonl", EVALS_SEQUENTIAL="1", PYTHONPATH=str(folder))
        shutil.move(folder / f"{model}.jsonl", out / f"{model}.jsonl")


def every_eval_ever(home: Path, _url: str, folder: Path, out: Path) -> None:
    """Convert what lm-evaluation-harness wrote before, of plain text: chats are more than its converter reads."""
    for model in ("old",):
        shutil.copytree(FILES / "lm_eval" / f"{model}-text", folder / model)
        results = folder / model / "results.json"
        results.rename(results.with_name("results_2026-11-26T00-00-00.000000.json"))
        named = results.with_name("results_2026-11-26T00-00-00.000000.json")
        named.write_text(named.read_text().replace(f'"model_name": "{model}"', f'"model_name": "stub/{model}"'))
        samples = folder / model / "samples_queues.jsonl"
        samples.rename(samples.with_name("samples_queues_2026-11-26T00-00-00.000000.jsonl"))
        command = [home / "bin/every_eval_ever", "convert", "lm_eval", "--log_path", model, "--include_samples"]
        run(folder, *command, "--output_dir", f"{model}-out", "--source_organization_name", "none")
        for file in (folder / f"{model}-out").rglob("*.jsonl"):
            shutil.move(file, out / f"{model}{file.suffix}")


TOOLS: dict[str, Callable[[Path, str, Path, Path], None]] = {
    "lm_eval": lm_eval,
    "inspect": inspect,
    "promptfoo": promptfoo,
    "deepeval": deepeval,
    "helm": helm,
    "evals": evals,
    "every_eval_ever": every_eval_ever,
}


def main() -> None:
    """Run the named tools."""
    homes = Path(sys.argv[1]).absolute()
    for name in sys.argv[2:]:
        out = FILES / name
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir(parents=True)
        with serving() as url, tempfile.TemporaryDirectory() as folder:
            TOOLS[name](homes / name, url, Path(folder), out)


if __name__ == "__main__":
    main()
