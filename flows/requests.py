"""Requests: all that can be wrong with an extraction is said before Prefect, torch or a clip is opened."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from extractors.extraction_config import DEVICES, Device, ExtractionConfig, preset
from flows.engines import Engine, check_engine
from pipeline.clips.shards import parse_shard
from pipeline.errors import UsageError
from pipeline.sources import Listing, read_source
from pipeline.store import FeatureStore
from pipeline.wrongsettings import wrong_settings


@dataclass(frozen=True, slots=True)
class Request:
    """An extraction that can start."""

    settings: ExtractionConfig
    listing: Listing
    store: FeatureStore


def check(
    source: str,
    out: str,
    *,
    preset: str = "embedded",
    config: str | None = None,
    columns: Mapping[str, str] | None = None,
    language: str = "en",
    shard: str | None = None,
) -> Request:
    """Check all that can be wrong before the first clip is opened.

    Raises
    ------
    PipelineError
        The source, the configuration or the store cannot be used.
    """
    settings = config_from(preset, Path(config) if config else None)
    check_models(settings)
    part = parse_shard(shard) if shard else None
    listing = read_source(Path(source), columns=dict(columns or {}), language=language)
    listing = part.of(listing) if part else listing
    return Request(settings, listing, FeatureStore(out, create=True))


def check_models(settings: ExtractionConfig) -> None:
    """Check that the models that every clip may need are on this machine; those of a language count clip by clip.

    Raises
    ------
    ModelMissingError
        One is not, with the command that fetches it.
    """
    from extractors.recognise import check_recogniser
    from extractors.text import installed_folder

    installed_folder(settings.text.model)
    if settings.recogniser:
        check_recogniser(settings.recogniser)


def config_from(preset_name: str, file: Path | None) -> ExtractionConfig:
    """Return a preset's configuration with a YAML file's values laid over it.

    Raises
    ------
    UsageError
        The file cannot be read, or holds a key or a value that does not exist.
    """
    base = preset(preset_name)
    if file is None:
        return base
    from pydantic import ValidationError

    from flows.settings_file import read_settings

    given = read_settings(file)
    try:
        return ExtractionConfig.model_validate(_overlaid(base.model_dump(), given))
    except ValidationError as error:
        raise UsageError(f"{file}: {wrong_settings(error)}") from None


def _overlaid(base: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    return {
        **base,
        **{k: _overlaid(base[k], v) if isinstance(v, dict) and isinstance(base.get(k), dict) else v
           for k, v in given.items()},
    }  # fmt: skip


def check_crew(engine: str, device: str) -> tuple[Engine, Device]:
    """Return engine and device; refuse those that are not there.

    Raises
    ------
    UsageError
        So.
    """
    found = check_engine(engine)
    known = next((name for name in DEVICES if name == device), None)
    if known is None:
        raise UsageError(f"--device: there is no device {device!r}; choose one of {', '.join(DEVICES)}")
    if device == "cuda":
        import torch

        if not torch.cuda.is_available():
            raise UsageError("--device cuda: torch sees no CUDA device; leave the option out, or see `dmd doctor`")
    return found, known
