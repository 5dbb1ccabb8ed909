"""FeatureSchema: which columns a dataset has and which tool made them; what does not fit is said by name."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.aligned import AlignedClip
from pipeline.errors import FeatureMismatchError

MODALITIES = ("text", "audio", "face")
"""The three modalities, in the order in which they are named everywhere."""
SHOWN = 6
"""How many differing names a message lists before it counts the rest."""


@dataclass(frozen=True, slots=True)
class FeatureSchema:
    """What the columns of text, audio and face are."""

    names: Mapping[str, tuple[str, ...]]
    """Modality -> column names, in the order of the columns."""
    origins: Mapping[str, str] = field(default_factory=dict)
    """Modality -> what made the columns, where it decides their meaning: a model's sha256, or a named selection
    of a public file. Two origins that are both known must be equal."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Extractor and library versions, for the record: a difference does not make features unfit."""

    def to_json(self) -> dict[str, Any]:
        """Return the schema as JSON values."""
        return {
            "names": {modality: list(names) for modality, names in self.names.items()},
            "origins": dict(self.origins),
            "versions": dict(self.versions),
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "FeatureSchema":
        """Return the schema that `to_json` described."""
        names = {modality: tuple(columns) for modality, columns in content["names"].items()}
        return cls(names, dict(content.get("origins", {})), dict(content.get("versions", {})))

    def difference(self, other: "FeatureSchema", modalities: Iterable[str] = MODALITIES) -> tuple[str, ...]:
        """Say how ``other``'s features differ from these, one line a modality; empty if they fit.

        Parameters
        ----------
        other : FeatureSchema
            The features that are offered.
        modalities : iterable of str
            Those that count; a text-only model does not mind other audio columns.
        """
        return tuple(line for modality in modalities for line in self._differs(other, modality))

    def demand(self, other: "FeatureSchema", modalities: Iterable[str], where: str) -> None:
        """Refuse features that do not fit.

        Raises
        ------
        FeatureMismatchError
            Lists the names that differ.
        """
        lines = self.difference(other, modalities)
        if not lines:
            return
        from_file = any(origin.startswith("the ") for origin in self.origins.values())
        remedy = (
            "no extraction makes a feature file's columns: give a file like the one of the training"
            if from_file
            else "extract the clips with the configuration of the training data"
        )
        raise FeatureMismatchError(
            f"{where}: the features are not those the model was trained on: {'; '.join(lines)}; {remedy}, or train a "
            "model on these features"
        )

    def _differs(self, other: "FeatureSchema", modality: str) -> list[str]:
        ours, theirs = self.names.get(modality, ()), other.names.get(modality, ())
        made, offered = self.origins.get(modality, ""), other.origins.get(modality, "")
        if ours != theirs:
            wanted, given = [n for n in ours if n not in theirs], [n for n in theirs if n not in ours]
            if not wanted and not given:
                return [f"{modality}: the same columns in another order"]
            parts = [f"missing {_listed(wanted)}" if wanted else "", f"unknown {_listed(given)}" if given else ""]
            note = f" (the model's are {made})" if made.startswith("the ") else ""
            return [f"{modality}: {', '.join(part for part in parts if part)}{note}"]
        if made and offered and made != offered:
            return [f"{modality}: made by {offered}, the model needs {made}"]
        return []


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:SHOWN])
    return shown + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")


def clip_schema(clip: AlignedClip) -> FeatureSchema:
    """Return what a clip's columns are, from its names and its provenance.

    Reads `provenance["recipe"]["models"]` (modality -> sha256 of the model that made its values) and
    `provenance["recipe"]["version"]`; a clip without them has no known origin.
    """
    recipe = clip.provenance.get("recipe", {})
    models = recipe.get("models", {})
    origins = {m: f"model sha256 {models[m]}" for m in MODALITIES if isinstance(models.get(m), str)}
    versions = {"extraction": str(recipe["version"])} if "version" in recipe else {}
    return FeatureSchema({m: getattr(clip, m).names for m in MODALITIES}, origins, versions)
