"""Lamps on a serial port: `serial:PORT[@BAUD]`, by pyserial. A state is one line in ASCII.

    D COUPLING SEVERED BAND1 ... BAND12

COUPLING is 0 to 255, SEVERED 0 or 1, each band 0 to 255 with 128 for the shared centre; a line ends with LF.
For instance `D 38 0 128 128 140 128 128 128 128 128 128 128 128 128`. A line comes at least every 50 ms. The
microcontroller MUST go dark where it has read no whole line for half a second.

Writing never waits: a port that takes nothing loses the line, and has failed after a second of it.
"""

from typing import Final

import serial

from dreamedge.adapters.renderers.lights import BAND_LIMIT, LightState
from dreamedge.ports.renderer import RendererError

BAUD: Final = 115_200
_BYTE: Final = 255
_MIDDLE: Final = 128
_WAITING_MOST: Final = 4096


class SerialLamps:
    """The way of one bed to a microcontroller."""

    def __init__(self, target: str) -> None:
        """Open the port.

        Raises:
            RendererError: the baud rate is none, or the port cannot be opened.
        """
        path, at, rate = target.partition("@")
        if at and not (rate.isdecimal() and int(rate) > 0):
            raise RendererError(
                f"serial:{target} names no baud rate; expected serial:PORT@BAUD, such as "
                f"serial:/dev/ttyACM0@{BAUD}."
            )
        try:
            self._port = serial.Serial(
                path, int(rate) if at else BAUD, timeout=0, write_timeout=0, exclusive=True
            )
        except (OSError, ValueError) as error:
            raise RendererError(
                f"serial:{target} cannot be opened ({error}); dreamedge devices lists the ports: name one of "
                "them, and close the program that uses it."
            ) from None

    def send(self, state: LightState) -> None:
        """Write one line.

        Raises:
            OSError: the port is lost, or takes no more.
        """
        if self._port.out_waiting > _WAITING_MOST:
            raise OSError("it takes no more")
        self._port.write(line(state))

    def close(self) -> None:
        """Release the port."""
        self._port.close()


def line(state: LightState) -> bytes:
    """The line of a state. The coupling is rounded down: a share is never shown larger than it is."""
    bands = (round(_MIDDLE + float(band) / BAND_LIMIT * (_BYTE - _MIDDLE)) for band in state.bands)
    values = (int(state.coupling * _BYTE), int(state.severed), *(min(max(band, 0), _BYTE) for band in bands))
    return f"D {' '.join(map(str, values))}\n".encode()
