"""Commands on a lossy link: freeing ones arrive in the end, binding ones never return."""

from dreamwire.messages import Assign, Release
from fakes.callers import OPERATOR
from fakes.stage import Stage


def dreaming() -> Stage:
    """Five sleepers, granted."""
    stage = Stage(pods=5)
    stage.appear()
    stage.dream()
    return stage


def test_a_release_that_was_lost_is_sent_until_it_is_answered() -> None:
    """A lost release is sent until it is answered, and then no more."""
    stage = dreaming()
    stage.link.cut = True
    stage.app.pods.release(OPERATOR, "bed-1", "asked")
    stage.hop(8)
    assert stage.pods[0].assign is not None
    stage.link.cut = False
    stage.hop(8)
    assert stage.pods[0].assign is None
    stage.link.commands.clear()
    stage.hop(40)
    assert not [c for c in stage.link.commands if isinstance(c.what, Release)]


def test_an_assign_is_not_sent_again_after_the_release_that_followed_it() -> None:
    """After a lost assign and a lost release only the release is sent again."""
    stage = dreaming()
    stage.app.pods.check_out(OPERATOR, "bed-1")
    stage.hop(4)
    stage.link.cut = True
    stage.lie_down("bed-1", "another")
    stage.hop(4)
    assert isinstance(stage.link.commands[-1].what, Assign)
    stage.app.pods.release(OPERATOR, "bed-1", "asked")
    stage.link.commands.clear()
    stage.link.cut = False
    stage.hop(12)
    assert {type(c.what) for c in stage.link.commands if c.pod == "bed-1"} == {Release}


def test_an_assign_for_another_start_is_not_sent_again() -> None:
    """A rebooted pod gets a new assign, never the one for its earlier start."""
    stage = dreaming()
    stage.app.pods.check_out(OPERATOR, "bed-1")
    stage.hop(4)
    stage.link.cut = True
    stage.lie_down("bed-1", "another")
    stage.hop(4)
    old = stage.link.commands[-1]
    pod = stage.pods[0]
    pod.incarnation += 1
    pod.presence()
    pod.status()
    stage.link.commands.clear()
    stage.hop(20)
    assert [c for c in stage.link.commands if isinstance(c.what, Assign) and c.pod == "bed-1"]
    assert old.counter not in {c.counter for c in stage.link.commands}
