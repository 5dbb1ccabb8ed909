"""Three views of the same words, where three modalities are needed and only text is real.

What DMD distils between modalities cannot be measured on text alone: with one modality there is no edge. Here the
same words are seen as BERT reads them in their sentence (`text`), as entries of BERT's vocabulary without any
context (`audio`: 32 fixed random projections of the embedding table), and as letters (`face`: how often each of 26
letters stands in the word, and its number of pieces). The three are of real words with real labels and as unequal
as modalities are; they are not sound and sight, and what they show holds for them.
"""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from extractors.text import EMBEDDED_MODEL, model_source
from pipeline.dataset import Dataset, ModalityRows
from pipeline.datasets.schema import FeatureSchema

LETTERS = "abcdefghijklmnopqrstuvwxyz"
LEXICAL = 32
Floats = NDArray[np.float32]


def with_views(dataset: Dataset) -> Dataset:
    """Return a text-only dataset with two more views of its words in the places of audio and face."""
    pieces = dataset.pieces
    assert pieces is not None and pieces.word_index is not None
    folder = Path(model_source(EMBEDDED_MODEL))
    lexical, letters = _lexical(folder), _letters(folder)
    part = dataset.modalities["text"]
    views = {"audio": np.full((len(part.values), LEXICAL), np.nan, np.float32)}
    views["face"] = np.full((len(part.values), len(LETTERS) + 1), np.nan, np.float32)
    for row in range(len(dataset)):
        ids = pieces.ids[pieces.offsets[row] : pieces.offsets[row + 1]]
        words = pieces.word_index[pieces.offsets[row] : pieces.offsets[row + 1]]
        for word in np.unique(words):
            own, at = ids[words == word], part.offsets[row] + word
            views["audio"][at] = lexical[own].mean(axis=0)
            views["face"][at] = [*letters[own].sum(axis=0), len(own)]
    modalities = {name: _rows(part, values) for name, values in views.items()}
    names = {
        "text": dataset.schema.names["text"],
        "audio": tuple(f"lexical_{at:02d}" for at in range(LEXICAL)),
        "face": (*(f"letter_{letter}" for letter in LETTERS), "pieces"),
    }
    schema = FeatureSchema(names=names, origins=dataset.schema.origins, versions=dataset.schema.versions)
    return replace(dataset, modalities={**dataset.modalities, **modalities}, schema=schema)


def _rows(part: ModalityRows, values: Floats) -> ModalityRows:
    counts = np.add.reduceat(np.isfinite(values[:, 0]), part.offsets[:-1])
    return ModalityRows(values, part.real, part.offsets, counts > 0)


def _lexical(folder: Path) -> Floats:
    """Return fixed random projections of BERT's table of word pieces [vocabulary, LEXICAL]."""
    from safetensors import safe_open

    with safe_open(folder / "model.safetensors", framework="np") as stream:
        table = stream.get_tensor("embeddings.word_embeddings.weight")
    directions = np.random.default_rng(0).normal(size=(table.shape[1], LEXICAL)) / np.sqrt(table.shape[1])
    return np.asarray(table @ directions, np.float32)


def _letters(folder: Path) -> Floats:
    """Return how often each letter stands in each word piece [vocabulary, 26]."""
    vocabulary = json.loads((folder / "tokenizer.json").read_text("utf-8"))["model"]["vocab"]
    found = np.zeros((len(vocabulary), len(LETTERS)), np.float32)
    for piece, index in vocabulary.items():
        found[index] = [piece.count(letter) for letter in LETTERS]
    return found
