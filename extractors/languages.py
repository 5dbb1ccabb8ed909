"""Which aligner a language has, and which models would give it one.

English has an aligner of its own. Another language needs a CTC model; the presets name a text model and an
aligner for `dmd models fetch`, the only place that downloads. What is not installed is refused by name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from extractors.aligner import Aligner
from extractors.english import EnglishAligner
from pipeline.errors import ModelMissingError

ENGLISH = "en"


@dataclass(frozen=True, slots=True)
class LanguagePreset:
    """The models of a language, by their names on the Hugging Face hub."""

    text_model: str
    aligner: str


_XLSR = "jonatasgrosman/wav2vec2-large-xlsr-53-"
_MULTILINGUAL = "google-bert/bert-base-multilingual-cased"
LANGUAGE_PRESETS = {
    "ar": LanguagePreset(_MULTILINGUAL, _XLSR + "arabic"),
    "de": LanguagePreset("google-bert/bert-base-german-cased", _XLSR + "german"),
    "el": LanguagePreset(_MULTILINGUAL, _XLSR + "greek"),
    "es": LanguagePreset("dccuchile/bert-base-spanish-wwm-cased", _XLSR + "spanish"),
    "fa": LanguagePreset(_MULTILINGUAL, _XLSR + "persian"),
    "fi": LanguagePreset(_MULTILINGUAL, _XLSR + "finnish"),
    "fr": LanguagePreset(_MULTILINGUAL, _XLSR + "french"),
    "hu": LanguagePreset(_MULTILINGUAL, _XLSR + "hungarian"),
    "it": LanguagePreset("dbmdz/bert-base-italian-cased", _XLSR + "italian"),
    "ja": LanguagePreset(_MULTILINGUAL, _XLSR + "japanese"),
    "nl": LanguagePreset(_MULTILINGUAL, _XLSR + "dutch"),
    "pl": LanguagePreset(_MULTILINGUAL, _XLSR + "polish"),
    "pt": LanguagePreset(_MULTILINGUAL, _XLSR + "portuguese"),
    "ru": LanguagePreset(_MULTILINGUAL, _XLSR + "russian"),
    "zh": LanguagePreset("google-bert/bert-base-chinese", _XLSR + "chinese-zh-cn"),
}
"""Language -> models (aligners: Apache-2.0, character vocabularies)."""


def base_language(tag: str) -> str:
    """Return the language of a BCP 47 tag without script and region: ``zh`` of ``zh-Hans-CN``."""
    return tag.replace("_", "-").partition("-")[0].lower()


class AlignerShelf:
    """The aligners of a run, each loaded when its language first comes up.

    Parameters
    ----------
    models : mapping
        Language -> folder or id of an installed CTC model; one for ``en`` replaces the English aligner.
    device : str
        `auto`, `cpu` or `cuda`, for CTC models.
    """

    def __init__(self, models: Mapping[str, str], device: str) -> None:
        self._models = {base_language(language): model for language, model in models.items()}
        self._device = device
        self._loaded: dict[str, Aligner] = {}

    def aligner(self, language: str) -> Aligner:
        """Return the aligner of a language.

        Raises
        ------
        ModelMissingError
            If there is none, with the command that fetches one.
        """
        base = base_language(language)
        if base == ENGLISH and base not in self._models:
            return self._english
        if base not in self._loaded:
            self._loaded[base] = self._ctc(base)
        return self._loaded[base]

    @cached_property
    def _english(self) -> Aligner:
        return EnglishAligner()

    def _ctc(self, language: str) -> Aligner:
        from extractors.ctc_aligner import CtcAligner

        preset = LANGUAGE_PRESETS.get(language)
        model = self._models.get(language) or (preset.aligner if preset else None)
        if model is None:
            raise ModelMissingError(
                f"nothing can align language {language!r}; name a CTC model for it under words.aligners in the "
                "configuration"
            )
        return CtcAligner(model, language, self._device)
