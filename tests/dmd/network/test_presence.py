import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dmd.network.presence import Presence, after_convolution, compacted, modality_dropout, visible
from pipeline.batch import Modality
from tests.dmd.batches import small_config, uneven_config


def bits(text: str) -> torch.Tensor:
    return torch.tensor([[c == "1" for c in row] for row in text.split()])


def modality(mask: str, width: int = 1) -> Modality:
    real = bits(mask)
    values = torch.arange(1.0, real.shape[1] + 1)[None, :, None].expand(len(real), -1, width)
    return Modality(values.clone(), real)


def test_aligned_rows_move_together_and_keep_a_row_that_only_one_modality_has():
    config = small_config(text_length=4, audio_length=4, face_length=4)
    rows = {"text": modality("010110"), "audio": modality("010010"), "face": modality("000110")}
    found = compacted(rows, config)
    assert found["text"].values[0, :, 0].tolist() == [2, 4, 5, 0]
    assert found["audio"].values[0, :, 0].tolist() == [2, 0, 5, 0]
    assert found["face"].mask.tolist() == [[False, True, True, False]]


def test_rows_that_are_not_aligned_are_compacted_each_on_its_own():
    config = uneven_config(text_length=5, audio_length=5, face_length=5)
    rows = {"text": modality("0101"), "audio": modality("1001"), "face": modality("0000")}
    found = compacted(rows, config)
    assert found["text"].values[0, :, 0].tolist() == [2, 4, 0, 0, 0]
    assert found["audio"].values[0, :, 0].tolist() == [1, 4, 0, 0, 0]
    assert not found["face"].mask.any()


def test_a_step_is_real_if_its_window_begins_on_a_real_row():
    found = after_convolution(bits("1110000 1111111 1011000 0000000 0000001 1000000"), kernel=3)
    expected = bits("11100 11111 10110 00000 00001 10000")
    assert torch.equal(found.observed, expected)
    assert torch.equal(found.attended, expected | bits("00000 00000 00000 10000 00000 00000"))
    assert found.present.tolist() == [True, True, True, False, True, True]
    assert found.last.tolist() == [2, 4, 3, 0, 4, 0]


def presence(mask: str, present: bool = True) -> Presence:
    attended = bits(mask)
    return Presence(attended & present, attended, torch.tensor([present]))


def test_aligned_queries_see_real_keys_up_to_their_own_word_and_always_the_first():
    found = visible(presence("111"), presence("011"), aligned=True)[0]
    assert found.int().tolist() == [[0, 1, 0], [0, 1, 0], [0, 1, 1]]


def test_queries_of_another_length_see_keys_up_to_their_time():
    found = visible(presence("1100"), presence("11111"), aligned=False)[0]
    assert found[:2].int().tolist() == [[1, 1, 0, 0, 0], [1, 1, 1, 1, 1]]
    found = visible(presence("1111"), presence("11000"), aligned=False)[0]
    assert found.int()[:, :2].tolist() == [[1, 0], [1, 0], [1, 0], [1, 1]]
    assert not found[:, 2:].any()


def test_the_token_of_a_missing_modality_sees_everything_and_is_seen_by_all():
    token = presence("100", present=False)
    assert visible(token, presence("111"), aligned=True)[0, 0].all()
    assert torch.equal(visible(presence("111"), token, aligned=True)[0], bits("100 100 100"))


@settings(max_examples=60, deadline=None)
@given(data=st.data(), aligned=st.booleans())
def test_no_query_is_left_without_a_key(data, aligned):
    masks = [torch.tensor([data.draw(st.lists(st.booleans(), min_size=6, max_size=6))]) for _ in range(2)]
    query, keys = (after_convolution(mask, kernel) for mask, kernel in zip(masks, (1, 1), strict=True))
    found = visible(query, keys, aligned=aligned)
    assert found.any(dim=-1).all()
    assert not (found & ~keys.attended[:, None]).any()


def test_modality_dropout_drops_with_its_probability_and_never_everything():
    torch.manual_seed(0)
    names = ("text", "audio", "face")
    mask = torch.ones(20_000, 2, dtype=torch.bool)
    rows = {name: Modality(torch.zeros(20_000, 2, 1), mask) for name in names}
    kept = torch.stack([m.mask[:, 0] for m in modality_dropout(rows, 0.4).values()])
    assert kept.any(dim=0).all()
    # P(kept) = 0.6 + P(all dropped) / 3
    torch.testing.assert_close(kept.float().mean(dim=1), torch.full((3,), 0.6 + 0.4**3 / 3), atol=0.012, rtol=0)


def test_modality_dropout_leaves_the_only_modality_and_revives_none():
    rows = {"text": modality("00 11"), "audio": modality("11 00"), "face": modality("00 00")}
    for seed in range(20):
        torch.manual_seed(seed)
        found = modality_dropout(rows, 0.99)
        assert torch.equal(found["text"].mask, rows["text"].mask)
        assert torch.equal(found["audio"].mask, rows["audio"].mask)
        assert not found["face"].mask.any()
