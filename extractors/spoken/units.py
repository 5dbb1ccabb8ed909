"""Tables of what is counted in English: currencies, their scales, and units of measure."""

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
CURRENCY_CODES = {
    "USD": "$",
    "GBP": "£",
    "EUR": "€",
    "JPY": "¥",
    "INR": "₹",
    "RUB": "₽",
    "KRW": "₩",
    "TRY": "₺",
    "Rs": "₹",
}
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
    "bps": "basis points",
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
