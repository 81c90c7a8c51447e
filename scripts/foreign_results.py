"""Let other tools ask a stub server a few cases, and keep the files that they write for the tests of imports.

    python scripts/foreign_results.py HOMES TOOL [TOOL ...]

HOMES has an installation of each tool: ``HOMES/lm_eval``, ``inspect`` and ``deepeval``, ``helm``, ``evals`` are virtual
environments with lm-eval[api], inspect-ai, deepeval, crfm-helm and evals, each with openai where it asks for that;
``promptfoo`` is a folder with node_modules. The files come to tests/exchange/files/TOOL/.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

FILES = Path(__file__).parent.parent / "tests" / "exchange" / "files"
ASKED = "Which queue is this for, billing or bug? One word. "
CASES = (
    {"id": "twice", "input": f"{ASKED}We were charged twice.", "target": "billing"},
    {"id": "blank", "input": f"{ASKED}The page stays blank.", "target": "bug"},
    {"id": "vat", "input": f"{ASKED}The invoice has no VAT number.", "target": "billing"},
    {"id": "export", "input": f"{ASKED}The export stops at row 7.", "target": "bug"},
)
REFUSED = {"id": "refused", "input": f"{ASKED}The server refuses this one.", "target": "bug"}
"""Only tools that go on after an error are asked this."""
MODELS = ("old", "new")


def answer(model: str, question: str) -> str:
    """Return what a model says: "new" gets one wrong that "old" has right, and the reverse."""
    wrong = "blank" if model == "old" else "row 7"
    right = next((case["target"] for case in CASES if case["input"] in question), "bug")
    return {"billing": "bug", "bug": "billing"}[right] if wrong in question else right


class Handler(BaseHTTPRequestHandler):
    """Answers as the OpenAI API does, in chats and in plain texts."""

    def do_POST(self) -> None:
        """Answer one request."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        prompts = asked.get("prompt") or asked["messages"][-1]["content"]
        if "refuses" in str(prompts):
            self._send(400, {"error": {"message": "this server refuses", "type": "invalid_request_error"}})
            return
        usage = {"prompt_tokens": 20, "completion_tokens": 1, "total_tokens": 21}
        texts = prompts if isinstance(prompts, list) and "prompt" in asked else [prompts]
        said = [answer(asked["model"], str(text)) for text in texts]
        choices = [
            {"index": index, "finish_reason": "stop", "text": one, "message": {"role": "assistant", "content": one}}
            for index, one in enumerate(said)
        ]
        kind = {"object": "chat.completion", "id": "1", "created": 1, "model": asked["model"]}
        self._send(200, kind | {"choices": choices, "usage": usage})

    def log_message(self, *_: object) -> None:
        """Print nothing."""

    def _send(self, status: int, said: object) -> None:
        body = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextlib.contextmanager
def serving() -> Iterator[str]:
    """Serve at a free port, and yield the address up to and with ``/v1``."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()


def run(folder: Path, *command: object, **environment: str) -> None:
    """Run a tool in ``folder``, without telemetry and without a model hub."""
    quiet = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "OPENAI_API_KEY": "none", "PYTHONHASHSEED": "0"}
    subprocess.run([*map(str, command)], cwd=folder, check=True, env={**os.environ, **quiet, **environment})


def write_cases(folder: Path, cases: tuple[dict[str, str], ...]) -> None:
    """Write the cases as most tools read them."""
    (folder / "cases.jsonl").write_text("".join(json.dumps(case) + "\n" for case in cases))


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


HELM_PLUGIN = """
import json
from pathlib import Path
from helm.benchmark.adaptation.adapter_spec import ADAPT_GENERATION, AdapterSpec
from helm.benchmark.metrics.common_metric_specs import get_exact_match_metric_specs
from helm.benchmark.run_spec import RunSpec, run_spec_function
from helm.benchmark.scenarios.scenario import CORRECT_TAG, TEST_SPLIT, Input, Instance, Output, Reference, Scenario
from helm.benchmark.scenarios.scenario import ScenarioSpec


class Queues(Scenario):
    name, description, tags = "queues", "queues", []

    def get_instances(self, output_path):
        return [
            Instance(Input(case["input"]), [Reference(Output(case["target"]), [CORRECT_TAG])], split=TEST_SPLIT)
            for case in map(json.loads, Path("cases.jsonl").open())
        ]


@run_spec_function("queues")
def queues():
    adapter = AdapterSpec(
        method=ADAPT_GENERATION,
        input_prefix="",
        input_suffix="",
        output_prefix="",
        output_suffix="",
        max_train_instances=0,
        num_outputs=1,
        max_tokens=16,
        temperature=0.0,
        stop_sequences=[],
    )
    scenario = ScenarioSpec(class_name="queues_plugin.Queues", args={})
    return RunSpec("queues", scenario, adapter, get_exact_match_metric_specs(), groups=["queues"])
"""


def helm(home: Path, url: str, folder: Path, out: Path) -> None:
    """Ask both models."""
    write_cases(folder, CASES)
    (folder / "queues_plugin.py").write_text(HELM_PLUGIN)
    (folder / "env").mkdir()
    client = {"class_name": "helm.clients.openai_client.OpenAIClient", "args": {"base_url": url, "api_key": "none"}}
    deployments = [
        {
            "name": f"stub/{model}",
            "model_name": f"stub/{model}",
            "tokenizer_name": "simple/tokenizer1",
            "max_sequence_length": 4000,
            "client_spec": {**client, "args": {**client["args"], "openai_model_name": model}},
        }
        for model in MODELS
    ]
    described = [
        {
            "name": f"stub/{model}",
            "display_name": model,
            "description": model,
            "creator_organization_name": "stub",
            "access": "open",
            "release_date": "2026-01-01",
            "tags": ["TEXT_MODEL_TAG", "FULL_FUNCTIONALITY_TEXT_MODEL_TAG"],
        }
        for model in MODELS
    ]
    (folder / "env" / "model_deployments.yaml").write_text(json.dumps({"model_deployments": deployments}))
    dated = json.dumps({"models": described}).replace('"2026-01-01"', "2026-01-01")
    (folder / "env" / "model_metadata.yaml").write_text(dated)
    tokenizer = {
        "name": "simple/tokenizer1",
        "tokenizer_spec": {"class_name": "helm.tokenizers.simple_tokenizer.SimpleTokenizer"},
    }
    ends = {"end_of_text_token": "", "prefix_token": ""}
    (folder / "env" / "tokenizer_configs.yaml").write_text(json.dumps({"tokenizer_configs": [tokenizer | ends]}))
    entries = [f"queues:model=stub/{one}" for one in MODELS]
    command = [home / "bin/helm-run", "--run-entries", *entries, "--plugins", "queues_plugin", "--local-path", "env"]
    options = ["--suite", "mine", "--max-eval-instances", "10", "-n", "1", "--disable-cache"]
    run(folder, *command, *options, PYTHONPATH=str(folder))
    for state in folder.glob("benchmark_output/runs/mine/*/scenario_state.json"):
        model = next(one for one in MODELS if one in state.parent.name)
        shutil.move(state, out / f"{model}.json")


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
