"""Models whose weights are on this machine: what a folder holds, its digests, the embedded and the merged models."""
