"""The ways to get an answer; each file is one engine with the one method ``generate``.

    openai.HttpEngine                any OpenAI-compatible address; many requests in flight
    vllm.VllmEngine                  starts, watches and stops vLLM servers on this machine
    transformers.TransformersEngine  in this process, batched; without vLLM, and to check vLLM against
    replay.ReplayEngine              the answers of a saved run

Behind them: ``launch`` (what to start, as values), ``server`` (one server process from start to stop), ``guard`` (no
process outlives the harness), ``merge`` (an adapter merged into its base, once).

Behind HTTP: ``lane`` (all requests to one address), ``transport`` (one request over the wire), ``chat`` (what is sent
and read), ``faults`` (what each failure leads to), ``pace`` and ``turns`` (how many at once), ``outbox`` (answers on
their way to the reader), ``listing`` (which models a server serves).
"""
