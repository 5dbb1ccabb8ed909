"""The models of other languages, by their names on the Hugging Face hub. Imports nothing."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LanguagePreset:
    """What a language needs beside this package."""

    text_model: str
    """A BERT; `dmd models fetch text-<language>` brings it, `--preset <language>` uses it."""
    aligner: str
    """A CTC model with a vocabulary of characters; `dmd models fetch aligner-<language>` brings it."""
    text_licence: str = "Apache-2.0"


_XLSR = "jonatasgrosman/wav2vec2-large-xlsr-53-"
_MULTILINGUAL = "google-bert/bert-base-multilingual-cased"
LANGUAGE_PRESETS = {
    "ar": LanguagePreset(_MULTILINGUAL, _XLSR + "arabic"),
    "de": LanguagePreset("google-bert/bert-base-german-cased", _XLSR + "german", "MIT"),
    "el": LanguagePreset(_MULTILINGUAL, _XLSR + "greek"),
    "es": LanguagePreset("dccuchile/bert-base-spanish-wwm-cased", _XLSR + "spanish", "CC-BY-4.0"),
    "fa": LanguagePreset(_MULTILINGUAL, _XLSR + "persian"),
    "fi": LanguagePreset(_MULTILINGUAL, _XLSR + "finnish"),
    "fr": LanguagePreset(_MULTILINGUAL, _XLSR + "french"),
    "hu": LanguagePreset(_MULTILINGUAL, _XLSR + "hungarian"),
    "it": LanguagePreset("dbmdz/bert-base-italian-cased", _XLSR + "italian", "MIT"),
    "ja": LanguagePreset(_MULTILINGUAL, _XLSR + "japanese"),
    "nl": LanguagePreset(_MULTILINGUAL, _XLSR + "dutch"),
    "pl": LanguagePreset(_MULTILINGUAL, _XLSR + "polish"),
    "pt": LanguagePreset(_MULTILINGUAL, _XLSR + "portuguese"),
    "ru": LanguagePreset(_MULTILINGUAL, _XLSR + "russian"),
    "zh": LanguagePreset("google-bert/bert-base-chinese", _XLSR + "chinese-zh-cn"),
}
"""Language -> its models; all aligners Apache-2.0, 300 million parameters."""
ALIGNER_BYTES, TEXT_BYTES = 1_260_000_000, 440_000_000

RECOGNISER_NAME, RECOGNISER, RECOGNISER_BYTES = "asr-whisper-base", "openai/whisper-base", 293_000_000
"""The speech recogniser that `dmd models fetch` knows (Apache-2.0, 74 million parameters, 99 languages)."""
