"""The keys of a Dreamscape's cohorts: the beds that can read a broadcast, and the way of a new key to them.

Theory of operation. Each cohort has a key of its own, drawn before its first slot is given. A bed gets it
with its assign. When a slot is taken back, for whatever cause, the cohort's key has to change: before the
next broadcast that grants anything a new one is drawn, and every bed that still holds a slot there is sent
its assign again, with the new key in it. The assigns leave first, so that a bed has its key when the
broadcast arrives. However many leave between two broadcasts, one new key is drawn.

Rules
- A broadcast that grants a coupling is encrypted. One that grants none holds zeros alone and is in the
  clear: it frees, so it waits for no key, and a bed that lacks the key obeys it.
- The cohorts whose key does not change go first. Of the others so many change their key in one tick that
  RENEWALS_A_TICK assigns are sent, one cohort at least. The rest say nothing in this tick, and their beds
  hold their lease meanwhile.
- An assign that renews a key is resent like any other until its pod answers. Where it became too old
  meanwhile, as over an outage, the pod's next status brings another.
- Keys are in memory alone. A restarted daemon gives new slots, and with them new keys.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from dreamd.app.fleet.commands import CommandQueue
from dreamd.core.dreamscapes.roster import Slot
from dreamd.core.limits import RENEWALS_A_TICK
from dreamd.ports.clock import SessionClock
from dreamd.ports.pod_link import CohortKey, PodLink
from dreamwire.messages import Assign, Collective

_LEAST_LEFT_S: Final = 0.001


@dataclass(slots=True)
class Holder:
    """A pod that holds a slot: its assign, as of `at_s`, and the number of the key that it has answered."""

    pod: str
    assign: Assign
    at_s: float
    has: int = 0


class CohortKeys:
    """The keys of one Dreamscape."""

    def __init__(self, link: PodLink, orders: CommandQueue, clock: SessionClock) -> None:
        """Begin without a key."""
        self._link = link
        self._orders = orders
        self._clock = clock
        self._drawn = 0
        self.drop_keys()

    def drop_keys(self) -> None:
        """Begin anew: no slot is given."""
        self._keys: dict[int, CohortKey] = {}
        self._left: set[int] = set()
        self._changing: dict[int, None] = {}
        self._holders: dict[int, dict[int, Holder]] = {}

    def key_of(self, cohort: int) -> CohortKey:
        """The key of the cohort; a new one where it has none yet, or a bed has left since it was drawn."""
        key = self._keys.get(cohort)
        if key is None or cohort in self._left:
            self._left.discard(cohort)
            self._drawn += 1
            key = self._keys[cohort] = self._link.draw_key(self._drawn)
        return key

    def given(self, pod: str, assign: Assign) -> None:
        """A slot has been given, with the cohort's key."""
        holder = Holder(pod, assign, self._clock.now_s())
        self._holders.setdefault(assign.cohort, {})[assign.assignment] = holder

    def taken_back(self, slot: Slot) -> None:
        """A slot has been taken back: its pod reads no later broadcast."""
        self._holders.get(slot.cohort, {}).pop(slot.assignment_id, None)
        self._left.add(slot.cohort)
        self._changing[slot.cohort] = None

    def close(self, cohort: int) -> None:
        """The cohort is in no later broadcast; if it is opened again it gets another key."""
        self._keys.pop(cohort, None)
        self._holders.pop(cohort, None)
        self._left.discard(cohort)
        self._changing.pop(cohort, None)

    def publish(self, messages: Iterable[Collective], *, granting: bool) -> None:
        """Publish a tick's messages, encrypted if any of them grants a coupling."""
        if not granting:
            for message in messages:
                self._link.publish(message)
            return
        changing: dict[int, Collective] = {}
        for message in messages:
            if message.cohort in self._changing:
                changing[message.cohort] = message
            else:
                self._link.publish(message, self.key_of(message.cohort))
        sent = 0
        for cohort in [cohort for cohort in self._changing if cohort in changing]:
            holders = self._holders.get(cohort, {})
            if sent and sent + len(holders) > RENEWALS_A_TICK:
                break
            sent += len(holders)
            key = self.key_of(cohort)
            del self._changing[cohort]
            for holder in holders.values():
                self._renew(holder, key)
            self._link.publish(changing[cohort], key)

    def _renew(self, holder: Holder, key: CohortKey) -> None:
        if holder.assign.key_number != key.number:
            now_s = self._clock.now_s()
            left_s = max(holder.assign.seconds_left - (now_s - holder.at_s), _LEAST_LEFT_S)
            holder.assign = replace(holder.assign, key=key.secret, key_number=key.number, seconds_left=left_s)
            holder.at_s = now_s
            self._send(holder)

    def _send(self, holder: Holder) -> None:
        self._orders.send(holder.pod, holder.assign.incarnation, holder.assign, self._clock.now_s())

    def obeyed(self, assign: Assign) -> None:
        """The pod has answered this assign: it has the key."""
        holder = self._holders.get(assign.cohort, {}).get(assign.assignment)
        if holder is not None:
            holder.has = assign.key_number

    def remind(self, slot: Slot) -> None:
        """The pod reports this slot: where it has not the key and no assign is under way, send it again."""
        holder = self._holders.get(slot.cohort, {}).get(slot.assignment_id)
        if holder is None or holder.has == holder.assign.key_number:
            return
        if not self._orders.waiting_for(holder.pod):
            self._send(holder)
