"""What every small web server of the harness shares: how it listens, what it limits, what its answers forbid."""
