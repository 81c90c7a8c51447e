"""vLLM's own server, in which a stable name leads to an adapter that is loaded already. Run as a module.

vLLM 0.32 can replace the adapter behind a name in two ways. Unloaded and loaded again, the name is not found in
between. Replaced in place (``load_inplace``), requests under way go on with the other weights, and from then on the
files are read again at each step of the model. Here a name that is loaded from the folder of a module that is there
is one more name for that module: nothing is read, no request fails, and those under way end as they began.
"""

import runpy
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vllm.entrypoints.openai.models.serving import OpenAIServingModels
    from vllm.entrypoints.serve.engine.protocol import ErrorResponse, ModelList
    from vllm.entrypoints.serve.lora.protocol import LoadLoRAAdapterRequest, UnloadLoRAAdapterRequest

OWNER = "tunegate"
"""Who owns a module, in the list of models: told by this server alone."""
SERVER = "vllm.entrypoints.openai.api_server"


def share_modules(models: "type[OpenAIServingModels]") -> None:
    """Let names of one folder share its module, list each name, and free what no name leads to any more."""
    load, unload, listed = models.load_lora_adapter, models.unload_lora_adapter, models.show_available_models

    async def load_lora_adapter(
        self: "OpenAIServingModels", request: "LoadLoRAAdapterRequest", base_model_name: str | None = None
    ) -> "ErrorResponse | str":
        name, known = request.lora_name, self.lora_requests
        there = next(
            (one for other, one in known.items() if one.lora_path == request.lora_path and other != name), None
        )
        if there is None or self.is_base_model(name) or (name in known and not request.load_inplace):
            return await load(self, request, base_model_name)
        known[name] = there
        return f"Success: {name} leads to {there.lora_name}."

    async def unload_lora_adapter(
        self: "OpenAIServingModels", request: "UnloadLoRAAdapterRequest"
    ) -> "ErrorResponse | str":
        module = self.lora_requests.get(request.lora_name)
        told = await unload(self, request)
        left = {one.lora_int_id for one in self.lora_requests.values()}
        if module is not None and module.lora_int_id not in left:
            await getattr(self.engine_client, "remove_lora")(module.lora_int_id)  # noqa: B009 - not in its protocol
        return told

    async def show_available_models(self: "OpenAIServingModels") -> "ModelList":
        shown = await listed(self)
        modules = shown.data[len(shown.data) - len(self.lora_requests) :]
        for card, name in zip(modules, self.lora_requests, strict=True):
            card.id, card.owned_by = name, OWNER
        return shown

    models.load_lora_adapter = load_lora_adapter  # type: ignore[method-assign]
    models.unload_lora_adapter = unload_lora_adapter  # type: ignore[method-assign]
    models.show_available_models = show_available_models  # type: ignore[method-assign]


def main() -> None:
    """Serve as vLLM does, with its command line."""
    from vllm.entrypoints.openai.models.serving import OpenAIServingModels

    share_modules(OpenAIServingModels)
    runpy.run_module(SERVER, run_name="__main__", alter_sys=False)


if __name__ == "__main__":
    main()
