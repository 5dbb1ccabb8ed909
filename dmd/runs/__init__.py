"""RUN: a trained model as a folder, written whole, read without trust."""
