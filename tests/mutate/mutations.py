"""Every mutation there is, room by room; the rows of DESIGN 6, 8.1, 8.2 and 8.3 in their order."""

from typing import Final

from mutate.alarms import ALARMS
from mutate.anchors import ANCHORS
from mutate.api import API
from mutate.audit import AUDIT
from mutate.bedside import BEDSIDE
from mutate.books import BOOKS
from mutate.broker import BROKER
from mutate.clinic import CLINIC
from mutate.console import CONSOLE
from mutate.crowd import CROWD
from mutate.daemon import DAEMON
from mutate.erasing import ERASING
from mutate.evidence import EVIDENCE
from mutate.exchange import EXCHANGE
from mutate.festival import FESTIVAL
from mutate.files import FILES
from mutate.gateways import GATEWAYS
from mutate.guests import GUESTS
from mutate.handovers import HANDOVERS
from mutate.headsets import HEADSETS
from mutate.held_consents import HELD_CONSENTS
from mutate.joined_houses import JOINED_HOUSES
from mutate.kept_orders import KEPT_ORDERS
from mutate.keys import KEYS
from mutate.leading import LEADING
from mutate.leases import LEASES
from mutate.led_callers import LED_CALLERS
from mutate.letters import LETTERS
from mutate.long_work import LONG_WORK
from mutate.moratoria import MORATORIA
from mutate.mutation import Mutation
from mutate.operators import OPERATORS
from mutate.other_systems import OTHER_SYSTEMS
from mutate.own import OWN
from mutate.patches import PATCHES
from mutate.people import PEOPLE
from mutate.pod import POD
from mutate.pooled import POOLED
from mutate.public_reports import PUBLIC_REPORTS
from mutate.rates import RATES
from mutate.readers import READERS
from mutate.recordings import RECORDINGS
from mutate.refused_starts import REFUSED_STARTS
from mutate.rehearsed import REHEARSED
from mutate.rendering import RENDERING
from mutate.room import ROOM
from mutate.rounds import ROUNDS
from mutate.scores import SCORES
from mutate.seen import SEEN
from mutate.several_brokers import SEVERAL_BROKERS
from mutate.signal import SIGNAL
from mutate.signing_in import SIGNING_IN
from mutate.simulated import SIMULATED
from mutate.sized import SIZED
from mutate.stage import STAGE
from mutate.stops import STOPS
from mutate.streams import STREAMS
from mutate.synchrony import SYNCHRONY
from mutate.units import UNITS
from mutate.watches import WATCHES
from mutate.wire import WIRE

MUTATIONS: Final[tuple[Mutation, ...]] = (
    *(*POD, *SIGNAL, *WIRE, *DAEMON, *SYNCHRONY, *LEADING, *RENDERING, *SCORES, *STAGE, *PATCHES, *OPERATORS),
    *(*SEEN, *ALARMS, *CONSOLE, *ROOM, *ROUNDS, *CROWD),
    *(*REHEARSED, *POOLED, *SIZED, *GATEWAYS),
    *(*STOPS, *LEASES),
    *(*HANDOVERS, *SEVERAL_BROKERS),
    *KEPT_ORDERS,
    *LED_CALLERS,
    *AUDIT,
    *API,
    *ERASING,
    *EVIDENCE,
    *BOOKS,
    *CLINIC,
    *WATCHES,
    *MORATORIA,
    *GUESTS,
    *BEDSIDE,
    *RECORDINGS,
    *RATES,
    *HEADSETS,
    *UNITS,
    *STREAMS,
    *FILES,
    *READERS,
    *BROKER,
    *SIMULATED,
    *REFUSED_STARTS,
    *SIGNING_IN,
    *KEYS,
    *PEOPLE,
    *HELD_CONSENTS,
    *OWN,
    *LETTERS,
    *LONG_WORK,
    *PUBLIC_REPORTS,
    *ANCHORS,
    *EXCHANGE,
    *FESTIVAL,
    *JOINED_HOUSES,
    *OTHER_SYSTEMS,
)
