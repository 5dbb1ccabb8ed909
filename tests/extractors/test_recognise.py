from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from extractors.recognise import LONGEST_S, Recogniser, RecogniserConfig, _pieces
from pipeline.errors import ModelMissingError
from tests.extractors.tiny_whisper import tiny_whisper

RATE_HZ = 16_000


@pytest.fixture(scope="module")
def whisper(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_whisper(tmp_path_factory.mktemp("whisper"))


def speech_like(seconds: float) -> NDArray[np.float32]:
    at = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    syllables = np.maximum(np.sin(2 * np.pi * 2.0 * at), 0.0)
    noise = np.random.default_rng(0).normal(0.0, 0.001, at.size)
    return (syllables * np.sin(2 * np.pi * 700 * at) * 0.3 + noise).astype(np.float32)


def test_words_with_times_come_out_of_random_weights(whisper: Path) -> None:
    recogniser = Recogniser(RecogniserConfig(model=str(whisper), device="cpu"))
    samples = speech_like(4.0)
    transcript = recogniser.transcribe(samples, "de")
    assert transcript.language == "de"
    assert transcript == recogniser.transcribe(samples, "de")
    assert transcript.words
    for word in transcript.words:
        assert word.text and word.start_s is not None and word.end_s is not None
        assert 0.0 <= word.start_s <= word.end_s <= 4.0 + 1e-6


def hears(recogniser: Recogniser, language: str, samples: NDArray[np.float32]) -> None:
    """Make the model sure of a language: its token points where the decoder does at its first step."""
    import torch

    model = recogniser._pipeline.model
    number = model.generation_config.lang_to_id[f"<|{language}|>"]
    features = recogniser._pipeline.feature_extractor(samples, sampling_rate=RATE_HZ, return_tensors="pt")
    start = torch.tensor([[model.config.decoder_start_token_id]])
    with torch.no_grad():
        state = model.model(features.input_features, decoder_input_ids=start).last_hidden_state[0, -1]
        model.model.decoder.embed_tokens.weight[number] = 20.0 * state / state.square().sum()


def test_a_clip_of_which_nobody_says_the_language_is_written_in_the_one_that_is_heard(whisper: Path) -> None:
    recogniser = Recogniser(RecogniserConfig(model=str(whisper), device="cpu"))
    samples = speech_like(4.0)
    hears(recogniser, "de", samples)
    assert recogniser.transcribe(samples).language == "de"
    assert recogniser.transcribe(samples, "en").language == "en"


def test_a_model_that_is_not_sure_of_a_language_or_knows_only_one_writes_english(whisper: Path) -> None:
    recogniser = Recogniser(RecogniserConfig(model=str(whisper), device="cpu"))
    samples = speech_like(4.0)
    assert recogniser.transcribe(samples).language == "en"
    hears(recogniser, "de", samples)
    recogniser._pipeline.model.generation_config.is_multilingual = False
    assert recogniser.transcribe(samples).language == "en"


def test_a_language_is_known_by_its_tag_or_by_whispers_own_code(whisper: Path) -> None:
    recogniser = Recogniser(RecogniserConfig(model=str(whisper), device="cpu"))
    assert recogniser.knows("de-CH") and recogniser.knows("EN")
    assert not recogniser.knows("gsw") and not recogniser.knows("nb")
    known = recogniser._pipeline.model.generation_config.lang_to_id
    known["<|no|>"] = known["<|de|>"]
    assert recogniser.knows("nb-NO")
    assert recogniser.transcribe(speech_like(2.0), "nb").language == "nb"


def test_silence_is_not_heard_at_all(whisper: Path) -> None:
    recogniser = Recogniser(RecogniserConfig(model=str(whisper), device="cpu"))
    assert recogniser.transcribe(np.zeros(5 * RATE_HZ, np.float32)).words == ()
    assert recogniser.transcribe(np.zeros(0, np.float32)).words == ()


def test_a_recogniser_that_is_not_installed_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DMD_MODELS", str(tmp_path))
    with pytest.raises(ModelMissingError, match="dmd models fetch asr-whisper-base"):
        Recogniser(RecogniserConfig())
    with pytest.raises(ModelMissingError, match="cannot be loaded"):
        Recogniser(RecogniserConfig(model=str(tmp_path / "nothing")))


def test_long_sound_is_cut_in_pauses_and_nothing_of_it_is_lost() -> None:
    gap = np.random.default_rng(1).normal(0.0, 0.001, 2 * RATE_HZ).astype(np.float32)
    samples = np.concatenate([speech_like(20.0), gap, speech_like(20.0), gap, speech_like(5.0)])
    pieces = list(_pieces(samples))
    assert sum(piece.size for _, piece in pieces) == pytest.approx(samples.size, abs=RATE_HZ)
    assert all(piece.size <= LONGEST_S * RATE_HZ for _, piece in pieces)
    assert 20.0 < pieces[1][0] < 22.0
    for start_s, piece in pieces:
        np.testing.assert_array_equal(piece, samples[round(start_s * RATE_HZ) :][: piece.size])
