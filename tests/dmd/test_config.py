import subprocess
import sys

import pytest

from dmd.config import PRESETS, DmdConfig, TextEncoderConfig, preset
from dmd.system import DmdSystem

PUBLISHED = {
    "mosi_aligned": 4_743_658,
    "mosei_aligned": 1_792_778,
    "mosi_unaligned": 12_571_158,
    "mosei_unaligned": 5_086_778,
}


@pytest.mark.parametrize("name", list(PRESETS))
def test_presets_have_the_published_number_of_parameters(name):
    system = DmdSystem(preset(name, objective="reference"))
    assert sum(p.numel() for p in system.dmd.parameters()) == PUBLISHED[name]
    units = sum(p.numel() for unit in (system.homo, system.hetero) for p in unit.parameters())
    assert units == (7_074 if name.startswith("mosi_") else 4_514)


def test_corrected_objective_drops_what_nothing_reads_and_adds_one_token_a_modality():
    counts = [
        sum(p.numel() for p in DmdSystem(preset("mosi_aligned", objective=objective)).dmd.parameters())
        for objective in ("reference", "corrected")
    ]
    assert counts[0] - counts[1] == 345_150 - 3 * 50


@pytest.mark.parametrize("name", list(PRESETS))
def test_configuration_survives_json(name):
    config = preset(name, text_encoder=TextEncoderConfig(fine_tuned=False), modality_dropout=0.1)
    assert DmdConfig.model_validate_json(config.model_dump_json()) == config


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"width": 50, "heads": 7}, "divisible by 7 heads"),
        ({"task": "classification"}, "'classification' does not go with 1 classes"),
        ({"classes": 3}, "'regression' does not go with 3 classes"),
        ({"task": "classification", "classes": 3, "class_weights": (1.0, 2.0)}, "2 class weights for 3 classes"),
        ({"modalities": ()}, "non-empty part"),
        ({"modalities": ("face", "text")}, "in that order"),
        ({"audio_length": 49}, "aligned modalities must have one length"),
        ({"face_kernel": 51}, "face: kernel 51 is longer than 50 steps"),
        ({"text_dim": 384, "text_encoder": TextEncoderConfig()}, "must be the text encoder's 768"),
        ({"objective": "reference", "decoupling": False}, "no ablation"),
        ({"objective": "reference", "modality_dropout": 0.1}, "no modality dropout"),
        ({"wdth": 50}, "Extra inputs"),
    ],
    ids=str,
)
def test_what_does_not_fit_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        DmdConfig(**changes)


def test_importing_the_package_loads_no_torch():
    code = "import sys, dmd; assert 'torch' not in sys.modules; dmd.DmdConfig; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        import dmd

        dmd.nothing  # noqa: B018
