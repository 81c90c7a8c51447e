"""The few calls of MLflow's REST API that a copy of the ledger needs, as every version since 2.3 has them.

https://mlflow.org/docs/latest/rest-api.html
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote, urlsplit

import msgspec

from harness.records.record import Json
from harness.registry.mlflow.rest import Nothing, Rest

API = "/api/2.0/mlflow"
ARTIFACTS = "/api/2.0/mlflow-artifacts/artifacts"
PAGE = 1_000
"""Versions of an answer."""
BATCH = 500
"""Figures of a request; MLflow takes 1,000."""


class Tag(msgspec.Struct, frozen=True):
    """A tag of a run, a registered model or a version."""

    key: str
    value: str = ""


class Alias(msgspec.Struct, frozen=True):
    """A name of a version."""

    alias: str
    version: str


class Model(msgspec.Struct, frozen=True):
    """A registered model."""

    tags: tuple[Tag, ...] = ()
    aliases: tuple[Alias, ...] = ()


class Version(msgspec.Struct, frozen=True):
    """A version of a registered model."""

    version: str
    tags: tuple[Tag, ...] = ()


class RunInfo(msgspec.Struct, frozen=True):
    """Where a run is."""

    run_id: str
    artifact_uri: str = ""


class _Model(msgspec.Struct, frozen=True):
    registered_model: Model


class _Version(msgspec.Struct, frozen=True):
    model_version: Version


class _Versions(msgspec.Struct, frozen=True):
    model_versions: tuple[Version, ...] = ()
    next_page_token: str = ""


class _Run(msgspec.Struct, frozen=True):
    info: RunInfo


class _OneRun(msgspec.Struct, frozen=True):
    run: _Run


class _Runs(msgspec.Struct, frozen=True):
    runs: tuple[_Run, ...] = ()


class _Experiment(msgspec.Struct, frozen=True):
    experiment_id: str


class _OneExperiment(msgspec.Struct, frozen=True):
    experiment: _Experiment


class Server:
    """An MLflow server. Every method raises MirrorError where it refuses, can't be reached, or is something else."""

    def __init__(self, rest: Rest) -> None:
        self.address = rest.address
        self._rest = rest

    def model(self, name: str) -> Model | None:
        """Return a registered model; None where there is none of this name."""
        found = self._rest.find(f"{API}/registered-models/get", _Model, {"name": name})
        return found.registered_model if found else None

    def create_model(self, name: str, tags: Mapping[str, str], description: str) -> None:
        """Register a model, with all of its tags at once."""
        self._do("POST", "registered-models/create", name=name, tags=_pairs(tags), description=description)

    def tag_model(self, name: str, key: str, value: str) -> None:
        """Set a tag of a registered model."""
        self._do("POST", "registered-models/set-tag", name=name, key=key, value=value)

    def versions(self, name: str) -> Iterator[Version]:
        """Yield all versions of a registered model."""
        query, token = {"filter": f"name='{name}'", "max_results": str(PAGE)}, ""
        while True:
            more = {"page_token": token} if token else {}
            found = self._rest.get(f"{API}/model-versions/search", _Versions, query | more)
            yield from found.model_versions
            if not found.next_page_token or found.next_page_token == token:
                return
            token = found.next_page_token

    def create_version(self, name: str, run: RunInfo, tags: Mapping[str, str], description: str) -> str:
        """Add a version whose files are those of a run, with all of its tags at once, and return its number."""
        body: dict[str, Json] = {"name": name, "source": run.artifact_uri, "run_id": run.run_id}
        body |= {"tags": _pairs(tags), "description": description}
        return self._rest.send("POST", f"{API}/model-versions/create", body, _Version).model_version.version

    def tag_version(self, name: str, version: str, key: str, value: str) -> None:
        """Set a tag of a version."""
        self._do("POST", "model-versions/set-tag", name=name, version=version, key=key, value=value)

    def set_alias(self, name: str, alias: str, version: str) -> None:
        """Let an alias name a version."""
        self._do("POST", "registered-models/alias", name=name, alias=alias, version=version)

    def remove_alias(self, name: str, alias: str) -> None:
        """Take an alias away."""
        self._do("DELETE", "registered-models/alias", name=name, alias=alias)

    def experiment(self, name: str) -> str:
        """Return the id of an experiment, which is made where there is none."""
        found = self._rest.find(f"{API}/experiments/get-by-name", _OneExperiment, {"experiment_name": name})
        if found is not None:
            return found.experiment.experiment_id
        return self._rest.send("POST", f"{API}/experiments/create", {"name": name}, _Experiment).experiment_id

    def run_tagged(self, experiment: str, key: str, value: str) -> RunInfo | None:
        """Return the first run with a tag; None where there is none."""
        body: dict[str, Json] = {"experiment_ids": [experiment], "filter": f"tags.`{key}` = '{value}'"}
        body |= {"max_results": 1, "order_by": ["attributes.start_time ASC"]}
        found = self._rest.send("POST", f"{API}/runs/search", body, _Runs).runs
        return found[0].info if found else None

    def create_run(self, experiment: str, name: str, start_ms: int, tags: Mapping[str, str]) -> RunInfo:
        """Start a run, with all of its tags at once."""
        body: dict[str, Json] = {"experiment_id": experiment, "run_name": name, "start_time": start_ms}
        return self._rest.send("POST", f"{API}/runs/create", body | {"tags": _pairs(tags)}, _OneRun).run.info

    def log(self, run: RunInfo, metrics: Sequence[Mapping[str, Json]], params: Mapping[str, str]) -> None:
        """Log figures and parameters of a run; the same again changes nothing."""
        for start in range(0, len(metrics), BATCH):
            batch: list[Json] = [dict(one) for one in metrics[start : start + BATCH]]
            self._do("POST", "runs/log-batch", run_id=run.run_id, metrics=batch)
        self._do("POST", "runs/log-batch", run_id=run.run_id, params=_pairs(params))

    def finish(self, run: RunInfo, end_ms: int) -> None:
        """Say that a run has ended."""
        self._do("POST", "runs/update", run_id=run.run_id, status="FINISHED", end_time=end_ms)

    def keeps_files_of(self, run: RunInfo) -> bool:
        """Tell whether the server takes the files of a run; else clients send them to a store, past the server."""
        parts, own = urlsplit(run.artifact_uri), urlsplit(self.address)
        return parts.scheme == "mlflow-artifacts" and parts.netloc in {"", own.netloc}

    def put(self, run: RunInfo, name: str, content: bytes | Path) -> None:
        """Put a file among those of a run, in place of one of this name."""
        self._rest.put(f"{ARTIFACTS}/{quote(urlsplit(run.artifact_uri).path.strip('/'))}/{quote(name)}", content)

    def _do(self, method: str, path: str, **body: Json) -> None:
        self._rest.send(method, f"{API}/{path}", body, Nothing)


def _pairs(texts: Mapping[str, str]) -> list[Json]:
    return [{"key": key, "value": value} for key, value in texts.items()]
