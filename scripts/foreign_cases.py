"""The few cases that other tools are asked for the tests of imports, the server that answers, and how a tool is run."""

import contextlib
import json
import os
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ASKED = "Which queue is this for, billing or bug? One word. "
CASES = (
    {"id": "twice", "input": f"{ASKED}We were charged twice.", "target": "billing"},
    {"id": "blank", "input": f"{ASKED}The page stays blank.", "target": "bug"},
    {"id": "vat", "input": f"{ASKED}The invoice has no VAT number.", "target": "billing"},
    {"id": "export", "input": f"{ASKED}The export stops at row 7.", "target": "bug"},
)
REFUSED = {"id": "refused", "input": f"{ASKED}The server refuses this one.", "target": "bug"}
"""Only tools that go on after an error are asked this."""
MODELS = ("old", "new")


def answer(model: str, question: str) -> str:
    """Return what a model says: "new" gets one wrong that "old" has right, and the reverse."""
    wrong = "blank" if model == "old" else "row 7"
    right = next((case["target"] for case in CASES if case["input"] in question), "bug")
    return {"billing": "bug", "bug": "billing"}[right] if wrong in question else right


class Handler(BaseHTTPRequestHandler):
    """Answers as the OpenAI API does, in chats and in plain texts."""

    def do_POST(self) -> None:
        """Answer one request."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        prompts = asked.get("prompt") or asked["messages"][-1]["content"]
        if "refuses" in str(prompts):
            self._send(400, {"error": {"message": "this server refuses", "type": "invalid_request_error"}})
            return
        usage = {"prompt_tokens": 20, "completion_tokens": 1, "total_tokens": 21}
        texts = prompts if isinstance(prompts, list) and "prompt" in asked else [prompts]
        said = [answer(asked["model"], str(text)) for text in texts]
        choices = [
            {"index": index, "finish_reason": "stop", "text": one, "message": {"role": "assistant", "content": one}}
            for index, one in enumerate(said)
        ]
        kind = {"object": "chat.completion", "id": "1", "created": 1, "model": asked["model"]}
        self._send(200, kind | {"choices": choices, "usage": usage})

    def log_message(self, *_: object) -> None:
        """Print nothing."""

    def _send(self, status: int, said: object) -> None:
        body = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextlib.contextmanager
def serving() -> Iterator[str]:
    """Serve at a free port, and yield the address up to and with ``/v1``."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()


def run(folder: Path, *command: object, **environment: str) -> None:
    """Run a tool in ``folder``, without telemetry and without a model hub."""
    quiet = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "OPENAI_API_KEY": "none", "PYTHONHASHSEED": "0"}
    subprocess.run([*map(str, command)], cwd=folder, check=True, env={**os.environ, **quiet, **environment})


def write_cases(folder: Path, cases: tuple[dict[str, str], ...]) -> None:
    """Write the cases as most tools read them."""
    (folder / "cases.jsonl").write_text("".join(json.dumps(case) + "\n" for case in cases))
