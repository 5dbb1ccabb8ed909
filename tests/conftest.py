"""What holds for every test: properties are searched in the same places each time.

A random search belongs to a person who looks at what it finds: `DMD_FUZZ_EXAMPLES=5000 python -m pytest
tests/pipeline/test_fuzz.py`. What it found is kept as an example of its own.
"""

import os

from hypothesis import settings

settings.register_profile("repeatable", derandomize=True)
settings.register_profile("random", print_blob=True)
settings.load_profile("random" if "DMD_FUZZ_EXAMPLES" in os.environ else "repeatable")
