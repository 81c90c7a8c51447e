"""[engine] and [engine.ray]: what answers, and within what limits."""

from typing import Annotated, Literal, get_args

import msgspec

from harness.config.kinds import Amount, Count, Parameter, Seconds
from harness.records.record import Record

Dtype = Literal["auto", "float32", "bfloat16", "float16"]
EngineKind = Literal["vllm", "openai", "transformers", "ray"]
ENGINE_KINDS: tuple[str, ...] = get_args(EngineKind)


class RayConfig(Record, frozen=True, kw_only=True):
    """[engine.ray]: the Ray cluster of kind "ray", and what each replica on it is; see docs/ray.md."""

    address: str | None = None
    """The cluster: "auto" is the one that this machine is a part of, ``ray://HOST:10001`` another one. Unset starts one
    on this machine, for this run alone."""
    each: Literal["vllm", "transformers"] = "vllm"
    """What each replica is: a vLLM server of its own, or transformers in its process."""
    replicas: Count | None = None
    """The most replicas. They answer as they come, so fewer are enough; an autoscaler sees that more are wanted. Unset
    takes as many as the cluster's nodes have room for."""
    gpus: Amount | None = None
    """GPUs of each replica. Unset is 1 in a cluster that has any, and else none."""
    cpus: Amount | None = None
    """Cores of each replica. Unset is 1 beside a GPU, and else all of a node's."""


class EngineConfig(Record, frozen=True, kw_only=True):
    """[engine]: what answers, and within what limits."""

    kind: EngineKind = "vllm"
    """What answers: vLLM, which the harness starts; a server that runs already; transformers in this process; or
    replicas on a Ray cluster."""
    base_url: str | None = None
    """Address of a running OpenAI-compatible server, up to and including ``/v1``; implies kind "openai"."""
    replica_urls: tuple[str, ...] = ()
    """Addresses of more servers that serve the same as the one at ``base_url``: each request goes to one of them."""
    api_key_env: str | None = None
    """Name of the environment variable that holds the key; the key itself is never written anywhere. Unset sends the
    one in OPENAI_API_KEY to OpenAI's own address, and no key to any other."""
    allow_plain_http: bool = False
    """Whether a key, or a password in ``base_url``, can be sent unencrypted to another machine."""
    leave_out: tuple[Parameter, ...] = ()
    """Parameters that the server at ``base_url``, or behind ``openai:MODEL``, does not accept; they are not sent.
    Without "max_tokens" the limit is sent as "max_completion_tokens"; without both there is none."""
    lora: Literal["auto", "dynamic", "merged"] = "auto"
    """How vLLM serves adapters: as LoRA modules of one server (GPU), or merged into the base (CPU)."""
    dtype: Dtype = "auto"
    """Number format of weights and activations; "auto" is the fastest that the machine has."""
    max_model_len: Count | None = None
    """Longest prompt and answer together, in tokens. Unset takes what the suites need, within the model's limit."""
    max_lora_rank: Count = 64
    """Highest rank that is served as a LoRA module; an adapter above it is merged and served apart."""
    in_flight: Count | None = None
    """Requests in flight at once to each server, at the start; adapts to what the server can handle. Unset starts with
    32, or with up to 128 where answers are short and the server is the harness's own vLLM, which queues the rest."""
    max_in_flight: Count = 256
    """The most requests in flight that it can adapt to; all models at one address share it, a judge there too."""
    memory_gib: Count = 1
    """Key-value cache of a vLLM server on a CPU, in GiB."""
    gpu_memory: Annotated[float, msgspec.Meta(gt=0, le=1)] = 0.85
    """Share of the GPU's memory that a vLLM server can use."""
    start_timeout_s: Seconds = 600.0
    """Longest time until a server that the harness starts is ready."""
    request_timeout_s: Seconds = 300.0
    """Longest time for one whole answer."""
    deadline_s: Seconds | None = None
    """Longest time for all requests to a server, from the first one on, whatever asks them: suites, judges, cases that
    are asked again. Those that are unanswered by then stay unscored. Unset sets no limit."""
    args: tuple[str, ...] = ()
    """More arguments for vLLM's server, as its command line takes them."""
    env: dict[str, str] = msgspec.field(default_factory=dict)
    """More variables for the environment of vLLM's server."""
    port: int | None = None
    """Port of the first vLLM server; a free one is chosen when unset, and for each replica of kind "ray"."""
    ray: RayConfig = RayConfig()
    """[engine.ray], for kind "ray"."""

    def __post_init__(self) -> None:
        """Refuse replicas of nothing."""
        if self.replica_urls and self.base_url is None:
            raise ValueError("`replica_urls` are more servers like the one at `base_url`; set that too")
