"""A model of meanings that is a function: it knows what a few words mean."""

import numpy as np

from harness.data.meaning.model import LENGTH

MEANINGS = {"charged": 0, "billed": 0, "parcel": 1, "package": 1, "refund": 2, "near": 3}
NEARLY = 0.93


def embed(texts):
    """Return vectors of length 1 that count meanings; "nearly" turns one away, as far as a cosine of .93."""
    assert texts
    vectors = np.zeros((len(texts), LENGTH), dtype=np.float32)
    for place, text in enumerate(texts):
        for word in text.split():
            if word in MEANINGS:
                vectors[place, MEANINGS[word]] = 1
        if norm := np.linalg.norm(vectors[place]):
            vectors[place] /= norm
        if "nearly" in text.split():
            vectors[place] *= NEARLY
            vectors[place, -1] = (1 - NEARLY**2) ** 0.5
    return vectors
