"""The stub of vLLM as a process: ``python -m tests.deploy.stub_server PORT BASE ROOT NAME=FOLDER...``."""

import sys
from http.server import ThreadingHTTPServer

from tests.deploy.made import Vllm, handler_of


def main() -> None:
    """Serve until a signal."""
    port, base, root, *modules = sys.argv[1:]
    vllm = Vllm(base, root)
    vllm.modules = dict(one.split("=", 1) for one in modules)
    ThreadingHTTPServer(("127.0.0.1", int(port)), handler_of(vllm)).serve_forever()


if __name__ == "__main__":
    main()
