"""Write the generated documents."""

from tests.documents.features import PAGE, feature_dictionary

PAGE.write_text(feature_dictionary(), "utf-8")
