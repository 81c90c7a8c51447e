"""A small MLflow for tests: the calls of its REST API that a copy of the ledger makes, and what is then there."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit

from tests.loopback import listening

JsonObject = dict[str, object]


@dataclass
class MlflowStub:
    """What is there, and what was asked, with the headers.

    ``cut_at`` is the number of the request, from 0, that is done and whose answer is lost. ``refused`` maps the start
    of what is asked to a status and an answer. ``artifacts`` is where runs keep their files.
    """

    url: str = ""
    artifacts: str = "mlflow-artifacts:/1/{}/artifacts"
    cut_at: int | None = None
    refused: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    models: dict[str, JsonObject] = field(default_factory=dict)
    versions: list[JsonObject] = field(default_factory=list)
    experiments: list[str] = field(default_factory=list)
    runs: list[JsonObject] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    logins: set[str] = field(default_factory=set)

    @property
    def aliases(self) -> dict[str, str]:
        """The aliases of the only model."""
        (model,) = self.models.values()
        return model["aliases"]

    def tags_of(self, version: str) -> dict[str, str]:
        """Return the tags of a version."""
        return next(one["tags"] for one in self.versions if one["version"] == version)

    def answer(self, method: str, path: str, content: bytes) -> tuple[int, bytes]:
        """Do what was asked, and return a status and the answer."""
        parts = urlsplit(path)
        self.asked.append(f"{method} {parts.path}")
        for start, refusal in self.refused.items():
            if self.asked[-1].startswith(start):
                return refusal
        if parts.path.startswith("/api/2.0/mlflow-artifacts/artifacts/"):
            self.files[parts.path.removeprefix("/api/2.0/mlflow-artifacts/artifacts/")] = content
            return 200, b"{}"
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        told = json.loads(content) if content else query
        call = getattr(
            self, f"{method}_{parts.path.removeprefix('/api/2.0/mlflow/').replace('/', '_').replace('-', '_')}"
        )
        found = call(told)
        if found is None:
            return 404, b'{"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "no such thing"}'
        return 200, json.dumps(found).encode()

    def GET_registered_models_get(self, told: JsonObject) -> JsonObject | None:  # noqa: N802 - named by the request
        """Return a model."""
        model = self.models.get(told["name"])
        if model is None:
            return None
        aliases = [{"alias": name, "version": version} for name, version in model["aliases"].items()]
        return {"registered_model": {"name": told["name"], "tags": _pairs(model["tags"]), "aliases": aliases}}

    def POST_registered_models_create(self, told: JsonObject) -> JsonObject:  # noqa: N802
        """Make a model."""
        self.models[told["name"]] = {"tags": _texts(told["tags"]), "aliases": {}}
        return {}

    def POST_registered_models_set_tag(self, told: JsonObject) -> JsonObject:  # noqa: N802
        """Set a tag of a model."""
        self.models[told["name"]]["tags"][told["key"]] = told["value"]
        return {}

    def POST_registered_models_alias(self, told: JsonObject) -> JsonObject:  # noqa: N802
        """Set an alias."""
        self.models[told["name"]]["aliases"][told["alias"]] = told["version"]
        return {}

    def DELETE_registered_models_alias(self, told: JsonObject) -> JsonObject:  # noqa: N802
        """Remove an alias."""
        del self.models[told["name"]]["aliases"][told["alias"]]
        return {}

    def GET_model_versions_search(self, told: JsonObject) -> JsonObject:  # noqa: N802
        """Return versions, one on each page."""
        start = int(told.get("page_token", "0"))
        there = [one for one in self.versions if told["filter"] == f"name='{one['name']}'"]
        page = [one | {"tags": _pairs(one["tags"])} for one in there[start : start + 1]]
        return {"model_versions": page, "next_page_token": str(start + 1) if start + 1 < len(there) else ""}

    def POST_model_versions_create(self, told: JsonObject) -> JsonObject:  # noqa: N802
        """Add a version."""
        version = told | {"version": str(len(self.versions) + 1), "tags": _texts(told["tags"])}
        self.versions.append(version)
        return {"model_version": {"version": version["version"]}}

    def POST_model_versions_set_tag(self, told: JsonObject) -> JsonObject:  # noqa: N802
        """Set a tag of a version."""
        self.tags_of(told["version"])[told["key"]] = told["value"]
        return {}

    def GET_experiments_get_by_name(self, told: JsonObject) -> JsonObject | None:  # noqa: N802
        """Return an experiment."""
        if told["experiment_name"] not in self.experiments:
            return None
        return {"experiment": {"experiment_id": str(self.experiments.index(told["experiment_name"]))}}

    def POST_experiments_create(self, told: JsonObject) -> JsonObject:  # noqa: N802
        """Make an experiment."""
        self.experiments.append(told["name"])
        return {"experiment_id": str(len(self.experiments) - 1)}

    def POST_runs_search(self, told: JsonObject) -> JsonObject:  # noqa: N802
        """Return the runs with a tag."""
        found = [
            one
            for one in self.runs
            for key, value in one["tags"].items()
            if told["filter"] == f"tags.`{key}` = '{value}'"
        ]
        return {"runs": [{"info": one["info"]} for one in found]}

    def POST_runs_create(self, told: JsonObject) -> JsonObject:  # noqa: N802
        """Start a run."""
        number = f"r{len(self.runs) + 1}"
        info = {"run_id": number, "artifact_uri": self.artifacts.format(number)}
        self.runs.append({"info": info, "tags": _texts(told["tags"]), "metrics": {}, "params": {}, "status": "RUNNING"})
        return {"run": {"info": info}}

    def POST_runs_log_batch(self, told: JsonObject) -> JsonObject:  # noqa: N802
        """Log figures and parameters."""
        run = self._run(told)
        run["metrics"] |= {(one["key"], one["timestamp"]): one["value"] for one in told.get("metrics", [])}
        run["params"] |= _texts(told.get("params", []))
        return {}

    def POST_runs_update(self, told: JsonObject) -> JsonObject:  # noqa: N802
        """End a run."""
        self._run(told)["status"] = told["status"]
        return {}

    def _run(self, told: JsonObject) -> JsonObject:
        return next(one for one in self.runs if one["info"]["run_id"] == told["run_id"])


@contextmanager
def mlflow_stub() -> Iterator[MlflowStub]:
    """Serve one on a port of this machine."""
    stub = MlflowStub()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 65_536  # head and body at once: two writes wait for each other for 40 ms

        def handle_any(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            stub.logins.add(self.headers.get("Authorization", ""))
            status, answer = stub.answer(self.command, self.path, content)
            if stub.cut_at is not None and len(stub.asked) == stub.cut_at + 1:
                self.close_connection = True
                return
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = do_PUT = do_DELETE = handle_any  # noqa: N815

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    with listening(Handler) as place:
        stub.url = f"http://{place}"
        yield stub


def _pairs(texts: dict[str, str]) -> list[JsonObject]:
    return [{"key": key, "value": value} for key, value in texts.items()]


def _texts(pairs: list[JsonObject]) -> dict[str, str]:
    return {one["key"]: one["value"] for one in pairs}
