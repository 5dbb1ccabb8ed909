import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from extractors.alignment.ctc import ctc_align
from extractors.alignment.ctc_aligner import CtcAligner
from extractors.wordtiming import WordTimer, WordTimingConfig
from pipeline.words import plain_transcript

BLANK, LABELS = 0, 6
RATE_HZ = 16_000


def emissions(path: list[int], seed: int = 0) -> NDArray[np.float32]:
    """Log probabilities in which a known path stands out of noise."""
    logits = np.random.default_rng(seed).normal(0.0, 1.0, (len(path), LABELS))
    logits[np.arange(len(path)), path] += 8.0
    return (logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)).astype(np.float32)


def test_words_begin_with_their_first_label_and_not_with_the_blank_before_it() -> None:
    #       0  1  2  3  4  5  6  7  8  9 10 11 12
    path = [0, 0, 1, 1, 0, 2, 0, 0, 0, 3, 4, 0, 0]
    found = ctc_align(emissions(path), [[1, 2], [3, 4]], BLANK)
    assert [(word.start_frame, word.end_frame) for word in found.values()] == [(2, 6), (9, 11)]
    assert all(word.fit == pytest.approx(0.0, abs=0.1) for word in found.values())


def test_equal_labels_need_a_blank_between_them() -> None:
    path = [1, 1, 0, 1, 0]
    found = ctc_align(emissions(path), [[1, 1]], BLANK)
    assert (found[0].start_frame, found[0].end_frame) == (0, 4)
    assert ctc_align(emissions([1, 1]), [[1, 1]], BLANK) == {}


def test_equal_labels_across_words_are_kept_apart() -> None:
    found = ctc_align(emissions([5, 1, 0, 1, 2]), [[5, 1], [1, 2]], BLANK)
    assert [(word.start_frame, word.end_frame) for word in found.values()] == [(0, 2), (3, 5)]


def test_words_without_labels_are_left_out() -> None:
    assert set(ctc_align(emissions([1, 0, 2]), [[1], [], [2]], BLANK)) == {0, 2}
    assert ctc_align(emissions([1, 0, 2]), [[], []], BLANK) == {}


def test_other_labels_fit_less() -> None:
    path = [0, 1, 2, 0, 3, 4, 0]
    right = ctc_align(emissions(path), [[1, 2], [3, 4]], BLANK)
    wrong = ctc_align(emissions(path), [[5, 5], [2, 1]], BLANK)
    assert min(word.fit for word in right.values()) > max(word.fit for word in wrong.values()) + 2.0


def test_a_loose_search_leaves_out_what_nobody_says_and_what_comes_later() -> None:
    path = [0, 1, 2, 0, 0, 3, 4, 3, 0]
    found = ctc_align(emissions(path), [[1, 2], [5, 5, 5, 5], [3, 4, 3], [2, 2, 1]], BLANK, skip_log=-8.0)
    assert set(found) == {0, 2}
    assert (found[2].start_frame, found[2].end_frame) == (5, 8)


@given(
    st.lists(st.lists(st.integers(1, LABELS - 1), min_size=1, max_size=3), min_size=1, max_size=4),
    st.integers(0, 1000),
)
@settings(deadline=None, max_examples=60)
def test_a_known_path_is_recovered_to_the_frame(words: list[list[int]], seed: int) -> None:
    rng = np.random.default_rng(seed)
    path, truth = [BLANK] * int(rng.integers(0, 3)), []
    for word in words:
        for place, label in enumerate(word):
            if path and path[-1] == label:
                path.append(BLANK)
            if place == 0:
                start = len(path)
            path += [label] * int(rng.integers(1, 3))
            path += [BLANK] * int(rng.integers(0, 2)) if place + 1 < len(word) else []
        truth.append((start, len(path)))
        path += [BLANK] * int(rng.integers(0, 4))
    found = ctc_align(emissions(path, seed), words, BLANK)
    assert [(word.start_frame, word.end_frame) for word in found.values()] == truth


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Wav2Vec2ForCTC with random weights and the letters of German."""
    transformers = pytest.importorskip("transformers")
    torch = pytest.importorskip("torch")
    folder = tmp_path_factory.mktemp("wav2vec2")
    vocabulary = ["<pad>", "<s>", "</s>", "<unk>", "|", *"abcdefghijklmnopqrstuvwxyzäöüß"]
    (folder / "vocab.json").write_text(json.dumps({token: index for index, token in enumerate(vocabulary)}))
    torch.manual_seed(0)
    config = transformers.Wav2Vec2Config(
        vocab_size=len(vocabulary),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        conv_dim=(8, 8),
        conv_stride=(20, 16),
        conv_kernel=(20, 16),
        num_feat_extract_layers=2,
        num_conv_pos_embeddings=4,
        num_conv_pos_embedding_groups=2,
        pad_token_id=0,
    )
    transformers.Wav2Vec2ForCTC(config).save_pretrained(folder)
    transformers.Wav2Vec2CTCTokenizer(str(folder / "vocab.json")).save_pretrained(folder)
    transformers.Wav2Vec2FeatureExtractor().save_pretrained(folder)
    return folder


def noise(seconds: float) -> NDArray[np.float32]:
    swell = np.abs(np.sin(np.linspace(0.0, 12.0, round(seconds * RATE_HZ))))
    return (np.random.default_rng(1).normal(0.0, 0.2, swell.size) * swell).astype(np.float32)


def timer(folder: Path) -> WordTimer:
    return WordTimer(WordTimingConfig(aligners={"de": str(folder)}, device="cpu"))


def test_a_model_of_transformers_aligns_another_language(tiny: Path) -> None:
    text = "Ich habe 42 Äpfel — und 😀 du?"
    found = timer(tiny).time(plain_transcript(text, "de-AT"), noise(4.0), RATE_HZ)
    assert [word.text for word in found.words] == text.split()
    spoken = [word for word in found.words if word.phones]
    assert {word.rung for word in spoken} == {"ctc"}
    assert len(spoken) == 6
    edges = [edge for word in found.words for edge in (word.start_s, word.end_s)]
    assert edges == sorted(edges)
    assert edges[-1] <= 4.0
    assert "language_unsupported" not in found.flags


def test_chunks_of_a_long_recording_join_without_a_seam(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from extractors.alignment.ctc_aligner import CtcAligner

    aligner = CtcAligner(str(tiny), "de", "cpu")
    samples = noise(7.0)
    whole = aligner.emissions(samples)
    monkeypatch.setattr("extractors.alignment.ctc_aligner.CHUNK_S", 3.0)
    cut = aligner.emissions(samples)
    assert cut.shape == whole.shape
    np.testing.assert_allclose(np.exp(cut).sum(axis=1), 1.0, atol=1e-4)


def test_the_shortest_sound_is_heard_without_an_error(tiny: Path) -> None:
    found = timer(tiny).time(plain_transcript("ja", "de"), noise(0.02), RATE_HZ)
    assert len(found.words) == 1


def test_a_language_without_its_model_is_refused_by_name_and_its_words_are_spread() -> None:
    timer_ = WordTimer(WordTimingConfig(aligners={"de": "/nowhere/at/all"}))
    found = timer_.time(plain_transcript("guten Tag", "de"), noise(2.0), RATE_HZ)
    assert "language_unsupported" in found.flags
    assert "proportional_times" in found.flags
    assert {word.rung for word in found.words} == {"proportional"}
    assert "/nowhere/at/all" in str(found.quality["alignment_problem"])
    assert "dmd models fetch aligner-de" in str(found.quality["alignment_problem"])


@pytest.mark.parametrize("lost", ["vocab.json", "config.json", "model.safetensors", "preprocessor_config.json"])
@pytest.mark.parametrize("how", ["missing", "cut off"])
def test_a_damaged_model_is_refused_by_name_and_costs_no_clip(
    tiny: Path, tmp_path: Path, lost: str, how: str
) -> None:
    folder = tmp_path / "damaged"
    shutil.copytree(tiny, folder)
    if how == "missing":
        (folder / lost).unlink()
    else:
        (folder / lost).write_bytes((folder / lost).read_bytes()[:40])
    found = timer(folder).time(plain_transcript("ja nein", "de"), noise(2.0), RATE_HZ)
    assert "language_unsupported" in found.flags and {word.rung for word in found.words} == {"proportional"}
    assert str(folder) in str(found.quality["alignment_problem"])


def test_a_language_nobody_has_a_model_for_is_refused_too() -> None:
    found = WordTimer(WordTimingConfig()).time(plain_transcript("nuqneH", "tlh"), noise(1.0), RATE_HZ)
    assert "nothing can align language 'tlh'" in str(found.quality["alignment_problem"])


def test_digital_silence_is_not_shown_to_the_model_and_counts_in_the_times(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = "ich habe du".split()
    aligner = CtcAligner(str(tiny), "de", "cpu")
    heard: list[int] = []

    def shown(_: CtcAligner, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        heard.append(samples.size)
        path = (
            [0] * 20 + [label for word in aligner._labels(said) for label in (*word, 0) for _ in range(3)] + [0] * 20
        )
        known = np.full((len(path), 1 + max(aligner._vocabulary.values())), np.log(1e-4), np.float32)
        known[np.arange(len(path)), path] = np.log(0.9)
        return known

    monkeypatch.setattr(CtcAligner, "emissions", shown)
    samples = noise(4.0) + np.random.default_rng(2).normal(0.0, 1e-3, 4 * RATE_HZ).astype(np.float32)
    hush = np.zeros(3 * RATE_HZ, np.float32)
    alone, padded = (
        timer(tiny).time(plain_transcript(" ".join(said), "de"), each, RATE_HZ)
        for each in (samples, np.concatenate([hush, samples, hush]))
    )
    assert abs(heard[-1] - heard[0]) < 0.06 * RATE_HZ
    moved_s = [there.start_s - here.start_s for here, there in zip(alone.words, padded.words, strict=True)]
    assert moved_s == pytest.approx([3.0] * 3, abs=0.03)
    assert set(aligner.rough(said, np.concatenate([hush, samples]))) == {0, 1, 2}


def test_a_wrong_sentence_is_found_by_the_letters_of_its_words(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = "ich habe du und habe ich du habe und ich habe du".split()
    aligner = CtcAligner(str(tiny), "de", "cpu")
    labels = [label for word in aligner._labels(said) for label in (*word, 0) for _ in range(3)]
    emissions = np.full((len(labels), 1 + max(aligner._vocabulary.values())), np.log(1e-4), np.float32)
    emissions[np.arange(len(labels)), labels] = np.log(0.9)
    monkeypatch.setattr(CtcAligner, "emissions", lambda *_: emissions)
    # voices that come and go, for as long as there are frames
    samples = noise(len(labels) * 0.02)
    right = timer(tiny).time(plain_transcript(" ".join(said), "de"), samples, RATE_HZ)
    assert "transcript_mismatch" not in right.flags
    wrong = [*said[:5], *"zwölf müßig".split(), *said[7:]]
    found = timer(tiny).time(plain_transcript(" ".join(wrong), "de"), samples, RATE_HZ)
    assert "transcript_mismatch" in found.flags
    assert float(found.quality["alignment_worst_first"]) == 5
    assert float(found.quality["alignment_fit"]) > CtcAligner.mismatch_fit, "the whole hides it"
