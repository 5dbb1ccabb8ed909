"""BERT inside the model: word pieces to one row a word."""

from pathlib import Path

import torch
from torch import Tensor, nn

from dmd.config import TextEncoderConfig
from pipeline.batch import Modality, Pieces
from pipeline.errors import ModelMissingError
from pipeline.hushed import hushed

LENGTH_STEP = 8
"""While training, BERT reads a batch in groups of sequences whose lengths are alike up to this."""


class TextEncoder(nn.Module):
    """BERT's last hidden states, pooled from word pieces to words.

    The published model reads one row a piece, [CLS] and [SEP] among them; our own stores give each piece the
    row of its word, and a row is the mean of its pieces.

    On a CPU, training reads sequences of like length together instead of padding a batch to its longest: the words
    of CMU-MOSI and MELD cost a third that way. Padding changes no real piece, so only last digits differ. Predictions
    are made in whole batches of one length (`dmd.prediction`): the digits of a sample depend on it alone.

    Parameters
    ----------
    config : TextEncoderConfig
    pooler : bool
        Whether to hold BERT's pooler, which nothing reads, as the published model does; that one also reads padding.
    """

    def __init__(self, config: TextEncoderConfig, *, pooler: bool) -> None:
        super().__init__()
        from transformers import BertConfig, BertModel

        shape = BertConfig(
            vocab_size=config.vocabulary,
            hidden_size=config.hidden_size,
            num_hidden_layers=config.layers,
            num_attention_heads=config.heads,
            intermediate_size=config.intermediate_size,
            hidden_act=config.activation,
            hidden_dropout_prob=config.dropout,
            attention_probs_dropout_prob=config.dropout,
            max_position_embeddings=config.positions,
            type_vocab_size=config.token_types,
            layer_norm_eps=config.norm_eps,
        )
        self.config = config
        self.pooler = pooler
        self.bert = BertModel(shape, add_pooling_layer=pooler)
        for part in self._frozen():
            part.requires_grad_(False)

    def _frozen(self) -> list[nn.Module]:
        """Return the parts that keep their weights."""
        if not self.config.fine_tuned:
            return [self.bert]
        count = self.config.frozen_layers
        return [self.bert.embeddings, *self.bert.encoder.layer[:count]] if count else []

    def train(self, mode: bool = True) -> "TextEncoder":
        """Set the mode; what is frozen stays in evaluation mode, so that its dropout is off."""
        super().train(mode)
        for part in self._frozen():
            part.eval()
        return self

    def load_pretrained(self, folder: Path) -> None:
        """Take the weights of a BERT that `transformers` saved in a local folder.

        Raises
        ------
        ModelMissingError
            When the folder holds no such model.
        """
        from transformers import BertModel

        try:
            with hushed():
                found = BertModel.from_pretrained(folder, local_files_only=True, add_pooling_layer=self.pooler)
            self.bert.load_state_dict(found.state_dict())
        except (OSError, RuntimeError, ValueError) as error:
            reason = str(error).splitlines()[0]
            raise ModelMissingError(
                f"text encoder {folder}: {reason}; give the folder of a BERT of this shape"
            ) from None

    def forward(self, pieces: Pieces) -> Modality:
        """Return rows of text [B, L, D] with their mask."""
        segments = torch.zeros_like(pieces.ids) if pieces.segments is None else pieces.segments
        # On a GPU, looking at the lengths would stop the host.
        if self.training and not self.pooler and pieces.ids.device.type == "cpu":
            hidden = self._read_by_length(pieces.ids, pieces.mask, segments)
        else:
            hidden = self._read(pieces.ids, pieces.mask, segments)
        if pieces.word_index is None:
            return Modality(hidden, pieces.mask)
        return pooled_to_words(hidden, pieces)

    def _read(self, ids: Tensor, mask: Tensor, segments: Tensor) -> Tensor:
        """Return BERT's last hidden states [B, P, D]."""
        # With a mask [B, P] transformers asks the host whether anything is masked; on a GPU that would stop it.
        on_cpu = ids.device.type == "cpu"
        seen = mask.to(torch.long) if on_cpu else mask[:, None, None].expand(-1, 1, ids.shape[1], -1)
        found: Tensor = self.bert(input_ids=ids, attention_mask=seen, token_type_ids=segments).last_hidden_state
        return found

    def _read_by_length(self, ids: Tensor, mask: Tensor, segments: Tensor) -> Tensor:
        """Return the same, of each group of like lengths by itself; 0 behind a group's longest sequence."""
        places = torch.arange(1, ids.shape[1] + 1)
        needed = (mask * places).amax(dim=1).clamp(min=1)
        lengths = [min(-(-count // LENGTH_STEP) * LENGTH_STEP, ids.shape[1]) for count in needed.tolist()]
        parts, rows = [], []
        for length in sorted(set(lengths)):
            here = torch.tensor([row for row, own in enumerate(lengths) if own == length])
            hidden = self._read(ids[here, :length], mask[here, :length], segments[here, :length])
            parts.append(nn.functional.pad(hidden, (0, 0, 0, ids.shape[1] - length)))
            rows.append(here)
        return torch.cat(parts)[torch.cat(rows).argsort()]


def pooled_to_words(hidden: Tensor, pieces: Pieces) -> Modality:
    """Return the mean of each word's pieces.

    Parameters
    ----------
    hidden : Tensor [shape=(B, P, D)]
    pieces : Pieces
        With ``word_index``.

    Returns
    -------
    Modality
        values [B, L, D]; a row without pieces is 0 and masked.
    """
    assert pieces.word_index is not None
    index = torch.where(pieces.mask, pieces.word_index, -1)
    belongs = index[:, None] == torch.arange(pieces.rows, device=index.device)[:, None]  # [B, L, P]
    counts = belongs.sum(dim=2)
    weights = belongs / counts.clamp(min=1)[..., None]
    return Modality(weights.to(hidden.dtype) @ hidden, counts > 0)
