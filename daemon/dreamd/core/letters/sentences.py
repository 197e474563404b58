"""The causes of a stop in the sleeper's words: every cause has one sentence."""

from typing import Final

from dreamd.core.safety.causes import Cause

SENTENCES: Final[dict[Cause, str]] = {
    Cause.FLAT: "A sensor gave no signal.",
    Cause.RAILED: "A sensor's signal was too strong to read.",
    Cause.CONTACT: "A sensor lost touch with your skin.",
    Cause.MAINS: "Electric hum from the room covered your signal.",
    Cause.AMPLITUDE: "Your signal was larger than sleep explains, as when you move.",
    Cause.RESOLUTION: "Your headset measured too coarsely.",
    Cause.HIGHFREQ: "Muscle activity covered your signal.",
    Cause.UNIT: "Your headset sent numbers in the wrong unit.",
    Cause.QUALITY: "Your signal was not clear enough.",
    Cause.NONFINITE: "Your headset sent something that is not a number.",
    Cause.RANGE: "Your headset sent a number that cannot be right.",
    Cause.RATE: "Your headset ran at the wrong speed.",
    Cause.SILENCE: "Nothing was heard from your bed.",
    Cause.LOST: "Too much of your signal was lost on its way.",
    Cause.STALE: "Your signal arrived too late.",
    Cause.FROZEN: "Your headset kept repeating itself.",
    Cause.REPLAYED: "Your bed sent an old signal again.",
    Cause.CLOCK: "The clock of your bed jumped.",
    Cause.LEASE: "Your bed did not hear from us for a second and let you go.",
    Cause.STALLED: "The computer of your bed paused.",
    Cause.OUTLIER: "Your signal was far from all others.",
    Cause.ACTUATOR: "Your bed played more than was allowed.",
    Cause.RENDERER: "The sound or light of your bed failed.",
    Cause.AROUSAL: "You were stirring.",
    Cause.DISTRESS: "You were in distress.",
    Cause.WAKE: "You were woken, or asked to be.",
    Cause.WITHDRAWN: "You took back your yes.",
    Cause.LATCHED: "Your bed was held apart until you cleared it.",
    Cause.EXPIRED: "The time of your yes was over.",
    Cause.EXPOSURE: "You had reached the most that you may merge.",
    Cause.MISFIT: "Your bed sent a signal of another kind.",
    Cause.CROSSTALK: "Two beds carried the same signal.",
    Cause.IDENTITY: "Your signal was growing too much like the others'.",
    Cause.GAIN: "The group's signal was growing by itself.",
    Cause.SYNCHRONY: "The group fell into one rhythm.",
    Cause.HOMOGENISED: "The signals of the group were growing alike.",
    Cause.QUORUM: "Too few sleepers with a good signal were left.",
    Cause.MASS: "Many sleepers were let go at once.",
    Cause.OPERATOR: "The staff stopped it.",
    Cause.MORATORIUM: "A pause in merging was called for everyone.",
    Cause.ELSEWHERE: "The Dreamscape was stopped in another house.",
    Cause.UNJOINED: "The other houses of the Dreamscape could not be reached.",
    Cause.RELEASED: "Your bed was let go.",
    Cause.LEFT: "Your bed left by itself.",
    Cause.STOPPED: "Your bed was switched off.",
    Cause.DURATION: "The time set at your bed was over.",
    Cause.RECORDING_OVER: "The recording that your bed played was over.",
    Cause.REASSIGNED: "Your bed was given another place.",
    Cause.TIME_OVER: "The time of your place was over.",
    Cause.ENDED: "The Dreamscape ended.",
    Cause.SHUTDOWN: "Our computer was switched off.",
    Cause.DAEMON: "We set you apart; the reason is not known.",
    Cause.LEDGER: "We could not write down what happened, so no sleeper merged.",
    Cause.UPLINK: "We lost the connection to most beds.",
    Cause.UNKNOWN: "Your bed gave a reason that we do not know.",
}
"""Every cause has its sentence."""

CARED_FOR: Final = frozenset({Cause.AROUSAL, Cause.DISTRESS, Cause.IDENTITY, Cause.HOMOGENISED})
"""Causes after which a sleeper is asked to speak with the staff."""

assert set(SENTENCES) == set(Cause), "every cause has its sentence"
