"""One modality a file: text (BERT), audio (librosa), face (MediaPipe) and word times, each with its Config."""
