"""The acoustic model, its features, its adaptation and the evidence of level, each against something known."""

import struct
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from extractors.acoustics.adaptation import AdaptedModel, Noise, noise_of
from extractors.acoustics.cepstra import CENTRE_S, FRAME_S, cepstra, frame_count, log_mel, projection, with_slopes
from extractors.acoustics.presence import speech_evidence, standing_out_db, two_levels
from extractors.acoustics.sphinx_files import read_definition, read_gaussians
from extractors.acoustics.sphinx_model import FIRST, INSIDE, ONLY, SphinxModel, model_folder
from extractors.alignment.confidence import clip_fit, frame_fit, word_confidence
from extractors.alignment.forced import align
from extractors.alignment.placed import PlacedPhone, PlacedWord
from extractors.alignment.smacks import without_smacks
from extractors.alignment.word_graph import NO_WORD, word_graph
from pipeline.errors import ModelMissingError

RATE_HZ = 16_000
NO_NOISE = Noise(np.full(25, -50.0, np.float32), np.ones((3, 13), np.float32))


@cache
def model() -> SphinxModel:
    return SphinxModel.load()


def tone(hertz: float, seconds: float = 0.5) -> NDArray[np.float32]:
    return (0.3 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE_HZ)) / RATE_HZ)).astype(np.float32)


def test_the_mean_cepstrum_is_the_one_the_library_computes(tmp_path: Path) -> None:
    pocketsphinx = pytest.importorskip("pocketsphinx")
    for file in (model_folder() / "en-us").iterdir():
        (tmp_path / file.name).symlink_to(file)
    settings = (tmp_path / "feat.params").read_text(encoding="ascii")
    (tmp_path / "feat.params").unlink()
    (tmp_path / "feat.params").write_text(settings.replace("-remove_noise yes", "-remove_noise no"), "ascii")
    # loud enough that the rounding floor has no say
    samples = np.random.default_rng(0).normal(0.0, 0.2, RATE_HZ).astype(np.float32)
    whole = np.round(samples * 32768).astype(np.int16)
    decoder = pocketsphinx.Decoder(hmm=str(tmp_path), samprate=16000.0, lm=None, loglevel="FATAL")
    decoder.set_align_text("a")
    decoder.start_utt()
    decoder.process_raw(whole.tobytes(), full_utt=True)
    decoder.end_utt()
    theirs = np.array([float(value) for value in decoder.get_cmn().split(",")])
    ours = cepstra(log_mel(whole.astype(np.float32) / 32768)).mean(axis=0)
    np.testing.assert_allclose(ours, theirs, atol=0.01)


def test_frames_count_ten_milliseconds_and_one_more_for_the_rest() -> None:
    assert [frame_count(size) for size in (0, 1, 410, 411, 570, 571)] == [1, 1, 1, 2, 2, 3]
    assert len(log_mel(np.zeros(16_000, np.float32))) == frame_count(16_000)
    assert pytest.approx(0.01) == FRAME_S


def test_blocks_of_a_long_recording_leave_no_seam() -> None:
    samples = np.random.default_rng(1).normal(0.0, 0.1, 62 * RATE_HZ).astype(np.float32)
    around = slice(59 * RATE_HZ, 61 * RATE_HZ)
    np.testing.assert_allclose(log_mel(samples)[5901:6050], log_mel(samples[around])[1:150], atol=1e-3)


def test_a_tone_lights_the_filters_around_its_frequency() -> None:
    bands = [int(log_mel(tone(hertz)).mean(axis=0).argmax()) for hertz in (200, 1000, 3000, 6000)]
    assert bands == sorted(set(bands))


def test_a_click_shows_in_the_frame_whose_centre_is_nearest() -> None:
    samples = np.zeros(RATE_HZ, np.float32)
    samples[8000] = 0.5
    loudest = int(log_mel(samples).mean(axis=1).argmax())
    assert abs(loudest * FRAME_S + CENTRE_S - 0.5) <= FRAME_S


def test_digital_silence_is_quiet_and_finite() -> None:
    assert np.isfinite(log_mel(np.zeros(1600, np.float32))).all()


def test_slopes_of_a_ramp_are_its_rise_over_four_frames() -> None:
    ramp = np.repeat(np.arange(20.0, dtype=np.float32)[:, None], 13, axis=1)
    features = with_slopes(ramp)
    assert np.all(features[5:-5, 1] == 4.0)
    assert np.all(features[5:-5, 2] == 0.0)


def test_every_phone_has_its_own_states_in_and_out_of_context() -> None:
    number = model().number
    here = model().senones(number("AE"), number("K"), number("T"), INSIDE)
    there = model().senones(number("AE"), number("S"), number("D"), INSIDE)
    assert set(model().senone_phone[here]) == {number("AE")}
    assert here.tolist() != there.tolist()
    assert (
        model().senones(number("SIL"), number("K"), number("K"), ONLY).tolist()
        == model().plain_senones[number("SIL")].tolist()
    )


def test_mixture_weights_are_shares_of_a_whole() -> None:
    totals = model().weights.sum(axis=1)
    assert 0.8 < np.median(totals) < 1.2


def test_a_damaged_model_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "en-us").mkdir()
    (tmp_path / "en-us" / "mdef").write_bytes(b"BMDF" + bytes(8))
    monkeypatch.setattr("extractors.acoustics.sphinx_model.model_folder", lambda: tmp_path)
    with pytest.raises(ModelMissingError, match=r"cannot be read .* reinstall pocketsphinx"):
        SphinxModel.load()


def test_files_of_another_kind_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not a binary definition"):
        path = tmp_path / "mdef"
        path.write_bytes(b"text" + struct.pack("<2i", 1, 0) + bytes(100))
        read_definition(path)
    means = bytearray((model_folder() / "en-us" / "means").read_bytes())
    means[means.index(b"endhdr\n") + 7] ^= 0xFF
    (tmp_path / "means").write_bytes(means)
    with pytest.raises(ValueError, match="another byte order"):
        read_gaussians(tmp_path / "means")


def test_scores_are_the_log_likelihood_of_the_mixtures() -> None:
    channel = np.zeros(13, np.float32)
    adapted = AdaptedModel(model(), channel, NO_NOISE)
    features = np.random.default_rng(2).normal(0.0, 5.0, (4, 3, 13)).astype(np.float32)
    senone = int(model().plain_senones[model().number("AA"), 1])
    phone = model().senone_phone[senone]
    # without noise, only what 13 of 25 coefficients keep of the means is lost: nothing
    expected = np.zeros(4)
    for stream in range(3):
        means, variances = model().means[phone, stream], model().variances[phone, stream]
        distance = ((features[:, stream, None] - means) ** 2 / variances + np.log(2 * np.pi * variances)).sum(axis=2)
        expected += np.log(np.exp(-0.5 * distance) @ model().weights[stream][:, senone])
    np.testing.assert_allclose(adapted.scores(features, np.array([senone]))[:, 0], expected, rtol=2e-3)


def test_frames_far_from_any_voice_have_the_scores_of_their_definition() -> None:
    senones = model().plain_senones.reshape(-1)[:30]
    adapted = AdaptedModel(model(), np.zeros(13, np.float32), NO_NOISE)
    features = np.random.default_rng(0).normal(0.0, 20.0, (6, 3, 13)).astype(np.float32)  # speech: 0.3 to 10
    expected = np.zeros((6, 30))
    for stream in range(3):
        weights = model().weights[stream][:, senones].astype(np.float64)
        for column, phone in enumerate(model().senone_phone[senones]):
            means = model().means[phone, stream].astype(np.float64)
            variances = model().variances[phone, stream].astype(np.float64)
            distance = (features[:, stream, None] - means) ** 2 / variances + np.log(2 * np.pi * variances)
            density = -0.5 * distance.sum(axis=2)
            expected[:, column] += np.logaddexp.reduce(density + np.log(weights[:, column]), axis=1)
    assert np.abs(expected).min() > 100.0
    np.testing.assert_allclose(adapted.scores(features, senones), expected, rtol=3e-4)


def test_the_channel_of_a_recording_is_recovered() -> None:
    wanted = np.linspace(5.0, -5.0, 13).astype(np.float32)
    rng = np.random.default_rng(3)
    senones = rng.choice(model().plain_senones[model().number("IY")], 300)
    phone = model().number("IY")
    features = np.zeros((300, 3, 13), np.float32)
    for row, senone in enumerate(senones):
        weights = model().weights[0][:, senone]
        density = rng.choice(128, p=weights / weights.sum())
        spread = np.sqrt(model().variances[phone, 0, density])
        features[row, 0] = rng.normal(model().means[phone, 0, density], spread) + wanted
    channel = np.zeros(13, np.float32)
    for _ in range(5):
        channel = channel + AdaptedModel(model(), channel, NO_NOISE).channel_error(features, senones)
    assert np.abs(channel - wanted).mean() < 1.0


def test_noise_turns_every_phone_into_itself() -> None:
    loud = Noise(np.full(25, 60.0, np.float32), np.ones((3, 13), np.float32))
    adapted = AdaptedModel(model(), np.zeros(13, np.float32), loud)
    features = np.zeros((1, 3, 13), np.float32)
    features[0, 0] = np.full(25, 60.0, np.float32) @ projection()
    scores = adapted.scores(features, model().plain_senones[:, 1])
    assert np.ptp(scores) < 1.5
    assert scores.min() > -200.0


def test_noise_is_what_its_frames_are() -> None:
    mel = np.zeros((10, 25), np.float32)
    mel[5:] = 8.0
    features = np.zeros((10, 3, 13), np.float32)
    noise = noise_of(mel, features, np.arange(5, 10))
    assert np.all(noise.log_mel == 8.0)


def test_levels_stand_out_of_a_background_of_any_colour() -> None:
    rng = np.random.default_rng(4)
    samples = rng.normal(0.0, 0.01, 2 * RATE_HZ).astype(np.float32)
    samples[RATE_HZ : RATE_HZ + 4800] += tone(700, 0.3)
    level_db = standing_out_db(log_mel(samples))
    assert level_db[105:125].min() > 10.0 + np.percentile(level_db[:90], 95)
    quiet_db, loud_db = two_levels(level_db)
    assert quiet_db < 5.0 < loud_db


def test_level_speaks_for_a_pause_only_away_from_loud_frames() -> None:
    level_db = np.concatenate([np.zeros(40), np.full(40, 30.0), np.zeros(40)])
    level_db += np.random.default_rng(5).normal(0.0, 1.0, 120)
    words = np.zeros(120, bool)
    words[40:80] = True
    evidence = speech_evidence(level_db, ~words, words)
    assert np.all(evidence[45:75] > 1.0)
    assert np.all(evidence[:30] < 0.0)
    assert np.all(evidence[37:40] >= 0.0)  # within a closure of the loud frames


def test_silence_may_stand_around_every_word_of_the_graph() -> None:
    graph = word_graph(model(), [[("HH", "AY")], [("DH", "EH", "R"), ("DH", "AH")]])
    assert set(graph.words) == {NO_WORD, 0, 1}
    silences = np.flatnonzero(graph.words == NO_WORD)
    assert silences.size == 3 * 3
    assert set(graph.variants[graph.words == 1]) == {0, 1}
    assert graph.silent_senones.sum() == 3
    assert set(graph.phones[graph.words == 0]) == {model().number("HH"), model().number("AY")}


def test_the_first_phone_of_a_word_knows_what_stands_before_it() -> None:
    graph = word_graph(model(), [[("S", "AO")], [("T", "UW")]])
    number = model().number
    expected = {
        tuple(model().senones(number("T"), left, number("UW"), FIRST)) for left in (number("SIL"), number("AO"))
    }
    heads = np.flatnonzero((graph.words == 1) & (graph.places == 0))
    labels = np.asarray(graph.graph.labels)
    found = {tuple(graph.senones[labels[start : start + 3]]) for start in heads[::3]}
    assert found == expected


def test_sound_too_short_for_its_phones_is_not_aligned() -> None:
    samples = np.random.default_rng(6).normal(0.0, 0.1, 1600).astype(np.float32)
    assert align(model(), [[("S", "T", "R", "IY", "T")]], samples) is None


def test_fit_compares_with_the_best_of_the_phones() -> None:
    free = np.zeros((20, 4), np.float32)
    free[:, 2] = 5.0
    assert np.allclose(frame_fit(np.full(20, 7.0, np.float32), free), 2.0)


def test_one_wrong_word_shows_in_the_fit_of_a_clip() -> None:
    assert clip_fit([1.0] * 5, [20] * 5) > clip_fit([1.0] * 4 + [-5.0], [20] * 5) + 1.0


def test_confidence_grows_with_the_fit_and_never_leaves_its_range() -> None:
    grades = [word_confidence(fit, fit) for fit in (-1e6, -5.0, -1.0, 2.0, 1e6)]
    assert grades == sorted(grades)
    assert 0.0 <= grades[0] < 0.01
    assert 0.9 < grades[3] <= grades[4] <= 1.0


def test_a_stop_behind_a_pause_gives_back_the_smack_it_swallowed() -> None:
    def word(name: str, start: int, end: int) -> PlacedWord:
        return PlacedWord((PlacedPhone(name, start, end), PlacedPhone("EY", end, end + 10)))

    swallowed, vowel, joined = word("P", 20, 50), word("AY", 80, 110), word("P", 120, 150)
    found = without_smacks([swallowed, vowel, joined])
    assert (found[0].start_frame, found[0].end_frame) == (41, 60)
    assert found[1:] == (vowel, joined)  # vowels may be drawn out, and no pause stands before the last
    short = word("P", 200, 214)
    assert without_smacks([short]) == (short,)
