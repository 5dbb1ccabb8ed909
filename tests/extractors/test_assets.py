"""Model files: only the known bytes count, and a download arrives whole or not at all."""

import dataclasses
import hashlib
import http.server
import threading

import pytest

from extractors import assets
from extractors.known_models import BERT_BASE, EMBEDDED_FACE, OFFICIAL_FACE
from pipeline.errors import ModelMissingError, UsageError

CONTENT = b"a model" * 1000


@pytest.fixture
def small_model(monkeypatch, tmp_path):
    """`face-official` of a few bytes, in an empty model folder."""
    monkeypatch.setenv("DMD_MODELS", str(tmp_path / "models"))
    known = tuple(
        dataclasses.replace(model, sha256=hashlib.sha256(CONTENT).hexdigest())
        if model.name == OFFICIAL_FACE
        else model
        for model in assets.KNOWN_MODELS
    )
    monkeypatch.setattr(assets, "KNOWN_MODELS", known)
    return tmp_path


def serve(path, content):
    path.write_bytes(content)
    return path.as_uri()


def left_behind(folder):
    return sorted(entry.name for entry in (folder / "models").iterdir())


def test_the_embedded_bundle_is_there_and_verified():
    path = assets.model_path(EMBEDDED_FACE)
    assert assets.file_sha256(path) == assets.known_model(EMBEDDED_FACE).sha256


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(UsageError, match="face-embedded, face-official, bert-base-uncased"):
        assets.model_path("face-magic")


def test_a_missing_model_says_which_command_gets_it(small_model):
    with pytest.raises(ModelMissingError, match="dmd models fetch face-official"):
        assets.model_path(OFFICIAL_FACE)


def test_fetching_puts_the_file_in_place_and_again_does_nothing(small_model):
    url = serve(small_model / "there.task", CONTENT)
    said = []
    path = assets.fetch(OFFICIAL_FACE, url=url, report=said.append)
    assert path.read_bytes() == CONTENT
    assert path == assets.model_path(OFFICIAL_FACE)
    assert assets.fetch(OFFICIAL_FACE, url="file:///nowhere", report=said.append) == path
    assert "already" in said[-1]
    assert left_behind(small_model) == ["face_landmarker.task"]


def test_a_wrong_file_is_refused_and_leaves_nothing(small_model):
    url = serve(small_model / "there.task", CONTENT + b"!")
    with pytest.raises(ModelMissingError, match="is not model 'face-official'"):
        assets.fetch(OFFICIAL_FACE, url=url)
    assert left_behind(small_model) == []


def test_a_damaged_file_is_told_and_replaced(small_model):
    path = small_model / "models" / "face_landmarker.task"
    path.parent.mkdir()
    path.write_bytes(CONTENT[:-1])
    (status,) = [status for status in assets.list_models() if status.model.name == OFFICIAL_FACE]
    assert status.state == "damaged"
    with pytest.raises(ModelMissingError, match="not the known file"):
        assets.model_path(OFFICIAL_FACE)
    assets.fetch(OFFICIAL_FACE, url=serve(small_model / "there.task", CONTENT))
    assert path.read_bytes() == CONTENT


def test_a_refused_download_keeps_what_was_there(small_model):
    path = small_model / "models" / "face_landmarker.task"
    path.parent.mkdir()
    path.write_bytes(b"older")
    with pytest.raises(ModelMissingError):
        assets.fetch(OFFICIAL_FACE, url=serve(small_model / "there.task", b"other"))
    assert path.read_bytes() == b"older"


def test_a_source_that_is_not_there_is_one_line(small_model):
    with pytest.raises(ModelMissingError, match="could not be fetched") as caught:
        assets.fetch(OFFICIAL_FACE, url=(small_model / "none.task").as_uri())
    assert "\n" not in str(caught.value)
    assert left_behind(small_model) == []


def test_a_connection_that_breaks_off_leaves_nothing(small_model):
    class HalfAnswer(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", str(len(CONTENT)))
            self.end_headers()
            self.wfile.write(CONTENT[: len(CONTENT) // 2])

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), HalfAnswer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            with pytest.raises(ModelMissingError):
                assets.fetch(OFFICIAL_FACE, url=f"http://127.0.0.1:{server.server_port}/m.task")
        finally:
            server.shutdown()
    assert left_behind(small_model) == []


def test_a_file_of_another_hash_is_refused_with_both_hashes(tmp_path):
    path = tmp_path / "m.task"
    path.write_bytes(CONTENT)
    assets.verify(path, hashlib.sha256(CONTENT).hexdigest())
    with pytest.raises(ModelMissingError, match="expected 0000"):
        assets.verify(path, "0" * 64)
    with pytest.raises(ModelMissingError, match="cannot be read"):
        assets.verify(tmp_path / "none", "0" * 64)


def test_the_model_folder_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.delenv("DMD_MODELS", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert assets.model_folder() == tmp_path / "dmd-video" / "models"
    monkeypatch.setenv("DMD_MODELS", str(tmp_path / "mine"))
    assert assets.model_folder() == tmp_path / "mine"


def test_the_package_states_where_its_model_comes_from():
    notice = assets.model_path(EMBEDDED_FACE).with_name("NOTICE").read_text()
    assert "MODIFIED" in notice
    assert "Apache" in notice


def test_a_snapshot_takes_safe_weights_where_there_are_some_and_arrives_whole(monkeypatch, tmp_path):
    monkeypatch.setenv("DMD_MODELS", str(tmp_path))
    files, wanted = ["config.json", "model.safetensors", "pytorch_model.bin"], []

    def snapshot_download(repository, local_dir, allow_patterns, ignore_patterns):
        wanted.append(allow_patterns)
        (local_dir / "config.json").write_text("{}")

    monkeypatch.setattr("huggingface_hub.list_repo_files", lambda repository: files)
    monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot_download)
    assert assets.fetch(BERT_BASE) == assets.model_path(BERT_BASE) == tmp_path / BERT_BASE
    files.remove("model.safetensors")
    assets.fetch("aligner-de")
    assert "*.safetensors" in wanted[0] and "pytorch_model.bin" not in wanted[0]
    assert "pytorch_model.bin" in wanted[1]
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["aligner-de", BERT_BASE]


def test_every_language_has_a_text_model_and_an_aligner_to_fetch():
    names = {status.model.name for status in assets.list_models()}
    assert {"text-de", "aligner-de", "text-zh", "aligner-zh", "asr-whisper-base"} <= names
