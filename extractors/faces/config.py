"""FaceConfig: everything that decides what is measured on faces."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from extractors.assets import file_sha256, known_model, model_path
from extractors.faces.follow import FollowConfig
from extractors.faces.speaker import SpeakerConfig
from extractors.faces.sync import SyncConfig
from extractors.faces.tracks import TrackConfig
from extractors.known_models import EMBEDDED_FACE, KNOWN_MODELS
from pipeline.errors import ModelMissingError

Mode = Literal["follow", "image", "video"]


class FaceConfig(BaseModel):
    """How faces are found, measured and chosen."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bundle: str = EMBEDDED_FACE
    """A known model's name (`face-embedded`, `face-official`) or the path of a `.task` file."""
    bundle_sha256: str | None = None
    """Of a file given by path that is none of the known ones; without it such a file is refused."""
    mode: Mode = "follow"
    """`follow` looks at each face in a window of its own (`follow`); `image` looks at whole frames, each by
    itself; `video` is MediaPipe's own tracking, faster and smoothed with one face (`landmarks`)."""
    max_faces: int = Field(default=4, ge=1, le=20)
    """Faces looked for in a frame; each one found costs 6 ms, the limit itself nothing."""
    min_confidence: float = Field(default=0.5, ge=0, le=1)
    """Of detection and presence; lower finds more faces and more that are none."""
    max_fps: float | None = Field(default=None, gt=0)
    """Frames a second that are looked at; frames between are left out of the track. None looks at all."""
    blendshapes: bool = True
    """Give blendshape columns if the bundle has them."""
    include_unstable: bool = False
    """Whether columns with the verdict `unstable` are given too."""
    keep_landmarks: bool = False
    """Hand the chosen face's landmarks over too (5.7 KB a frame)."""
    unsure_yaw_deg: float = Field(default=45.0, gt=0)
    """A head turned aside further is `face_unsure` in its frame, as one nodding further than `unsure_pitch_deg`."""
    unsure_pitch_deg: float = Field(default=35.0, gt=0)
    """A head turned further hides half of what is measured; the model guesses it."""
    unsure_height_px: float = Field(default=50.0, ge=0)
    """On a smaller face brows and gaze follow the truth no more (r under 0.6; the mouth 0.98 down to 35 px)."""
    unsure_outside: float = Field(default=0.1, ge=0, le=1)
    """Share of the landmarks outside the picture beyond which a face is cut."""
    partly_missing_below: float = Field(default=0.9, ge=0, le=1)
    """Share of frames with the speaker's face under which `face_partly_missing` is raised."""
    several_faces_above: float = Field(default=0.1, ge=0, le=1)
    """Share of frames with a second face above which `several_faces` is raised."""
    follow: FollowConfig = FollowConfig()
    tracks: TrackConfig = TrackConfig()
    speaker: SpeakerConfig = SpeakerConfig()
    sync: SyncConfig = SyncConfig()

    def bundle_file(self) -> tuple[Path, str]:
        """Return the bundle's path and its sha256, which was just read from the file and is a trusted one.

        Raises
        ------
        ModelMissingError
            Not installed, unreadable, or neither a known file nor the one `bundle_sha256` names.
        """
        if any(model.name == self.bundle for model in KNOWN_MODELS):
            digest = known_model(self.bundle).sha256
            if digest is None:
                raise ModelMissingError(f"model '{self.bundle}' is no face landmarker bundle; use face-embedded")
            return model_path(self.bundle), digest
        path = Path(self.bundle).expanduser()
        if not path.is_file():
            raise ModelMissingError(
                f"face bundle {path} is not there; give a .task file or a name of `dmd models list`"
            )
        digest = file_sha256(path)
        trusted = {model.sha256 for model in KNOWN_MODELS if model.sha256} | {self.bundle_sha256}
        if digest not in trusted:
            raise ModelMissingError(
                f"face bundle {path} has sha256 {digest}, no known bundle's; set face.bundle_sha256 to trust it"
            )
        return path, digest

    def bundle_digest(self) -> str:
        """Return the bundle's sha256: landmarks of two bundles are not interchangeable."""
        return self.bundle_file()[1]
