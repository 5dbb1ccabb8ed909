"""From pictures to the rows of the speaker's face: detection, landmarks, tracks, measures, who speaks."""
