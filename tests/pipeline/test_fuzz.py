"""Files from strangers, bent at random: every reader ends in a result or in one clear line of ours, soon.

`DMD_FUZZ_EXAMPLES=20000 python -m pytest tests/pipeline/test_fuzz.py` looks longer. What found something stands in
tests/golden/fuzz and is read first.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pipeline.clips.transcripts import cut_transcript, read_transcript
from pipeline.errors import PipelineError
from pipeline.sources import read_source
from pipeline.store import FeatureStore
from pipeline.stores.clipfile import pack, read_clip, read_header
from pipeline.stores.quarantine import read_quarantine
from tests.pipeline.making import aligned_clip

EXAMPLES = int(os.environ.get("DMD_FUZZ_EXAMPLES", "25"))
CORPUS = Path(__file__).parents[1] / "golden" / "fuzz"
LONGEST_S = 5.0
SEEDS = {
    ".srt": b"1\n00:00:01,000 --> 00:00:02,500\n- <i>Hello</i> there\n\n2\n00:00:03,000 --> 00:00:04,000\nbye\n",
    ".vtt": b"WEBVTT\n\n00:01.000 --> 00:02.500 align:start\n<v Ann>Hello <00:01.500>there</v>\n\nNOTE x\n",
    ".textgrid": b'File type = "ooTextFile"\nObject class = "TextGrid"\n\nxmin = 0\nxmax = 2\ntiers? <exists>\n'
    b"size = 1\n"
    b'item []:\n item [1]:\n class = "IntervalTier"\n name = "words"\n xmin = 0\n xmax = 2\n intervals: size = 1\n'
    b' intervals [1]:\n xmin = 0\n xmax = 2\n text = "hello"\n',
    ".json": b'{"language": "en", "segments": [{"start": 0.1, "end": 1.5, "text": "hi you", "speaker": "A", "words": '
    b'[{"word": "hi", "start": 0.1, "end": 0.4, "score": 0.9}, {"word": "you"}]}]}',
    ".txt": "Hello, it\u2019s me.".encode(),
    ".csv": b'path,id,text,label,split,start_s,end_s\n,a,"hello, you",0.5,train,,\nx.mp4,b,,1,valid,0.5,1.5\n',
    ".jsonl": b'{"path": "", "id": "a", "text": "hello"}\n{"path": "x.mp4", "start_s": 1, "end_s": 2.5}\n',
    "label.csv": b"video_id,clip_id,text,label,annotation,mode\nv,1,hello you,0.5,Positive,train\nv,2,bye,-1,,test\n",
}
PIECES = [b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b'"', b"'", b"\n", b"\r", b"\t", b",", b"{", b"[" * 2000, b"9" * 400,
          b"-->", b"1e999", b"nan", b"-1", b"../../etc/passwd", b"/dev/zero", b"<", b"&#0;", b"\\ud800", b"\\u0000",
          "\u0663\u202e\u2028".encode(), b"\x1a", b"null", b"true", b"a" * 70_000]  # fmt: skip
CHANGES = st.lists(
    st.tuples(
        st.floats(0, 1), st.sampled_from(["insert", "replace", "delete", "double", "flip"]), st.sampled_from(PIECES)
    ),
    min_size=1,
    max_size=6,
)


def bent(content: bytes, changes: list[tuple[float, str, bytes]]) -> bytes:
    for place, how, piece in changes:
        at = int(place * len(content))
        rest = content[at:]
        if how == "flip":
            rest = bytes([rest[0] ^ 0x20]) + rest[1:] if rest else rest
        elif how == "delete":
            rest = rest[len(piece) % 40 + 1 :]
        elif how == "double":
            rest = rest[:60] + rest
        else:
            rest = piece + (rest[len(piece) :] if how == "replace" else rest)
        content = content[:at] + rest
    return content


def read_clips(path: Path) -> None:
    found = read_source(path.parent if path.name == "label.csv" else path)
    for clip in found.clips:
        assert clip.path is None or clip.path.resolve().is_relative_to(path.parent.resolve())
        if clip.start_s is not None or clip.end_s is not None:
            assert 0 <= (clip.start_s or 0) < (clip.end_s or float("inf"))
    assert all("\n" not in problem.error and len(problem.error) < 2000 for problem in found.problems)
    assert len({clip.clip_id for clip in found.clips}) == len(found.clips)


def read_words(path: Path) -> None:
    transcript = read_transcript(path)
    for word in transcript.words:
        assert word.start_s is None or 0 <= word.start_s <= word.end_s < float("inf")
    try:
        cut_transcript(transcript, 0.2, 1.0)
    except PipelineError:
        pass


def check(reader: Callable[[Path], object], path: Path) -> None:
    began = time.process_time()
    try:
        reader(path)
    except PipelineError as error:
        assert "\n" not in str(error) and len(str(error)) < 2000, str(error)[:3000]
    assert time.process_time() - began < LONGEST_S


def reader_of(kind: str) -> Callable[[Path], object]:
    return read_clips if kind in (".csv", ".jsonl", "label.csv") else read_words


@pytest.mark.parametrize("kind", SEEDS)
def test_the_seeds_themselves_are_read(tmp_path, kind):
    path = tmp_path / (kind if kind == "label.csv" else f"file{kind}")
    path.write_bytes(SEEDS[kind])
    reader_of(kind)(path)


@pytest.mark.parametrize("path", sorted(path for path in CORPUS.rglob("*") if path.is_file()), ids=str)
def test_what_once_found_something_ends_well(path):
    check(reader_of("label.csv" if path.name == "label.csv" else path.suffix), path)


@pytest.mark.parametrize("kind", SEEDS)
@settings(deadline=None, max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=CHANGES)
def test_a_bent_file_ends_in_a_result_or_a_line(tmp_path, kind, changes):
    path = tmp_path / (kind if kind == "label.csv" else f"file{kind}")
    path.write_bytes(bent(SEEDS[kind], changes))
    check(reader_of(kind), path)


@settings(deadline=None, max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=CHANGES)
def test_a_bent_clip_of_a_store_is_damage_and_nothing_else(tmp_path, changes):
    path = tmp_path / "clip.safetensors"
    path.write_bytes(bent(pack(aligned_clip()), changes))
    check(read_header, path)
    check(read_clip, path)


@settings(deadline=None, max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(changes=[(0.0, "insert", b"[" * 2000)], name="store.json")
@example(changes=[(0.0, "insert", b"[" * 2000)], name="quarantine.json")
@given(changes=CHANGES, name=st.sampled_from(["store.json", "quarantine.json", "failures.csv"]))
def test_a_bent_record_of_a_store_is_one_line(tmp_path, changes, name):
    seeds = {
        "store.json": b'{"format": 1, "extraction": {"text": {"model": "x"}}}',
        "quarantine.json": b'{"a": {"tried": "0", "deadline_s": 1.0, "stage": "crash", "error": "why"}}',
        "failures.csv": b"clip_id,path,stage,error\na,/a.mp4,read,bad\n",
    }
    for other, content in seeds.items():
        (tmp_path / other).write_bytes(bent(content, changes) if other == name else content)

    def read(folder: Path) -> None:
        store = FeatureStore(folder)
        assert isinstance(dict(store.settings), dict)
        assert all(isinstance(row.clip_id, str) for row in store.failures())
        assert all(held.stage for held in read_quarantine(folder).values())

    check(read, tmp_path)
