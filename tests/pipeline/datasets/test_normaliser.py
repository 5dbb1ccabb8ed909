from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.dataset import Dataset, ModalityRows
from pipeline.datasets.normaliser import Normaliser, NormaliserConfig, fit_normaliser, load_normaliser
from pipeline.errors import StoreError
from tests.dmd.synthetic import NAMES, Recipe, make_dataset


def dataset_of(values: np.ndarray, speakers: list[str] | None = None) -> Dataset:
    """One clip a row of audio [n, 6]."""
    data = make_dataset(Recipe(clips=len(values), words=1))
    offsets = np.arange(len(values) + 1)
    rows = ModalityRows(values.astype(np.float32), np.ones(len(values), bool), offsets, np.ones(len(values), bool))
    clips = tuple(replace(c, speaker=speakers[at] if speakers else None) for at, c in enumerate(data.clips))
    return replace(data, clips=clips, modalities={**data.modalities, "audio": rows})


def fitted(values: np.ndarray, rows: list[int] | None = None, config: NormaliserConfig | None = None) -> Normaliser:
    data = dataset_of(values)
    return fit_normaliser(data, np.array(rows if rows is not None else range(len(values)), np.int64), config)


def column(values: list[float]) -> np.ndarray:
    rest = np.random.default_rng(0).normal(size=(len(values), 5))
    return np.concatenate([np.array(values)[:, None], rest], axis=1)


def test_median_and_interquartile_range_are_used() -> None:
    scaling = fitted(column([1, 2, 3, 4, 5])).scalings["audio"]
    assert scaling.centre[0] == 3
    np.testing.assert_allclose(scaling.scale[0], 2 / 1.3489795)


def test_unknown_values_take_no_part_and_stay_unknown() -> None:
    values = column([1, 2, 3, 4, 5, np.nan])
    normaliser = fitted(values)
    assert normaliser.scalings["audio"].centre[0] == 3
    assert np.isnan(normaliser.apply("audio", values.astype(np.float32))[5, 0])


def test_an_outlier_moves_nothing_and_is_limited() -> None:
    plain, wild = fitted(column([1, 2, 3, 4, 5])), fitted(column([1, 2, 3, 4, 1e6]))
    assert plain.scalings["audio"].centre[0] == wild.scalings["audio"].centre[0]
    assert wild.apply("audio", column([1e6]).astype(np.float32))[0, 0] == 5.0


def test_a_column_of_mostly_equal_values_falls_back_to_the_deviation() -> None:
    values = column([0.0] * 9 + [1.0])
    np.testing.assert_allclose(fitted(values).scalings["audio"].scale[0], values[:, 0].std())


def test_constant_and_never_known_columns_are_removed_by_name() -> None:
    values = column([1, 2, 3, 4])
    values[:, 2], values[:, 4] = 7.0, np.nan
    normaliser = fitted(values)
    assert normaliser.removed()["audio"] == (NAMES["audio"][2], NAMES["audio"][4])
    assert normaliser.apply("audio", values.astype(np.float32)).shape == (4, 4)
    assert normaliser.widths()["audio"] == 4


def test_only_the_given_rows_are_looked_at() -> None:
    values = column([1, 2, 3, 4, 5, 900, 901])
    one, two = fitted(values, [0, 1, 2, 3, 4]), fitted(values[:5])
    for part in ("keep", "centre", "scale", "low", "high"):
        np.testing.assert_array_equal(getattr(one.scalings["audio"], part), getattr(two.scalings["audio"], part))


def test_rows_that_only_pad_are_not_looked_at() -> None:
    data = dataset_of(column([1, 2, 3, 4, 5, 900]))
    audio = data.modalities["audio"]
    real = np.array([True] * 5 + [False])
    padded = replace(data, modalities={**data.modalities, "audio": replace(audio, real=real)})
    assert fit_normaliser(padded, np.arange(6)).scalings["audio"].centre[0] == 3


@settings(deadline=None, max_examples=30)
@given(st.floats(0.01, 100), st.floats(-1000, 1000))
def test_unit_and_origin_of_a_column_do_not_matter(scale: float, shift: float) -> None:
    values = column([1, 2, 4, 8, 9])
    other = values.copy()
    other[:, 0] = other[:, 0] * scale + shift
    one = fitted(values).apply("audio", values.astype(np.float32))
    two = fitted(other).apply("audio", other.astype(np.float32))
    np.testing.assert_allclose(one, two, atol=2e-3)


def test_text_stays_as_it_is_unless_asked() -> None:
    data = make_dataset()
    rows = np.arange(len(data))
    text = data.modalities["text"].sample(0)[0]
    np.testing.assert_array_equal(fit_normaliser(data, rows).apply("text", text), text)
    scaled = fit_normaliser(data, rows, NormaliserConfig(text="robust")).apply("text", text)
    assert not np.array_equal(scaled, text)


def test_without_a_method_raw_values_and_constant_columns_stay() -> None:
    values = column([1, 2, 3, 4])
    values[:, 2] = 7.0
    normaliser = fitted(values, config=NormaliserConfig(method="none"))
    np.testing.assert_array_equal(normaliser.apply("audio", values.astype("f4")), values.astype("f4"))


def test_the_share_of_values_outside_the_training_range() -> None:
    scaling = fitted(column(list(range(100)))).scalings["audio"]
    inside = np.full((1, 6), np.nan, np.float32)
    inside[0, 0] = 50
    beyond = inside.copy()
    beyond[0, 0] = 500
    assert scaling.beyond(inside) == 0.0
    assert scaling.beyond(np.concatenate([inside, beyond])) == 0.5
    assert scaling.beyond(np.full((2, 6), np.nan, np.float32)) == 0.0


class TestPerSpeaker:
    config = NormaliserConfig(per_speaker=True, shrinkage=10)

    def fit(self) -> tuple[Normaliser, np.ndarray]:
        rng = np.random.default_rng(0)
        values = rng.normal(size=(400, 6))
        values[:200, 0] += 8  # the first speaker's voice is 8 higher
        speakers = ["high"] * 200 + ["low"] * 200
        return fit_normaliser(dataset_of(values, speakers), np.arange(400), self.config), values.astype(np.float32)

    def test_a_known_speaker_is_centred_on_himself(self) -> None:
        normaliser, values = self.fit()
        for speaker, part in (("high", values[:200]), ("low", values[200:])):
            assert abs(np.median(normaliser.apply("audio", part, speaker)[:, 0])) < 0.3

    def test_a_new_speaker_is_drawn_to_all_by_how_little_is_known_of_him(self) -> None:
        normaliser, values = self.fit()
        few, many = values[:3] + 0, values[:200]
        own_few = np.median(normaliser.apply("audio", few, "new")[:, 0])
        own_many = np.median(normaliser.apply("audio", many, "new")[:, 0])
        plain = np.median(normaliser.scalings["audio"].apply(few)[:, 0])
        assert abs(own_many) < abs(own_few) < abs(plain)

    def test_nothing_known_of_a_new_speaker_is_the_statistics_of_all(self) -> None:
        normaliser, values = self.fit()
        one = values[:1]
        np.testing.assert_array_equal(normaliser.apply("audio", one, "new"), normaliser.scalings["audio"].apply(one))

    def test_it_survives_saving(self, tmp_path: Path) -> None:
        normaliser, values = self.fit()
        normaliser.save(tmp_path / "n.safetensors")
        back = load_normaliser(tmp_path / "n.safetensors")
        for speaker in ("high", "low", "new"):
            np.testing.assert_array_equal(
                back.apply("audio", values[:9], speaker), normaliser.apply("audio", values[:9], speaker)
            )
        assert back.config == normaliser.config and back.removed() == normaliser.removed()


def test_the_same_normaliser_makes_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        fitted(column([1, 2, 3, 4])).save(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_damaged_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "n").write_bytes(b"nothing")
    with pytest.raises(StoreError, match="is no normaliser"):
        load_normaliser(tmp_path / "n")
