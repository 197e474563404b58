"""The blend of the own state and the others."""

import numpy as np

from dreamedge.core.merging.feedback import ARTIST_NS, Blend
from dreamedge.core.merging.tether import Granted
from fakes.edge import SCHEMA, START_NS, assignment

D = SCHEMA.size
OWN = np.full(D, 1.0, dtype=np.float32)
OTHERS = np.full(D, 3.0, dtype=np.float32)


def granted(artist: object = None, artist_share: float = 0.0) -> Granted:
    """A permission with others at 3."""
    return Granted(0.1, 5, START_NS, START_NS, 1, 1, OTHERS, artist, artist_share)  # type: ignore[arg-type]


def blended() -> Blend:
    """A blend with an own state and others."""
    blend = Blend(assignment())
    blend.own(OWN)
    blend.others(granted())
    return blend


def test_at_share_a_the_feedback_lies_a_of_the_way_to_the_others() -> None:
    """The blend is (1 - a) x + a c."""
    feedback = blended().at(0.25, START_NS)
    assert feedback is not None
    assert np.allclose(feedback, 1.5)


def test_at_zero_the_feedback_is_oneself_exactly() -> None:
    """At share zero the feedback is the own state bit for bit."""
    feedback = blended().at(0.0, START_NS)
    assert feedback is not None
    assert np.array_equal(feedback, OWN)


def test_before_an_own_state_is_known_there_is_no_feedback() -> None:
    """Without an own state there is no feedback: others alone are not rendered."""
    blend = Blend(assignment())
    blend.others(granted())
    assert blend.at(0.1, START_NS) is None
    assert blend.distance is None


def test_a_state_that_is_no_number_never_enters() -> None:
    """After a NaN the last finite state stays."""
    blend = blended()
    blend.own(np.full(D, np.nan, dtype=np.float32))
    feedback = blend.at(0.25, START_NS)
    assert feedback is not None
    assert np.allclose(feedback, 1.5)


def test_the_artist_is_dropped_after_a_second() -> None:
    """An artist's vector older than one second has no share; the blend goes on."""
    blend = blended()
    blend.others(granted(np.full(D, 5.0, dtype=np.float32), 0.5))
    young, old = blend.at(0.5, START_NS + ARTIST_NS - 1), blend.at(0.5, START_NS + ARTIST_NS)
    assert young is not None
    assert old is not None
    assert np.allclose(young, 0.5 * 1.0 + 0.5 * 4.0)
    assert np.allclose(old, 0.5 * 1.0 + 0.5 * 3.0)


def test_the_distance_to_the_others_is_euclidean() -> None:
    """Two apart in each of D features is a Euclidean distance."""
    distance = blended().distance
    assert distance is not None
    assert np.isclose(distance, 2.0 * np.sqrt(D))


def test_decibels_are_the_shared_scale_undone() -> None:
    """State 0 in dB is the centre of the scale."""
    felt = blended().felt(np.zeros(D, dtype=np.float32), 0.1)
    assert np.array_equal(felt.feedback_db, SCHEMA.shipped_mu())
