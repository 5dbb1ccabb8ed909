"""What is said in the sample clips, by whom, and what is odd about each."""

from dataclasses import dataclass
from typing import Literal

from tests.sample_clips.speakers import ANNA, BRUNO, CHLOE, DMITRI, EMMA, NARRATOR, Speaker

Kind = Literal["face", "two_faces", "slides", "landscape"]
Oddity = Literal["none", "no_audio", "rotated", "varying_rate", "truncated", "late_audio"]


@dataclass(frozen=True)
class Line:
    """One clip: a sentence and how it is shown."""

    video_id: str
    clip_id: str
    text: str
    label: float
    """Sentiment in [-3, 3], by the sentence."""
    mode: str
    """train, valid or test; all clips of a video stand on one side."""
    speaker: Speaker
    kind: Kind = "face"
    oddity: Oddity = "none"

    @property
    def annotation(self) -> str:
        """Negative, Neutral or Positive."""
        return "Positive" if self.label > 0 else "Negative" if self.label < 0 else "Neutral"

    @property
    def seed(self) -> int:
        """Seed of everything random in the clip."""
        return sum(ord(letter) * 31**index for index, letter in enumerate(f"{self.video_id}/{self.clip_id}")) % 2**31


LINES = (
    Line("anna", "1", "I absolutely love this film, it made me so happy!", 2.6, "train", ANNA),
    Line("anna", "2", "But the ending was a terrible disappointment. I hated it.", -2.4, "train", ANNA),
    Line("anna", "3", "The film lasts two hours, and it was shot in Spain.", 0.0, "train", ANNA, oddity="late_audio"),
    Line("bruno", "1", "This phone is awful. I wouldn't pay 20 dollars for it.", -2.6, "train", BRUNO),
    Line("bruno", "2", "The battery is great, and the camera is simply amazing!", 2.4, "train", BRUNO,
         oddity="varying_rate"),
    Line("chloe", "1", "What a beautiful garden! Thank you for this lovely afternoon.", 2.5, "train", CHLOE,
         oddity="rotated"),
    Line("chloe", "2", "The staff were rude and slow. We'll never come back.", -2.3, "train", CHLOE),
    Line("silent", "1", "That is so funny, I can't stop laughing!", 2.2, "train", CHLOE, oddity="no_audio"),
    Line("slides", "1", "Sales went up again this year, and that is excellent news.", 1.8, "train", NARRATOR,
         kind="slides"),
    Line("dmitri", "1", "I am really pleased with the result. Good work, everyone!", 2.0, "valid", DMITRI),
    Line("dmitri", "2", "This is the worst meal I have ever had. It was disgusting.", -2.8, "valid", DMITRI),
    Line("duo", "1", "I completely agree, this is a brilliant plan!", 2.1, "valid", DMITRI, kind="two_faces"),
    Line("storm", "1", "The storm destroyed the harbour, and many people lost their homes.", -2.2, "valid", NARRATOR,
         kind="landscape"),
    Line("emma", "1", "I felt sad and lonely when my best friend moved away.", -2.0, "test", EMMA),
    Line("emma", "2", "We won the game! I am so proud of my team.", 2.7, "test", EMMA),
    Line("broken", "1", "Nobody will ever see how this sentence ends.", -0.5, "test", BRUNO, oddity="truncated"),
)  # fmt: skip
