"""The release gate for fine-tuned LoRA adapters. See DESIGN in docs/ and the README."""

__version__ = "0.1.0"
