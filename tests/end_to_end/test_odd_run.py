"""Any file through the whole run: features or one clear line, within its deadline, with the run alive."""

import csv
import os
import shutil
import time
from pathlib import Path

import pytest

from extractors.extraction import ExtractionConfig
from flows.progress import watched
from flows.work import Work
from pipeline.clip import Clip
from pipeline.store import FeatureStore
from tests.flows.conftest import prefect_server
from tests.pipeline.media_making import talk

__all__ = ["prefect_server"]
ROOT = Path(__file__).parents[2]
ODD = ROOT / os.environ.get("DMD_ODD_MEDIA", "../shared/clips/odd")
TABLE = ROOT / "bench-out" / "odd_media.csv"
DEADLINE_S = 300.0


def assert_clear(outcome):
    assert "\n" not in outcome.error and len(outcome.error) > 20
    assert "unexpected" not in outcome.error, outcome.error
    assert outcome.stage not in ("crash", "timeout"), outcome.error


@pytest.mark.slow
@pytest.mark.skipif(not ODD.is_dir(), reason=f"no folder of odd media at {ODD} (DMD_ODD_MEDIA)")
def test_every_odd_file_ends_in_features_or_a_clear_line_within_its_deadline(prefect_server, tmp_path):
    from flows import extract

    # Files of one name and differing suffixes would be two clips of one id: each gets a name of its own.
    source = tmp_path / "odd"
    source.mkdir()
    names = sorted(path.name for path in ODD.iterdir() if path.is_file())
    for name in names:
        shutil.copy(ODD / name, source / f"{Path(name).stem}-{Path(name).suffix[1:]}{Path(name).suffix}")
    rows, last = [], time.monotonic()

    def note(outcome):
        nonlocal last
        now = time.monotonic()
        reason = outcome.error or ";".join(outcome.flags)
        row = (Path(outcome.path).name, outcome.status, outcome.stage, f"{now - last:.1f}", reason)
        rows.append((row, outcome))
        last = now

    with watched(note):
        found = extract(source=str(source), out=str(tmp_path / "store"), workers=1, timeout_s=DEADLINE_S)
    TABLE.parent.mkdir(exist_ok=True)
    with TABLE.open("w", newline="") as table:
        columns = ("file", "status", "stage", "wall_s", "flags or reason")
        csv.writer(table).writerows([columns, *sorted(row for row, _ in rows)])
    print(f"\n{found.computed} of {found.clips} files gave features, {found.failed} a reason: {TABLE}")
    assert found.clips == len(names) and found.computed + found.failed == found.clips
    store = FeatureStore(tmp_path / "store")
    for row, outcome in rows:
        assert float(row[3]) < DEADLINE_S + 60  # with the start of a worker
        if outcome.status == "failed":
            assert_clear(outcome)
        else:
            clip = store.load(outcome.clip_id)
            assert any(getattr(clip, modality).mask.any() for modality in ("text", "audio", "face"))


@pytest.fixture
def oddities(tmp_path):
    folder = tmp_path / "odd ones"
    folder.mkdir()
    first = talk(folder / "plain.mp4", 0.6)
    for name in ("a b.mp4", 'it\'s "quoted".mp4', "😀 ü.mp4", "new\nline.mp4", "-rf.mp4", "$(id).mp4", "%d{x}.mp4"):
        shutil.copy(first, folder / name)
    shutil.copy(talk(tmp_path / "other.mkv", 0.6), folder / "plain.mkv")
    os.mkfifo(folder / "fifo.mp4")
    (folder / "folder.mp4").mkdir()
    (folder / "loop.mp4").symlink_to(folder / "loop.mp4")
    (folder / "device.mp4").symlink_to("/dev/zero")
    (folder / "nowhere.mp4").symlink_to(folder / "gone.mp4")
    (folder / "empty.mp4").touch()
    return folder


def test_odd_names_are_clips_and_what_is_no_file_is_said(prefect_server, oddities, tmp_path):
    from flows import extract

    found = extract(source=str(oddities), out=str(tmp_path / "store"), timeout_s=120.0)
    reasons = {outcome.clip_id: outcome for outcome in found.failures}
    assert set(FeatureStore(tmp_path / "store")) == {
        "plain", "a b", "it's \"quoted\"", "😀 ü", "new\nline", "-rf", "$(id)", "%d{x}"
    }  # fmt: skip
    assert set(reasons) == {"plain", "fifo", "folder", "loop", "device", "nowhere", "empty"}
    for outcome in reasons.values():
        assert_clear(outcome)
    assert "two clips have the id 'plain'" in reasons["plain"].error
    rows = FeatureStore(tmp_path / "store").failures()
    assert {row.clip_id for row in rows} == set(reasons)
    assert (tmp_path / "store" / "failures.csv").read_text("utf-8").count("\n") == len(rows) + 1


def test_a_file_that_changes_while_it_is_read_is_refused_and_not_stored(tmp_path):
    path = talk(tmp_path / "growing.mp4", 0.6)
    store = FeatureStore(tmp_path / "store", create=True)
    work = Work(store.path, ExtractionConfig())
    real = work._extractor.extract

    def extract(clip, content):
        made = real(clip, content)
        with path.open("ab") as file:
            file.write(b"more")
        return made

    work._extractor.extract = extract
    outcome = work.do(Clip("growing", path))
    assert (outcome.status, outcome.stage, len(store)) == ("failed", "read", 0)
    assert "changed while it was read" in outcome.error
