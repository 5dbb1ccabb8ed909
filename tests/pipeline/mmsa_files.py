"""Feature pickles in the public layouts, with random values, for tests."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np

Content = dict[str, dict[str, Any]]


def mmsa_content(
    *,
    counts: tuple[int, int, int] = (12, 6, 6),
    widths: tuple[int, int, int] = (16, 5, 20),
    lengths: tuple[int, int, int] = (10, 10, 10),
    left: bool = False,
    bound: float = 3.0,
    seed: int = 0,
) -> Content:
    """Labels follow the first text column, so that there is something to learn."""
    rng = np.random.default_rng(seed)
    content: Content = {}
    for split, n in zip(("train", "valid", "test"), counts, strict=True):
        rows = rng.integers(4, min(lengths) + 1, n)
        text = rng.normal(size=(n, lengths[0], widths[0])).astype(np.float32)
        labels = np.clip(text[:, :4, 0].mean(axis=1) * 2, -1, 1) * bound
        text_bert = np.zeros((n, 3, lengths[0]))
        audio, vision = (rng.normal(size=(n, lengths[k], widths[k])) for k in (1, 2))
        for at, length in enumerate(rows):
            text_bert[at, 0, :length] = [101, *rng.integers(1000, 2000, length - 2), 102]
            text_bert[at, 1, :length] = 1
            for array in (audio, vision):
                kept = length * array.shape[1] // min(lengths)
                array[at, slice(None, -kept) if left else slice(kept, None)] = 0
        content[split] = {
            "raw_text": [f"word {at}" for at in range(n)],
            "id": [f"{split}{at // 2}$_${at}" for at in range(n)],
            "text": text,
            "text_bert": text_bert,
            "audio": audio,
            "vision": vision,
            "audio_lengths": rows.tolist(),
            "vision_lengths": rows.tolist(),
            "annotations": ["Positive" if y > 0 else "Negative" for y in labels],
            "classification_labels": (labels > 0).astype(int),
            "regression_labels": labels.astype(np.float32),
        }
    return content


def write_mmsa(path: Path, content: Content, protocol: int = 4) -> Path:
    path.write_bytes(pickle.dumps(content, protocol))
    return path
