"""From a file to timed frames and samples, without trust in its name, its format or its times."""
