"""One training after another: seeds, their processes, epochs, states that survive a kill."""
