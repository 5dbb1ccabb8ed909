"""How English is said: each written word, whatever it is made of, as lower-case words.

A word is cut from left to right by the first rule that fits; what no rule knows is punctuation and silent.
What the rules are stands in `forms`; here, what depends on the words beside.
"""

import re
from collections.abc import Callable, Sequence

from extractors.spoken.amounts import (
    NUMBER,
    said_in_hundreds,
    said_money,
    said_number,
    said_power,
    said_ratio,
    said_time,
)
from extractors.spoken.dates import said_in_date
from extractors.spoken.forms import FORMS, RULES, SIGN
from extractors.spoken.grouped_numbers import grouped_numbers, said_over_rows
from extractors.spoken.numbers import say_cardinal, say_digits, say_ordinal
from extractors.spoken.phone_numbers import phone_rows
from extractors.spoken.spelling import said_letters, without_accents
from extractors.spoken.units import CENT_SIGNS, CURRENCIES, CURRENCY_CODES, PER_UNITS, UNITS
from extractors.spoken.vocabulary import (
    ABBREVIATIONS,
    BEFORE_YEARS,
    CALLED_BY_NUMBERS,
    DOTTED_ABBREVIATIONS,
    NUMBERED_BY_ROMANS,
    NUMBERED_CUT,
    REGNAL_NAMES,
    ROMAN_LETTERS,
    ROMAN_NUMERALS,
    SAINTLY,
    SCALE_WORDS,
    STATES,
    SYMBOLS,
    UNINTELLIGIBLE,
    WHOLE_WORDS,
)

_AROUND = " .,;:!?()\"'"
_EMOTICON = re.compile(r"[<>]?[:;=8xX][-'^o]?[()\[\]DPpOo3/\\|*]+|<3+|[oO]_+[oO]|\^_*\^|[xX]D+")

_OF_A_COUNTRY = re.compile(r"(?<![A-Z])(?:US|AU?|CA?|NZ|HK)\$(?=\d)")
"""Whose dollars they are is mostly not said."""
_NO_WORDS = ("min", "mins", "sec", "secs")
"""Units with a vowel that mean nothing else behind a number."""
_ERAS = ("ad", "bc", "ce", "bce")
_COUNTED = re.compile(r"people|[a-z]{3,}s")
_HALVES = ("am", "pm", "a.m", "p.m")
_TERM = re.compile(rf"{NUMBER}|(?:{NUMBER})?[a-z](?:\^\d+)?", re.IGNORECASE)
_ZIP = re.compile(r"\d{5}(?:-\d{4})?")
_SPACED = re.compile(r"(?<![\d.,])\d{1,3}(?: \d{3})+(?!\d|[-.]\d{4})")
"""Thousands apart by blanks inside one written word, as word-timed transcripts have them."""


def expand_english(words: Sequence[str], known: Callable[[str], bool]) -> tuple[tuple[str, ...], ...]:
    """Return what is said for each English word; ``words`` as `spoken.clean_marks` leaves them."""
    words = [_OF_A_COUNTRY.sub("$", without_accents(word)) for word in words]
    shouted = not any(mark.islower() for word in words for mark in word)
    said = []
    for index, word in enumerate(words):
        before = words[index - 1] if index else ""
        after = words[index + 1] if index + 1 < len(words) else ""
        said.append(_English(known, shouted, before, after).said(word))
    said = _money_after_scale(said, words)
    for first, end in grouped_numbers(words):
        said[first:end] = said_over_rows(words[first:end], _English(known, shouted, "", "").said)
    for first, end in phone_rows(words):
        said[first:end] = [say_digits(word) for word in words[first:end]]
    # a sign alone has no sound
    return tuple(tuple(each for each in spoken if re.search("[a-z]", each)) for spoken in said)


def _money_after_scale(said: Sequence[list[str]], words: Sequence[str]) -> list[list[str]]:
    """Say the currency after the scale (``$5 million`` is five million dollars), in the scale's row."""
    rows = list(said)
    for index in range(len(rows) - 1):
        amount = re.fullmatch(rf"\W*({SIGN})(?:{NUMBER})(?:-{SIGN}?(?:{NUMBER}))?", words[index])
        rows[index + 1] = _apart(rows[index + 1])
        if amount and rows[index + 1][:1] and rows[index + 1][0] in SCALE_WORDS:
            unit = CURRENCIES[amount[1]]
            rows[index] = [word for word in rows[index] if word not in (unit.one, unit.many)]
            named = rows[index + 1][1:2] in ([unit.one], [unit.many])
            rows[index + 1] = [*rows[index + 1], *([] if named else [unit.many])]
    return rows


def _apart(said: list[str]) -> list[str]:
    """Take ``million-dollar`` apart, which the dictionary has as one word."""
    parts = said[0].split("-") if len(said) == 1 else []
    return parts if len(parts) == 2 and parts[0] in SCALE_WORDS else said


class _English:
    """One word in its place; the place decides what ``St.`` and ``II`` are."""

    def __init__(self, known: Callable[[str], bool], shouted: bool, before: str, after: str) -> None:
        self._known, self._shouted, self._before, self._after = known, shouted, before, after

    def said(self, word: str) -> list[str]:
        core = word.strip(" \"'.,;:!?()[]{}<>*_-~|").lower()
        if core in UNINTELLIGIBLE or _EMOTICON.fullmatch(word.strip()) or self._is_sign(word):
            return []
        dated = said_in_date(word, self._before, self._after) or self._beside_its_number(word.strip(_AROUND), core)
        if dated:
            return dated
        whole = self._as_a_whole(word.strip(" \"',;:!?()[]{}<>*_|"), core)
        if whole:
            return whole
        said: list[str] = []
        word = _SPACED.sub(lambda match: match[0].replace(" ", ","), word)
        for match in RULES.finditer(word):
            said.extend(self._piece(match, said, word))
        return said

    def _is_sign(self, word: str) -> bool:
        """Whether it is a currency's code before its number, where it is said."""
        return word.strip(_AROUND) in CURRENCY_CODES and self._after[:1].isdigit() and not self._before[-1:].isdigit()

    def _beside_its_number(self, plain: str, core: str) -> list[str]:
        """Say signs and units that are words of their own: ``5 €``, ``$ 5``, ``USD 5``, ``10 km``."""
        before, plain = (CURRENCY_CODES.get(each, each) for each in (self._before.strip(_AROUND), plain))
        if plain == "911" and not _COUNTED.match(self._after):
            return say_digits(plain)
        if before in CURRENCIES and re.fullmatch(NUMBER, plain):
            return said_money(before, plain)
        if _ZIP.fullmatch(plain) and (before in STATES or before.lower() == "zip"):
            return said_number("0" + plain)[1:] if plain.isdigit() else say_digits(plain)
        if before.lower() in CALLED_BY_NUMBERS and re.fullmatch(r"[1-9]\d\d", plain):
            return said_in_hundreds(plain)
        if not self._before.rstrip("\"')")[-1:].isdigit() and before not in CURRENCIES:
            return []
        if plain in CURRENCIES or plain in CENT_SIGNS:
            return said_money(plain, "1" if before == "1" else "2")[1:]
        unit, _, divisor = core.partition("/")
        if divisor in PER_UNITS and unit in UNITS and core not in UNITS:
            return [*(UNITS[unit].partition("|")[2] or unit).split(), "per", PER_UNITS[divisor]]
        if len(plain) > 1 and core in UNITS and (core in _NO_WORDS or not set(core) & set("aeiou")):
            one, _, many = UNITS[core].partition("|")
            return (one if before == "1" else many or one).split()
        return []

    def _as_a_whole(self, dotted: str, core: str) -> list[str]:
        """Words that are looked up as they stand: abbreviations, Roman numerals, ``uh-huh``."""
        initials = dotted.isupper() and not self._shouted and core in ("im", "ive")
        if core in WHOLE_WORDS and not initials:
            return WHOLE_WORDS[core].split()
        if said := self._in_a_place(dotted, core):
            return said
        if dotted.endswith(".") and core in DOTTED_ABBREVIATIONS:
            if core in ("no", "nos") and not self._after[:1].isdigit():
                return ["no"]
            if core == "st":
                if self._before.strip(_AROUND).lower() in SAINTLY:
                    return ["saint"]
                return ["saint" if self._after[:1].isupper() and not self._before[:1].isupper() else "street"]
            return DOTTED_ABBREVIATIONS[core].split()
        if core in ABBREVIATIONS:
            return ABBREVIATIONS[core].split()
        if said := self._roman(dotted):
            return said
        if core in ("am", "pm") and self._before[-1:].isdigit():
            return [core[0], "m"]
        if "-" in core and re.fullmatch(r"[a-z'-]+", core) and self._known(core):
            return [core]
        return []

    def _in_a_place(self, dotted: str, core: str) -> list[str]:
        """Say what is cut short beside a name or a number: ``5th Ave``, ``Apt. 4``, ``Ft. Worth``."""
        before, after = self._before[:1], self._after[:1]
        if core == "ave" and dotted[0].isupper() and (before.isupper() or before.isdigit()):
            return ["avenue"]
        if core in ("ft", "mt") and dotted[0].isupper() and after.isupper() and not before.isdigit():
            return ["fort" if core == "ft" else "mount"]
        number = self._after.lstrip("(")[:1].isdigit() and not self._before[-1:].isdigit()
        if core in NUMBERED_CUT and number and dotted.endswith("."):
            return [NUMBERED_CUT[core]]
        if core in BEFORE_YEARS and dotted == f"{core}." and re.match(r"[12]\d{3}(?!\d)", self._after):
            return [BEFORE_YEARS[core]]
        if dotted == "in." and before.isdigit():
            return ["inch" if self._before == "1" else "inches"]
        if core == "x" and before.isdigit() and after.isdigit():
            return ["by"]
        if core in _ERAS and dotted.isupper() and (self._before[-1:].isdigit() or after.isdigit()):
            return list(core)
        return []

    def _roman(self, dotted: str) -> list[str]:
        """Say a Roman numeral behind a name, or behind what they number; also of whom something is (``II's``)."""
        owning = "'s" if dotted.rstrip(".").endswith("'s") else ""
        numeral = dotted.rstrip(".").removesuffix("'s")
        before = self._before.lower()
        if before in NUMBERED_BY_ROMANS and len(numeral) > 1 and numeral.islower():
            numeral = numeral.upper()
        value = ROMAN_NUMERALS.get(numeral)
        if value is None and before in NUMBERED_BY_ROMANS and not self._shouted:
            value = ROMAN_LETTERS.get(numeral)
        behind_a_name = self._before[:1].isupper() or (len(numeral) > 1 and before in NUMBERED_BY_ROMANS)
        if value is None or not behind_a_name:
            return []
        said = ["the", *say_ordinal(str(value))] if before in REGNAL_NAMES else say_cardinal(str(value))
        return [*said[:-1], said[-1] + owning]

    def _piece(self, match: re.Match[str], said: list[str], word: str) -> list[str]:
        kind = next(name for name, value in match.groupdict().items() if value is not None)
        if kind == "measure":
            return self._said_measure(match, word[match.end() :])
        if kind in ("letters", "initials"):
            return self._said_letters(match, said, word)
        if kind == "symbol":
            return self._said_symbol(match[0], word, match.start(), match.end())
        if kind == "time":
            return said_time(match["time"], match["half"], self._after.strip(_AROUND).lower() in _HALVES)
        if kind == "each" and not re.search(r"\d", word[: match.start()]):
            return said_letters(match["each"], self._known, self._shouted, beside_number=False)
        if kind == "ratio":  # a verse is two numbers: John 3:1
            verse = self._before[:1].isupper()
            return (
                said_ratio(match["ratio"])
                if not verse
                else [each for part in match["ratio"].split(":") for each in say_cardinal(part)]
            )
        if kind == "fraction" and self._after[:4].lower() == "star":
            return " out of ".join(" ".join(say_cardinal(part)) for part in match["fraction"].split("/")).split()
        if kind == "fraction" and self._before.strip(_AROUND).lower() in ("bp", "pressure"):
            return " over ".join(" ".join(said_number(part)) for part in match["fraction"].split("/")).split()
        if kind == "power":  # behind a word it is the number of a footnote
            raised = re.search(r"(?:\d|(?<![a-z])[a-z]{1,2})$", word[: match.start()], re.IGNORECASE)
            return said_power(match["power"]) if raised else []
        return FORMS[kind](match)

    def _said_measure(self, match: re.Match[str], rest: str) -> list[str]:
        number, unit = match["measure"], match["unit"]
        plain, an_hour = unit.replace(" ", ""), list[str]()
        if plain not in UNITS and plain[-2:].lower() == "/h":
            plain, an_hour = plain[:-2], ["an", "hour"]
        name = UNITS.get(plain) or UNITS.get(plain.lower())
        if name is None or rest[:1].isalnum():
            # a number grown together with letters: 3D, 5th-grade, B2B
            grown = said_letters(plain, self._known, self._shouted, beside_number=True)
            return [*said_number(number), *grown, *an_hour]
        one, _, many = name.partition("|")
        raised = {None: [], "^2": ["square"], "^3": ["cubic"]}[match["raised"]]
        return [*said_number(number), *raised, *(one if number == "1" else many or one).split(), *an_hour]

    def _said_symbol(self, symbol: str, word: str, start: int, end: int) -> list[str]:
        alone = not (word[:start] + word[end:]).strip(_AROUND)
        if symbol in "/~" or (symbol == "+" and alone and not self._in_a_sum()):
            return []
        if symbol == "°" and not re.search(r"\d\s*$", word[:start] or self._before):
            return []
        if symbol == "#" and alone and self._after[:1].isdigit():
            return ["number"]
        return [SYMBOLS[symbol]]

    def _in_a_sum(self) -> bool:
        """Whether a sign stands between numbers, or letters that stand for them."""
        return all(_TERM.fullmatch(word.strip(_AROUND)) for word in (self._before, self._after))

    def _said_letters(self, match: re.Match[str], said: list[str], word: str) -> list[str]:
        letters = match[0]
        if match["initials"]:
            plain = re.sub(r"[^a-zA-Z]", "", match["initials"]).lower()
            tail = letters[len(match["initials"]) :].strip("'").lower()
            return [*plain[:-1], plain[-1] + ("'s" if tail else "")]
        bare = letters.strip("'").lower()
        if said and len(bare) == 1 and said[-1].endswith(bare) and word[match.start() - 1] == "-":
            return [bare] if len(said[-1]) == 1 else []  # "no-o-o" is one long word, "I-I" is two
        if letters.lower() == "'n'":
            return ["'n"]
        if bare in ABBREVIATIONS and word[match.end() : match.end() + 1] == ".":
            return ABBREVIATIONS[bare].split()
        beside = word[match.start() - 1 : match.start()].isdigit() or bool(re.match(r"-?\d|\^", word[match.end() :]))
        return said_letters(letters, self._known, self._shouted, beside_number=beside)
