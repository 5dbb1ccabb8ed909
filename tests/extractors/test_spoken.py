import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.dictionary import PronouncingDictionary
from extractors.g2p import G2p
from extractors.pronounce import Pronouncer
from extractors.spoken import clean_marks, spoken_words, without_stage_directions

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
    ("5½ cups", ["five one half", "cups"]),
    ("24/7", ["twenty four seven"]),
    ("3-4 times", ["three to four", "times"]),
    ("call 555-1234", ["call", "five five five one two three four"]),
    ("4111111111111111111", ["four " + " ".join(["one"] * 18)]),
    # years, decades, dates, times
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
    ("61m/h 1°五", ["sixty one m h", "one"]),
    ("6ft 5km 20°C", ["six feet", "five kilometers", "twenty degrees celsius"]),
    ("Q&A A+ AT&T", ["q and a", "a plus", "at and t"]),
    ("#MeToo #1 @home", ["hashtag me too", "number one", "at home"]),
    ("bob@gmail.com", ["bob at gmail dot com"]),
    ("www.imdb.com", ["w w w dot imdb dot com"]),
    ("café naïve", ["cafe", "naive"]),
    ("😀 great 👍🏽", ["", "great", ""]),
    ("привет 你好 hello", ["", "", "hello"]),
    ("R&amp;B", ["r and b"]),
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
        ("es", "¿Qué? [risas]", ["qué", ""]),
        ("zh", "我有3个", ["我有 3 个"]),
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


@given(st.text(alphabet="0123456789.,:/-$£%kmsthnrd°'#+ ½五", min_size=1, max_size=14))
@settings(deadline=None, max_examples=300)
def test_no_heap_of_digits_and_signs_is_too_odd(mark: str) -> None:
    for row in spoken_words(mark.split(), "en", PRONOUNCER.known):
        assert all(PRONOUNCER.pronunciations(word) for word in row)


def test_brackets_that_never_close_are_punctuation() -> None:
    assert without_stage_directions(["so", "(we", "left"]) == ["so", "(we", "left"]


def test_a_direction_may_span_words_and_leaves_their_rows() -> None:
    assert [word.strip() for word in without_stage_directions(["[door", "slams", "shut]", "go"])] == [
        "",
        "",
        "",
        "go",
    ]


def test_marks_are_cleaned_before_anything_looks_at_them() -> None:
    assert clean_marks("it’s\u200b “fine”\u00ad") == 'it\'s "fine"'
