"""How a spoken English word sounds: dictionary, endings, grapheme-to-phoneme."""
