"""A vLLM server on this machine: what to start (launch), its process (process), and what stops it with us (guard)."""
