"""Every command of the documents: its options exist, and those that need nothing but the sample clips run."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from flows.cli import app
from tests.documents.commands import ROOT, commands

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
EVERY = [(page.name, line) for page in PAGES for line in commands(page)]
WITHOUT_RESULT = ("serve",)
"""Runs until it is stopped."""
SAMPLE_EXIT_CODES = (0, 3)
"""3: the samples hold one truncated clip on purpose."""


def dmd(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "DMD_STATE": str(folder / "state")}
    words = [sys.executable, "-m", "flows", *shlex.split(line)[1:]]
    return subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_the_documents_have_commands():
    assert {page for page, _ in EVERY} >= {"README.md", "tutorial.md", "formats.md", "training-public.md"}


@pytest.mark.parametrize(("page", "line"), EVERY, ids=[f"{page}: {line}" for page, line in EVERY])
def test_a_command_in_a_document_has_only_options_that_exist(page, line):
    command = typer.main.get_command(app)
    name, *arguments = shlex.split(line)
    while hasattr(command, "commands"):
        assert arguments and arguments[0] in command.commands, f"there is no command {arguments[:1]}"
        name, *arguments = arguments
        command = command.commands[name]
    assert command.make_context(name, arguments) is not None  # raises for an option that does not exist


def every_command(group=None, before=""):
    group = group or typer.main.get_command(app)
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from every_command(command, f"{before}{name} ")
        else:
            yield f"{before}{name}", command


@pytest.mark.parametrize(("name", "command"), list(every_command()), ids=lambda value: str(value))
def test_every_command_has_an_example_that_parses_and_its_result_as_json(name, command):
    line = command.epilog.removeprefix("Example: ").split("   (")[0]
    assert line.startswith(f"dmd {name} ") or line == f"dmd {name}"
    test_a_command_in_a_document_has_only_options_that_exist("--help", line)
    if name not in WITHOUT_RESULT:
        assert any("--json" in option.opts for option in command.params), f"{name} has no --json"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    found = tmp_path_factory.mktemp("documents")
    (found / "data").symlink_to(ROOT / "data")
    return found


@pytest.mark.slow
def test_the_tutorial_runs_from_its_first_command_to_its_last(folder):
    for line in commands(ROOT / "docs" / "tutorial.md"):
        found = dmd(line, folder)
        assert found.returncode in SAMPLE_EXIT_CODES, f"{line}\n{found.stderr}"
    for name in ("samples.html", "run.html", "scores.html", "samples.pkl", "samples.parquet"):
        assert (folder / name).stat().st_size > 1000


@pytest.mark.slow
def test_the_commands_of_the_formats_run_on_a_store_of_the_samples(folder):
    dmd("dmd extract data --out interviews.store", folder)
    for line in commands(ROOT / "docs" / "formats.md"):
        found = dmd(line, folder)
        assert found.returncode == 0, f"{line}\n{found.stderr}"


@pytest.mark.slow
def test_the_commands_of_training_on_public_files_run_on_a_file_of_their_layout(folder):
    dmd("dmd extract data --out public.store", folder)
    dmd("dmd export public.store aligned_50.pkl --format mmsa", folder)
    for line in commands(ROOT / "docs" / "training-public.md"):
        quick = f"{line} --epochs 1" if line.startswith("dmd train") else line
        found = dmd(quick, folder)
        assert found.returncode == 0, f"{quick}\n{found.stderr}"


@pytest.mark.slow
def test_the_commands_of_the_readme_run_with_the_samples_in_place_of_interviews(folder):
    for name in ("interviews", "new_clips"):
        (folder / name).symlink_to(ROOT / "data")
    (folder / "smoke.yaml").write_text((ROOT / "data" / "smoke.yaml").read_text())
    for line in commands(ROOT / "README.md"):
        if "aligned_50" in line or "mosi" in line:
            continue  # run by the test above
        quick = f"{line} --config smoke.yaml" if line.startswith("dmd train") else line
        found = dmd(quick.replace("--seeds 5", "--seeds 1"), folder)
        assert found.returncode in SAMPLE_EXIT_CODES, f"{quick}\n{found.stderr}"
