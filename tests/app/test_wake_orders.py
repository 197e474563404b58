"""Wake orders: pods woken at once or later, the blocks they set, and their memory across restarts."""

from dreamd.app.api.protocols import Ordered
from dreamd.core.dreamscapes.views import DreamscapeState, Plan, SeatState
from dreamd.core.limits import WAKE_ORDERS_KEPT
from dreamd.core.refusals import Code, Refusal
from dreamd.core.safety.wake_orders import Order
from dreamwire.messages import Assign, WakePod, WakeScope
from fakes.callers import OPERATOR, named
from fakes.ledger import MemoryLedger
from fakes.stage import Stage

POD, DREAMSCAPE, SITE, FLEET = WakeScope.POD, WakeScope.DREAMSCAPE, WakeScope.SITE, WakeScope.FLEET


def dreaming(pods: int = 5, ledger: MemoryLedger | None = None, north: int = 0) -> Stage:
    """A Dreamscape of so many, granted; the first `north` of them are of another site."""
    stage = Stage(pods, ledger)
    for pod in stage.pods[:north]:
        pod.site = "north"
    stage.appear()
    stage.dream()
    return stage


def give(stage: Stage, scope: WakeScope, target: str = "", request_id: str = "", by: str = "mira") -> Order:
    """Give an order."""
    answer = stage.app.wake_orders.order(named(by), scope, target, "smoke", request_id)
    assert isinstance(answer, Ordered), answer
    return answer.order


def lift(stage: Stage, order: Order) -> Order:
    """Lift it."""
    answer = stage.app.wake_orders.lift(named("ash"), order.id, "it was toast")
    assert isinstance(answer, Order), answer
    return answer


def refused(answer: object) -> Code:
    """The code of a refusal."""
    assert isinstance(answer, Refusal), answer
    return answer.code


def woken(stage: Stage) -> list[str]:
    """The pods sent a wake command, in order."""
    return [command.pod for command in stage.link.commands if isinstance(command.what, WakePod)]


def test_a_pods_order_takes_it_out_in_the_call_whatever_the_pod_says() -> None:
    """A pod's order takes its seat in the call without waiting for the pod; the rest dream on."""
    stage = dreaming()
    stage.link.cut = True
    stage.pod("bed-1").sends = False
    answer = stage.app.wake_orders.order(named("mira"), POD, "bed-1", "pale")
    assert isinstance(answer, Ordered)
    seat = next(seat for seat in stage.app.dreamscapes.get("night").seats if seat.pod == "bed-1")
    assert (seat.state, seat.cause) == (SeatState.LEFT, "wake")
    assert woken(stage) == ["bed-1"]
    assert answer.ticket.outcome().unconfirmed == ("bed-1",)
    slot = stage.pod("bed-1").assign.slot
    stage.hop(1)
    newest = stage.link.collectives[-1]
    assert newest.coupling[slot] == 0 == newest.answered[slot]
    assert stage.coupling("bed-2") > 0


def test_the_retained_order_leaves_before_anybody_is_asked() -> None:
    """The retained, signed order leaves first; the pods' own commands follow."""
    stage = dreaming()
    order = give(stage, FLEET)
    [message] = stage.link.wakes
    assert message == order.message()
    assert (message.scope, message.issuer, message.reason, message.lifted) == (FLEET, "mira", "smoke", False)


def test_a_dreamscapes_order_wakes_it_as_a_whole() -> None:
    """A Dreamscape's order zeroes it in the call, wakes every pod, and ends when all are home."""
    stage = dreaming()
    before = len(stage.link.collectives)
    answer = stage.app.wake_orders.order(named("mira"), DREAMSCAPE, "night", "noise")
    assert isinstance(answer, Ordered)
    assert not stage.link.collectives[before].coupling.any()
    assert sorted(woken(stage)) == [pod.name for pod in stage.pods]
    stage.hop(8)
    assert answer.ticket.outcome().zeroed == answer.ticket.outcome().confirmed == 5
    assert stage.app.dreamscapes.get("night").state is DreamscapeState.ENDED


def test_a_sites_order_leaves_the_others_dreaming() -> None:
    """A site's order wakes its two beds; four dream on."""
    stage = dreaming(6, north=2)
    give(stage, SITE, "north")
    stage.hop(4)
    assert sorted(woken(stage)) == ["bed-1", "bed-2"]
    assert stage.app.dreamscapes.get("night").state is DreamscapeState.DREAMING
    assert stage.app.dreamscapes.get("night").assigned == 4
    assert stage.coupling("bed-3") > 0


def test_the_fleets_order_wakes_dreams_and_empties_what_gathers() -> None:
    """A fleet order wakes dreaming ones as a whole; a gathering one only loses its waiting seats."""
    stage = Stage(6)
    stage.appear()
    stage.app.dreamscapes.create(OPERATOR, Plan("later", 3, 3, pods=("bed-4", "bed-5", "bed-6"), ramp_s=10.0))
    stage.dream(pods=("bed-1", "bed-2", "bed-3"))
    order = give(stage, FLEET)
    stage.hop(8)
    assert sorted(woken(stage)) == [pod.name for pod in stage.pods]
    assert stage.app.dreamscapes.get("night").state is DreamscapeState.ENDED
    assert stage.app.dreamscapes.get("later").state is DreamscapeState.GATHERING
    assert refused(stage.app.dreamscapes.start(OPERATOR, "later")) is Code.WAKE_ORDER_ACTIVE
    lift(stage, order)
    for pod in stage.pods:
        pod.latched = ""
    stage.hop(12)
    assert not isinstance(stage.app.dreamscapes.start(OPERATOR, "later"), Refusal)


def test_a_standing_order_keeps_an_unlatched_pod_out() -> None:
    """A standing order keeps an unlatched pod out, with the order on its seat, until it is lifted."""
    stage = dreaming()
    order = give(stage, POD, "bed-1")
    stage.hop(4)
    stage.pod("bed-1").latched = ""
    stage.hop(20)
    checks = {check.name: check for check in stage.app.dreamscapes.explain("night", "bed-1")}
    assert (checks["wake-order"].passed, checks["wake-order"].code) == (False, "WAKE_ORDER_ACTIVE")
    assert order.id in checks["wake-order"].sentence
    assert stage.app.dreamscapes.get("night").assigned == 4
    lift(stage, order)
    stage.hop(12)
    assert stage.app.dreamscapes.get("night").assigned == 5


def test_resume_is_refused_while_an_order_covers_the_dreamscape() -> None:
    """Resume is refused while an order covers the plan's site, and names the order."""
    stage = dreaming(5, north=1)
    stage.app.dreamscapes.end(OPERATOR, "night", "over")
    stage.hop(8)
    stage.app.dreamscapes.create(OPERATOR, Plan("second", 3, 4, site="here", ramp_s=10.0))
    stage.hop(8)
    assert not isinstance(stage.app.dreamscapes.start(OPERATOR, "second"), Refusal)
    stage.app.dreamscapes.sever(OPERATOR, "second", "a pause")
    stage.hop(2)
    give(stage, SITE, "north")
    assert not isinstance(stage.app.dreamscapes.resume(OPERATOR, "second"), Refusal)
    stage.app.dreamscapes.sever(OPERATOR, "second", "a pause")
    order = give(stage, SITE, "here")
    answer = stage.app.dreamscapes.resume(OPERATOR, "second")
    assert refused(answer) is Code.WAKE_ORDER_ACTIVE
    assert answer.metadata == {"order": order.id}


def test_a_planned_start_is_held_back_too() -> None:
    """A planned start is held back by an order that covers it."""
    stage = Stage(3)
    stage.appear()
    stage.app.dreamscapes.create(
        OPERATOR, Plan("night", 3, 3, start_at_s=stage.clock.now_s() + 3.0, ramp_s=10.0)
    )
    stage.hop(4)
    order = give(stage, FLEET)
    for pod in stage.pods:
        pod.latched = ""
    stage.hop(40)
    assert not any(isinstance(command.what, Assign) for command in stage.link.commands)
    lift(stage, order)
    stage.hop(8)
    assert stage.app.dreamscapes.get("night").state is DreamscapeState.DREAMING


def test_a_pod_that_comes_later_is_woken_by_every_order_that_reaches_it() -> None:
    """A late pod is woken by every standing order that reaches it, once each, also by a hidden one."""
    stage = dreaming(6, north=2)
    late = stage.pods[-1]
    late.presence(online=False)
    stage.link.cut = True
    give(stage, POD, late.name)
    give(stage, SITE, "north")
    assert stage.link.wakes[-1].scope is SITE
    stage.link.cut = False
    late.assign, late.incarnation = None, 2000
    late.presence()
    late.status()
    assert late.latched == "wake"
    late.latched = ""  # the sleeper's own act
    told = woken(stage).count(late.name)
    stage.hop(20)
    assert woken(stage).count(late.name) == told


def test_a_pod_that_is_latched_already_is_not_woken_again_by_a_new_daemon() -> None:
    """After a restart pods without a latch are woken, latched ones are not."""
    stage = dreaming(5)
    give(stage, FLEET)
    stage.hop(8)
    stage.pod("bed-2").latched = ""
    before = len(woken(stage))
    stage.restart()
    for pod in stage.pods:
        pod.presence()
        pod.status()
    assert woken(stage)[before:] == ["bed-2"]


def test_no_restart_forgets_an_order_and_revisions_only_grow() -> None:
    """A restart keeps the order, publishes it again, and numbers the next one higher."""
    stage = dreaming()
    order = give(stage, POD, "bed-1")
    stage.clock.at_s -= 86_400.0
    stage.link.wakes.clear()
    stage.restart()
    [again] = stage.app.wake_orders.list()
    assert again == order
    stage.app.inbound.on_link(up=True)
    assert stage.link.wakes == [order.message()]
    for pod in stage.pods:
        pod.presence()
    assert give(stage, POD, "bed-2").revision > order.revision
    lift(stage, order)
    stage.restart()
    assert [one.stands for one in stage.app.wake_orders.list() if one.id == order.id] == [False]


def test_a_narrower_order_does_not_hide_a_wider_one() -> None:
    """The retained place keeps the fleet's order over a pod's; after its lifting it shows the pod's."""
    stage = dreaming()
    fleet = give(stage, FLEET)
    pod = give(stage, POD, "bed-1")
    assert [message.id for message in stage.link.wakes] == [fleet.id]
    lifted = lift(stage, fleet)
    newest = stage.link.wakes[-1]
    assert (newest.id, newest.lifted) == (pod.id, False)
    assert newest.revision > lifted.revision > pod.revision > fleet.revision
    lift(stage, pod)
    newest = stage.link.wakes[-1]
    assert (newest.id, newest.lifted) == (pod.id, True)


def test_lifting_an_order_that_is_not_shown_changes_nothing_on_the_wire() -> None:
    """Lifting a hidden order leaves the wider one on the wire."""
    stage = dreaming()
    give(stage, FLEET)
    pod = give(stage, POD, "bed-1")
    said = len(stage.link.wakes)
    lift(stage, pod)
    assert len(stage.link.wakes) == said


def test_of_liftings_that_were_written_together_the_last_is_on_the_wire() -> None:
    """Two lifted while the ledger is slow: revisions only grow, and no pod is left with an order."""
    ledger = MemoryLedger()
    stage = dreaming(ledger=ledger)
    orders = [give(stage, POD, name) for name in ("bed-1", "bed-2", "bed-3")]
    ledger.held = True
    for order in (orders[1], orders[0], orders[2], orders[0]):
        stage.app.wake_orders.lift(named("ash"), order.id, "over")
    ledger.release()
    revisions = [message.revision for message in stage.link.wakes]
    assert revisions == sorted(set(revisions))
    assert stage.link.wakes[-1].lifted
    assert [order.stands for order in stage.app.wake_orders.list()] == [False] * 3
    lifted = [event for event in stage.app.journal._events if event.kind == "wake-lifted"]
    assert len(lifted) == 3, "lifted twice is lifted once"


def test_an_order_sent_again_is_the_same_order_and_wakes_again() -> None:
    """A repeated order, by request id or target, is one order and wakes those not awake."""
    stage = dreaming()
    first = give(stage, FLEET, request_id="r1")
    assert give(stage, FLEET, request_id="r1") == first
    assert give(stage, FLEET) == first
    assert len(list(stage.app.wake_orders.list())) == 1
    assert woken(stage).count("bed-1") == 3


def test_an_order_under_the_request_id_of_another_caller_wakes() -> None:
    """An order of one caller is lifted; the same request id of another caller gives an order that stands."""
    stage = Stage()
    first = give(stage, FLEET, request_id="r1")
    lift(stage, first)
    again = give(stage, FLEET, request_id="r1")
    assert (again.id, again.stands) == (first.id, False)
    other = give(stage, FLEET, request_id="r1", by="noor")
    assert (other.id != first.id, other.stands) == (True, True)


def test_an_order_under_anothers_request_id_is_given() -> None:
    """An order with a taken request id is given without it: a way out is never refused for its id."""
    stage = dreaming()
    first = give(stage, FLEET, request_id="r1")
    other = give(stage, POD, "bed-1", request_id="r1")
    assert (other.id == first.id, other.scope, other.request_id) == (False, POD, "")
    assert woken(stage).count("bed-1") == 2
    assert give(stage, FLEET, request_id="r1") == first


def test_a_late_retry_of_a_lifted_order_wakes_no_pod() -> None:
    """A late retry of a lifted order is answered and stays lifted."""
    stage = dreaming()
    order = give(stage, POD, "bed-1", request_id="r1")
    lift(stage, order)
    before = stage.app.journal.newest
    assert not give(stage, POD, "bed-1", request_id="r1").stands
    assert stage.app.journal.newest == before


def test_an_order_for_an_unknown_name_is_refused() -> None:
    """An order for an unknown name is refused, as it would wake no sleeper."""
    stage = dreaming()
    assert refused(stage.app.wake_orders.order(named("m"), POD, "bed-9", "r")) is Code.POD_UNKNOWN
    assert (
        refused(stage.app.wake_orders.order(named("m"), DREAMSCAPE, "nihgt", "r")) is Code.DREAMSCAPE_UNKNOWN
    )
    assert refused(stage.app.wake_orders.order(named("m"), SITE, "nroth", "r")) is Code.INVALID_ARGUMENT
    assert tuple(stage.app.wake_orders.list()) == ()
    assert stage.link.wakes == []


def test_lifting_needs_a_name_and_a_reason() -> None:
    """Lifting needs a name, a reason and an existing order; the first of two liftings counts."""
    stage = dreaming()
    order = give(stage, FLEET)
    assert refused(stage.app.wake_orders.lift(named(" "), order.id, "over")) is Code.INVALID_ARGUMENT
    assert refused(stage.app.wake_orders.lift(named("ash"), order.id, "")) is Code.INVALID_ARGUMENT
    assert refused(stage.app.wake_orders.lift(named("ash"), "w0", "over")) is Code.WAKE_ORDER_UNKNOWN
    assert tuple(stage.app.wake_orders.list()) == (order,)
    lifted = lift(stage, order)
    assert stage.app.wake_orders.lift(named("birch"), order.id, "again") == lifted


def test_an_order_waits_for_no_ledger_but_a_lifting_does() -> None:
    """With a full disk an order wakes at once and is written later; lifting is refused."""
    ledger = MemoryLedger()
    stage = dreaming(ledger=ledger)
    ledger.broken = "the disk is full"
    order = give(stage, FLEET)
    stage.hop(4)
    assert sorted(woken(stage)) == [pod.name for pod in stage.pods]
    sentences = [event.sentence for event in stage.app.journal._events]
    assert sum("could not keep a wake order" in sentence for sentence in sentences) == 1
    assert refused(stage.app.wake_orders.lift(named("ash"), order.id, "over")) is Code.LEDGER_UNAVAILABLE
    assert tuple(stage.app.wake_orders.list()) == (order,)
    ledger.broken = ""
    stage.hop(1)
    assert ledger.wake_orders() == (order,)


def test_lifted_orders_are_bounded() -> None:
    """Lifted orders are bounded; standing ones are never dropped."""
    stage = dreaming()
    stands = give(stage, POD, "bed-2")
    for _ in range(WAKE_ORDERS_KEPT + 3):
        lift(stage, give(stage, POD, "bed-1"))
    orders = tuple(stage.app.wake_orders.list())
    assert len(orders) == WAKE_ORDERS_KEPT + 1
    assert stands in orders
    assert len(stage.ledger.wake_orders()) == len(orders)
