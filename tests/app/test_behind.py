"""A daemon that was behind, or a broker that dropped a presence, costs no pod anything."""

from fakes.stage import Stage


def test_frames_that_were_dropped_unread_are_no_loss() -> None:
    """Six hops of frames dropped by a late daemon open no breaker and count as no loss."""
    stage = Stage(pods=5)
    stage.appear()
    stage.dream()
    stage.hop(60)
    for pod in stage.pods:
        pod.seq += 6
    stage.app.inbound.on_behind(30)
    stage.hop(60)
    view = stage.app.dreamscapes.get("night")
    assert [seat.breaker.value for seat in view.seats] == ["closed"] * 5
    assert not stage.meters.counts.get("lost")


def test_the_same_frames_lost_on_the_way_are_counted() -> None:
    """Control: the same gaps without the daemon's delay are lost frames."""
    stage = Stage(pods=5)
    stage.appear()
    stage.dream()
    stage.hop(60)
    for pod in stage.pods:
        pod.seq += 6
    stage.hop(60)
    assert stage.meters.counts["lost"] == 30


def test_a_status_without_a_presence_asks_for_it() -> None:
    """A status without a presence makes the daemon ask for it by name; the pod is known when it comes."""
    stage = Stage(pods=2)
    first, second = stage.pods
    first.presence()
    first.status()
    second.status()
    assert stage.link.sought == ["bed-2"]
    assert [view.pod for view in stage.app.pods.list()] == ["bed-1"]
    second.presence()
    second.status()
    assert stage.link.sought == ["bed-2"]
    assert [view.pod for view in stage.app.pods.list()] == ["bed-1", "bed-2"]
