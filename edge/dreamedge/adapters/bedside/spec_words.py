"""The words that the specs of buttons and lights share: `KIND:PLACE[,KEY=VALUE...]`."""

from collections.abc import Mapping

DEFAULT_BAUD = 9600


def split(spec: str, refusal: type[Exception], flag: str) -> tuple[str, str, dict[str, str]]:
    """Return kind, place and options of a spec; a word without `=` belongs to the place.

    Raises:
        refusal: an option is given twice.
    """
    kind, _, rest = spec.partition(":")
    words = [word.strip() for word in rest.split(",")]
    place = ",".join(word for word in words if "=" not in word)
    options: dict[str, str] = {}
    for word in words:
        key, equals, value = (part.strip() for part in word.partition("="))
        if equals and options.setdefault(key, value) != value:
            raise refusal(f"{flag} {spec} gives {key} twice; give it once.")
    return kind, place, options


def chip_path(chip: str) -> str:
    """The path of a GPIO chip by its name or path: `gpiochip0` or `/dev/gpiochip0`."""
    return chip if chip.startswith("/") else f"/dev/{chip}"


def baud_rate(spec: str, options: Mapping[str, str], flag: str, refusal: type[Exception]) -> int:
    """The baud rate of a serial spec, whose only option it is.

    Raises:
        refusal: another option, or no such rate.
    """
    baud = options.get("baud", str(DEFAULT_BAUD))
    if set(options) - {"baud"} or not baud.isdecimal() or not int(baud) > 0:
        raise refusal(f"{flag} {spec} is not serial:PORT[,baud=N]; for instance serial:/dev/ttyACM0.")
    return int(baud)
