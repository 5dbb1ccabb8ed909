"""Languages by their English names: recognisers and people write ``german`` where a tag, ``de``, is meant."""

_NAMES = (
    "af afrikaans ar arabic az azerbaijani be belarusian bg bulgarian bn bengali bs bosnian ca catalan cs "
    "czech cy welsh da danish de german el greek en english es spanish et estonian eu basque fa persian "
    "fi finnish fr french ga irish gl galician gu gujarati he hebrew hi hindi hr croatian hu hungarian hy "
    "armenian id indonesian is icelandic it italian ja japanese ka georgian kk kazakh km khmer kn kannada "
    "ko korean la latin lt lithuanian lv latvian mk macedonian ml malayalam mn mongolian mr marathi ms "
    "malay mt maltese my burmese ne nepali nl dutch no norwegian pa punjabi pl polish pt portuguese ro "
    "romanian ru russian sk slovak sl slovenian sq albanian sr serbian sv swedish sw swahili ta tamil te "
    "telugu th thai tl tagalog tr turkish uk ukrainian ur urdu uz uzbek vi vietnamese yue cantonese zh "
    "chinese"
).split()
_OTHER_NAMES = {"mandarin": "zh", "farsi": "fa", "castilian": "es", "flemish": "nl", "filipino": "tl"}
TAGS = dict(zip(_NAMES[1::2], _NAMES[::2], strict=True)) | _OTHER_NAMES
"""English name in small letters -> ISO 639 code; those that Whisper's models and our presets know."""


def language_tag(stated: str) -> str:
    """Return the BCP 47 tag of a language: ``de`` for ``German``; what is no name of one stays as it is.

    Parameters
    ----------
    stated : str
        A name or a tag.
    """
    plain = stated.strip()
    return TAGS.get(plain.casefold(), plain)
