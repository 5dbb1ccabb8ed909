"""Tables of English writing: what abbreviations, units, symbols and signs are called."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Currency:
    """What a currency sign is called."""

    one: str
    many: str
    cent: str
    cents: str


CURRENCIES = {
    "$": Currency("dollar", "dollars", "cent", "cents"),
    "£": Currency("pound", "pounds", "penny", "pence"),
    "€": Currency("euro", "euros", "cent", "cents"),
    "¥": Currency("yen", "yen", "sen", "sen"),
    "₹": Currency("rupee", "rupees", "paisa", "paise"),
    "₽": Currency("ruble", "rubles", "kopeck", "kopecks"),
    "₩": Currency("won", "won", "jeon", "jeon"),
    "₺": Currency("lira", "lira", "kurush", "kurush"),
    "₪": Currency("shekel", "shekels", "agora", "agorot"),
    "₫": Currency("dong", "dong", "hao", "hao"),
    "₴": Currency("hryvnia", "hryvnias", "kopeck", "kopecks"),
    "₦": Currency("naira", "naira", "kobo", "kobo"),
    "₱": Currency("peso", "pesos", "centavo", "centavos"),
    "฿": Currency("baht", "baht", "satang", "satang"),
    "₿": Currency("bitcoin", "bitcoins", "satoshi", "satoshis"),
}
CENT_SIGNS = {"¢": ("cent", "cents")}
CURRENCY_CODES = {"USD": "$", "GBP": "£", "EUR": "€", "JPY": "¥", "INR": "₹", "RUB": "₽", "KRW": "₩", "TRY": "₺"}
"""What stands for a sign beside a number."""
SCALES = {
    "k": "thousand",
    "m": "million",
    "mm": "million",
    "b": "billion",
    "bn": "billion",
    "t": "trillion",
    "tn": "trillion",
}
SCALE_WORDS = {"hundred", "thousand", "million", "billion", "trillion"}
MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
MONTHS_CUT = {name[:3]: name for name in MONTHS if name != "may"} | {"sept": "september"}


def _roman(number: int) -> str:
    """Return a number below 90 as a Roman numeral."""
    tens, ones = divmod(number, 10)
    return ("L" if tens > 4 else "XL" if tens == 4 else "") + "X" * (tens % 5 if tens != 4 else 0) + _ROMAN_ONES[ones]


_ROMAN_ONES = ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX")
ROMAN_NUMERALS = {
    numeral: number
    for number in range(2, 90)
    if len(numeral := _roman(number)) > 1 and numeral not in ("XX", "XXX", "XL", "LI", "LV", "LX")
}
"""Without I, V and X, which are more often letters, and without what is rather a size or a name."""
ROMAN_LETTERS = {"I": 1, "V": 5, "X": 10}
NUMBERED_BY_ROMANS = frozenset(
    "war part act chapter volume book phase episode type title section appendix bowl".split()
)
"""Behind one of these, with a capital, they are numerals."""
REGNAL_NAMES = frozenset(
    "alexander benedict catherine charles clement edward elizabeth francis frederick george gregory harald henry "
    "innocent ivan james john joseph louis napoleon nicholas otto paul philip pius ramesses rameses richard urban "
    "wilhelm william".split()
)
"""A Roman numeral behind one is *the second*, not *two*."""
SYMBOLS = {
    "&": "and",
    "@": "at",
    "#": "hashtag",
    "+": "plus",
    "=": "equals",
    "%": "percent",
    "°": "degrees",
    "×": "times",
    "÷": "over",
}
UNINTELLIGIBLE = {"xxx", "xx", "yyy"}
"""How transcribers mark speech that nobody understood: something was said, but not these letters."""

WHOLE_WORDS = {
    "ph.d": "p h d",
    "phd": "p h d",
    "w/": "with",
    "w/o": "without",
    "b/c": "because",
    "o.k": "okay",
    "ok": "okay",
    "a.k.a": "a k a",
    "c'mon": "come on",
    "y'know": "you know",
    "ya'll": "y'all",
    "cuz": "because",
    "'cuz": "because",
    "im": "i'm",
    "ive": "i've",
    "&": "and",
    "vs": "versus",
    "e.g": "e g",
    "i.e": "i e",
    "wwi": "world war one",
    "wwii": "world war two",
    "thx": "thanks",
    "pls": "please",
    "plz": "please",
    "ppl": "people",
    "gr8": "great",
    "l8r": "later",
    "b4": "before",
    "2nite": "tonight",
    "4ever": "forever",
    "tbh": "to be honest",
    "idk": "i don't know",
    "jpeg": "jay peg",
    "gif": "gif",
    "covid": "covid",
}
"""Looked up before anything else, without surrounding punctuation."""
ABBREVIATIONS = {
    "mr": "mister",
    "mrs": "missus",
    "ms": "miz",
    "dr": "doctor",
    "etc": "etcetera",
    "approx": "approximately",
    "dept": "department",
    "govt": "government",
    "blvd": "boulevard",
}
"""With or without a point."""
DOTTED_ABBREVIATIONS = {
    "no": "number",
    "nos": "numbers",
    "st": "street",
    "prof": "professor",
    "gov": "governor",
    "sen": "senator",
    "rep": "representative",
    "gen": "general",
    "col": "colonel",
    "capt": "captain",
    "lt": "lieutenant",
    "sgt": "sergeant",
    "rev": "reverend",
    "hon": "honorable",
    "jr": "junior",
    "sr": "senior",
    "mt": "mount",
    "ave": "avenue",
    "rd": "road",
    "inc": "incorporated",
    "corp": "corporation",
    "ltd": "limited",
    "co": "company",
    "est": "established",
    "vol": "volume",
    "ft": "feet",
    "oz": "ounces",
    "lb": "pounds",
    "lbs": "pounds",
    "min": "minutes",
    "sec": "seconds",
    "hrs": "hours",
    **MONTHS_CUT,
}
"""Only with a point: without it they are words or names."""
NUMBERED_CUT = {
    "apt": "apartment",
    "ext": "extension",
    "fig": "figure",
    "ch": "chapter",
    "pp": "pages",
    "nr": "number",
}
"""Before a number."""
CALLED_BY_NUMBERS = frozenset(
    "room flight highway hwy route interstate suite apartment apt bus boeing airbus xbox channel gate".split()
)
"""Three digits behind one are said as one and two: room one oh one, flight three seventy."""
PER_UNITS = {
    "kg": "kilogram",
    "g": "gram",
    "dl": "deciliter",
    "l": "liter",
    "ml": "milliliter",
    "h": "hour",
    "hr": "hour",
    "hour": "hour",
    "min": "minute",
    "minute": "minute",
    "s": "second",
    "sec": "second",
    "day": "day",
    "week": "week",
    "wk": "week",
    "month": "month",
    "mo": "month",
    "year": "year",
    "yr": "year",
    "person": "person",
    "night": "night",
}
"""What an amount is divided by, behind a stroke."""
UNITS = {
    "°": "degree|degrees",
    "°c": "degree celsius|degrees celsius",
    "°f": "degree fahrenheit|degrees fahrenheit",
    "km": "kilometer|kilometers",
    "m": "meter|meters",
    "M": "million",
    "in": "inch|inches",
    "yd": "yard|yards",
    "yds": "yard|yards",
    "l": "liter|liters",
    "v": "volt|volts",
    "w": "watt|watts",
    "kw": "kilowatt|kilowatts",
    "kwh": "kilowatt hour|kilowatt hours",
    "s": "second|seconds",
    "S": "s",
    "h": "hour|hours",
    "eur": "euro|euros",
    "usd": "dollar|dollars",
    "gbp": "pound|pounds",
    "cm": "centimeter|centimeters",
    "mm": "millimeter|millimeters",
    "kg": "kilogram|kilograms",
    "mg": "milligram|milligrams",
    "g": "gram|grams",
    "G": "g",
    "ft": "foot|feet",
    "mi": "mile|miles",
    "lb": "pound|pounds",
    "lbs": "pounds|pounds",
    "oz": "ounce|ounces",
    "ml": "milliliter|milliliters",
    "mph": "mile an hour|miles an hour",
    "kph": "kilometer an hour|kilometers an hour",
    "km/h": "kilometer an hour|kilometers an hour",
    "hz": "hertz|hertz",
    "khz": "kilohertz|kilohertz",
    "kb": "kilobyte|kilobytes",
    "mb": "megabyte|megabytes",
    "gb": "gigabyte|gigabytes",
    "tb": "terabyte|terabytes",
    "ms": "millisecond|milliseconds",
    "min": "minute|minutes",
    "mins": "minute|minutes",
    "sec": "second|seconds",
    "secs": "second|seconds",
    "hr": "hour|hours",
    "hrs": "hour|hours",
    "yr": "year|years",
    "yrs": "year|years",
    "am": "a m",
    "pm": "p m",
    "k": "k",
    "bn": "billion",
    "yo": "year old",
    "mcg": "microgram|micrograms",
    "dl": "deciliter|deciliters",
    "mmol": "millimole|millimoles",
    "mmhg": "millimeters of mercury",
    "ghz": "gigahertz",
    "mhz": "megahertz",
    "mbps": "megabits per second",
    "tsp": "teaspoon|teaspoons",
    "tbsp": "tablespoon|tablespoons",
    "kcal": "kilocalorie|kilocalories",
}
"""``one|many`` or what is said for any number."""
