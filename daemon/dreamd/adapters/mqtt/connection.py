"""One connection of the daemon to the broker: used once; its messages go to `offer`, its end is awaited.

`dreamwire.connection` does the work; this module adds the daemon's own numbers, and parcels. Never call
`send` from inside a message callback (intake keeps to that).
"""

from collections.abc import Iterable
from typing import Any, Final

import aiomqtt

from dreamd.adapters.mqtt.outbox import Parcel
from dreamwire.broker_access import Access
from dreamwire.connection import Offer, OfferAll, PromptClient
from dreamwire.packet_splitter import publication

KEEPALIVE_S: Final = 5
ANSWER_S: Final = 3.0
"""The longest the broker may take to answer CONNECT, SUBSCRIBE or a confirmed publish."""
_FORGOTTEN: Final = 0x40
"""The type of a packet of which paho expects nothing once it is written."""
UNACKNOWLEDGED: Final = 4096
"""QoS 1 publishes that the broker has not acknowledged yet."""


class Connection(PromptClient):
    """A clean session that is used once; messages go to `offer`, never to the iterator."""

    def __init__(
        self, access: Access, *, identifier: str, will: Parcel, offer: Offer, offer_all: OfferAll
    ) -> None:
        """Prepare; entering the context connects.

        Raises (on entering): aiomqtt.MqttError: the broker is unreachable, or refuses.
        """
        super().__init__(
            access,
            offer,
            offer_all=offer_all,
            identifier=identifier,
            will=aiomqtt.Will(will.topic, will.payload, will.qos, will.retain),
            clean_session=True,
            timeout=ANSWER_S,
            keepalive=KEEPALIVE_S,
            max_queued_outgoing_messages=UNACKNOWLEDGED,
            max_inflight_messages=UNACKNOWLEDGED,
        )

    def give(self, parcel: Parcel) -> bool:
        """Write a parcel to the socket; False where the socket has not taken all earlier bytes."""
        return self.send(parcel.topic, parcel.payload, parcel.qos, retain=parcel.retain)

    def give_all(self, messages: Iterable[tuple[str, bytes]]) -> bool:
        """Write these, topic and payload, at QoS 0 in one go; False, and none of them, as `give` does.

        Packet by packet each needs a call of the system, most of what a clock answer costs.
        """
        paho: Any = self._client
        if paho.want_write():
            paho.loop_write()
        if paho.want_write():
            return False
        self._writes_itself = True
        try:
            # One packet to paho, which keeps what the socket does not take.
            paho._packet_queue(_FORGOTTEN, b"".join([publication(*one) for one in messages]), 0, 0)  # noqa: SLF001
        finally:
            self._writes_itself = False
        paho.loop_write()
        if paho.want_write():
            self._grant_writer()
        return True
