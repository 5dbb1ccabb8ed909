"""Merging stores: the shards of one SOURCE become the store that one run would have made."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import StoreError, UsageError
from pipeline.store import FeatureStore
from pipeline.stores.clipfile import ClipHeader
from pipeline.stores.failures import Failure
from pipeline.stores.quarantine import read_quarantine, write_quarantine


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge did."""

    added: int
    """Clips that were not in the target."""
    kept: int
    """Clips that stood there already, byte for byte."""
    failed: int
    """Clips that failed in a source and stand in no store."""


def merge(sources: Sequence[Path], target: Path) -> Merged:
    """Add the clips of some stores to another one, which is made if it is not there.

    Nothing is written before all is known to fit: the same settings, and no clip in two versions. Interrupted,
    the same merge goes on.

    Raises
    ------
    UsageError
        Two stores were extracted with differing settings, or hold differing features of one clip.
    StoreError
        A store is missing, damaged, or being written to.
    """
    stores = [FeatureStore(source) for source in sources]
    known = (target / "store.json").is_file()
    into = FeatureStore(target, create=True)
    with into.locked():
        _check_settings([into, *stores] if known and into.settings.keys() > {"format"} else stores)
        _check_clips([into, *stores])
        into.write_settings({key: value for key, value in stores[0].settings.items() if key != "format"})
        lasting = _of_other_files([into, *stores])
        added = kept = 0
        for store in stores:
            for header in _headers(store):
                if header.clip_id in into:
                    kept += 1
                else:
                    into.write_bytes(header.clip_id, store.file(header.clip_id).read_bytes())
                    added += 1
        return Merged(added, kept, _merge_failures([into, *stores], into, lasting))


def _check_settings(stores: Sequence[FeatureStore]) -> None:
    first = stores[0]
    for store in stores[1:]:
        if store.settings != first.settings:
            raise UsageError(
                f"{store.path}: was extracted with other settings than {first.path} (compare their store.json); "
                "extract one of them again"
            )


def _check_clips(stores: Sequence[FeatureStore]) -> None:
    """Refuse two versions of a clip; the fingerprint says what it was made of, the rest is its label."""
    seen: dict[str, tuple[FeatureStore, ClipHeader]] = {}
    for store in stores:
        for header in _headers(store):
            earlier, first = seen.setdefault(header.clip_id, (store, header))
            if (first.provenance.get("fingerprint"), first.info) != (
                header.provenance.get("fingerprint"),
                header.info,
            ):
                raise UsageError(
                    f"clip {header.clip_id!r} differs between {earlier.path} and {store.path}; remove it from one "
                    f"with `dmd forget {header.clip_id!r} --store STORE`"
                )


def _headers(store: FeatureStore) -> list[ClipHeader]:
    damaged = store.damaged()
    if damaged:
        raise StoreError(f"{store.path}: {len(damaged)} damaged files, the first: {damaged[0]}")
    return sorted(store.headers(), key=lambda header: header.clip_id)


def _of_other_files(stores: Sequence[FeatureStore]) -> list[Failure]:
    """Return failures of ids that the same store holds: of a second file that had the id of another."""
    return [row for store in stores for row in store.failures() if row.clip_id in store]


def _merge_failures(stores: Sequence[FeatureStore], into: FeatureStore, lasting: Sequence[Failure]) -> int:
    missing = [row for store in stores for row in store.failures() if row.clip_id not in into]
    failures = {(row.clip_id, row.path): row for row in (*missing, *lasting)}
    held = {key: value for store in stores for key, value in read_quarantine(store.path).items() if key not in into}
    into.write_failures(list(failures.values()))
    write_quarantine(into.path, held)
    return len(failures)
