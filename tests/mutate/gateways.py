"""Gateways: the way of a bed's frames, and what proves it."""

from typing import Final

from mutate.mutation import Mutation

_WAY: Final = "edge/dreamedge/core/frame_way.py"
_TESTS: Final = ("tests/edge/test_frame_way.py",)

GATEWAYS: Final = (
    Mutation(
        "gateway.unheard",
        "a bed stays with a gateway of which the daemon hears nothing",
        _WAY,
        "        if unheard and late >= UNHEARD_HOPS:",
        "        if False:",
        _TESTS,
    ),
    Mutation(
        "gateway.newest-alone",
        "a frame that arrived hides that none came after it",
        _WAY,
        "            self._waits = answer.frame_instant + 1\n        unheard",
        "            self._waits = None\n            return []\n        unheard",
        _TESTS,
    ),
    Mutation(
        "gateway.second-proof",
        "answers to probes from before the doubt count as its proof",
        _WAY,
        "        if answer.t0_us * 1000 < self._doubted_ns - AFTER_NS:",
        "        if False:",
        _TESTS,
    ),
    Mutation(
        "gateway.one-frame-a-try",
        "a try of a silent gateway goes on until it is found silent again",
        _WAY,
        "        self._tried = instant\n",
        "        self.own, self._tried = False, instant\n",
        _TESTS,
    ),
    Mutation(
        "gateway.waits-grow",
        "a silent gateway is tried every half a minute for ever",
        _WAY,
        "        self._wait_s = min(2.0 * self._wait_s, LONGEST_S)",
        "        pass",
        _TESTS,
    ),
    Mutation(
        "gateway.credential-kept",
        "the credential of a gateway is never renewed",
        "edge/dreamedge/app/pod_supervisor.py",
        'aside.append(group.create_task(kept, name="gateway credential"))',
        "kept.close()",
        ("tests/edge/test_pod_supervisor.py",),
    ),
    Mutation(
        "gateway.newest-password",
        "a gateway whose credential was renewed never shows the newer one",
        "edge/dreamedge/adapters/gateway.py",
        "                other = refused and self._passwords is not None and self._passwords.rejected()",
        "                other = False",
        ("tests/integration/test_gateway.py",),
    ),
    Mutation(
        "gateway.copies-accuse-no-bed",
        "a message that a gateway sends twice severs every bed behind it",
        "daemon/dreamd/app/dreamscapes/drivers/pod_inputs.py",
        "        twice = written is FrameVerdict.COPIED and topic.sender != seat.pod",
        "        twice = False",
        ("tests/app/test_frame_blocks.py", "tests/sim/test_gateways.py"),
    ),
    Mutation(
        "gateway.copies-on-the-own-way",
        "a device that repeats its frames is taken for a gateway",
        "daemon/dreamd/app/dreamscapes/drivers/pod_inputs.py",
        "        twice = written is FrameVerdict.COPIED and topic.sender != seat.pod",
        "        twice = written is FrameVerdict.COPIED",
        ("tests/app/test_frame_blocks.py",),
    ),
    Mutation(
        "gateway.strangers-in-the-night",
        "a gateway that forges frames of strangers is believed",
        "daemon/dreamd/app/fleet/senders.py",
        "record is not None and sender == record.presence.gateway",
        "record is not None",
        ("tests/sim/test_gateways.py",),
    ),
    Mutation(
        "gateway.each-cohort-under-overload",
        "an intake that is behind reads one cohort of a gateway, and its other beds fall silent",
        "daemon/dreamd/adapters/mqtt/inbox.py",
        "                newest = {arrival.topic: arrival for arrival in waiting}",
        "                newest = {1: waiting[-1]}",
        ("tests/daemon/test_intake.py",),
    ),
    Mutation(
        "gateway.not-left-for-a-late-daemon",
        "a daemon that is behind makes every bed leave its gateway, and send it more",
        "daemon/dreamd/app/inbound.py",
        "        behind = now_us * 1e-6 - self._behind_s < BEHIND_S",
        "        behind = False",
        ("tests/app/test_clock_answers.py",),
    ),
    Mutation(
        "gateway.delay-of-both-ways",
        "what delays frames and probes alike accuses the gateway",
        _WAY,
        "        left_ms = self._clock.session_ms(answer.t0_us * 1000) or 0.0",
        "        left_ms = answer.t1_us / 1000",
        _TESTS,
    ),
    Mutation(
        "gateway.told-at-zero",
        "a slot that has had no frame is told as no slot",
        "daemon/dreamd/app/dreamscapes/views.py",
        "bank.columns.instant[row] if bank.columns.present[row] else bank.since[row]",
        "bank.columns.instant[row] if bank.columns.present[row] else 0",
        ("tests/app/test_clock_answers.py",),
    ),
)
