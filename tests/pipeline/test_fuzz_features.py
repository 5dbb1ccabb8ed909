"""Feature files from strangers, bent at random: pickles, sequences and tables end in data or in one clear line.

`DMD_FUZZ_EXAMPLES=5000 python -m pytest tests/pipeline/test_fuzz_features.py` looks longer.
"""

import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.datasets.frames import read_parquet, write_parquet
from pipeline.errors import PipelineError
from pipeline.formats.csd import read_csd, write_csd
from pipeline.formats.mmsa import read_mmsa
from tests.pipeline.making import aligned_clip
from tests.pipeline.mmsa_files import mmsa_content
from tests.pipeline.test_fuzz import CHANGES, EXAMPLES, bent

READERS: dict[str, Callable[[Path], object]] = {
    ".pkl": lambda path: read_mmsa(path, path.with_suffix(".cache")),
    ".csd": lambda path: dict(read_csd(path).entries),
    ".parquet": lambda path: list(read_parquet(path)),
}
BYTES = st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=4)), max_size=4)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[bytes]]:
    """Some whole files of each kind."""
    folder = tmp_path_factory.mktemp("whole")
    content = mmsa_content(counts=(2, 1, 1), widths=(2, 2, 2), lengths=(4, 4, 4))
    write_csd([aligned_clip("a", label="1")], folder, "study")
    write_parquet([aligned_clip("a"), aligned_clip("b")], folder / "x.parquet")
    return {
        ".pkl": [pickle.dumps(content, protocol) for protocol in (0, 2, 4, 5)],
        ".csd": [(folder / f"{name}.csd").read_bytes() for name in ("words", "audio")],
        ".parquet": [(folder / "x.parquet").read_bytes()],
    }


@pytest.mark.parametrize("kind", list(READERS))
@settings(deadline=None, max_examples=EXAMPLES)
@given(data=st.data(), changes=CHANGES | st.just([]), overwritten=BYTES)
def test_a_feature_file_that_is_bent_ends_in_data_or_in_one_line(
    tmp_path_factory: pytest.TempPathFactory,
    whole: dict[str, list[bytes]],
    kind: str,
    data: st.DataObject,
    changes: list[tuple[float, str, bytes]],
    overwritten: list[tuple[float, bytes]],
) -> None:
    content = bytearray(bent(data.draw(st.sampled_from(whole[kind])), changes))
    for place, piece in overwritten:
        at = int(place * len(content))
        content[at : at + len(piece)] = piece
    path = tmp_path_factory.mktemp("f") / f"x{kind}"
    path.write_bytes(content)
    try:
        READERS[kind](path)
    except PipelineError as error:
        assert str(path) in str(error) and "\n" not in str(error)
