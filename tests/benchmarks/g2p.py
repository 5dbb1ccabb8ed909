"""How well words in no dictionary are read: dictionary words that the model that ships was not trained on.

Beside it espeak-ng, where that is installed. Both against the nearest pronunciation that the dictionary has.
"""

import argparse
from pathlib import Path
from typing import Any

from extractors.acoustics.sphinx_model import model_folder
from extractors.pronunciation.espeak import EspeakG2p
from extractors.pronunciation.g2p import G2p
from pipeline.errors import ModelMissingError
from tests.making.letters_to_phones import dictionary_entries
from tests.making.train_g2p import errors, held_out


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--every", type=int, default=1, help="take every so many of the held-out entries")
    parser.add_argument("--dictionary", type=Path, help="instead of PocketSphinx's")


def measure(options: argparse.Namespace) -> dict[str, Any]:
    path = options.dictionary or model_folder() / "cmudict-en-us.dict"
    entries = dictionary_entries(path.read_text(encoding="utf-8").splitlines())
    held = [entry for entry in entries if held_out(entry[0])][:: options.every]
    figures: dict[str, Any] = {"entries": len(held)}
    figures["phone_error"], figures["word_error"] = errors(G2p(), held)
    try:
        espeak = EspeakG2p()
    except ModelMissingError as error:
        return figures | {"espeak": str(error)}
    phone_error, word_error = errors(espeak, held)
    return figures | {
        "espeak": espeak.version,
        "espeak_phone_error": phone_error,
        "espeak_word_error": word_error,
    }
