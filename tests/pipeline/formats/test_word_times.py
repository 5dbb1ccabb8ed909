"""Word times in the formats of Praat and WhisperX: what is written is read back."""

import numpy as np
import pytest

from pipeline.errors import UsageError
from pipeline.formats.filenames import clip_id_of, name_of
from pipeline.formats.textgrid import parse_textgrid, read_textgrid
from pipeline.formats.textgrid_write import textgrid, write_textgrid
from pipeline.formats.whisperx import read_whisperx
from pipeline.formats.whisperx_write import write_whisperx
from tests.pipeline.making import aligned_clip


@pytest.mark.parametrize(
    ("write", "read"), [(write_textgrid, read_textgrid), (write_whisperx, read_whisperx)], ids=["praat", "whisperx"]
)
def test_words_and_times_come_back(tmp_path, write, read):
    clip = aligned_clip(rows=6)
    write(clip, tmp_path / "x")
    found = read(tmp_path / "x")
    assert [word.text for word in found.words] == [word.text for word in clip.words]
    np.testing.assert_allclose([w.start_s for w in found.words], [w.start_s for w in clip.words], atol=1e-4)
    np.testing.assert_allclose([w.end_s for w in found.words], [w.end_s for w in clip.words], atol=1e-4)


def test_the_tiers_of_a_textgrid_have_neither_gap_nor_overlap():
    for tier in parse_textgrid(textgrid(aligned_clip(rows=6))):
        assert tier.intervals[0][0] == 0
        for (_, end_s, _), (start_s, _, _) in zip(tier.intervals, tier.intervals[1:], strict=False):
            assert end_s == start_s


def test_a_text_without_media_has_no_textgrid(tmp_path):
    with pytest.raises(UsageError, match="has no media"):
        write_textgrid(aligned_clip(rows=0), tmp_path / "x.TextGrid")


@pytest.mark.parametrize("clip_id", ["a/b/c", "v$_$1", "..", "ü [1] 100%", "a\\b:c"])
def test_a_file_name_is_safe_and_gives_the_id_back(clip_id):
    name = name_of(clip_id)
    assert clip_id_of(name) == clip_id and not set(name) & set("/\\:[]") and name not in (".", "..")
