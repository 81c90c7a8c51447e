"""What the hub on loopback does with writes, as huggingface_hub asks it: repositories, large files, one commit."""

import base64
import hashlib
import json
from dataclasses import dataclass, field

WRITER = "hf_writer0123456789abcdef"


@dataclass
class Writes:
    """The repositories that can be written to, and what was asked of them."""

    files: dict[str, dict[str, bytes]] = field(default_factory=dict)
    """The files of each repository at its last commit."""
    commits: dict[str, list[str]] = field(default_factory=dict)
    private: dict[str, bool] = field(default_factory=dict)
    stored: dict[str, bytes] = field(default_factory=dict)
    """Large files by their SHA-256, whether or not a commit has them."""
    refuse: dict[str, int] = field(default_factory=dict)
    """The status with which a step is refused, by a part of its path."""

    def make(self, repo: str, *, private: bool) -> None:
        """Make an empty repository with a first commit."""
        self.files[repo], self.commits[repo], self.private[repo] = {}, ["0" * 40], private

    def answer(self, path: str, body: bytes, token: str, url: str) -> tuple[int, object]:
        """Return the status of a request, and its answer as JSON."""
        if path.startswith("/upload/"):
            return self._store(path.removeprefix("/upload/"), body)
        refused = (
            401 if token != f"Bearer {WRITER}" else next((n for part, n in self.refuse.items() if part in path), 0)
        )
        if refused:
            return refused, {"error": f"you sent {token}", "errors": [{"message": token}]}
        if path == "/api/validate-yaml":
            return 200, {"errors": [], "warnings": []}
        if path == "/api/repos/create":
            return self._create(json.loads(body), url)
        if path.endswith("/info/lfs/objects/batch"):
            return 200, {"objects": [self._object(one, url) for one in json.loads(body)["objects"]]}
        return self._step(path.removeprefix("/api/models/"), body, url)

    def _store(self, digest: str, body: bytes) -> tuple[int, object]:
        if hashlib.sha256(body).hexdigest() != digest:
            return 400, {}
        self.stored[digest] = body
        return 200, {}

    def _step(self, path: str, body: bytes, url: str) -> tuple[int, object]:
        repo, _, revision = path.partition("/preupload/")
        if revision:
            return 200, {"files": [self._mode(repo, one["path"]) for one in json.loads(body)["files"]]}
        return self._commit(path.partition("/commit/")[0], body, url)

    def info(self, repo: str) -> dict[str, object] | None:
        """Return what is told of a repository; None for one that can't be written to."""
        if repo not in self.files:
            return None
        there = [{"rfilename": name} for name in self.files[repo]]
        return {"id": repo, "sha": self.commits[repo][-1], "private": self.private[repo], "siblings": there}

    def _create(self, asked: dict[str, str], url: str) -> tuple[int, object]:
        repo = f"{asked['organization']}/{asked['name']}"
        is_new = repo not in self.files
        if is_new:
            self.make(repo, private=asked.get("visibility") == "private")
        return 200 if is_new else 409, {"url": f"{url}/{repo}"}

    def _object(self, one: dict[str, str], url: str) -> dict[str, object]:
        if one["oid"] in self.stored:
            return one
        return one | {"actions": {"upload": {"href": f"{url}/upload/{one['oid']}", "header": {}}}}

    def _mode(self, repo: str, name: str) -> dict[str, object]:
        is_large = name.endswith(".safetensors")
        there = self.files[repo].get(name)
        known = None if there is None else hashlib.sha256(there).hexdigest() if is_large else git_digest(there)
        return {"path": name, "uploadMode": "lfs" if is_large else "regular", "shouldIgnore": False, "oid": known}

    def _commit(self, repo: str, body: bytes, url: str) -> tuple[int, object]:
        header, *asked = (json.loads(line) for line in body.splitlines())
        if header["value"].get("parentCommit") not in {None, self.commits[repo][-1]}:
            return 412, {"error": "another commit"}
        files = dict(self.files[repo])
        for one in asked:
            value = one["value"]
            if one["key"] == "deletedFile":
                del files[value["path"]]
            elif one["key"] == "lfsFile":
                files[value["path"]] = self.stored[value["oid"]]
            else:
                files[value["path"]] = base64.b64decode(value["content"])
        self.files[repo] = files
        self.commits[repo].append(hashlib.sha1(body, usedforsecurity=False).hexdigest())
        return 200, {"commitUrl": f"{url}/{repo}/commit/{self.commits[repo][-1]}", "commitOid": self.commits[repo][-1]}


def git_digest(content: bytes) -> str:
    """Return the name that git has for a file's content."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
