"""TextReading: how a model wants its words read, where that is not how a store has read them."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from pipeline.plaintext import in_form


class TextReading(BaseModel):
    """A model whose words are embedded anew before it scores, from the words as the transcript wrote them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    form: Literal["plain"] = "plain"
    """`plain`: every word in the form of `pipeline.plaintext`, so that capitals and punctuation change nothing."""
    encoder: str = "embedded"
    """The text model, as in an extraction's configuration."""
    language: str = "en"
    """Language of the training texts; clips of another one are flagged."""

    def written(self, text: str) -> str:
        """Return a text in the form in which the model reads it."""
        return in_form(text, self.form)

    def knows(self, language: str) -> bool:
        """Tell whether a BCP 47 tag names the language of the training texts."""
        return language.split("-")[0].lower() == self.language
