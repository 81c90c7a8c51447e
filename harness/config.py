"""harness.toml: the settings of one checkout, with their only defaults."""

import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal, get_args

import msgspec

from harness.errors import ConfigError
from harness.records.budget import Budget, read_budget
from harness.records.record import Json, Record
from harness.text.toml import load_toml
from harness.text.visible import hide_paths

Amount = Annotated[float, msgspec.Meta(ge=0)]
Count = Annotated[int, msgspec.Meta(ge=1)]
Seconds = Annotated[float, msgspec.Meta(gt=0, le=10_000_000)]
SETTINGS = "harness.toml"
CURRENCY = "currency"
Dtype = Literal["auto", "float32", "bfloat16", "float16"]
Parameter = Literal["top_p", "seed", "temperature", "max_tokens", "max_completion_tokens"]
"""What can be left out of a request; the last two mean the same, and only one of them is sent."""


PromptFormat = Literal["chat", "raw"]
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


class ModelConfig(Record, frozen=True, kw_only=True):
    """[models.NAME]: a model that NAME leads to; see docs/models.md. What is unset is as for ``base_model``."""

    base: str | None = None
    """Its base model, named as ``base_model`` is."""
    adapter: str | None = None
    """Folder of its adapter; unset is the base model alone, as a model with fully trained weights is."""
    chat_template: str | None = None
    """File with a Jinja template that is used in place of the model's own."""
    template_args: dict[str, Json] = msgspec.field(default_factory=dict)
    """Values for the template, such as ``{enable_thinking = false}``."""
    prompt_format: PromptFormat = "chat"
    """"raw" sends the text of a case as it is, to a base model without a chat template."""
    args: tuple[str, ...] = ()
    """More arguments for its vLLM server, behind those of [engine]."""
    served_as: str | None = None
    """What the server at ``base_url`` calls it, where that is not its own name."""


class JudgeConfig(Record, frozen=True, kw_only=True):
    """[judge]: the model that reads rubrics. ``base`` asks the base model through the same engine."""

    model: str = "base"
    """"base", ``openai:MODEL``, or NAME of a table [models.NAME] or [judges.NAME]."""
    base_url: str | None = None
    """Address for ``openai:MODEL``; unset asks at [engine]'s, and at OpenAI's own where that is unset too."""
    api_key_env: str | None = None
    """As under [engine]. Unset takes [engine]'s at the same address, OPENAI_API_KEY at OpenAI's own, and elsewhere no
    key: a key is only sent to its own address."""
    allow_plain_http: bool = False
    """As under [engine], whose value also counts at the same address."""
    leave_out: tuple[Parameter, ...] = ()
    """As under [engine], for the judge's server."""
    max_tokens: Count = 64
    """Longest reply of a judge."""
    allow_self: bool = False
    """Whether the candidate can be judged by itself; models prefer their own answers."""
    budget: Annotated[int, msgspec.Meta(ge=0)] | str | None = None
    """The most that a run can ask of judges: a number of calls, or a sum such as "2.50USD", which needs a price under
    [prices]. What is left is unscored; stored verdicts cost nothing. ``--judge-budget`` overrules it."""

    def __post_init__(self) -> None:
        """Refuse a budget that can't be read."""
        if self.budget is not None:
            try:
                read_budget(str(self.budget))
            except ValueError as problem:
                raise ValueError(f"`budget`: {problem}") from problem

    @property
    def most(self) -> Budget | None:
        """The budget; None where there is none."""
        return None if self.budget is None else read_budget(str(self.budget))


class NamedJudge(Record, frozen=True, kw_only=True):
    """[judges.NAME]: a hosted judge with an address of its own, for ``judge("correctness", models=["NAME", ...])``."""

    model: str
    """``openai:MODEL``."""
    base_url: str | None = None
    """As under [judge]."""
    api_key_env: str | None = None
    """As under [judge]."""
    allow_plain_http: bool = False
    """As under [judge]."""
    leave_out: tuple[Parameter, ...] = ()
    """As under [judge]."""


class ReviewConfig(Record, frozen=True, kw_only=True):
    """[review]: what people's votes must show, see docs/review.md."""

    min_win_rate: Annotated[float, msgspec.Meta(gt=0, lt=1)] = 0.45
    """A smaller rate of the candidate's wins, ties half, must be ruled out (one-sided 95 %)."""
    max_unshippable_of_20: Annotated[float, msgspec.Meta(ge=0, le=20)] = 2.0
    """How many of 20 of the candidate's answers reviewers can call not fit to ship; 20 sets no limit."""
    min_agreement: Annotated[float, msgspec.Meta(ge=-1, le=1)] | None = None
    """Least Krippendorff's alpha among reviewers; unset sets no limit."""
    min_ballots: Count = 2
    """How many reviewers must have finished."""


class GatesConfig(Record, frozen=True, kw_only=True):
    """[gates]: how gates decide."""

    guarantee: bool = False
    """Whether every ``max_drop`` takes the tests that pass at most 5 % of candidates that are worse, whatever the data:
    for those who must prove it. They need more cases."""
    max_leaked: Annotated[int, msgspec.Meta(ge=0)] = 0
    """How many cases can be in the candidate's training rows before the run fails; each is left out of the verdicts."""
    max_regurgitated: Annotated[int, msgspec.Meta(ge=0)] | None = None
    """How many of the training rows that are asked about the candidate can give away, and its base model not, before
    the run fails; set, they are always asked about. Unset, what ``--regurgitation`` finds is only reported."""
    regurgitation_rows: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 100
    """How many training rows are asked about at most, and as many again with personal data."""
    until_decided: bool = False
    """Whether cases are asked in batches, only until each gate is decided, as with ``--until-decided``. ``--ask-all``
    asks all of them all the same, as before a release."""
    order_seed: Annotated[int, msgspec.Meta(ge=0)] = 0
    """The seed of the random order in which cases are then asked. With the same one, the next candidate is asked the
    same cases first, so the baseline's answers are in the store by then."""
    promote_early: bool = False
    """Whether a run that did not ask all cases can promote an adapter."""


class Price(Record, frozen=True, kw_only=True):
    """[prices."MODEL"]: for each million tokens read and written, or for each hour of a server paid by time."""

    input: Amount | None = None
    """For a million tokens that the model reads."""
    output: Amount | None = None
    """For a million tokens that the model writes."""
    per_hour: Amount | None = None
    """For an hour of a server that is paid by time, in place of the other two."""

    def __post_init__(self) -> None:
        """Refuse half a price, and two."""
        tokens = self.input is not None and self.output is not None
        if tokens == (self.per_hour is not None) or (self.input is None) != (self.output is None):
            raise ValueError("a price is input and output for each million tokens, or per_hour alone")


class Prices(Record, frozen=True, kw_only=True):
    """[prices]: what answers cost, in one currency; see docs/efficiency.md."""

    currency: str = "USD"
    """What the prices are in, as it is shown beside them."""
    models: dict[str, Price] = msgspec.field(default_factory=dict)


class TrainingPrice(Record, frozen=True, kw_only=True):
    """[data.prices."NAME"]: what hosted training takes. Prices change: copy yours from your provider's page."""

    per_million: Amount
    """For a million tokens that are trained on; each epoch counts."""
    currency: str = "USD"
    """What the price is in."""
    as_of: str = ""
    """The day of the price, such as "2026-11-27"; it is shown beside what it comes to."""


class DataConfig(Record, frozen=True, kw_only=True):
    """[data]: what `harness data check` makes of each kind of problem, and where its page is; see docs/data.md."""

    off: dict[str, str] = msgspec.field(default_factory=dict)
    """Kinds that are not told at all, each with the reason, such as ``html = "our answers are HTML"``."""
    warn: dict[str, str] = msgspec.field(default_factory=dict)
    """Kinds that are told and fail nothing, each with the reason."""
    prices: dict[str, TrainingPrice] = msgspec.field(default_factory=dict)
    """[data.prices."NAME"]: what hosted training costs, by a name of yours."""
    page: str = "runs/training_rows.html"
    """The page of ``harness data check --html`` that reports link where it is of the adapter's own training rows."""

    def __post_init__(self) -> None:
        """Refuse a kind without a reason, or one that is in both tables."""
        for kind, reason in (*self.off.items(), *self.warn.items()):
            if not reason.strip():
                raise ValueError(f'[data]: `{kind}` needs a reason, such as {kind} = "they are meant to be so"')
        if both := sorted(self.off.keys() & self.warn.keys()):
            raise ValueError(f"[data]: `{both[0]}` is under `off` and under `warn`; leave it in one of them")


class LogMapping(Record, frozen=True, kw_only=True):
    """[logs.mapping]: where rows of your own logs hold what, as dotted paths; see docs/logs.md."""

    messages: str = ""
    """What was asked: a conversation, or what the user wrote."""
    system: str = ""
    """The system prompt, where it is no turn of the conversation."""
    text: str = ""
    """The answer."""
    tool_calls: str = ""
    """What the answer calls."""
    tools: str = ""
    """The functions that could be called."""
    finish_reason: str = ""
    """Why the answer ended."""
    error: str = ""
    """Why there is no answer."""
    id: str = ""
    """The name of the request."""
    time: str = ""
    """When it was asked: seconds, milli-, micro- or nanoseconds since 1970, or ISO 8601."""
    model: str = ""
    """Which model was asked."""
    seconds: str = ""
    """How long the answer took; a name that ends in ms, us or ns says that it is in these."""
    tokens_in: str = ""
    """Tokens of the prompt."""
    tokens_out: str = ""
    """Tokens of the answer."""
    cost: str = ""
    """What it cost."""
    feedback: str = ""
    """A thumb: up or down, true or false, 1 or -1."""
    comment: str = ""
    """What a person wrote to their thumb."""
    corrected: str = ""
    """The answer that a person wrote instead."""
    tags: str = ""
    """A list of tags, or some with commas between."""
    context: str = ""
    """The documents that a retriever found."""


class LogsConfig(Record, frozen=True, kw_only=True):
    """[logs]: how production logs are read."""

    mapping: LogMapping = LogMapping()
    """Where rows of your own logs hold what."""


class RegistryConfig(Record, frozen=True, kw_only=True):
    """[registry]: where promotions are kept, and whose signatures count; see docs/registry.md."""

    ledger: str | None = None
    """A JSON Lines file in git, for teams that review promotions as pull requests. Unset keeps them in the file
    promotions.sqlite beside the adapters."""
    key_file: str | None = None
    """PEM file with the private key that signs promotions: Ed25519, or ECDSA on a NIST curve. Unset signs none."""
    trusted_keys: tuple[str, ...] = ()
    """PEM files with public keys. Set, every entry must be signed by one of them."""
    mlflow_model: str | None = None
    """The registered model in MLflow that is a copy of the ledger, where MLFLOW_TRACKING_URI names a server. Unset, it
    has the name of the adapter that was promoted first."""


class DriftConfig(Record, frozen=True, kw_only=True):
    """[drift]: what `harness drift` looks at, and what it calls a drift; see docs/drift.md."""

    sample: Annotated[int, msgspec.Meta(ge=100, le=100_000)] = 2000
    """How many requests are drawn from the logs to be looked at."""
    max_input_shift: Annotated[float, msgspec.Meta(gt=0, lt=1)] = 0.25
    """How well requests can be told from those of the suite or the training data: 0 is not at all, 1 always."""
    max_answer_drop: Annotated[float, msgspec.Meta(gt=0, lt=1)] = 0.05
    """How much worse a share of the answers can be than at release, such as of those that follow the schema."""
    runs_per_false_alarm: Annotated[int, msgspec.Meta(ge=20, le=100_000)] = 370
    """So many runs without any change have one false alarm at most."""


class ShareConfig(Record, frozen=True, kw_only=True):
    """[share]: where a team keeps runs and answers together; see docs/share.md."""

    place: str | None = None
    """A folder that all machines reach, or an address such as ``s3://BUCKET/FOLDER`` or ``gs://BUCKET/FOLDER``: for
    `harness share push` and `pull`."""


class HarnessConfig(Record, frozen=True, kw_only=True):
    """The whole of harness.toml. Folders are relative to the file."""

    base_model: str = "smollm2-135m-instruct"
    """The embedded model's name, a folder with a transformers model, or one on a hub: org/name or org/name@revision."""
    chat_template: str | None = None
    """File with a Jinja template for ``base_model`` and all adapters on it, in place of the model's own."""
    template_args: dict[str, Json] = msgspec.field(default_factory=dict)
    """Values for the template, such as ``{enable_thinking = false}``."""
    prompt_format: PromptFormat = "chat"
    """"raw" sends the text of a case as it is, to a base model without a chat template."""
    models: dict[str, ModelConfig] = msgspec.field(default_factory=dict)
    """[models.NAME], by NAME."""
    candidate: str | None = None
    """The model that is judged, named as for ``--candidate``; unset takes the adapter that was trained last."""
    baseline: str | None = None
    """The model that it is compared with, named as for ``--baseline``; unset takes the promoted adapter of the
    candidate's base model, and without one that base model itself."""
    adapters: str = "adapters"
    """Folder of the adapters."""
    runs: str = "runs"
    """Folder where runs and stored answers are kept."""
    noise_sample: Annotated[int, msgspec.Meta(ge=0)] = 20
    """How many of the baseline's requests are asked a second time, to measure noise; 0 measures none."""
    reuse_hosted: bool = False
    """Whether a hosted model's stored answers serve every later run, even if another model has its name by then."""
    engine: EngineConfig = EngineConfig()
    judge: JudgeConfig = JudgeConfig()
    judges: dict[str, NamedJudge] = msgspec.field(default_factory=dict)
    """[judges.NAME], by NAME."""
    gates: GatesConfig = GatesConfig()
    review: ReviewConfig = ReviewConfig()
    data: DataConfig = DataConfig()
    logs: LogsConfig = LogsConfig()
    registry: RegistryConfig = RegistryConfig()
    drift: DriftConfig = DriftConfig()
    share: ShareConfig = ShareConfig()
    prices: dict[str, str | Price] = msgspec.field(default_factory=dict)
    """[prices]: ``currency``, and one table for each model; see ``price_table`` and docs/efficiency.md."""

    def __post_init__(self) -> None:
        """Refuse an entry under [prices] that is neither the currency nor a model's table."""
        for name, value in self.prices.items():
            if (name == CURRENCY) != isinstance(value, str):
                raise ValueError(
                    f"[prices] has `{CURRENCY}`, a text, and a table for each model, "
                    f'such as [prices."openai:gpt-5-mini"]; `{name}` is neither'
                )

    @property
    def price_table(self) -> Prices:
        """The prices as a table."""
        models = {name: value for name, value in self.prices.items() if isinstance(value, Price)}
        currency = self.prices.get(CURRENCY)
        return Prices(currency=currency, models=models) if isinstance(currency, str) else Prices(models=models)


def load_config(path: Path) -> HarnessConfig:
    """Return the settings in ``path``; the defaults when there is no such file."""
    return load_toml(path, HarnessConfig, ConfigError) if os.path.lexists(path) else HarnessConfig()


def settings_file(named: Path | None, start: Path, suites: Iterable[Path] = ()) -> Path:
    """Return the file of the settings: the one that --harness-config names, else the only harness.toml that is found.

    It is looked for in ``start``, where pytest or the command was called, and in the folders of the suites; from each
    upwards, to the nearest one. Where none is found, the result is the one that would be in ``start``: then the
    defaults hold, and runs are saved there.

    Raises:
        ConfigError: the named one is missing, or different ones are found.
    """
    if named is not None:
        if not named.exists():
            raise ConfigError(f"{named}: no such file (--harness-config)")
        return named
    nearest: dict[Path, Path] = {}
    for folder in (start, *suites):
        if found := _nearest_settings(folder.absolute()):
            nearest.setdefault(found.resolve(), found)
    first, *others = nearest.values() or (start / SETTINGS,)
    if others:
        raise ConfigError(
            f"{os.path.relpath(first)} and {os.path.relpath(others[0])}: both would be the settings of this run; "
            "name one of them with --harness-config"
        )
    return first if start.is_absolute() else Path(os.path.relpath(first))


def told_settings(path: Path, start: Path) -> str:
    """Return the name of the settings that were found, as it is saved: seen from ``start``, and without a home folder.

    Empty when there is no such file.
    """
    if not path.exists():
        return ""
    path, start = path.absolute(), start.absolute()
    if start.is_relative_to(path.parent) or path.is_relative_to(start):
        return os.path.relpath(path, start)
    return hide_paths(str(path))


def own_judges(suite: Path) -> Path | None:
    """Return the folder of the rubrics that belong to a suite: beside the nearest harness.toml; None without one."""
    settings = _nearest_settings(suite.absolute())
    return Path(os.path.relpath(settings.parent / "judges")) if settings else None


def _nearest_settings(folder: Path) -> Path | None:
    """Return harness.toml in a folder or in the nearest one above.

    The top of a checkout ends the way up, and so does a folder in which anybody can write, such as the system's for
    temporary files: settings name addresses, and which key is sent there.
    """
    for place in (folder, *folder.parents):
        if place != folder and place.stat().st_mode & stat.S_IWOTH:
            return None
        if os.path.lexists(place / SETTINGS):
            return place / SETTINGS
        if (place / ".git").exists():
            return None
    return None


def runs_folder(run_dir: str | None, settings: Path | None, suites: Iterable[str] = ()) -> Path:
    """Return the folder of the runs, given --run-dir, --harness-config and suites as to pytest.

    Raises:
        ConfigError: the settings are named but missing, or wrong, or different ones are found.
    """
    path = _settings_of(settings, suites)
    return path.parent / (run_dir or load_config(path).runs)


def gates_config(settings: Path | None, suites: Iterable[str]) -> GatesConfig:
    """Return [gates] of the settings that pytest would take for these suites.

    Raises:
        ConfigError: as ``runs_folder``.
    """
    return load_config(_settings_of(settings, suites)).gates


def log_mapping(settings: Path | None) -> LogMapping:
    """Return [logs.mapping] of the settings that hold here.

    Raises:
        ConfigError: they are wrong.
    """
    return load_config(_settings_of(settings, ())).logs.mapping


def _settings_of(settings: Path | None, suites: Iterable[str]) -> Path:
    paths = [Path(name.partition("::")[0]) for name in suites]
    return settings_file(settings, Path(), [one if one.is_dir() else one.parent for one in paths if one.exists()])


def home_folder() -> Path:
    """Return the cache folder: ``HARNESS_HOME``, else ``tunegate`` in the user's cache folder.

    Raises:
        ConfigError: none of HARNESS_HOME, XDG_CACHE_HOME and HOME is set, and the system knows no home folder.
    """
    if chosen := os.environ.get("HARNESS_HOME"):
        return Path(chosen)
    if cache := os.environ.get("XDG_CACHE_HOME"):
        return Path(cache) / "tunegate"
    try:
        return Path.home() / ".cache" / "tunegate"
    except RuntimeError:  # as in a container whose user has no entry in /etc/passwd
        raise ConfigError(
            "this user has no home folder to keep base models and digests in; "
            "set the environment variable HARNESS_HOME to a folder that you can write to"
        ) from None
