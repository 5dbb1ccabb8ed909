import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.dictionary import PronouncingDictionary
from extractors.g2p import G2p
from extractors.pronounce import Pronouncer
from extractors.spoken import clean_marks, spoken_words

PRONOUNCER = Pronouncer(PronouncingDictionary().lookup, G2p())


def said(text: str, language: str = "en") -> list[str]:
    return [" ".join(words) for words in spoken_words(text.split(), language, PRONOUNCER.known)]


# What is written (one transcript) -> what is said for each written word; "" where nothing is.
TABLE = [
    # plain words, capitals, punctuation
    ("Hello, world!", ["hello", "world"]),
    ("WHAT A MOVIE", ["what", "a", "movie"]),
    ('"Really?!" she asked...', ["really", "she", "asked"]),
    ("wait -- what", ["wait", "", "what"]),
    ("serious—Really?!", ["serious really"]),
    ("Ah…Get out", ["ah get", "out"]),
    ("and/or", ["and or"]),
    # contractions, with every apostrophe and with none
    ("I don't think it’s bad", ["i", "don't", "think", "it's", "bad"]),
    ("DONT THATS COULDVE", ["don't", "that's", "could've"]),
    ("im sure youre right", ["i'm", "sure", "you're", "right"]),
    ("‘Cause y’know 'em", ["'cause", "you know", "'em"]),
    ("nothin’ doin'", ["nothin'", "doin'"]),
    ("Rachel’s rock’n’roll", ["rachel's", "rock'n'roll"]),
    ("o'clock", ["o'clock"]),
    # hyphens, cut words, drawn-out words
    ("a 20-year-old man", ["a", "twenty year old", "man"]),
    ("uh-huh", ["uh-huh"]),
    ("I-I-I know", ["i i i", "know"]),
    ("No-no-no!", ["no no no"]),
    ("Nooooo!", ["no"]),
    ("th- the", ["th", "the"]),
    # fillers and stage directions
    ("um, uhh. (umm)", ["um", "uhh", "umm"]),
    ("[um] so", ["um", "so"]),
    ("[laughs] yes", ["", "yes"]),
    ("(laughs loudly) no", ["", "", "no"]),
    ("*sighs* it is *really* good", ["", "it", "is", "really", "good"]),
    ("the film (which I saw) ended", ["the", "film", "which", "i", "saw", "ended"]),
    ("<i>hello</i> there", ["hello", "there"]),
    ("{music playing} hi", ["", "", "hi"]),
    ("yes[laughter]", ["yes"]),
    ("(he laughs) (Ross laughs loudly)", ["", "", "", "", ""]),
    ("(ringing endorsement) (sing it)", ["ringing", "endorsement", "sing", "it"]),
    ("*turns out* (beat it) (beat)", ["turns", "out", "beat", "it", ""]),
    ("(to Ross) (to be fair) (in Spanish)", ["", "", "to", "be", "fair", "", ""]),
    ("XXX maybe", ["", "maybe"]),
    # numbers
    ("100 people", ["one hundred", "people"]),
    ("1,000,000", ["one million"]),
    ("2.5 stars", ["two point five", "stars"]),
    ("0.05", ["zero point zero five"]),
    ("agent 007", ["agent", "oh oh seven"]),
    ("-5 and +3", ["minus five", "and", "plus three"]),
    ("1st 22nd 3rd", ["first", "twenty second", "third"]),
    ("the 1,000th time", ["the", "one thousandth", "time"]),
    ("1/2 of 3/4", ["one half", "of", "three quarters"]),
    ("5½ cups", ["five and a half", "cups"]),
    ("24/7", ["twenty four seven"]),
    ("3-4 times", ["three to four", "times"]),
    ("call 555-1234", ["call", "five five five one two three four"]),
    ("4111111111111111111", ["four " + " ".join(["one"] * 18)]),
    ("10² 2³ x⁴ E=mc²", ["ten squared", "two cubed", "x to the fourth", "e equals m c squared"]),
    ("great¹ film²³", ["great", "film"]),
    ("10 km, 1 kg, 20 °C", ["ten", "kilometers", "one", "kilogram", "twenty", "degrees celsius"]),
    ("5km² CO₂", ["five square kilometers", "c o two"]),
    ("Chapter Ⅷ", ["chapter", "eight"]),
    ("10 000 people", ["ten", "thousand", "people"]),
    ("$10\u2009500 €2\u202f000 000", ["ten thousand", "five hundred dollars", "two", "million", "euros"]),
    ("1 234 567.", ["one million", "two hundred and thirty four thousand", "five hundred and sixty seven"]),
    ("1.000.000", ["one million"]),
    ("3,000-4,000", ["three thousand to four thousand"]),
    ("5-10kg 5–10% 9-5", ["five to ten kilograms", "five to ten percent", "nine five"]),
    ("100s of 747s", ["hundreds", "of", "seven hundred and forty sevens"]),
    ("~5 №5", ["about five", "number five"]),
    # years, decades, dates, times
    ("the 1990s, the 90s", ["the", "nineteen nineties", "the", "nineties"]),
    ("5s 2.5s two 5's", ["five seconds", "two point five seconds", "two", "fives"]),
    ("May 5", ["may", "fifth"]),
    ("Jan 5, Jan. 7-9", ["january", "fifth", "january", "seventh to ninth"]),
    ("in Jan. with Jan", ["in", "january", "with", "jan"]),
    ("on 5 May, 2020", ["on", "fifth of", "may", "twenty twenty"]),
    ("In May, 5 people may march 5 miles", ["in", "may", "five", "people", "may", "march", "five", "miles"]),
    ("5:30 PM I am", ["five thirty", "p m", "i", "am"]),
    ("10am-5pm", ["ten a m to five p m"]),
    ("in 1999", ["in", "nineteen ninety nine"]),
    ("in 2005, 2010", ["in", "two thousand and five", "twenty ten"]),
    ("the 1980s", ["the", "nineteen eighties"]),
    ("'90s and 80s", ["nineties", "and", "eighties"]),
    ("3/14/2020", ["march fourteenth twenty twenty"]),
    ("2020-03-04", ["march fourth twenty twenty"]),
    ("10:30 7:05pm 10:00", ["ten thirty", "seven oh five p m", "ten o'clock"]),
    ("at 5 a.m.", ["at", "five", "a m"]),
    # money and percentages
    ("$5", ["five dollars"]),
    ("$5.50", ["five dollars fifty cents"]),
    ("$1 £3.01", ["one dollar", "three pounds one penny"]),
    ("€1,234.56", ["one thousand two hundred and thirty four euros fifty six cents"]),
    ("$5 million budget", ["five", "million dollars", "budget"]),
    ("$10k $1.5bn", ["ten thousand dollars", "one point five billion dollars"]),
    ("5€ 5$ 50¢ 1¢", ["five euros", "five dollars", "fifty cents", "one cent"]),
    ("5 € or 1 € and $ 5.50", ["five", "euros", "or", "one", "euro", "and", "", "five dollars fifty cents"]),
    ("₹500 ₩5k", ["five hundred rupees", "five thousand won"]),
    ("$-5 -$5 $0.00", ["minus five dollars", "minus five dollars", "zero dollars"]),
    ("$5-10 $5-$10 million", ["five to ten dollars", "five to ten", "million dollars"]),
    ("50% 2.5%", ["fifty percent", "two point five percent"]),
    # initials, abbreviations, mixtures, symbols
    ("U.S. FBI", ["u s", "fbi"]),
    ("he said BTW", ["he", "said", "b t w"]),
    ("C.H.E.E.S.E.", ["c h e e s e"]),
    ("Dr. Smith vs. Mr. Jones, etc.", ["doctor", "smith", "versus", "mister", "jones", "etcetera"]),
    ("on St. James Main St.", ["on", "saint", "james", "main", "street"]),
    ("No. 5 is a no.", ["number", "five", "is", "a", "no"]),
    ("a Ph.D.", ["a", "p h d"]),
    ("World War II", ["world", "war", "two"]),
    ("3D MP3 B2B covid-19", ["three d", "m p three", "b two b", "covid nineteen"]),
    ("Henry VIII, Rocky IV", ["henry", "the eighth", "rocky", "four"]),
    ("5'10\" Mr.Smith iPhone™", ["five foot ten", "mister smith", "iphone"]),
    ("the US and us", ["the", "u s", "and", "us"]),
    (":D <3 XD so 5G", ["", "", "", "so", "five g"]),
    ("61m/h 1°五", ["sixty one m h", "one"]),
    ("6ft 5km 20°C", ["six feet", "five kilometers", "twenty degrees celsius"]),
    ("Q&A A+ AT&T", ["q and a", "a plus", "a t and t"]),
    ("#MeToo #1 @home", ["hashtag me too", "number one", "at home"]),
    ("bob@gmail.com", ["bob at gmail dot com"]),
    ("www.imdb.com", ["w w w dot imdb dot com"]),
    ("café naïve", ["cafe", "naive"]),
    ("😀 great 👍🏽", ["", "great", ""]),
    ("привет 你好 hello", ["", "", "hello"]),
    ("R&amp;B", ["r and b"]),
    ("two MP3s, old 747s", ["two", "m p threes", "old", "seven hundred and forty sevens"]),
    ("in $20s and $100s", ["in", "twenties", "and", "hundreds"]),
    ("USD 5 or 5 USD, EUR 1", ["", "five dollars", "or", "five", "dollars", "", "one euro"]),
    ("US$5 A$5 million", ["five dollars", "five", "million dollars"]),
    ("5 mins 1 min 30 secs", ["five", "minutes", "one", "minute", "thirty", "seconds"]),
    ("call 911. 911 people", ["call", "nine one one", "nine hundred and eleven", "people"]),
    ("(555) 123-4567", ["five five five", "one two three four five six seven"]),
    ("+1 555 123 4567.", ["plus one", "five five five", "one two three", "four five six seven"]),
    ("(555)123-4567 5551234567", ["five five five one two three four five six seven"] * 2),
    ("on 14.02.2020", ["on", "february fourteenth twenty twenty"]),
    ("an 8/10 film", ["an", "eight out of ten", "film"]),
    ("World War I, part I play", ["world", "war", "one", "part", "i", "play"]),
    ("World War II's end, Henry VIII's", ["world", "war", "two's", "end", "henry", "the eighth's"]),
    # who speaks
    ("SPEAKER_01: hello there", ["", "hello", "there"]),
    ("[SPEAKER_02] Speaker 1: hi speaker 2", ["", "", "", "hi", "speaker", "two"]),
    ("SPEAKER_00:Right >> JOHN SMITH: OK", ["right", "", "", "", "okay"]),
    (">>MARY: WHY? >> Not now: later", ["", "why", "", "not", "now", "later"]),
    # amounts and what they are counted in
    ("a $3.5 million-dollar deal", ["a", "three point five", "million dollar", "deal"]),
    ("a ten million-dollar $5 million", ["a", "ten", "million dollar", "five", "million dollars"]),
    ("1..2", ["one two"]),
    (
        "0.5‰ ±5 √16 x² + y² π §5",
        [
            "zero point five per mille",
            "plus or minus five",
            "square root of sixteen",
            "x squared",
            "plus",
            "y squared",
            "pi",
            "section five",
        ],
    ),
    (".5 of 7/16", ["point five", "of", "seven sixteenths"]),
    ("1'000'000 5'10", ["one million", "five foot ten"]),
    (
        "5mg/kg, 100 mg/dL 3μg",
        ["five milligrams per kilogram", "one hundred", "milligrams per deciliter", "three micrograms"],
    ),
    ("$5/hr $20/month and/or", ["five dollars per hour", "twenty dollars per month", "and or"]),
    (
        "a 35-yd pass, 5-min walk, 4-year-old",
        ["a", "thirty five yard", "pass", "five minute", "walk", "four year old"],
    ),
    ("3x4 2x 10x5x2", ["three by four", "two times", "ten by five by two"]),
    ("1080p 720p v13.2.1", ["ten eighty p", "seven twenty p", "v thirteen point two point one"]),
    ("BP 120/80, HR 72", ["bp", "one hundred and twenty over eighty", "hr", "seventy two"]),
    (
        "Room 101, Flight 370, Xbox 360, Suite 200",
        ["room", "one oh one", "flight", "three seventy", "xbox", "three sixty", "suite", "two hundred"],
    ),
    ("5th Ave NW, DC 20500", ["fifth", "avenue", "n w", "dc", "two oh five oh oh"]),
    (
        "Apt. 4B, near Ft. Worth, 6 ft. ext. 45",
        ["apartment", "four b", "near", "fort", "worth", "six", "feet", "extension", "forty five"],
    ),
    # times, dates, numerals
    ("14:00 00:00 14:05", ["fourteen hundred", "zero hundred", "fourteen oh five"]),
    ("00:05:30 01:00:01 00:00:00", ["five minutes and thirty seconds", "one hour and one second", "zero seconds"]),
    ("5:00 PM 5:00PM 5:00", ["five", "p m", "five p m", "five o'clock"]),
    ("3:1 odds, John 3:1", ["three to one", "odds", "john", "three one"]),
    ("1914–18 Jan 5th, 2020", ["nineteen fourteen to eighteen", "january", "fifth", "twenty twenty"]),
    (
        "Super Bowl LVIII, John XXIII, WWII",
        ["super", "bowl", "fifty eight", "john", "the twenty third", "world war two"],
    ),
    # letters with signs in them
    ("C# and F#, C++", ["c sharp", "and", "f sharp", "c plus plus"]),
    ("f*** this sh*t, what the f**k", ["fuck", "this", "shit", "what", "the", "fuck"]),
    ("d*mn it! @#$%! *really*", ["damn", "it", "", "really"]),
    ("A$AP Ke$ha M&M's AT&T", ["asap", "kesha", "m and m's", "a t and t"]),
    ("COVID-19 SARS IM stat", ["covid nineteen", "sars", "i m", "stat"]),
    ("thx ppl, l8r gr8", ["thanks", "people", "later", "great"]),
    ("the .com boom", ["the", "dot com", "boom"]),
    ("ﬁnally ｈｅｌｌｏ 𝐛𝐨𝐥𝐝 wor\u200dld \u200fhi\u200f", ["finally", "hello", "bold", "world", "hi"]),
]


@pytest.mark.parametrize(("written", "expected"), TABLE, ids=[written[:30] for written, _ in TABLE])
def test_a_transcript_is_said_as_a_reader_says_it(written: str, expected: list[str]) -> None:
    assert said(written) == expected


def test_the_table_is_long_enough_to_mean_something() -> None:
    assert len(TABLE) >= 60


@pytest.mark.parametrize(
    ("language", "written", "expected"),
    [
        ("de", "Ich habe 42 Äpfel!", ["ich", "habe", "zweiundvierzig", "äpfel"]),
        ("de-AT", "1.000 und 2,5", ["eintausend", "und", "zwei komma fünf"]),
        ("fr", "l'été 21", ["l'été", "vingt et un"]),
        ("fr", "10 000 euros", ["dix", "mille", "euros"]),
        ("de", "1.000.000 10²", ["eine million", "zehn zwei"]),
        ("es", "¿Qué? [risas]", ["qué", ""]),
        ("zh", "我有3个", ["我有 3 个"]),
        ("de", "SPEAKER_01: Guten Tag", ["", "guten", "tag"]),
    ],
)
def test_other_languages_spell_their_own_numbers(language: str, written: str, expected: list[str]) -> None:
    assert said(written, language) == expected


@given(st.lists(st.text(min_size=1, max_size=12).filter(lambda word: word.split() == [word]), max_size=8))
@settings(deadline=None, max_examples=150)
def test_there_is_one_row_a_written_word_of_lower_case_words(written: list[str]) -> None:
    rows = spoken_words(written, "en", PRONOUNCER.known)
    assert len(rows) == len(written)
    assert all(set(word) <= set(string.ascii_lowercase + "'-") and word for row in rows for word in row)


@pytest.mark.parametrize("form", ["{}", "{}th", "{}s", "${}.50", "{}%", "{}/2", "1/{}", "{}-5", "{}kg"])
def test_a_number_without_end_has_a_sound_too(form: str) -> None:
    for row in spoken_words([form.format("9" * 5000), "yes"], "en", PRONOUNCER.known):
        assert row
        assert all(PRONOUNCER.pronunciations(word) for word in row)


@given(st.text(alphabet="0123456789.,:/-$£€¢%kmsthnrd°'#+^²~Ⅷ ½五", min_size=1, max_size=14))
@settings(deadline=None, max_examples=300)
def test_no_heap_of_digits_and_signs_is_too_odd(mark: str) -> None:
    for row in spoken_words(mark.split(), "en", PRONOUNCER.known):
        assert all(PRONOUNCER.pronunciations(word) for word in row)


def test_marks_are_cleaned_before_anything_looks_at_them() -> None:
    assert clean_marks("it’s\u200b “fine”\u00ad") == 'it\'s "fine"'
