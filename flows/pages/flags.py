"""What each flag means, in the words of someone who looks at a page."""

from collections.abc import Mapping

FLAG_MEANINGS: Mapping[str, str] = {
    "text_missing": "No transcript: nothing that was said reached the model.",
    "text_recognised": "No transcript: a speech recogniser wrote down the words.",
    "audio_missing": "No sound track: nothing of the voice was measured.",
    "face_missing": "No face was found in any frame.",
    "face_partly_missing": "A face was found in some of the frames only.",
    "several_faces": "More than one face; the one whose mouth moves with the speech was followed.",
    "off_screen_speaker": "No visible mouth moves with the speech: the face may not be the speaker's.",
    "out_of_sync": "Sound and picture are apart in time: each word may stand beside another word's face.",
    "low_alignment_confidence": "The places of the words in time are doubtful.",
    "transcript_mismatch": "The transcript does not seem to be what is said.",
    "proportional_times": "Words could not be found in the sound; their times are spread over the speech.",
    "language_unsupported": "The language has no aligner here; word times are rough.",
    "speaker_unmatched": "The speaker asked for is none of the transcript's: these are everybody's words.",
    "transcript_style_shift": "The transcript is written in another style than the model's training texts.",
    "out_of_domain": "The clip is unlike the clips the model was trained on.",
    "narrowband": "The sound lacks its upper frequencies, as on a telephone.",
    "clipped": "The sound is overdriven.",
    "low_snr": "The voice stands little above the noise.",
    "text_only_model": "The model read the text only; voice and face did not influence the score.",
}
