"""Which aligner a language has: English its own, others a CTC model; what is not installed is refused by name."""

from collections.abc import Mapping

from extractors.alignment.aligner import Aligner
from extractors.alignment.ctc_aligner import CtcAligner
from extractors.alignment.english import EnglishAligner
from extractors.assets import model_path
from extractors.language_presets import LANGUAGE_PRESETS
from extractors.pronunciation.espeak import EspeakG2p
from extractors.pronunciation.g2p import G2p
from extractors.text import installed_folder, model_digest
from pipeline.errors import ModelMissingError

ENGLISH = "en"


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
    g2p : str
        `model` or `espeak`, for English words in no dictionary.

    Raises
    ------
    ModelMissingError
        If espeak-ng is wanted and not installed: the run is refused, no other model takes its place.
    """

    def __init__(self, models: Mapping[str, str], device: str, g2p: str = "model") -> None:
        self._g2p = EspeakG2p() if g2p == "espeak" else G2p()
        self._models = {base_language(language): model for language, model in models.items()}
        self._device = device
        self._loaded: dict[str, Aligner] = {}
        self._digests: dict[str, str | None] = {}

    def aligner(self, language: str) -> Aligner:
        """Return the aligner of a language.

        Raises
        ------
        ModelMissingError
            If there is none, with the command that fetches one.
        """
        base = base_language(language)
        if base not in self._loaded:
            source = self._source(base)
            self._loaded[base] = CtcAligner(source, base, self._device) if source else EnglishAligner(self._g2p)
        return self._loaded[base]

    def missing(self, language: str) -> str | None:
        """Return what is missing to align a language and what brings it, in one line; None if nothing is."""
        try:
            self._source(base_language(language))
        except ModelMissingError as error:
            return str(error)
        return None

    def digest(self, language: str) -> str | None:
        """Return the sha256 of the CTC model that would align a language; None where ours does, or nothing can."""
        base = base_language(language)
        if base not in self._digests:
            try:
                source = self._source(base)
                self._digests[base] = model_digest(source) if source else None
            except ModelMissingError:
                self._digests[base] = None
        return self._digests[base]

    def digest_of_all(self) -> str | None:
        """Return the digests of every installed model, for a clip whose language is yet to be heard."""
        found = (self.digest(language) for language in sorted({ENGLISH, *LANGUAGE_PRESETS, *self._models}))
        return " ".join(digest for digest in found if digest) or None

    def _source(self, language: str) -> str | None:
        """Folder or id of the language's CTC model; None for English unless one is configured."""
        if language in self._models:
            model = self._models[language]
            fetch = f", or run `dmd models fetch aligner-{language}`" if language in LANGUAGE_PRESETS else ""
            wanted = f"no CTC model is at {model!r}, which words.aligners names for language {language!r}; "
            installed_folder(model, f"{wanted}give the folder of one, with its weights{fetch}")
            return model
        if language == ENGLISH:
            return None
        if language not in LANGUAGE_PRESETS:
            raise ModelMissingError(
                f"nothing can align language {language!r}; name a CTC model for it under words.aligners in the "
                "configuration"
            )
        return str(model_path(f"aligner-{language}"))
