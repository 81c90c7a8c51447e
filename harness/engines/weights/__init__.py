"""Weights in this process: loading a base model with its adapters, merging one, decoding, and the number format."""
