"""How English is said: each written word, whatever it is made of, as lower-case words.

A word is cut from left to right by the first rule that fits; what no rule knows is punctuation and silent.
Only forms live here (what a dollar sign or ``10:05`` means); how a number is said is num2words' business.
"""

import re
from collections.abc import Callable, Sequence

from extractors.english_words import (
    ABBREVIATIONS,
    CURRENCIES,
    DOTTED_ABBREVIATIONS,
    MONTHS,
    ROMAN_NUMERALS,
    SCALE_WORDS,
    SCALES,
    SYMBOLS,
    UNINTELLIGIBLE,
    UNITS,
    WHOLE_WORDS,
)
from extractors.spelling import said_letters, without_accents
from extractors.spoken_numbers import say_cardinal, say_digits, say_ordinal, say_year

_NUMBER = r"\d+(?:,\d{3})*(?:\.\d+)?|\.\d+"
_RULES = re.compile(
    rf"""
    (?P<address>[\w.+-]+@[\w-]+(?:\.[\w-]+)+|(?:https?://|www\.)[^\s,;!?]+[\w/]|
        [a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|org|net|edu|gov|io|tv|co\.uk)(?:/[\w./-]*\w)?(?![a-z]))
    |(?P<time>\d{{1,2}}:\d{{2}}(?::\d{{2}})?)(?P<half>\s?[ap]\.?m\b\.?)?
    |(?P<date>\d{{1,2}}/\d{{1,2}}/(?:\d{{4}}|\d{{2}})|\d{{4}}-\d{{2}}-\d{{2}})(?!\d)
    |(?P<money>[$£€¥])(?P<amount>{_NUMBER})(?P<scale>k|m|mm|bn|b|tn|t)?(?![a-z])
    |(?P<percent>{_NUMBER})\s?%
    |(?P<ordinal>\d+(?:,\d{{3}})*)(?:st|nd|rd|th)(?![a-z])
    |'?(?P<decade>(?:1\d|20)?\d0)'?s(?![a-z])
    |(?P<plural>\d+)'?s(?![a-z])
    |(?P<phone>(?:\+?\d{{1,2}}[-.])?(?:\(?\d{{3}}\)?[-.])?\d{{3}}[-.]\d{{4}})(?!\d)
    |(?P<fraction>\d+/\d+)
    |(?P<low>{_NUMBER})\s?-\s?(?P<high>\d+(?:\.\d+)?)(?![\d/-])
    |(?P<measure>{_NUMBER})\s?(?P<unit>°\s?[cf]?|[a-z]+(?:/h)?)(?![a-z0-9'])
    |(?P<hash>\#)(?=\d)
    |(?P<minus>(?<!\S)-)(?=[\d.]*\d)
    |(?P<number>{_NUMBER})
    |(?P<initials>(?:[a-z]\.){{2,}}(?:[a-z](?![a-z]))?)(?:'?s(?![a-z]))?
    |(?P<letters>'?[a-z]+(?:'[a-z]+)*'?)
    |(?P<symbol>[&@\#+=%°×÷/~])
    """,
    re.VERBOSE | re.IGNORECASE,
)
_YEARS = range(1100, 2100)
_FRACTION_BELOW = {2: "half", 4: "quarter"}


def expand_english(words: Sequence[str], known: Callable[[str], bool]) -> tuple[tuple[str, ...], ...]:
    """Return what is said for each English word; ``words`` as `spoken.clean_marks` leaves them."""
    words = [without_accents(word) for word in words]
    shouted = not any(mark.islower() for word in words for mark in word)
    said = []
    for index, word in enumerate(words):
        before = words[index - 1] if index else ""
        after = words[index + 1] if index + 1 < len(words) else ""
        spoken = _English(known, shouted, before, after).said(word)
        said.append(tuple(each for each in spoken if re.search("[a-z]", each)))  # a sign alone has no sound
    return _money_after_scale(tuple(said), words)


def _money_after_scale(said: tuple[tuple[str, ...], ...], words: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Say the currency after the scale (``$5 million`` is five million dollars), in the scale's row."""
    rows = list(said)
    for index in range(len(rows) - 1):
        amount = re.fullmatch(rf"\W*([$£€¥])(?:{_NUMBER})", words[index])
        if amount and rows[index + 1][:1] and rows[index + 1][0] in SCALE_WORDS:
            unit = CURRENCIES[amount[1]]
            rows[index] = tuple(word for word in rows[index] if word not in (unit.one, unit.many))
            rows[index + 1] = (*rows[index + 1], unit.many)
    return tuple(rows)


class _English:
    """One word in its place; the place decides what ``St.`` and ``II`` are."""

    def __init__(self, known: Callable[[str], bool], shouted: bool, before: str, after: str) -> None:
        self._known, self._shouted, self._before, self._after = known, shouted, before, after

    def said(self, word: str) -> list[str]:
        core = word.strip(" \"'.,;:!?()[]{}<>*_-~|").lower()
        if core in UNINTELLIGIBLE:
            return []
        whole = self._as_a_whole(word.strip(" \"',;:!?()[]{}<>*_|"), core)
        if whole:
            return whole
        said: list[str] = []
        for match in _RULES.finditer(word):
            said.extend(self._piece(match, said, word))
        return said

    def _as_a_whole(self, dotted: str, core: str) -> list[str]:
        """Words that are looked up as they stand: abbreviations, Roman numerals, ``uh-huh``."""
        if core in WHOLE_WORDS:
            return WHOLE_WORDS[core].split()
        if dotted.endswith(".") and core in DOTTED_ABBREVIATIONS:
            if core in ("no", "nos") and not self._after[:1].isdigit():
                return ["no"]
            if core == "st":
                return ["saint" if self._after[:1].isupper() and not self._before[:1].isupper() else "street"]
            return DOTTED_ABBREVIATIONS[core].split()
        if core in ABBREVIATIONS:
            return ABBREVIATIONS[core].split()
        if dotted.rstrip(".") in ROMAN_NUMERALS and self._before[:1].isupper():
            return say_cardinal(str(ROMAN_NUMERALS[dotted.rstrip(".")]))
        if "-" in core and re.fullmatch(r"[a-z'-]+", core) and self._known(core):
            return [core]
        return []

    def _piece(self, match: re.Match[str], said: list[str], word: str) -> list[str]:
        kind = match.lastgroup or ""
        if kind in ("time", "half"):
            return _said_time(match["time"], match["half"])
        if kind in ("amount", "scale"):
            return _said_money(match["money"], match["amount"], match["scale"])
        if kind in ("low", "high"):
            return _said_range(match["low"], match["high"])
        if kind == "unit":
            return self._said_measure(match["measure"], match["unit"], word[match.end() :])
        if kind in ("letters", "initials"):
            return self._said_letters(match, said, word)
        if kind == "symbol":
            return _said_symbol(match[0], word, match.start(), match.end())
        return _NUMERIC[kind](match[kind])

    def _said_measure(self, number: str, unit: str, rest: str) -> list[str]:
        plain = unit.replace(" ", "")
        name = UNITS.get(plain) or UNITS.get(plain.lower())
        if name is None or rest[:1].isalnum():
            # a number grown together with letters: 3D, 5th-grade, B2B
            return [*_said_number(number), *said_letters(unit, self._known, self._shouted, beside_number=True)]
        one, _, many = name.partition("|")
        return [*_said_number(number), *(one if number == "1" else many or one).split()]

    def _said_letters(self, match: re.Match[str], said: list[str], word: str) -> list[str]:
        letters = match[0]
        if match.lastgroup == "initials":
            plain = re.sub(r"[^a-zA-Z]", "", match["initials"]).lower()
            tail = letters[len(match["initials"]) :].strip("'").lower()
            return [*plain[:-1], plain[-1] + ("'s" if tail else "")]
        bare = letters.strip("'").lower()
        if said and len(bare) == 1 and said[-1].endswith(bare) and word[match.start() - 1] == "-":
            return [bare] if len(said[-1]) == 1 else []  # "no-o-o" is one long word, "I-I" is two
        beside = word[match.start() - 1 : match.start()].isdigit() or bool(re.match(r"-?\d", word[match.end() :]))
        return said_letters(letters, self._known, self._shouted, beside_number=beside)


def _said_number(number: str) -> list[str]:
    if re.fullmatch(r"\d{4}", number) and int(number) in _YEARS:
        return say_year(number)
    if len(number) > 1 and number.isdigit() and number.startswith("0"):
        return ["oh" if digit == "0" else say_digits(digit)[0] for digit in number]
    return say_cardinal(number)


def _said_time(clock: str, half: str | None) -> list[str]:
    hour, minute, *second = clock.split(":")
    said = say_cardinal(str(int(hour)))
    if int(minute) == 0:
        said += [] if half or second else ["o'clock"]
    else:
        said += (["oh"] if minute[0] == "0" else []) + say_cardinal(str(int(minute)))
    for part in second:
        said += ["and", *say_cardinal(str(int(part))), "seconds"]
    return said + ([half.strip()[0].lower(), "m"] if half else [])


def _said_date(date: str) -> list[str]:
    if "-" in date:
        year, month, day = date.split("-")
    else:
        month, day, year = date.split("/")
        if int(month) > 12:
            day, month = month, day
    if not 1 <= int(month) <= 12:
        return [word for part in (month, day, year) for word in _said_number(part)]
    return [MONTHS[int(month) - 1], *say_ordinal(day), *(say_year(year) if len(year) == 4 else _said_number(year))]


def _said_money(sign: str, amount: str, scale: str | None) -> list[str]:
    unit = CURRENCIES[sign]
    if scale:
        return [*say_cardinal(amount), SCALES[scale.lower()], unit.many]
    whole, _, cents = amount.replace(",", "").partition(".")
    if len(cents) != 2:
        return [*say_cardinal(amount), unit.one if amount == "1" else unit.many]
    said = [*say_cardinal(whole), unit.one if whole == "1" else unit.many] if whole.strip("0") else []
    if int(cents):
        said += [*say_cardinal(str(int(cents))), unit.cent if cents == "01" else unit.cents]
    return said


def _said_decade(decade: str) -> list[str]:
    said = say_year(decade) if len(decade) == 4 else say_cardinal(decade)
    return [*said[:-1], _plural(said[-1])]


def _said_plural(number: str) -> list[str]:
    said = _said_number(number)
    return [*said[:-1], _plural(said[-1])]


def _plural(word: str) -> str:
    if word.endswith("y"):
        return word[:-1] + "ies"
    return word + ("es" if word.endswith("x") else "s")


def _said_fraction(fraction: str) -> list[str]:
    above, below = fraction.split("/")
    if len(fraction) > 5 or not (0 < int(above) < int(below) <= 10):
        return [*_said_number(above), *_said_number(below)]  # 24/7, 9/11, 50/50
    name = _FRACTION_BELOW.get(int(below)) or say_ordinal(below)[-1]
    many = {"half": "halves"}.get(name, name + "s")
    return [*say_cardinal(above), name if above == "1" else many]


def _said_range(low: str, high: str) -> list[str]:
    rising = float(high) > float(low.replace(",", ""))
    return [*_said_number(low), *(["to"] if rising else []), *_said_number(high)]


def _said_address(address: str) -> list[str]:
    said: list[str] = []
    for part in re.findall(r"[A-Za-z]+|\d+|[.@/_-]", re.sub(r"^https?://", "", address)):
        names = {".": "dot", "@": "at", "/": "slash", "_": "underscore", "-": "dash"}
        said.extend(
            list("www") if part.lower() == "www" else say_cardinal(part) if part.isdigit() else [part.lower()]
        )
        said[-1] = names.get(said[-1], said[-1])
    return said


def _said_symbol(symbol: str, word: str, start: int, end: int) -> list[str]:
    if symbol in "/~" or (symbol == "+" and not (word[:start] + word[end:]).strip()):
        return []
    return [SYMBOLS[symbol]]


_NUMERIC: dict[str, Callable[[str], list[str]]] = {
    "address": _said_address,
    "date": _said_date,
    "percent": lambda number: [*say_cardinal(number), "percent"],
    "ordinal": say_ordinal,
    "decade": _said_decade,
    "plural": _said_plural,
    "phone": say_digits,
    "fraction": _said_fraction,
    "hash": lambda _: ["number"],
    "minus": lambda _: ["minus"],
    "number": _said_number,
}
