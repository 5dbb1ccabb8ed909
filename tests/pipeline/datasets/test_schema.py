import pytest

from pipeline.datasets.schema import FeatureSchema, clip_schema
from pipeline.errors import FeatureMismatchError
from tests.dmd.synthetic import NAMES, make_clip

OURS = FeatureSchema({"text": ("b0",), "audio": ("covarep_000", "covarep_001"), "face": ("facet_000",)})


def test_equal_features_do_not_differ() -> None:
    assert OURS.difference(FeatureSchema.from_json(OURS.to_json())) == ()


def test_difference_names_the_missing_and_the_unknown_columns() -> None:
    other = FeatureSchema({**OURS.names, "audio": ("covarep_001", "pitch_semitones")})
    (line,) = OURS.difference(other)
    assert line == "audio: missing covarep_000, unknown pitch_semitones"


def test_columns_in_another_order_differ() -> None:
    other = FeatureSchema({**OURS.names, "audio": ("covarep_001", "covarep_000")})
    assert OURS.difference(other) == ("audio: the same columns in another order",)


def test_modalities_the_model_does_not_read_do_not_count() -> None:
    other = FeatureSchema({**OURS.names, "audio": ("pitch_semitones",)})
    assert OURS.difference(other, ("text", "face")) == ()


def test_the_origin_of_columns_nobody_can_reproduce_is_said() -> None:
    ours = FeatureSchema(OURS.names, {"audio": "the COVAREP columns of CMU-MOSI"})
    (line,) = ours.difference(FeatureSchema({**OURS.names, "audio": ("pitch_semitones",)}))
    assert "the model's are the COVAREP columns of CMU-MOSI" in line


def test_the_same_names_made_by_another_model_differ_only_if_both_are_known() -> None:
    one, two = (FeatureSchema(OURS.names, {"face": origin}) for origin in ("model sha256 a", "model sha256 b"))
    assert one.difference(two) == ("face: made by model sha256 b, the model needs model sha256 a",)
    assert one.difference(OURS) == ()


def test_demand_refuses_and_says_what_to_do() -> None:
    other = FeatureSchema({**OURS.names, "audio": ("pitch_semitones",)})
    with pytest.raises(FeatureMismatchError, match=r"v1: .*missing covarep_000.*train a model on these features"):
        OURS.demand(other, ("audio",), "v1")


def test_what_only_a_file_holds_is_not_to_be_extracted() -> None:
    other = FeatureSchema({**OURS.names, "audio": ("pitch_semitones",)})
    from_file = FeatureSchema(OURS.names, {"audio": "the COVAREP columns of CMU-MOSI"})
    with pytest.raises(FeatureMismatchError, match="no extraction makes a feature file's columns"):
        from_file.demand(other, ("audio",), "v1")
    with pytest.raises(FeatureMismatchError, match="extract the clips with the configuration of the training data"):
        OURS.demand(other, ("audio",), "v1")


def test_long_lists_are_cut_and_counted() -> None:
    many = FeatureSchema({**OURS.names, "audio": tuple(f"c{i}" for i in range(20))})
    assert "and 14 more" in many.difference(OURS)[0]


def test_a_clip_tells_its_columns_and_the_models_that_made_them() -> None:
    schema = clip_schema(make_clip(0))
    assert schema.names == NAMES
    assert schema.origins == {"text": "model sha256 tttttttt", "face": "model sha256 ffffffff"}
    assert schema.versions == {"extraction": "1"}
