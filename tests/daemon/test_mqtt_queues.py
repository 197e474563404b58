"""The bounded queues on both sides of the link, each with its policy."""

from dataclasses import replace

from dreamd.adapters.mqtt import inbox, outbox
from dreamd.adapters.mqtt.inbox import Arrival, Inbox
from dreamd.adapters.mqtt.outbox import Outbox, Parcel
from dreamwire.topics import FramesTopic, PodTopic


def _drain(box: Outbox) -> list[bytes]:
    taken = []
    while (parcel := box.first()) is not None:
        taken.append(parcel.payload)
        box.sent()
    return taken


def _arrival(topic: PodTopic | FramesTopic, payload: bytes = b"") -> Arrival:
    return Arrival(topic, payload, retained=False, received_s=0.0)


def test_the_newest_collective_of_a_cohort_wins() -> None:
    """Of three ticks in two cohorts the newest of each waits, and the drop is reported."""
    box = Outbox()
    dropped = [
        box.collective(Parcel(topic, payload, 0))
        for topic, payload in (("a/0", b"1"), ("a/1", b"2"), ("a/0", b"3"))
    ]
    assert dropped == [0, 0, 1]
    assert _drain(box) == [b"2", b"3"]


def test_letting_go_leaves_first_and_is_never_dropped() -> None:
    """Releases come before everything else and are never dropped, whatever their number."""
    box = Outbox()
    box.command(Parcel("bed-0/command", b"assign", 1))
    box.collective(Parcel("a/0", b"zero", 0))
    for number in range(5000):
        box.letting_go("Release", Parcel(f"bed-{number}/command", b"old", 1))
        box.letting_go("Release", Parcel(f"bed-{number}/command", b"release", 1))
        box.letting_go("WakePod", Parcel(f"bed-{number}/command", b"wake", 1))
    assert len(box) == 10_002
    taken = _drain(box)
    assert taken.count(b"release") == taken.count(b"wake") == 5000
    assert taken[-2:] == [b"zero", b"assign"]


def test_other_commands_are_bounded_the_oldest_dropped() -> None:
    """Other commands are bounded, the oldest dropped and reported; the fleet resends them."""
    box = Outbox()
    dropped = sum(box.command(Parcel("t", str(n).encode(), 1)) for n in range(outbox.COMMANDS + 3))
    assert dropped == 3
    assert _drain(box)[0] == b"3"
    assert sum(box.collective(Parcel(f"t/{n}", b"", 0)) for n in range(outbox.COHORTS + 5)) == 5


def test_stale_collectives_are_forgotten_after_an_outage() -> None:
    """After an outage stale collectives are dropped and commands stay."""
    box = Outbox()
    box.collective(Parcel("a/0", b"stale", 0))
    box.letting_go("Release", Parcel("t", b"release", 1))
    assert box.forget_collectives() == 1
    assert _drain(box) == [b"release"]


def test_a_parcel_stays_until_it_was_sent() -> None:
    """A parcel stays in the queue until it was sent, so a lost connection loses nothing."""
    box = Outbox()
    box.letting_go("Release", Parcel("t", b"release", 1))
    assert box.first() == box.first() == Parcel("t", b"release", 1)
    box.sent()
    box.sent()
    assert box.first() is None


def test_events_come_before_frames_and_in_order() -> None:
    """Events come before frames, in order."""
    box = Inbox()
    box.put(_arrival(FramesTopic("a", 0, "bed-1"), b"frame"))
    box.put(_arrival(PodTopic("bed-1", "status"), b"status"))
    box.put(_arrival(PodTopic("bed-1", "presence"), b"presence"))
    box.put(_arrival(PodTopic("bed-1", "event"), b"event"))
    taken = [one.payload for one in iter(box.next_arrival, None)]
    assert taken == [b"presence", b"event", b"status", b"frame"]


def test_a_flood_of_frames_drops_the_oldest_frames_and_no_event() -> None:
    """A flood drops the oldest frames and no event."""
    box = Inbox()
    dropped = []
    box.put(_arrival(FramesTopic("a", 0, "bed-2"), b"another's"))
    for number in range(inbox.FRAMES_A_SENDER + 1000):
        dropped.append(box.put(_arrival(FramesTopic("a", number, "bed-1"), str(number).encode())))
        if number % 100 == 0:
            dropped.append(box.put(_arrival(PodTopic("bed-1", "event"), b"event")))
    assert dropped.count("frame") == 1000
    taken = [one.payload for one in iter(box.next_arrival, None)]
    assert taken.count(b"event") == 11
    assert taken[-1] == str(inbox.FRAMES_A_SENDER + 999).encode()
    assert b"999" not in taken
    assert b"another's" in taken
    assert len(box) == 0


def test_an_inbox_that_is_behind_keeps_the_newest_frame_of_each_sender() -> None:
    """An inbox that is behind keeps each sender's newest frame; older ones are dropped and counted."""
    box = Inbox()
    for hop in range(5):
        for pod in ("bed-1", "bed-2"):
            box.put(_arrival(FramesTopic("a", 0, pod), str(hop).encode()))
    box.put(_arrival(PodTopic("bed-1", "event"), b"event"))
    assert box.skim() == 8
    assert box.skim() == 0
    assert len(box) == 3
    assert box.next_arrival(frames=False) is not None
    assert box.next_arrival(frames=False) is None
    assert [one.payload for one in iter(box.next_arrival, None)] == [b"4", b"4"]


def test_frames_of_more_senders_than_pods_are_dropped() -> None:
    """Frames of more senders than pods are dropped, so invented senders do not fill the inbox."""
    box = Inbox()
    arrival = _arrival(FramesTopic("a", 0, "x"), b"1")
    dropped = [
        box.put(replace(arrival, topic=FramesTopic("a", 0, f"x{n}"))) for n in range(inbox.SENDERS + 10)
    ]
    assert dropped.count("frame") == 10
    assert len(box) == inbox.SENDERS


def test_only_the_newest_status_and_probe_of_a_pod_wait() -> None:
    """Only the newest status and probe of each pod wait."""
    box = Inbox()
    dropped = [
        box.put(_arrival(PodTopic(pod, leaf), str(n).encode()))
        for n in range(3)
        for pod in ("bed-1", "bed-2")
        for leaf in ("status", "clock")
    ]
    assert dropped.count("status") == dropped.count("clock") == 4
    assert [one.payload for one in iter(box.next_arrival, None)] == [b"2"] * 4


def test_events_beyond_the_bound_are_refused_and_reported() -> None:
    """Events beyond the bound are refused and reported; the pod sends them again."""
    box = Inbox()
    dropped = [box.put(_arrival(PodTopic("bed-1", "event"))) for _ in range(inbox.REPORTS + 2)]
    assert dropped.count("event") == 2
    assert len(box) == inbox.REPORTS
