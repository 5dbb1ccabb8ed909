"""Languages by their names and longer codes: ``german``, ``Deutsch`` or ``deu`` where ``de`` is meant."""

import unicodedata

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
_OWN_NAMES = (
    "de deutsch fr français fr francais es español es espanol it italiano pt português pt "
    "portugues nl nederlands pl polski ru русский zh 中文 ja 日本語 ko 한국어 ar العربية fa فارسی el "
    "ελληνικά fi suomi hu magyar sv svenska da dansk cs čeština tr türkçe uk українська he "
    "עברית hi हिन्दी ca català ro română"
).split()
_CODES = (
    "af afr ar ara az aze be bel bg bul bn ben bs bos ca cat cs ces cs cze cy cym cy wel da dan de deu de "
    "ger el ell el gre en eng es spa et est eu eus eu baq fa fas fa per fi fin fr fra fr fre ga gle gl "
    "glg gu guj he heb hi hin hr hrv hu hun hy hye hy arm id ind is isl is ice it ita ja jpn ka kat ka "
    "geo kk kaz km khm kn kan ko kor la lat lt lit lv lav mk mkd mk mac ml mal mn mon mr mar ms msa ms "
    "may mt mlt my mya my bur ne nep nl nld nl dut no nor pa pan pl pol pt por ro ron ro rum ru rus sk "
    "slk sk slo sl slv sq sqi sq alb sr srp sv swe sw swa ta tam te tel th tha tl tgl tr tur uk ukr ur "
    "urd uz uzb vi vie zh zho zh chi zh cmn"
).split()
"""ISO 639-2 (both kinds) and 639-3."""
TAGS = dict(zip(_NAMES[1::2], _NAMES[::2], strict=True)) | _OTHER_NAMES
TAGS |= {name: tag for known in (_OWN_NAMES, _CODES) for tag, name in zip(known[::2], known[1::2], strict=True)}
"""Name or longer code in small letters -> ISO 639-1 code; those that Whisper's models and our presets know."""


def language_tag(stated: str) -> str:
    """Return the BCP 47 tag of a language: ``de`` for ``German`` or ``deu``; what is no name of one stays as it is.

    Parameters
    ----------
    stated : str
        A name or a tag.
    """
    plain = unicodedata.normalize("NFC", stated.strip())
    code, *rest = plain.replace("_", "-").split("-")
    short = TAGS.get(code.casefold()) if rest else None
    return TAGS.get(plain.casefold(), "-".join((short, *rest)) if short else plain)
