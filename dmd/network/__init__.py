"""The parts of the network: projections, transformers, heads, and the compiled loops below them."""
