"""A promoted adapter in an OCI registry: its files as layers, its base model as subject, its promotion as a referrer.

https://github.com/opencontainers/image-spec and distribution-spec, version 1.1.
"""
