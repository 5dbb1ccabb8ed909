"""What is wrong with settings, in one line: pydantic's findings without its own phrases."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import ValidationError

_PREFIX = "Value error, "


def wrong_settings(error: "ValidationError") -> str:
    """Return every finding as ``place: what is wrong``, joined by semicolons; a rule of the whole has no place.

    An unknown setting is named as such.
    """
    found = []
    for each in error.errors():
        place = ".".join(map(str, each["loc"]))
        if each["type"] == "extra_forbidden":
            found.append(f"there is no setting {place!r}")
            continue
        message = each["msg"].removeprefix(_PREFIX)
        found.append(f"{place}: {message}" if place else message)
    return "; ".join(found)
