"""Tables of English writing: what abbreviations, numerals, symbols and signs are called."""

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
    "war part act scene chapter volume book phase episode type title section appendix bowl".split()
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
    "ur": "your",
    "y/o": "year old",
    "hwy": "highway",
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
    "bldg": "building",
    "asst": "assistant",
    "mgr": "manager",
    "mme": "madame",
    "mlle": "mademoiselle",
    "messrs": "misters",
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
    "bros": "brothers",
    "pres": "president",
    "esq": "esquire",
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
    "eq": "equation",
    "ch": "chapter",
    "pt": "part",
    "sec": "section",
    "pp": "pages",
    "nr": "number",
    "rm": "room",
}
"""With a point before a number, and behind none."""
BEFORE_YEARS = {"c": "circa", "ca": "circa", "b": "born", "d": "died"}
STATES = frozenset(
    "AL AK AZ AR CA CO CT DC DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND "
    "OH OK OR PA PR RI SC SD TN TX UT VT VA WA WV WI WY".split()
)
"""Five digits behind one are a ZIP code, said one by one."""
SAINTLY = frozenset("mt mount lake fort ft port sault".split())
"""Behind one of these St. is a saint, not a street."""
CALLED_BY_NUMBERS = frozenset(
    "room flight highway hwy route interstate suite apartment apt bus boeing airbus xbox channel gate".split()
)
"""Three digits behind one are said as one and two: room one oh one, flight three seventy."""
