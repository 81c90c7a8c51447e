"""A vLLM server on this machine: what to start (launch), its process (process), and that none outlives us (guard)."""
