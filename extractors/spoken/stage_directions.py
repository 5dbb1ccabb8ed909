"""What a transcript says was done, not said: ``[door slams]``, ``(he laughs)``, ``*sighs deeply*``.

``[...]``, ``{...}`` and ``<...>`` hold directions unless a filler stands in them (``[um]``). ``(...)`` and ``*...*``
also hold speech: an aside, a stressed word. They are directions only where every word inside is of a closed
vocabulary: somebody (a pronoun, a role, a thing that sounds, a name before a verb), what can be heard or seen of
them, and how. One word beyond it, and all of it is speech: ``(ringing endorsement)``, ``(sing it)``, ``*turns out*``.
A bracket that never closes is punctuation.
"""

import re
from collections.abc import Sequence

SEPARATOR = "\n"
"""Stands between two written words while brackets are looked for; white space never occurs inside one."""

_BRACKETS = re.compile(r"\[[^\[\]]*\]|\{[^{}]*\}|<[^<>]*>|\([^()]*\)|\*[^*]+\*")
_FILLER = re.compile(r"(?:u+[hm]+|e+r+m*|e+h+m*|a+h+|o+h+|h+m+|m+h*m+|uh-?huh|um+-?hm+)", re.IGNORECASE)

_SOUNDS = """
    laugh giggle chuckle sigh gasp cough sneeze sniff sniffle clap applaud cheer cry sob scream shout yell whisper
    mumble mutter murmur groan moan grunt snort scoff gulp yawn hum whistle sing exhale inhale breathe pant wail weep
    whimper shriek squeal growl bark howl meow beep bleep buzz click clang crash slam bang knock ring rumble rustle
    thud explode honk snore burp hiccup stutter stammer snicker cackle gag choke hiss boo crackle tick pop squeak
    creak
""".split()
_GESTURES = """
    pause shrug nod smile grin frown smirk wink blink kiss hug clear smack roll look walk turn enter exit leave
    point gesture wave stand sit bow dance stare glance shake raise open close stop start continue fade play speak
    talk imitate mouth mock interrupt overlap
""".split()
_NOUNS = """
    laughter applause music silence noise static crosstalk footsteps gunshot gunshots thunder breath breaths breathing
    throat lips eyes eye tongue fingers teeth nose head hand hands shoulders chatter feedback sfx voiceover song theme
    intro outro ambience commotion beat ovation inaudible unintelligible indistinct foreign blank deadpan sic
    v.o vo o.s os o.c off-screen offscreen on-screen onscreen off-camera offscreen
""".split()
_ACTORS = """
    he she they both all everyone everybody someone somebody audience crowd man woman men women boy girl boys girls
    child children kid kids baby babies people host narrator interviewer interviewee speaker speakers reporter doctor
    nurse mother father mom dad voice voices group students team player players singer choir band driver officer
    phone telephone cellphone mobile door doors bell doorbell dog dogs cat bird birds car cars engine glass gun horn
    siren sirens alarm clock timer microphone mic radio tv television video guitar piano drum drums violin trumpet
    machine train wind rain water fire
""".split()
_MANNERS = """
    a an the his her their and or in on at to with from off up down away around back over again for of into as while
    then still softly loudly quietly deeply nervously slightly briefly heavily sarcastically sadly happily angrily
    slowly quickly hysterically uncontrollably continuously awkwardly dramatically faintly gently sharply both
    together
    simultaneously intermittently long short brief deep heavy light soft loud quiet slight nervous awkward dramatic
    background upbeat sad slow fast distant muffled canned scattered sustained thunderous polite sarcastic mock
    other another more several two three language accent
""".split()
_LANGUAGES = frozenset(
    "english spanish french german italian chinese japanese korean russian arabic hindi portuguese dutch turkish "
    "polish hebrew latin greek swedish".split()
)
_POSSESSED = frozenset("the his her their".split())
_NO_NAMES = frozenset(
    "i you it we who whom what which that this these those there here nobody no none nothing so but if when where "
    "why how not just yes my your our its".split()
)
"""Words that begin with a capital at the head of a bracket without being a name."""


def _inflected(verb: str) -> tuple[str, ...]:
    """Return what a direction uses of a verb: ``cry, cries, crying``."""
    stem = verb.removesuffix("e") if not verb.endswith("ee") else verb
    doubled = verb + verb[-1] if re.fullmatch(r"[^aeiou]*[aeiou][bdgmnpt]", verb) else stem
    if re.search("[^aeiou]y$", verb):
        return verb, f"{verb[:-1]}ies", f"{verb}ing"
    return verb, verb + ("es" if re.search("(?:s|sh|ch|x|z)$", verb) else "s"), f"{doubled}ing"


_VERBS = frozenset(form for verb in (*_SOUNDS, *_GESTURES) for form in _inflected(verb))
_FINITE = frozenset(form for form in _VERBS if form.endswith(("s", "ing")))
_EVENTS = frozenset((*(form for verb in (*_SOUNDS, "pause") for form in _inflected(verb)), *_NOUNS, *_FINITE))
_VOCABULARY = frozenset((*_EVENTS, *_VERBS, *_ACTORS, *_MANNERS, *_LANGUAGES))


def without_stage_directions(words: Sequence[str]) -> list[str]:
    """Return the words with what is done, not said, blanked out."""
    joined = SEPARATOR.join(words)
    blanked = _BRACKETS.sub(lambda match: _kept_or_blank(match.group()), joined)
    return blanked.split(SEPARATOR)


def is_direction(inside: str) -> bool:
    """Whether the content of round brackets or asterisks is done, not said.

    Parameters
    ----------
    inside : str
        Without the brackets, words apart by white space.
    """
    words = [word for word in (part.strip(".,;:!?\"'♪♫-") for part in inside.split()) if word]
    plain = [word.lower() for word in words]
    if not words:
        return True
    for place, word in enumerate(plain):
        if word not in _VOCABULARY and not _name(words, plain, place):
            return False
    if plain[0] == "in" and plain[-1] in _LANGUAGES:
        return True
    if plain[0] == "to" and len(plain) == 2:
        return _name(words, plain, 1)
    # "the song", "his laughter": an aside about it; "the song ends" is the thing itself
    named = plain[0] in _POSSESSED and not any(word in _FINITE for word in plain)
    return any(word in _EVENTS for word in plain) and not named


def _name(words: Sequence[str], plain: Sequence[str], place: int) -> bool:
    """Whether a word is somebody's name: it has a capital and does something, or something is done towards it."""
    if not words[place][0].isupper() or plain[place] in _NO_NAMES:
        return False
    following = plain[place + 1] if place + 1 < len(plain) else ""
    return (
        following in _FINITE or following == "and" or (place > 0 and plain[place - 1] in ("to", "at", "with", "and"))
    )


def _kept_or_blank(bracketed: str) -> str:
    inside = bracketed[1:-1].replace(SEPARATOR, " ").strip(" .,!?")
    fillers = bool(inside) and all(_FILLER.fullmatch(part.strip(".,!?")) for part in inside.split())
    spoken = fillers or (bracketed[0] in "(*" and not is_direction(inside))
    if spoken:
        return bracketed[1:-1].join("  ")
    return "".join(mark if mark == SEPARATOR else " " for mark in bracketed)
