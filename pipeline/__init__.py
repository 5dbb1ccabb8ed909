"""A clip becomes a batch: records, media, words, alignment, store, dataset.

The lowest layer: imports neither ``extractors`` nor ``dmd`` nor ``flows``.
"""
