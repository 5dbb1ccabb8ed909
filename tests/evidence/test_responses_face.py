"""The named face columns follow a known change of the picture; a drawn face is enough to see it."""

import numpy as np
import pytest

from tests.evidence.face_stimuli import FACE_STIMULI
from tests.evidence.face_values import NAMES
from tests.evidence.face_warps import bent
from tests.evidence.material import drawn_films
from tests.evidence.response import respond
from tests.evidence.responses_face import seen_stills, still_values

STIMULI = {stimulus.name: stimulus for stimulus in FACE_STIMULI}
BROAD = {name: 1.0 for name in NAMES}


@pytest.fixture(scope="module")
def stills():
    return seen_stills(drawn_films(1, 0.5)[0], 2)


@pytest.mark.parametrize("name", ["smile", "head turned", "head tilted", "head nearer"])
def test_columns_follow_a_bent_picture(stills, name):
    stimulus = STIMULI[name]
    response = respond([still_values(stills, stimulus)], stimulus.doses, NAMES, BROAD)
    for named in stimulus.named:
        # a drawn face is read less steadily than a real one
        assert response.rank[named.column] * named.sign > 0.75, named
    if name == "head tilted":
        assert response.slope["head_roll_deg"] == pytest.approx(1.0, abs=0.15)


def test_no_dose_leaves_the_picture_alone(stills):
    assert np.array_equal(bent(stills[0], STIMULI["smile"].shift, 0.0), stills[0].image)


def test_what_is_far_from_the_face_stays(stills):
    changed = bent(stills[0], STIMULI["smile"].shift, 0.18)
    assert not np.array_equal(changed, stills[0].image)
    assert np.abs(changed[:8].astype(int) - stills[0].image[:8]).max() <= 2


def test_every_face_column_is_named_by_a_stimulus():
    named = {item.column for stimulus in FACE_STIMULI for item in (*stimulus.named, *stimulus.velocity)}
    # face_unsure says that others mean less; it measures no action.
    assert set(NAMES) - {"face_unsure"} <= named
