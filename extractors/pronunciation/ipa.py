"""From the phonetic alphabet (IPA), as espeak-ng writes English in it, to the phones of the acoustic model."""

_ARPABET = {
    "aɪ": "AY", "aʊ": "AW", "eɪ": "EY", "oʊ": "OW", "əʊ": "OW", "ɔɪ": "OY", "tʃ": "CH", "dʒ": "JH",
    "n̩": "AH N", "l̩": "AH L", "m̩": "AH M",
    "iː": "IY", "i": "IY", "ɪ": "IH", "ᵻ": "IH", "ɨ": "IH", "e": "EH", "ɛ": "EH", "æ": "AE", "a": "AE",
    "ɑː": "AA", "ɑ": "AA", "ɒ": "AA", "ɐ": "AH", "ʌ": "AH", "ə": "AH", "ɜː": "ER", "ɜ": "ER", "ɚ": "ER", "ɝ": "ER",
    "ɔː": "AO", "ɔ": "AO", "oː": "AO", "o": "OW", "ʊ": "UH", "uː": "UW", "u": "UW", "y": "UW", "ø": "ER",
    "b": "B", "d": "D", "ð": "DH", "f": "F", "ɡ": "G", "g": "G", "h": "HH", "j": "Y", "k": "K", "l": "L", "ɫ": "L",
    "m": "M", "n": "N", "ɲ": "N Y", "ŋ": "NG", "p": "P", "ɹ": "R", "r": "R", "s": "S", "ʃ": "SH", "t": "T", "ɾ": "T",
    "ʔ": "T", "θ": "TH", "v": "V", "w": "W", "ʍ": "W", "x": "K", "ç": "SH", "ɬ": "L", "z": "Z", "ʒ": "ZH",
}  # fmt: skip
"""A flap is a T (*letter*), as the dictionary writes most of them; so is a closed glottis (*button*)."""
_LONGEST = max(map(len, _ARPABET))


def arpabet(ipa: str) -> tuple[str, ...]:
    """Return the ARPAbet phones, without stress, of a word in IPA; other signs (stress, ties) are passed over."""
    phones: list[str] = []
    at = 0
    while at < len(ipa):
        for length in range(_LONGEST, 0, -1):
            found = _ARPABET.get(ipa[at : at + length])
            if found:
                phones.extend(found.split())
                break
        at += length
    return tuple(phones)
