"""Callers that a daemon without the house leads to its owner, and that must not go astray."""

from typing import Final

from mutate.mutation import Mutation

_LINE, _SERVER = "proto/dreamapi/call_policy.py", "daemon/dreamd/adapters/grpc/elsewhere_server.py"
_DAEMONS, _ADDRESS = "proto/dreamapi/daemons.py", "daemon/dreamd/house_address.py"
_TESTS, _TESTS_ADDRESS = ("tests/api/test_owner_elsewhere.py",), ("tests/daemon/test_house_address.py",)

LED_CALLERS: Final = (
    Mutation(
        "led.loop",
        "a client follows daemons that name one another round and round",
        _LINE,
        "            if address in self._asked or len(self._asked) > FOLLOWED_MAX:",
        "            if False:",
        _TESTS,
    ),
    Mutation(
        "led.lost-owner",
        "a client asks a dead owner for ever, beside the daemon that has taken over",
        _DAEMONS,
        "        self.target = self._home\n\n    async",
        "        pass\n\n    async",
        _TESTS,
    ),
    Mutation(
        "led.remembered",
        "a client asks the daemon that waits before each call",
        _DAEMONS,
        "        self.target = address\n        if",
        "        self.target = self.given[0]\n        if",
        _TESTS,
    ),
    Mutation(
        "led.loopback",
        "a caller on another machine is led to that machine itself",
        _ADDRESS,
        "    if is_loopback(_host(house.address)) and not is_near(house.owner):",
        "    if False:",
        _TESTS_ADDRESS,
    ),
    Mutation(
        "led.certificate",
        "an address is given that the certificate does not name, and no client with TLS accepts it",
        _ADDRESS,
        "        if names and host.lower() not in (name.lower() for name in names):",
        "        if False:",
        _TESTS_ADDRESS,
    ),
    Mutation(
        "led.health",
        "a proxy sends its callers to a daemon that waits",
        _SERVER,
        "health_pb2.HealthCheckResponse.NOT_SERVING",
        "health_pb2.HealthCheckResponse.SERVING",
        _TESTS,
    ),
    Mutation(
        "led.text-of-a-way-out",
        "a sever that reaches a daemon without the house is refused for its text",
        _SERVER,
        "        if handler_call_details.method in self._served:",
        "        if False:",
        _TESTS,
    ),
    Mutation(
        "led.first-vectors",
        "the first vectors of a lead are lost on the way to the owner",
        "proto/dreamapi/replay.py",
        "        for one in tuple(self._kept):",
        "        for one in ():",
        _TESTS,
    ),
    Mutation(
        "led.takeover",
        "a call ends in an error although a standby is about to take the house over",
        _LINE,
        "        if taking_over:",
        "        if False:",
        _TESTS,
    ),
    Mutation(
        "led.frozen-owner",
        "a sever waits for a frozen owner until its deadline, beside a daemon that would keep it",
        _LINE,
        "most_s = each_s if self.daemons.several else inf",
        "most_s = inf",
        _TESTS,
    ),
    Mutation(
        "led.standbys",
        "a client that was given the owner alone never finds the next one",
        "daemon/dreamd/adapters/grpc/calls/interceptor.py",
        "return ((STANDBYS, waiting),) if waiting else ()",
        "return ()",
        _TESTS,
    ),
)
