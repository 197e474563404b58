"""Every bound of the daemon with its unit, in one place, checked against each other at import."""

from typing import Final

HOP_S: Final = 0.25
TICK_CLOSES_AFTER_S: Final = 0.15
HOUSES_MAX: Final = 1024
"""Houses of one Dreamscape."""
HOUSES_ANSWER_S: Final = 0.05
"""A house waits so long for the sums of the others; then the tick grants nothing."""
LEASE_S: Final = 1.0
LEASE_FADE_S: Final = 0.5
SEVER_FADE_S: Final = 0.05
ALONE_WITHIN_S: Final = LEASE_S + LEASE_FADE_S
"""Lease plus fade. A pod without a living permission is alone after this time, and its last report no longer
counts."""

FRAME_FRESH_HOPS: Final = 2
"""A frame older than this is not eligible."""
FRAME_STALE_HOPS: Final = 3
"""A frame older than this trips the transport breaker."""
LOST_AFTER_S: Final = 2.0
"""A sequence gap still open after this is a lost frame."""
LOST_SHARE_TRIP: Final = 0.20
LOST_WINDOW_S: Final = 10.0
FROZEN_FRAMES: Final = 3
ACTUATOR_FRAMES: Final = 2
"""Consecutive frames that must report more coupling than was granted."""
ACTUATOR_AGE_S: Final = 1.5
"""A frame older than this, its clock's uncertainty included, is not compared with the grants."""
FRAME_PAST_S: Final = 10.0
"""A frame further behind the tick than this is dropped; it is evidence about the network, not the pod."""
REPLAY_AGE_S: Final = 2.5
"""A duplicate of a frame older than this was redelivered by the network; a younger one is a replay."""
FEATURE_DB_LIMIT: Final = 200.0
"""|dB| beyond this is out of range, whatever the device."""

QUALITY_IN: Final = 0.5
QUALITY_OUT: Final = 0.4

COHORT_SLOTS: Final = 256
SEATS_MAX: Final = 10_000
SEATS_EVER: Final = 2 * SEATS_MAX
"""Seats ever taken in one Dreamscape; above it no new sleeper is seated (SEATS_FULL)."""
PODS_MAX: Final = 20_000
GHOST_S: Final = 600.0
"""A pod that has sent its presence and nothing else is forgotten after this time."""
INCARNATION_AHEAD_S: Final = 24 * 3600.0
"""A presence with a start further ahead of the daemon's clock is refused: no agent started then."""

CEILING: Final = 0.15
"""Shipped coupling ceiling."""
CEILING_INTIMATE: Final = 0.10
"""Shipped ceiling below INTIMATE_BELOW sleepers."""
INTIMATE_BELOW: Final = 5
ANCHOR_CEILING: Final = 0.10
"""Greatest coupling of an anchor session; the pod holds the same bound."""
ANCHOR_MOST_MIN: Final = 120.0
"""Minutes of anchor sessions a day that no guideline exceeds."""
GUIDELINE_CAP: Final = 0.15
FLOAT32_SLACK: Final = 1e-6
"""Share by which a number that came through float32 may exceed its limit; it is then taken as the limit."""
ARTIST_SHARE_MOST: Final = 0.5
"""Largest share of an artist in the blend with oneself; no plan can ask for more."""
ARTIST_SLEW_MOST: Final = 1.0
"""Fastest change of an artist's vector, in own z a second and feature."""
ARTIST_SHARE_SLEW_MOST: Final = 0.1
"""Fastest change of an artist's share, a second."""
ARTIST_FRESH_S: Final = 1.0
"""An artist's vector older than this is ignored."""
QUORUM_SHARE: Final = 0.5
OWN_FAULT_HOLDS_S: Final = 30.0
"""Seconds during which "most frames missing" is treated as an uplink failure. After that, pods that the
broker reported as disconnected are tripped."""
RETURN_WITHIN_S: Final = 15.0
"""After an uplink failure a pod that is still silent trips no sooner: agents try again within 10 s."""
BROKERS_MAX: Final = 16
"""Brokers of a house; each costs the daemon a connection, and a copy of every broadcast."""
QUORUM_MIN: Final = 3

RAMP_DEFAULT_S: Final = 60.0
RAMP_MIN_S: Final = 10.0
SESSION_MAX_S: Final = 12 * 3600.0

DOSE_DAY_MOST_MIN: Final = GUIDELINE_CAP * SESSION_MAX_S / 60.0
"""Merge-minutes of the longest session at the guideline cap: no guideline allows more in 24 hours."""
CONSENT_MOST_S: Final = 90 * 24 * 3600.0
"""The longest time for which a grant of consent can hold."""
CONSENT_NIGHT_S: Final = 14 * 3600.0
"""For so long a grant holds that names neither an end nor hours: this night."""
REPORT_PEOPLE_LEAST: Final = 5.0
"""The fewest people that a public count may show."""

CALIBRATION_LIVE_S: Final = 120.0
CALIBRATION_OFFLINE_S: Final = 8.0
"""For replays and simulated sleepers: the bed is empty, so a short template harms no person."""
TEMPLATES_FOR_SCALE: Final = 8

BREAKER_OPEN_S: Final = 30.0
BREAKER_OPEN_JITTER: Final = 0.20
HALF_OPEN_TICKS: Final = 30
HALF_OPEN_DEADLINE_S: Final = 60.0
LOCK_WITHIN_S: Final = 30 * 60.0
FORGET_AFTER_CLOSED_S: Final = 10 * 60.0
SOFT_IN_A_ROW: Final = 5
SOFT_WINDOW_S: Final = 10.0
SOFT_WINDOW_MIN: Final = 20
SOFT_WINDOW_SHARE: Final = 0.5

MASS_MIN: Final = 3
MASS_SHARE: Final = 0.20
MASS_WINDOW_S: Final = 10.0

DISPERSION_HALVE: Final = 0.20
DISPERSION_SEVER: Final = 0.10
"""Spread of people over its value at Start (DESIGN 7.6)."""
RANK_HALVE: Final = 0.85
RANK_SEVER: Final = 0.70
"""Effective rank over its value at Start."""
IDENTITY_HALVE: Final = 0.50
IDENTITY_SEVER: Final = 0.25
"""A person's likeness to their own first window, over what it was then."""
CROWD_MIN: Final = 8
"""Fewest sleepers from which identity statistics of a group are read."""
ENERGY_MIN: Final = 1.2
ENERGY_MEDIANS: Final = 3.0
"""A runaway is above the larger of ENERGY_MIN (in own z) and this many trailing medians (DESIGN 7.7)."""
LAG_CORRELATION_MOST: Final = 0.5
SYNCHRONY_Z_MOST: Final = 4.0
SYNCHRONY_WINDOWS: Final = 3
HALVED_MUST_FALL: Final = 0.30
HALVED_FOR_S: Final = 10.0
"""After a halving the value must have fallen by HALVED_MUST_FALL within this time; otherwise all go to
zero."""
CROSSTALK_CORRELATION: Final = 0.98
CROSSTALK_PPC: Final = 0.8
CROSSTALK_BANDS: Final = 3

CHARGE_EVERY_S: Final = 10.0
MARK_HOLDS_S: Final = 180.0
"""A ledger mark of exposure covers this long. A mark that was not moved by then covers no grant.

A disk may therefore take this long for the writes between two charges before a grant ends for it. After a
crash the whole time is charged as if merged.
"""
EXPOSURE_WARN_SHARE: Final = 0.8
"""Share of the limit. From here on a warning is logged, and a sleeper above it is not admitted."""

TERM_UNCONFIRMED_S: Final = 5.0
"""An owner publishes zeros when the store has not confirmed its term for this long."""
HOUSE_LEASE_S: Final = 6.0
"""A house in PostgreSQL whose daemon has not renewed its lease for this long may be taken over."""
HOUSE_LEASE_MIN_S: Final = 5.5
"""More than TERM_UNCONFIRMED_S: an owner that cannot read its database is at zero before another begins."""
HOUSE_LEASE_MAX_S: Final = 60.0
HANDOVER_FRESH_S: Final = 30.0
"""A breaker that the owner before left CLOSED begins so for this long after; later its frames are scored."""
FSYNC_TAKES_S: Final = 30.0
"""A disk that needs this long for each fsync ends no grant."""
LEDGER_SLOW_S: Final = 1.0
"""The ledger is slow when a write has waited longer than this; then no new sleeper is seated."""
LEDGER_ANSWERS_WITHIN_S: Final = 3.0
"""A call that waits for the ledger is refused after this long."""
STATUS_FRESH_S: Final = 3.0
COMMAND_RESEND_S: Final = 0.5
COMMAND_VALID_S: Final = 30.0
RENEWALS_A_TICK: Final = 1024
"""Assigns that bring a new key, in one tick of one Dreamscape: four full cohorts."""
CONFIRM_WITHIN_S: Final = 1.5
FAILURE_HOLD_S: Final = 2.0
"""After a bug in one of the daemon's steps nothing is granted for this long."""
DREAMSCAPES_MAX: Final = 256
"""Dreamscapes that have not ended; one more is refused (DREAMSCAPES_FULL)."""
ENDED_KEPT: Final = 1_000
"""Ended Dreamscapes that are listed. One that drops out of the list keeps its row and its name in the
ledger."""
ENDED_KEPT_S: Final = 30 * 24 * 3600.0
"""An ended Dreamscape is listed at most this long."""
ENDED_SEATS_KEPT: Final = SEATS_MAX
"""Seats of ended Dreamscapes that are shown, in total; the oldest Dreamscapes lose theirs first."""
WAKE_ORDERS_KEPT: Final = 256
"""Lifted wake orders that stay readable. Standing ones are bounded by the pods they can reach."""
JOURNAL_EVENTS: Final = 10_000
"""Safety events that are kept; the oldest are dropped."""
JOURNAL_CHURN_EVENTS: Final = 4_000
"""Events of arrival and departure, kept in a second ring."""
JOURNAL_BYTES: Final = 8 << 20
"""Approximate limit of memory for each of the two rings."""
WATCHERS_MAX: Final = 256
MARKERS_A_SECOND: Final = 50.0
"""Markers of the experiment that one Dreamscape takes, on average."""
MARKERS_AT_ONCE: Final = 200
"""Markers that it takes at once, after a silence."""
PIECE_WORDS_MOST: Final = 100
"""Characters of a piece's title, and of its artist's name."""
MARKER_MAX: Final = 200
"""Characters of a marker's text."""
MARKER_SOURCE_MAX: Final = 100
"""Characters of the name of a marker's source."""
MARKER_AGE_S: Final = 3600.0
"""A marker that happened longer ago is refused."""
MARKER_AHEAD_S: Final = 1.0
"""A marker that happened further ahead of the session clock is refused."""

REQUEST_BYTES_MAX: Final = 1 << 20
"""Bytes of a request. Calls that let people out may be longer, see `adapters.grpc.calls.request_bodies`."""
ANSWER_BYTES_MAX: Final = 8 << 20
"""Bytes of an answer: ten thousand seats with the longest names stay below it."""
PAGE_BYTES_MAX: Final = 3 << 20
"""Bytes of a page and of a message of WatchPods, below the 4 MiB that gRPC clients take by default."""
PAGE_DEFAULT: Final = 100
PAGE_MOST: Final = 1000
"""Items of a page: PAGE_DEFAULT where the request names no size, PAGE_MOST at most."""
PODS_IN_A_MESSAGE: Final = 500
EVENTS_IN_A_MESSAGE: Final = 100
REASON_MAX: Final = 500
"""Characters of a reason that are kept. A longer reason is cut, because leaving is never refused."""
REQUEST_ID_MAX: Final = 64
"""Characters of a request id."""
CURSOR_MOST: Final = (1 << 63) - 1
"""The greatest cursor an event can have."""


def at_most(value: float, limit: float) -> float:
    """Return the value, or the limit where only float32 rounding has carried the value above it.

    0.3 as float32 is 0.30000001, which is what JavaScript's OSC, protobuf's float and numpy send.
    """
    return limit if limit < value <= limit * (1.0 + FLOAT32_SLACK) else value


def check() -> None:
    """Raise AssertionError where two bounds contradict each other."""
    assert TICK_CLOSES_AFTER_S < HOP_S
    assert FRAME_FRESH_HOPS <= FRAME_STALE_HOPS
    assert FRAME_STALE_HOPS * HOP_S < ACTUATOR_AGE_S, "a frame that is not stale is held against the grants"
    assert LOST_AFTER_S < REPLAY_AGE_S, "a number that may still fill its gap is young"
    assert FRAME_FRESH_HOPS * HOP_S + TICK_CLOSES_AFTER_S < LEASE_S, "a fresh frame must fit a lease"
    assert QUALITY_OUT < QUALITY_IN
    assert CEILING_INTIMATE <= CEILING <= GUIDELINE_CAP <= 1.0
    assert ANCHOR_CEILING <= GUIDELINE_CAP
    assert RAMP_MIN_S <= RAMP_DEFAULT_S
    assert CHARGE_EVERY_S + HOP_S < MARK_HOLDS_S, "a mark is moved before it ends"
    assert CHARGE_EVERY_S + 4 * FSYNC_TAKES_S < MARK_HOLDS_S, "two writes, each behind another, move a mark"
    assert LEDGER_SLOW_S < LEDGER_ANSWERS_WITHIN_S
    assert 0.0 < EXPOSURE_WARN_SHARE < 1.0
    assert 0.0 < DISPERSION_SEVER < DISPERSION_HALVE < 1.0
    assert 0.0 < RANK_SEVER < RANK_HALVE < 1.0
    assert 0.0 < IDENTITY_SEVER < IDENTITY_HALVE < 1.0
    assert COMMAND_RESEND_S < CONFIRM_WITHIN_S
    assert SOFT_WINDOW_MIN * HOP_S <= SOFT_WINDOW_S
    assert HALF_OPEN_TICKS * HOP_S < HALF_OPEN_DEADLINE_S
    assert CONFIRM_WITHIN_S <= LEASE_S + LEASE_FADE_S
    assert LEASE_S + LEASE_FADE_S < FAILURE_HOLD_S, "a bug of every tick is one zero and no flicker"


check()
