"""The forms of written English: what a regular expression tells apart, and how each is said.

Only forms live here (what a dollar sign or ``10:05`` means); how a number is said is num2words' business.
"""

import re
from collections.abc import Callable

from extractors.spoken.amounts import (
    NUMBER,
    said_address,
    said_date,
    said_decade,
    said_fraction,
    said_height,
    said_hours,
    said_in_hundreds,
    said_mixed,
    said_money,
    said_number,
    said_plural,
    said_range_start,
    said_version,
)
from extractors.spoken.numbers import say_cardinal, say_digits, say_ordinal
from extractors.spoken.units import CENT_SIGNS, CURRENCIES, PER_UNITS, UNITS

SIGN = f"[{''.join(CURRENCIES)}]"
_APART = ("in", "am", "pm", "eur", "usd", "gbp", "yo", "M", "G", "S")
"""Units that mean something else behind a number and a hyphen."""
_ANY_SIGN = f"[{''.join((*CURRENCIES, *CENT_SIGNS))}]"
PER = "|".join(sorted(PER_UNITS, key=len, reverse=True))
_COMPOUND = (unit for unit in UNITS if unit.isalpha() and len(unit) > 1 and unit not in _APART)
COMPOUND = "|".join(sorted(_COMPOUND, key=len, reverse=True))
RULES = re.compile(
    rf"""
    (?P<address>[\w.+-]+@[\w-]+(?:\.[\w-]+)+|(?:https?://|www\.)[^\s,;!?]+[\w/]|
        [a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|org|net|edu|gov|io|tv|co\.uk)(?:/[\w./-]*\w)?(?![a-z]))
    |(?<![\w.])\.(?P<domain>com|org|net|edu|gov|io)(?![a-z])
    |(?P<time>\d{{1,2}}:\d{{2}}(?::\d{{2}})?(?!\d)|\d{{1,2}}\.\d{{2}}(?=\s?[ap]\.?m\b))(?P<half>\s?[ap]\.?m\b\.?)?
    |(?P<ratio>\d+:(?:\d{{1,3}}(?:,\d{{3}})+|\d{{3,}}|\d))(?!\d)
    |(?P<no>(?<![a-z])no\.)(?=\d)
    |(?P<hours>\d+)h(?P<minutes>\d+)m?(?![a-z\d])
    |(?P<date>\d{{1,2}}/\d{{1,2}}/(?:\d{{4}}|\d{{2}})|\d{{4}}-\d{{2}}-\d{{2}}|\d{{1,2}}\.\d{{1,2}}\.(?:19|20)\d\d)(?!\d)
    |{SIGN}(?P<notes>\d+)s(?![a-z])
    |(?P<money>{SIGN})\s?(?P<debt>-)?(?P<amount>{NUMBER})(?:\s?-\s?{SIGN}?(?P<upto>{NUMBER}))?
        (?P<scale>k|m|mm|bn|b|tn|t)?(?![a-z])
    |(?P<worth>{NUMBER})(?P<worths>k|m|mm|bn|b|tn|t)?\s?(?P<coin>{_ANY_SIGN})(?!\d)
    |(?P<percent>{NUMBER})\s?%
    |/(?P<each>{PER})(?![a-z])
    |(?P<lines>\d{{3,4}})(?=[pi](?![a-z\d]))
    |(?P<across>\d+)x(?=\d)
    |(?P<fold>{NUMBER})x(?![a-z\d+=-])
    |(?<![a-z\d])(?P<times>(?-i:x))(?=\d)
    |(?P<long>{NUMBER})-(?P<of>{COMPOUND})(?![a-z'])
    |(?P<height>\d)'\s?(?P<inches>1[01]|\d)(?!\d)"?
    |(?P<ordinal>\d+(?:,\d{{3}})*)(?:st|nd|rd|th)(?![a-z])
    |(?<=[a-z])(?P<several>\d+)'?s(?![a-z])
    |'?(?P<decade>(?:1[1-9]|20)?\d0)'?s(?![a-z])
    |(?P<plural>\d+(?:,\d{{3}})*)(?:'|(?<=\d{{3}}))s(?![a-z])
    |(?!\d00-\d\d00(?!\d))(?P<phone>(?<!\d)\d{{3}}-\d\d-\d{{4}}|97[89]-\d{{1,5}}(?:-\d{{1,7}}){{2}}-\d|(?:\+?\d{{1,2}}[-.])?(?:\d{{3}}[-.\s])?\d{{3}}[-.]\d{{4}})(?!\d)
    |(?P<mixed>\d+)[\s-](?P<part>\d/\d+)
    |(?P<fraction>\d+(?:\.\d+)?/\d+)
    |(?<!\d-)(?P<low>{NUMBER})\s?-\s?(?=(?P<high>{NUMBER})(?![\d/-]))
    |(?P<dotted>\d{{1,3}}(?:\.\d{{3}}){{2,}})(?![\d.])
    |(?P<version>\d+(?:\.\d+){{2,}})(?![\d.])
    |(?P<measure>{NUMBER})\s?(?P<unit>°\s?[cf]?|[a-z]+(?:/h(?![a-z]))?)(?P<raised>\^[23])?(?![a-z0-9'])
    |\^(?P<power>\d+)
    |(?P<hash>\#)(?=\d+(?![a-z\d]))
    |(?P<note>(?<![a-z])[a-g])\#(?![\w])
    |(?P<firm>(?-i:(?<![A-Za-z])[A-Z]{{1,2}}&[A-Z]{{1,2}}(?![A-Za-z'])))
    |(?P<about>[~≈])(?={SIGN}?\.?\d)
    |(?P<until>(?:(?<=[ap]m)|(?<=%)|(?<=:\d\d)|(?<=\d[kmb]))-(?={SIGN}?\d))
    |(?P<minus>(?<!\S)-)(?={SIGN}?[\d.]*\d)
    |(?P<number>{NUMBER})
    |(?P<initials>(?:[a-z]\.){{2,}}(?:[a-z](?![a-z]))?)(?:'?s(?![a-z]))?
    |(?P<letters>'?[a-z]+(?:'[a-z]+)*'?)
    |(?P<symbol>[&@\#+=%°×÷/~])
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""The first named group of each form names it."""


def _said_amount(match: re.Match[str]) -> list[str]:
    said = said_money(match["money"], match["amount"], match["scale"], match["upto"])
    return ["minus", *said] if match["debt"] else said


FORMS: dict[str, Callable[[re.Match[str]], list[str]]] = {
    "address": lambda match: said_address(match["address"]),
    "domain": lambda match: ["dot", match["domain"].lower()],
    "date": lambda match: said_date(match["date"]),
    "notes": lambda match: said_plural(match["notes"]),
    "several": lambda match: said_plural(match["several"]),
    "money": _said_amount,
    "worth": lambda match: said_money(match["coin"], match["worth"], match["worths"]),
    "percent": lambda match: [*say_cardinal(match["percent"]), "percent"],
    "height": lambda match: said_height(match["height"], match["inches"]),
    "ordinal": lambda match: say_ordinal(match["ordinal"]),
    "decade": lambda match: said_decade(match["decade"]),
    "plural": lambda match: said_plural(match["plural"]),
    "phone": lambda match: say_digits(match["phone"]),
    "mixed": lambda match: said_mixed(match["mixed"], match["part"]),
    "fraction": lambda match: said_fraction(match["fraction"]),
    "low": lambda match: said_range_start(match["low"], match["high"]),
    "each": lambda match: ["per", PER_UNITS[match["each"].lower()]],
    "no": lambda _: ["number"],
    "hours": lambda match: said_hours(match["hours"], match["minutes"]),
    "times": lambda _: ["times"],
    "lines": lambda match: said_in_hundreds(match["lines"]),
    "across": lambda match: [*said_number(match["across"]), "by"],
    "fold": lambda match: [*say_cardinal(match["fold"]), "times"],
    "long": lambda match: [*say_cardinal(match["long"]), *UNITS[match["of"].lower()].partition("|")[0].split()],
    "version": lambda match: said_version(match["version"]),
    "note": lambda match: [match["note"].lower(), "sharp"],
    "firm": lambda match: " and ".join(" ".join(part.lower()) for part in match["firm"].split("&")).split(),
    "dotted": lambda match: say_cardinal(match["dotted"].replace(".", "")),
    "hash": lambda _: ["number"],
    "about": lambda _: ["about"],
    "until": lambda _: ["to"],
    "minus": lambda _: ["minus"],
    "number": lambda match: said_number(match["number"]),
}
