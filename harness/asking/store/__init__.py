"""The response store: each answer is asked once, and is safe once it is kept. See docs/store.md."""

from harness.asking.store.keeper import Keeper
from harness.asking.store.responses import STORE_FILE, FreshStore, ReusingStore, Store

__all__ = ["STORE_FILE", "FreshStore", "Keeper", "ReusingStore", "Store"]
