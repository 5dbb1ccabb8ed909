"""From a store or a public feature file to what a model reads: schema, splits, normaliser, batches."""
