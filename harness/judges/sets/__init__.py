"""Other people's labelled sets, read as labels and as verdicts of judges: MT-Bench, PandaLM, and plain JSON Lines."""
