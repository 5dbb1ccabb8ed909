"""Train the grapheme-to-phoneme model that ships, on the dictionary that comes with PocketSphinx (BSD).

    python -m tests.making.train_g2p extractors/models/g2p_en.safetensors

Every 20th spelling (by hash, all its variants) is held out; the phone and word error on them are printed and
written into the file. Needs torch and about 15 minutes of one core.
"""

import hashlib
import sys
from pathlib import Path

import numpy as np
import pocketsphinx
import torch
from safetensors.numpy import save_file
from torch import Tensor, nn

from extractors.pronunciation.g2p import LETTERS, G2p
from extractors.pronunciation.pronounce import LettersToPhones
from tests.making.letters_to_phones import align_entries, dictionary_entries

EPOCHS, BATCH, PEAK_RATE = 24, 256, 3e-3
EMBEDDING, HIDDEN, CHUNK_EMBEDDING = 48, 144, 48
RARE = 8
"""A chunk that occurs less often is an error of the alignment."""


class Tagger(nn.Module):
    """A bidirectional GRU reads the letters; a second GRU says the chunk of each, knowing the chunk before."""

    def __init__(self, chunks: int) -> None:
        super().__init__()
        self.letter = nn.Embedding(len(LETTERS) + 1, EMBEDDING)
        self.reader = nn.GRU(EMBEDDING, HIDDEN, batch_first=True, bidirectional=True)
        self.previous = nn.Embedding(chunks + 1, CHUNK_EMBEDDING)
        self.speaker = nn.GRU(2 * HIDDEN + CHUNK_EMBEDDING, HIDDEN, batch_first=True)
        self.output = nn.Linear(HIDDEN, chunks)

    def forward(self, letters: Tensor, previous: Tensor, lengths: Tensor) -> Tensor:
        packed = nn.utils.rnn.pack_padded_sequence(self.letter(letters), lengths, batch_first=True)
        read, _ = nn.utils.rnn.pad_packed_sequence(self.reader(packed)[0], batch_first=True)
        said, _ = self.speaker(
            torch.cat([nn.functional.dropout(read, 0.25, self.training), self.previous(previous)], -1)
        )
        return self.output(nn.functional.dropout(said, 0.25, self.training))


def main(target: Path) -> None:
    torch.manual_seed(0)
    torch.set_num_threads(1)
    lines = Path(pocketsphinx.get_model_path("en-us/cmudict-en-us.dict")).read_text(encoding="utf-8").splitlines()
    entries = dictionary_entries(lines)
    training = [entry for entry in entries if not held_out(entry[0])]
    paths = align_entries(training)
    counts: dict[tuple[str, ...], int] = {}
    for path in paths:
        for chunk in path or ():
            counts[chunk] = counts.get(chunk, 0) + 1
    chunks = sorted(chunk for chunk, count in counts.items() if count >= RARE)
    number = {chunk: index for index, chunk in enumerate(chunks)}
    rows = [
        ([LETTERS.index(letter) + 1 for letter in spelling], [number[chunk] for chunk in path])
        for (spelling, _), path in zip(training, paths, strict=True)
        if path and all(chunk in number for chunk in path)
    ]
    print(f"{len(entries)} entries, {len(rows)} of {len(training)} to train on, {len(chunks)} chunks", flush=True)
    model = Tagger(len(chunks))
    train(model, rows, len(chunks))
    tensors = {name: value.detach().numpy().astype(np.float16) for name, value in model.state_dict().items()}
    held = [entry for entry in entries if held_out(entry[0])]
    save(target, tensors, chunks, {})
    phone_error, word_error = errors(G2p(target), held)
    print(f"held out {len(held)}: phone error {phone_error:.4f}, word error {word_error:.4f}")
    save(target, tensors, chunks, {"phone_error": f"{phone_error:.4f}", "word_error": f"{word_error:.4f}"})


def held_out(spelling: str) -> bool:
    return hashlib.sha256(spelling.encode()).digest()[0] % 20 == 0


def train(model: Tagger, rows: list[tuple[list[int], list[int]]], chunks: int) -> None:
    optimiser = torch.optim.AdamW(model.parameters(), lr=PEAK_RATE, weight_decay=1e-3)
    generator = np.random.default_rng(0)
    rows = sorted(rows, key=lambda row: len(row[0]))
    starts = np.arange(0, len(rows), BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, PEAK_RATE, total_steps=EPOCHS * len(starts))
    for epoch in range(EPOCHS):
        total = 0.0
        for start in generator.permutation(starts):
            loss = batch_loss(model, rows[start : start + BATCH], chunks)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            total += float(loss.detach())
        print(epoch, round(total / len(starts), 4), flush=True)
    model.eval()


def batch_loss(model: Tagger, rows: list[tuple[list[int], list[int]]], chunks: int) -> Tensor:
    rows = sorted(rows, key=lambda row: -len(row[0]))
    lengths = torch.tensor([len(row[0]) for row in rows])
    longest = int(lengths[0])
    letters = torch.tensor([row[0] + [0] * (longest - len(row[0])) for row in rows])
    wanted = torch.tensor([row[1] + [-100] * (longest - len(row[1])) for row in rows])
    previous = torch.cat([torch.full((len(rows), 1), chunks), wanted[:, :-1].clamp(min=0)], 1)
    scores = model(letters, previous, lengths)
    return nn.functional.cross_entropy(scores.flatten(0, 1), wanted.flatten(), label_smoothing=0.05)


def save(
    target: Path, tensors: dict[str, np.ndarray], chunks: list[tuple[str, ...]], figures: dict[str, str]
) -> None:
    names = "|".join(" ".join(chunk) for chunk in chunks)
    save_file(tensors, target, {"chunks": names, "source": "cmudict-en-us.dict of PocketSphinx", **figures})


def errors(g2p: LettersToPhones, held: list[tuple[str, tuple[str, ...]]]) -> tuple[float, float]:
    """Phone error (edits over phones) and word error, against the nearest variant of each spelling."""
    variants: dict[str, list[tuple[str, ...]]] = {}
    for spelling, phones in held:
        variants.setdefault(spelling, []).append(phones)
    edits = wrong = phones_total = 0
    for spelling, accepted in variants.items():
        found = g2p.phones(spelling)
        distance, size = min((edit_distance(found, phones), len(phones)) for phones in accepted)
        edits, wrong, phones_total = edits + distance, wrong + (distance > 0), phones_total + size
    return edits / phones_total, wrong / len(variants)


def edit_distance(left: tuple[str, ...], right: tuple[str, ...]) -> int:
    row = list(range(len(right) + 1))
    for i, one in enumerate(left, 1):
        diagonal, row[0] = row[0], i
        for j, other in enumerate(right, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (one != other))
    return row[-1]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
