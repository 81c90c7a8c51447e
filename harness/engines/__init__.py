"""The ways to get an answer; each file is one engine with the one method ``generate``.

    openai.HttpEngine                any OpenAI-compatible address; many requests in flight
    vllm.VllmEngine                  starts, watches and stops vLLM servers on this machine
    transformers.TransformersEngine  in this process, batched; without vLLM, and to check vLLM against
    replay.ReplayEngine              the answers of a saved run
    function.FunctionEngine          the answers of a function, to test suites with

Behind them: ``http`` (asking a server), ``server`` (starting and stopping one), ``weights`` (models in this process).
"""
