"""A result of HELM: its scenario is a plugin, and it asks the server as a model of its own configuration."""

import json
import shutil
from pathlib import Path

from scripts.foreign_cases import CASES, MODELS, run, write_cases

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
