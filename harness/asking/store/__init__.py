"""The response store: each answer is asked once, and is safe from the moment it was kept. See docs/store.md."""

from harness.asking.store.keeper import Keeper
from harness.asking.store.responses import STORE_FILE, SilentStore, Store

__all__ = ["STORE_FILE", "Keeper", "SilentStore", "Store"]
