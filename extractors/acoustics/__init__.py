"""The acoustic model of speech, and what it has to know of a recording: channel, noise, other voices, levels."""
