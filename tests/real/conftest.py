"""Real parts: the embedded base model, and adapters on it made without training.

Each worker of pytest-xdist has its share of the cores, with all processes that it starts: threads of torch and vLLM
that wait for each other while they spin would otherwise take the other worker's time.
"""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.config.home import home_folder
from harness.engines.server.cores import share_cores
from harness.models.embedded import embedded_base


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything here, so that `-m "not real"` leaves it out."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker("real")


@pytest.fixture(scope="session", autouse=True)
def own_cores(request: pytest.FixtureRequest) -> None:
    """Keep a worker to its cores, before the first test asks how many there are."""
    worker = getattr(request.config, "workerinput", None)
    if worker is not None:
        shares = share_cores(sorted(os.sched_getaffinity(0)), worker["workercount"])
        os.sched_setaffinity(0, shares[int(worker["workerid"].removeprefix("gw"))])


@pytest.fixture(scope="session")
def base_folder() -> Path:
    """Return the folder of the embedded base model, made on first use."""
    return embedded_base(home_folder(), print)


@pytest.fixture
def make_adapter(base_folder: Path) -> Callable[[Path, float], Path]:
    """Return a maker of adapters with random weights: ``make_adapter(folder, size)``.

    A size of 0 is what LoRA starts from; 0.001 changes no greedy answer; a size of 1 leaves nothing of the model.
    """

    def make(folder: Path, size: float) -> Path:
        import torch
        from peft import LoraConfig, get_peft_model
        from transformers import AutoModelForCausalLM

        torch.manual_seed(7)
        base = AutoModelForCausalLM.from_pretrained(base_folder, dtype=torch.float32)
        model = get_peft_model(base, LoraConfig(r=4, target_modules=["q_proj", "v_proj", "down_proj"]))
        with torch.no_grad():
            for name, weights in model.named_parameters():
                if "lora_B" in name:
                    weights.normal_(std=size)
        model.save_pretrained(folder)
        (folder / "README.md").unlink(missing_ok=True)
        return folder

    return make
