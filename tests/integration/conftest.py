"""A real broker for the tests in this folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mosquitto import MOSQUITTO, SHIPPED, Broker, free_port


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """A running broker; the test is skipped where mosquitto is not installed."""
    if MOSQUITTO is None:
        pytest.skip("mosquitto is not installed (make system-packages)")
    port = free_port()
    conf = tmp_path / "mosquitto.conf"
    conf.write_text(SHIPPED.read_text().replace("listener 1883 ", f"listener {port} "))
    one = Broker(conf, port)
    one.start()
    yield one
    one.kill()
