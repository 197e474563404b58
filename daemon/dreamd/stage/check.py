"""The account of `dreamd stage check`: what was heard, from where, and what was not. Pure.

Nothing acts: a way out that is heard here sets nobody free, and the account says so.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from dreamd.stage.addresses import CUE, LEAD, SEVER, SHARE, WAKE, NotTaken, Reader, shown, way_out
from dreamd.stage.osc import Message, Value, decoded
from dreamwire.schema import Schema

ADDRESSES_MOST: Final = 40
"""Addresses that are told apart; messages of further ones are counted together."""
PORTS_MOST: Final = 4
VALUES_MOST: Final = 6
SHARE_MOST: Final = 0.5
"""The largest artist share that a plan can have."""


@dataclass(slots=True)
class Heard:
    """One address. trouble: why its newest message is not taken; empty: it is."""

    count: int = 0
    ports: Counter[int] = field(default_factory=Counter)
    last: tuple[Value, ...] = ()
    trouble: str = ""
    code: str = ""


class Hearing:
    """Everything that was heard, judged for one schema."""

    def __init__(self, schema: Schema) -> None:
        self._reader = Reader(schema, SHARE_MOST)
        self._by_address: dict[str, Heard] = {}
        self.beyond = 0
        """Messages of addresses beyond ADDRESSES_MOST."""

    def hear_datagram(self, datagram: bytes, port: int) -> None:
        """Note a datagram. port: where it came from."""
        for message in decoded(datagram):
            self._note(message, port)

    def _note(self, message: Message, port: int) -> None:
        key = shown(message.address) or "a datagram"
        heard = self._by_address.get(key)
        if heard is None:
            if len(self._by_address) >= ADDRESSES_MOST:
                self.beyond += 1
                return
            heard = self._by_address[key] = Heard()
        heard.count += 1
        if port in heard.ports or len(heard.ports) < PORTS_MOST:
            heard.ports[port] += 1
        heard.last = message.values
        effect = self._reader.effect_of(message)
        no = effect if isinstance(effect, NotTaken) else NotTaken("", "")
        if not (no.unknown and heard.trouble):
            no = self._reader.explained(no)
            heard.trouble, heard.code = no.sentence, no.code

    @property
    def taken(self) -> int:
        """Addresses whose newest message is taken."""
        return sum(not one.trouble for one in self._by_address.values())

    def account_rows(self) -> list[dict[str, object]]:
        """One object an address, for programs."""
        return [
            {
                "address": address,
                "count": heard.count,
                "ports": sorted(heard.ports),
                "values": list(heard.last),
                "code": heard.code,
                "sentence": heard.trouble,
            }
            for address, heard in self._by_address.items()
        ]

    def missing(self) -> tuple[str, ...]:
        """Kinds of messages that were not heard, by their address."""
        good = {address for address, heard in self._by_address.items() if not heard.trouble}
        features = any(address.startswith(f"{LEAD}/") for address in good)
        kinds = ((SHARE, SHARE in good), (CUE, CUE in good), (SEVER, SEVER in good), (WAKE, WAKE in good))
        lead = () if LEAD in good or features else (f"{LEAD} or {LEAD}/{{region}}/{{band}}",)
        return (*lead, *(address for address, here in kinds if not here))

    def lines(self) -> list[str]:
        """The account for people, without a line about the port that is told."""
        taken = [self._line(*one) for one in self._by_address.items() if not one[1].trouble]
        wrong = [
            f"not taken, {heard.count} times from port {_ports(heard)}: {heard.trouble}"
            for heard in self._by_address.values()
            if heard.trouble
        ]
        more = [f"{self.beyond} messages of further addresses"] if self.beyond else []
        missing = self.missing()
        return [*taken, *wrong, *more, *([f"not heard: {', '.join(missing)}"] if missing else [])]

    @staticmethod
    def _line(address: str, heard: Heard) -> str:
        values = " ".join(_short(value) for value in heard.last[:VALUES_MOST])
        more = f" and {len(heard.last) - VALUES_MOST} more" if len(heard.last) > VALUES_MOST else ""
        last = f", last {values}{more}" if values else ""
        acts = " (it acts in dreamd stage, not here)" if way_out(Message(address)) else ""
        return f"{address}: {heard.count} times from port {_ports(heard)}{last}{acts}"


def _ports(heard: Heard) -> str:
    return ", ".join(map(str, sorted(heard.ports)))


def _short(value: Value) -> str:
    return shown(value) if isinstance(value, str) else f"{value:g}"
