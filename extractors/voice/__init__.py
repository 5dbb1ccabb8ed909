"""The audio columns: one spectrogram, one pitch contour, and all that is read from the two."""
