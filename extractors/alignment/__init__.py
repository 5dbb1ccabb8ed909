"""A place for each word of a stretch of sound: the aligners behind one interface, and the exact search below them."""
