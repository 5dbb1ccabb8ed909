"""How amounts are said in English: money, times, dates, ranges, fractions, decades; each from its written parts.

What a form means stands here; how a number is said is num2words' business (`numbers`).
"""

import re

from extractors.spoken.numbers import say_cardinal, say_digits, say_ordinal, say_year
from extractors.spoken.units import CENT_SIGNS, CURRENCIES, SCALES, Currency
from extractors.spoken.vocabulary import MONTHS

NUMBER = r"\d+(?:,\d{3})*(?:\.\d+)?|(?<!\.)\.\d+"
_YEARS = range(1100, 2100)
_PHONE_DIGITS = (10, 11)
_FRACTION_BELOW = {2: "half", 4: "quarter"}
_OF_AN_INCH = ("16", "32", "64")
_SMALL_PARTS = ("100", "1000")


def said_number(number: str) -> list[str]:
    """Say a number as it stands alone: four digits as a year, a leading zero as *oh*, ten as those of a phone."""
    if re.fullmatch(r"\d{4}", number) and int(number) in _YEARS:
        return say_year(number)
    if len(number) > 1 and number.isdigit() and number.startswith("0"):
        return ["oh" if digit == "0" else say_digits(digit)[0] for digit in number]
    if len(number) in _PHONE_DIGITS and number.isdigit() and not number.endswith("000"):
        return say_digits(number)
    if number.startswith("."):
        return say_cardinal(number)[1:]
    return say_cardinal(number)


def said_time(clock: str, half: str | None, half_follows: bool = False) -> list[str]:
    """Say ``10:05``, ``14:00``, ``7:30:10``, with ``am`` or ``pm`` behind it (also as a word of its own: it follows).

    With three parts and a leading zero (``00:05:30``) it is no time of day but how long something takes.
    """
    hour, minute, *second = clock.replace(".", ":").split(":")
    if second and hour.startswith("0"):
        return _said_duration(int(hour), int(minute), int(second[0]))
    said = say_cardinal(str(int(hour)))
    if int(minute) == 0 and not second:
        if int(hour) == 0 or int(hour) > 12:
            said += ["hundred"]
        elif not half and not half_follows:
            said += ["o'clock"]
    elif int(minute):
        said += (["oh"] if minute[0] == "0" else []) + say_cardinal(str(int(minute)))
    for part in second:
        said += ["and", *say_cardinal(str(int(part))), "seconds"]
    return said + ([half.strip()[0].lower(), "m"] if half else [])


def _said_duration(hours: int, minutes: int, seconds: int) -> list[str]:
    parts = [(hours, "hour"), (minutes, "minute"), (seconds, "second")]
    said = [[*say_cardinal(str(count)), name + ("" if count == 1 else "s")] for count, name in parts if count]
    if not said:
        return ["zero", "seconds"]
    joined = [word for part in said[:-1] for word in part]
    return [*joined, *(["and"] if joined else []), *said[-1]]


def said_hours(hours: str, minutes: str) -> list[str]:
    """Say ``2h30m``."""
    return _said_duration(int(hours), int(minutes), 0)


def said_ratio(ratio: str) -> list[str]:
    """Say ``3:1`` as *three to one*."""
    first, second = ratio.split(":")
    return [*say_cardinal(first), "to", *say_cardinal(second)]


def said_in_hundreds(number: str) -> list[str]:
    """Say a number by which something is called: room ``101``, flight ``370``, ``1080p``."""
    head, tail = number[:-2], number[-2:]
    if tail == "00":
        return say_cardinal(number)
    return [*say_cardinal(head), *(["oh"] if tail[0] == "0" else []), *say_cardinal(str(int(tail)))]


def said_version(version: str) -> list[str]:
    """Say ``13.2.1`` part by part."""
    first, *others = version.split(".")
    mark = "dot" if len(others) == 3 else "point"  # four parts are the address of a machine
    return [*say_cardinal(first), *(word for part in others for word in (mark, *say_cardinal(part)))]


def said_date(date: str) -> list[str]:
    """Say ``3/14/2020``, ``14.03.2020`` or ``2020-03-14``."""
    if "-" in date:
        year, month, day = date.split("-")
    elif "." in date:
        day, month, year = date.split(".")
    else:
        month, day, year = date.split("/")
    if int(month) > 12:
        day, month = month, day
    if not 1 <= int(month) <= 12:
        return [word for part in (month, day, year) for word in said_number(part)]
    return [MONTHS[int(month) - 1], *say_ordinal(day), *(say_year(year) if len(year) == 4 else said_number(year))]


def said_money(sign: str, amount: str, scale: str | None = None, upto: str | None = None) -> list[str]:
    """Say ``$5.50``, ``50¢``, ``£3m``; with ``upto`` a range of amounts."""
    if sign in CENT_SIGNS:
        one, many = CENT_SIGNS[sign]
        return [*say_cardinal(amount), one if amount == "1" else many]
    unit = CURRENCIES[sign]
    if upto:
        scaled = [SCALES[scale.lower()]] if scale else []
        return [*say_cardinal(amount), "to", *say_cardinal(upto), *scaled, unit.many]
    if scale:
        return [*say_cardinal(amount), SCALES[scale.lower()], unit.many]
    return _said_exact_money(unit, amount)


def _said_exact_money(unit: Currency, amount: str) -> list[str]:
    whole, _, cents = amount.replace(",", "").partition(".")
    if len(cents) != 2:
        return [*say_cardinal(amount), unit.one if amount == "1" else unit.many]
    said = [*say_cardinal(whole), unit.one if whole == "1" else unit.many] if whole.strip("0") else []
    if int(cents):
        said += [*say_cardinal(str(int(cents))), unit.cent if cents == "01" else unit.cents]
    return said or [*say_cardinal("0"), unit.many]


def said_decade(decade: str) -> list[str]:
    """Say ``1980`` of ``1980s`` as *nineteen eighties*."""
    said = say_year(decade) if len(decade) == 4 else say_cardinal(decade)
    return [*said[:-1], _plural(said[-1])]


def said_plural(number: str) -> list[str]:
    """Say a number of which there are several (``100s`` as *hundreds*, ``747s``)."""
    said = said_number(number)
    if re.fullmatch(r"1,?00[0,]*", number):
        said = said[1:] or said
    return [*said[:-1], _plural(said[-1])]


def said_fraction(fraction: str) -> list[str]:
    """Say ``3/4`` as *three quarters*, ``8/10`` as a mark; what is no fraction (``24/7``) number by number."""
    above, below = fraction.split("/")
    if "." in above or (below == "10" and 0 < int(above) <= 10):
        return [*say_cardinal(above), "out", "of", *say_cardinal(below)]
    proper = len(fraction) <= 6 and 0 < int(above) < int(below)
    if not proper or not (int(below) <= 10 or below in (*_OF_AN_INCH, *_SMALL_PARTS)):
        return [*said_number(above), *said_number(below)]  # 24/7, 9/11, 50/50
    name = _FRACTION_BELOW.get(int(below)) or say_ordinal(below)[-1]
    many = {"half": "halves"}.get(name, name + "s")
    return [*say_cardinal(above), name if above == "1" else many]


def said_mixed(whole: str, part: str) -> list[str]:
    """Say ``5 1/2`` as *five and a half*."""
    said = said_fraction(part)
    if said[0] == "one" and len(said) == 2:
        said[0] = "a" if said[1] in _FRACTION_BELOW.values() else "one"
    return [*say_cardinal(whole), "and", *said]


def said_range_start(low: str, high: str) -> list[str]:
    """Say where a range begins (``3`` of ``3-4`` as *three to*); what does not rise is two numbers."""
    years = re.fullmatch(r"\d{4}", low) and re.fullmatch(r"\d\d", high)  # 1914-18
    rising = float(high.replace(",", "")) > float((low[2:] if years else low).replace(",", ""))
    return [*said_number(low), *(["to"] if rising else [])]


def said_height(feet: str, inches: str) -> list[str]:
    """Say ``5'10"`` as *five foot ten*."""
    return [*say_cardinal(feet), "foot", *say_cardinal(inches)]


def said_power(power: str) -> list[str]:
    """Say a raised number: *squared*, *cubed*, *to the fourth*."""
    return {"2": ["squared"], "3": ["cubed"]}.get(power) or ["to", "the", *say_ordinal(power)]


def said_address(address: str) -> list[str]:
    """Say an address of a page or of mail, sign by sign."""
    names = {".": "dot", "@": "at", "/": "slash", "_": "underscore", "-": "dash"}
    said: list[str] = []
    for part in re.findall(r"[A-Za-z]+|\d+|[.@/_-]", re.sub(r"^https?://", "", address)):
        said.extend(
            list("www") if part.lower() == "www" else say_cardinal(part) if part.isdigit() else [part.lower()]
        )
        said[-1] = names.get(said[-1], said[-1])
    return said


def _plural(word: str) -> str:
    if word.endswith("y"):
        return word[:-1] + "ies"
    return word + ("es" if word.endswith("x") else "s")
