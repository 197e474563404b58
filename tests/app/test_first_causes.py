"""An act has one cause, the first, with one word in state, seat, breaker, event and metric."""

from dreamd.core.dreamscapes.views import BreakerState, DreamscapeState, Event, SeatView
from dreamwire.messages import PodEventKind
from fakes.callers import OPERATOR, named
from fakes.stage import Stage


def dreaming(pods: int = 6) -> Stage:
    """All pods dream."""
    stage = Stage(pods)
    stage.appear()
    stage.dream()
    return stage


def seat(stage: Stage, pod: str) -> SeatView:
    """The seat of this pod."""
    return next(one for one in stage.app.dreamscapes.get("night").seats if one.pod == pod)


def last(stage: Stage, kind: str, pod: str = "") -> Event:
    """The newest event of this kind."""
    return [e for e in stage.app.journal._events if e.kind == kind and pod in ("", e.pod)][-1]


def railed(stage: Stage, pod: str = "bed-5") -> None:
    """This bed reports `railed`."""
    stage.pod(pod).event(PodEventKind.SEVERED, "railed", evidence_ns=1, zero_ns=2)
    stage.hop(1)


def test_an_operators_sever_does_not_overwrite_what_a_bed_was_severed_for() -> None:
    """A railed bed keeps its cause; an operator's sever applies to the others."""
    stage = dreaming()
    railed(stage)
    stage.app.dreamscapes.sever(OPERATOR, "night", "enough")
    stage.hop(2)
    assert (seat(stage, "bed-5").cause, seat(stage, "bed-5").breaker_cause) == ("railed", "railed")
    assert (seat(stage, "bed-1").cause, seat(stage, "bed-1").breaker_cause) == ("operator", "")


def test_the_first_cause_stays_when_a_second_comes() -> None:
    """A bed severed by the operator that then rails: the seat keeps `operator`, the breaker has `railed`."""
    stage = dreaming()
    stage.app.dreamscapes.sever(OPERATOR, "night", "enough")
    railed(stage)
    assert (seat(stage, "bed-5").cause, seat(stage, "bed-5").breaker_cause) == ("operator", "railed")


def test_every_other_sever_leaves_it_too() -> None:
    """A lost quorum, a wake and an end keep the first cause as well."""
    for act in (
        lambda stage: [railed(stage, f"bed-{n}") or stage.hop(41) for n in (1, 2, 3, 4)],
        lambda stage: stage.app.dreamscapes.wake(named("mira"), "night", "fire"),
        lambda stage: stage.app.dreamscapes.end(OPERATOR, "night", "over"),
    ):
        stage = dreaming()
        stage.link.cut = True
        railed(stage)
        act(stage)
        assert seat(stage, "bed-5").cause == "railed"


def test_resume_forgets_the_sever_and_not_an_open_breaker() -> None:
    """After Resume a healthy pod has no cause; one with an open breaker keeps its own."""
    stage = dreaming()
    railed(stage)
    stage.app.dreamscapes.sever(OPERATOR, "night", "enough")
    stage.app.dreamscapes.resume(OPERATOR, "night")
    stage.hop(1)
    assert seat(stage, "bed-1").cause == ""
    assert seat(stage, "bed-5").cause == "railed"


def test_a_breaker_that_closes_takes_its_cause_along() -> None:
    """A pod that is well and merged again has no cause on its seat."""
    stage = dreaming()
    railed(stage)
    stage.hop(260)
    assert seat(stage, "bed-5").breaker is BreakerState.CLOSED
    assert seat(stage, "bed-5").cause == ""


def test_a_pod_set_to_zero_is_shown_with_the_daemons_cause() -> None:
    """A pod reports `daemon`; state, seat, event and metric show `operator`."""
    stage = dreaming()
    stage.app.dreamscapes.sever(OPERATOR, "night", "a hand on the key")
    for pod in stage.pods:
        pod.event(PodEventKind.SEVERED, "daemon", evidence_ns=1, zero_ns=2)
        pod.event(PodEventKind.ALONE, "daemon")
    view = stage.app.dreamscapes.get("night")
    assert (view.state, view.state_cause) == (DreamscapeState.SEVERED, "operator: a hand on the key")
    assert {one.cause for one in view.seats} == {"operator"}
    assert (last(stage, "severed").cause, last(stage, "alone").cause) == ("operator", "operator")
    assert "(operator)" in last(stage, "severed").sentence
    assert stage.meters.counts["severed:operator"] == 6
    assert "severed:daemon" not in stage.meters.counts
    assert stage.app.breakers.get("dreamscapes/night").cause == "operator"


def test_a_breaker_that_the_daemon_opened_names_the_pods_sever() -> None:
    """After frames of a wrong shape the pod's sever report is shown as `misfit`."""
    stage = dreaming()
    stage.app.breakers.trip(named("mira"), "pods/bed-2", "looks wrong")
    stage.pod("bed-2").event(PodEventKind.SEVERED, "daemon")
    assert last(stage, "severed", "bed-2").cause == "operator"
    assert seat(stage, "bed-2").cause == "operator"


def test_a_pod_that_lost_its_permission_says_lease() -> None:
    """A cause observed by the pod itself, such as `lease`, is not renamed."""
    stage = dreaming()
    stage.pod("bed-1").event(PodEventKind.SEVERED, "lease")
    assert last(stage, "severed", "bed-1").cause == "lease"
    assert stage.meters.counts["severed:lease"] == 1


def test_a_ledger_that_takes_nothing_has_its_own_word() -> None:
    """With a full disk the pods' severs are `ledger`, not `daemon`."""
    stage = dreaming()
    stage.ledger.broken = "disk is full"
    stage.hop(80)
    assert stage.coupling("bed-1") == 0
    stage.pod("bed-1").event(PodEventKind.SEVERED, "daemon")
    assert last(stage, "severed", "bed-1").cause == "ledger"


def test_an_old_cause_is_not_shown_for_a_sever_after_a_new_merge() -> None:
    """After a new merge, a zero without a known reason is `daemon` again."""
    stage = dreaming()
    stage.app.dreamscapes.sever(OPERATOR, "night", "enough")
    stage.app.dreamscapes.resume(OPERATOR, "night")
    stage.hop(4)
    stage.pod("bed-1").event(PodEventKind.MERGED)
    stage.pod("bed-1").event(PodEventKind.SEVERED, "daemon")
    assert last(stage, "severed", "bed-1").cause == "daemon"


def test_the_sentence_of_a_sever_does_not_count_the_others() -> None:
    """The sentence of a sever does not count the others: their state is not known yet."""
    stage = dreaming()
    railed(stage)
    assert last(stage, "severed", "bed-5").sentence == "bed-5: at zero after 0 ms (railed)"


def test_a_late_event_carries_the_pods_own_time() -> None:
    """A late event carries the pod's own time beside its arrival."""
    stage = dreaming()
    acted_s = stage.clock.at_s - 75.0
    stage.pod("bed-1").event(PodEventKind.SEVERED, "lease", unix_ms=round(acted_s * 1000))
    told = last(stage, "severed", "bed-1")
    assert told.at_s == stage.clock.at_s
    assert abs(told.acted_s - acted_s) < 0.001
