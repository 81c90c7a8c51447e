"""The release gate for fine-tuned LoRA adapters: cases in, a verdict and a report out."""

__version__ = "0.1.0"
