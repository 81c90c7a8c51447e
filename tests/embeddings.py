"""A model of meanings whose vectors can be counted by hand: each word has a direction of its own."""

from pathlib import Path

import numpy as np

from harness.embedding.embedder import Embedder, Read
from harness.embedding.named import MeaningModel
from harness.scorers.reading.words import words

LONGEST = 12
FAKE = MeaningModel(name="words", path="nowhere", digest="0" * 64, is_english=True)
NUMBERS = 64


class Words:
    """Reads the words of a text, up to ``LONGEST``; a first token stands for no part of it. Synonyms share a vector."""

    def __init__(self, *synonyms: tuple[str, str]) -> None:
        self._known: dict[str, int] = {}
        self._same = dict(synonyms)

    def __call__(self, text: str) -> Read:
        """Return a row for each word, and one of zeros for the first token."""
        found = [self._same.get(word, word) for word in words(text)]
        kept = found[:LONGEST]
        rows = [self._known.setdefault(word, len(self._known)) % NUMBERS for word in kept]
        states = np.vstack([np.zeros(NUMBERS), *np.eye(NUMBERS)[rows]]).astype(np.float32)
        return Read(states, np.array([False] + [True] * len(kept)), len(found) <= LONGEST)


def by_words(*synonyms: tuple[str, str]) -> Embedder:
    """Return a model that knows words alone."""
    return Embedder(read=Words(*synonyms))


def tiny_folder(folder: Path) -> Path:
    """Write a folder of sentence-transformers with a BERT of random weights."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import BertConfig, BertModel

    torch.manual_seed(0)
    names = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "cat", "dog", "sat", "the"]
    config = BertConfig(
        vocab_size=len(names),
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=8,
        max_position_embeddings=8,
    )
    BertModel(config).save_pretrained(folder)
    vocabulary = {name: place for place, name in enumerate(names)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    tokenizer.save(str(folder / "tokenizer.json"))
    steps = [
        {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
        {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
    ]
    write(folder / "modules.json", steps)
    write(folder / "1_Pooling" / "config.json", {"pooling_mode_mean_tokens": True, "pooling_mode_cls_token": False})
    return folder


def write(path: Path, content: object) -> None:
    """Write JSON."""
    import json

    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(content))
