"""From whatever names clips to clips: folders, manifests, label.csv, and the transcripts beside them."""
