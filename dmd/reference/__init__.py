"""The published DMD code (commit 516d4e1): its names, layouts and training loop; nothing else here knows them."""

from dmd.reference.arguments import config_from_reference
from dmd.reference.results import to_reference_losses, to_reference_outputs
from dmd.reference.state import system_from_reference, to_reference_gradients, to_reference_state
from dmd.reference.trajectory import reference_trajectory

__all__ = [
    "config_from_reference",
    "reference_trajectory",
    "system_from_reference",
    "to_reference_gradients",
    "to_reference_losses",
    "to_reference_outputs",
    "to_reference_state",
]
