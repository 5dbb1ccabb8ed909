"""What surrounds an aligner: utterances of a recording, cues and given times, verdicts, one row a written word."""
