"""Write the generated documents."""

from tests.documents import configuration, features

features.PAGE.write_text(features.feature_dictionary(), "utf-8")
configuration.PAGE.write_text(configuration.configuration_page(), "utf-8")
