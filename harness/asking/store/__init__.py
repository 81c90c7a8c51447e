"""The response store: each answer is asked once, and is safe once it is kept. See docs/store.md."""

from harness.asking.store.formats import STORE_FILE
from harness.asking.store.keeper import Keeper
from harness.asking.store.responses import FreshStore, ReusingStore, Store

__all__ = ["STORE_FILE", "FreshStore", "Keeper", "ReusingStore", "Store"]
