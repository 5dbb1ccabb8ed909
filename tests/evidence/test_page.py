"""The page says of every column what was measured, and says so where something was not."""

import json

import pytest

from extractors.verdicts import RECORD, judgements
from tests.evidence.__main__ import main
from tests.evidence.nuisances_voice import NAMES as VOICE
from tests.evidence.page import evidence_page
from tests.evidence.record import rounded, verdicts

DRIFT = {"drift": 0.3, "shift": 0.1, "correlation": 0.99, "kept": 1.0, "words": 40}


@pytest.fixture
def figures():
    known = json.loads(RECORD.read_text("utf-8"))
    nuisances = {
        modality: {
            name: {"spread": 1.0, "drift": {"room": dict(DRIFT), "8 kHz": dict(DRIFT)}} for name in known[modality]
        }
        for modality in ("audio", "face")
    }
    named = {"sign": 1, "demanded_slope": 1.0, "slope": 0.98, "rank": 1.0, "moved": 2.0, "follows": True}
    every = {name: [0.0, 0.0, 0.0] for name in ("pitch_semitones", "voicing", "loudness", "level_dba")}
    entry = {
        "unit": "semitone",
        "clips": 3,
        "named": {"pitch_semitones": named},
        "strayed": {"voicing": 1.5},
        "others": 1,
        "every": every,
    }
    return {
        "material": "a folder",
        "nuisances": nuisances,
        "responses_voice": {"pitch": entry},
        "responses_face": {},
        "agreement": {"audio": {"skipped": "no python"}, "face": {"jaw_open": {"with": "jaw", "skipped": "still"}}},
    }


def test_every_column_has_its_line(figures):
    page = evidence_page(figures)
    assert all(f"| `{name}` |" in page for name in VOICE)
    assert "pitch: 0.98 a semitone, rank 1.00" in page
    assert "`voicing` 1.5; 2 free" in page and "skipped, no python" in page and "not shown by the clips" in page


def test_a_column_that_does_not_follow_stands_out(figures):
    figures["responses_voice"]["pitch"]["named"]["pitch_semitones"]["follows"] = False
    assert "**not** pitch" in evidence_page(figures)


def test_a_flagged_nuisance_does_not_decide(figures):
    figures["nuisances"]["audio"]["voicing"]["drift"]["8 kHz"]["drift"] = 3.0
    assert verdicts(figures)["audio"]["voicing"]["verdict"] == "stable"
    figures["nuisances"]["audio"]["voicing"]["drift"]["room"]["drift"] = 3.0
    found = verdicts(figures)["audio"]["voicing"]
    assert (found["verdict"], found["worst_drift"], found["under"]) == ("unstable", 3.0, "room")


def test_a_column_follows_only_if_it_follows_every_change_that_names_it(figures):
    assert verdicts(figures)["audio"]["pitch_semitones"]["follows"] is True
    assert verdicts(figures)["audio"]["voicing"]["follows"] is None
    entry = figures["responses_voice"]["pitch"]
    other = {**entry, "named": {"pitch_semitones": {**entry["named"]["pitch_semitones"], "follows": False}}}
    figures["responses_voice"]["another"] = other
    assert verdicts(figures)["audio"]["pitch_semitones"]["follows"] is False


def test_a_column_that_could_not_be_measured_has_no_verdict(figures):
    figures["nuisances"]["face"]["jaw_open"]["drift"]["room"]["drift"] = None
    assert verdicts(figures)["face"]["jaw_open"]["verdict"] == "unmeasured"


def test_figures_are_short_and_finite():
    assert rounded({"a": 0.123456, "b": [float("nan")], "c": "x"}) == {"a": 0.1235, "b": [None], "c": "x"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(("--parts", "bogus"), "'bogus' is none of material"),
     (("--parts", "material,responses_face"), "'nuisances' is not in --json and not in --parts"),
     (("--quick", "--verdicts"), "no ground for them")],
)  # fmt: skip
def test_what_cannot_be_measured_is_refused_in_one_line(capsys, arguments, said):
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("modality", ["audio", "face"])
def test_the_committed_page_and_the_recorded_verdicts_agree(modality):
    page = (RECORD.parents[1] / "docs" / "evidence.md").read_text("utf-8").splitlines()
    for name, found in judgements(modality).items():
        lines = [line for line in page if line.startswith(f"| `{name}` |") and line.endswith(f"| {found.verdict} |")]
        assert lines, f"{name}: run python -m tests.evidence --out docs/evidence.md --verdicts"
