import numpy as np

from extractors.wordtiming import WordTimer, WordTimingConfig
from pipeline.words import plain_transcript
from tests.extractors.synthetic_speech import NOISE_DB, RATE_HZ, needs_espeak, say

SENTENCES = (
    "She shrugs, smiles, whispers goodbye, and leaves.",
    "Please don't let anybody spoil the second half.",
    "Visually stunning but emotionally rather hollow.",
    "What a gorgeous, heartbreaking, completely unexpected little film.",
    "They spent twelve million dollars and forgot the script.",
)


@needs_espeak
def test_what_a_voice_leaves_between_its_words_is_not_taken_for_noise_that_covers_them() -> None:
    spoken = [say(sentence, "en-gb-x-rp+f4", 190) for sentence in SENTENCES]
    loud = [np.flatnonzero(np.abs(sound) > 0.01 * np.abs(sound).max()) for sound in spoken]
    speech = np.concatenate([sound[at[0] : at[-1] + 3200] for sound, at in zip(spoken, loud, strict=True)])
    speech *= 0.4 / np.abs(speech).max()
    speech += np.random.default_rng(1).normal(0.0, 0.4 * 10 ** (NOISE_DB / 20), speech.size)
    found = WordTimer(WordTimingConfig()).time(
        plain_transcript(" ".join(SENTENCES)), speech.astype(np.float32), RATE_HZ
    )
    assert "transcript_mismatch" not in found.flags
    assert float(found.quality["alignment_fit"]) > -3.0
    assert min(word.confidence for word in found.words) > 0.05 and found.quality["word_confidence"] > 0.7  # type: ignore[operator]
