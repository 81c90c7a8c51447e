"""Names of one folder share a module, each is listed, and what no name leads to is freed."""

import asyncio
from types import SimpleNamespace

import pytest

from harness.deploy.vllm_server import OWNER, share_modules


class Models:
    """What vLLM's class does with its names."""

    def __init__(self) -> None:
        self.lora_requests, self.removed, self.loads = {}, [], 0
        self.engine_client = SimpleNamespace(remove_lora=self.remove)

    async def remove(self, number):
        """Free a module in the engine."""
        self.removed.append(number)

    def is_base_model(self, name):
        """Tell whether a name is the base model's."""
        return name == "base"

    async def load_lora_adapter(self, request, _base_model_name=None):
        """Read a folder."""
        self.loads += 1
        name, path = request.lora_name, request.lora_path
        self.lora_requests[name] = SimpleNamespace(lora_name=name, lora_path=path, lora_int_id=self.loads)
        return "loaded"

    async def unload_lora_adapter(self, request):
        """Take a name away."""
        self.lora_requests.pop(request.lora_name, None)
        return "removed"

    async def show_available_models(self):
        """List the base model, and each module by its own name."""
        names = ["base", *(one.lora_name for one in self.lora_requests.values())]
        return SimpleNamespace(data=[SimpleNamespace(id=name, owned_by="vllm") for name in names])


@pytest.fixture
def models():
    """Return such a class's object, whose names share modules, with one module under two names."""
    own = type("Own", (Models,), {})
    share_modules(own)
    made = own()
    for name in ("first@1", "promoted"):
        load(made, name, "/first")
    return made


def load(models, name, path, *, in_place=False):
    """Load a folder under a name."""
    request = SimpleNamespace(lora_name=name, lora_path=path, load_inplace=in_place)
    return asyncio.run(models.load_lora_adapter(request))


def test_a_folder_that_is_loaded_is_not_read_again(models):
    """Both names lead to the same module, and both are listed."""
    listed = asyncio.run(models.show_available_models()).data

    assert models.loads == 1
    assert [(one.id, one.owned_by) for one in listed] == [("base", "vllm"), ("first@1", OWNER), ("promoted", OWNER)]


def test_a_swap_leaves_requests_under_way_with_their_module(models):
    """What they hold is another object than what the name leads to from then on."""
    under_way = models.lora_requests["promoted"]
    load(models, "second@2", "/second")

    load(models, "promoted", "/second", in_place=True)

    assert models.loads == 2
    assert models.lora_requests["promoted"] is models.lora_requests["second@2"]
    assert (under_way.lora_path, under_way.lora_int_id) == ("/first", 1)


def test_a_module_is_freed_with_its_last_name(models):
    """Not before."""
    asyncio.run(models.unload_lora_adapter(SimpleNamespace(lora_name="promoted")))
    before = tuple(models.removed)
    asyncio.run(models.unload_lora_adapter(SimpleNamespace(lora_name="first@1")))

    assert (before, models.removed) == ((), [1])


def test_everything_else_is_left_to_vllm(models):
    """A name of the base model, a name in use, and files that are to be read again."""
    for name, path, in_place in (("base", "/first", False), ("promoted", "/first@", False), ("first@1", "/x", True)):
        load(models, name, path, in_place=in_place)

    assert models.loads == 4
