"""Research that each person of a recorded Dreamscape grants, and rows that end with the scope `record`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest

from dreamd.adapters.recordings import directory
from dreamd.adapters.recordings.exports.asked_research import granted_codes
from dreamd.adapters.recordings.manifest import RecordingError
from dreamd.adapters.recordings.reader import Recording
from dreamd.core.consent.grant import Scope
from dreamd.core.consent.research import ResearchGrants
from dreamd.core.dreamscapes.views import SeatState
from dreamd.simulation.machines.grants import SLEEPER
from dreamwire.messages import PodEventKind
from fakes.callers import OPERATOR
from fakes.ledger import MemoryLedger
from fakes.people import granted
from fakes.recordings import DirectRecordings
from fakes.stage import START_S, Stage

WHOLE: Final = frozenset(Scope)
KEPT: Final = WHOLE - {Scope.RESEARCH}
"""A grant without research: it is recorded, and not exported."""
UNPLAYED: Final[Mapping[str, object]] = {"scopes": WHOLE - {Scope.PERFORM}, "artist_share": 0.0}
"""A grant without `perform`: it is recorded and exported, and not rendered."""


@dataclass
class Night:
    """A recorded night of these sleepers; `changes` of their grants by number."""

    place: Path
    sleepers: int = 8
    changes: Mapping[int, dict[str, object]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Let them dream."""
        self.ledger = MemoryLedger()
        self.stage = Stage(self.sleepers, self.ledger, recordings=DirectRecordings(self.place, part_s=1.0))
        for number, changed in self.changes.items():
            granted(self.stage.app, f"sleeper-{number}", **changed)
        self.stage.appear()
        self.stage.dream(seats_max=12, record=True)

    def grant(self, number: int, **changed: object) -> None:
        """Let this sleeper grant something else now."""
        granted(self.stage.app, f"sleeper-{number}", **changed)

    def subject(self, number: int) -> int:
        """The number of this sleeper in the recording."""
        seats = self.stage.app.dreamscapes.get("night").seats
        return next(seat.seat for seat in seats if seat.pod == f"bed-{number}")

    def restart(self) -> None:
        """Kill the daemon; the pods come back."""
        self.stage.restart()
        for pod in self.stage.pods:
            pod.assign = None
            pod.presence()
            pod.status()

    @property
    def research(self) -> ResearchGrants:
        """The entry of recording.json."""
        found = directory.described(self.place / "recordings" / "night").research
        assert found is not None
        return found

    def end(self) -> Recording:
        """End the Dreamscape; return the recording."""
        self.stage.app.dreamscapes.end(OPERATOR, "night", "a test")
        self.stage.hop(8)
        return Recording.from_directory(self.place / "recordings" / "night")

    def refused(self) -> str:
        """End it; return why it is not exported."""
        with pytest.raises(RecordingError, match="night is not exported") as told:
            granted_codes(self.end())
        assert "sleeper-" not in str(told.value)
        assert "bed-" not in str(told.value)
        return str(told.value)


def test_a_night_of_eight_that_grant_research_is_exported_under_their_codes(tmp_path: Path) -> None:
    """Each seated sleeper is counted, a restriction of one holds for all, and so does the narrowest use.

    A grant that ends by its time takes nothing back.
    """
    general = {"duo": ("DUO:0000042", "DUO:0000019")}
    night = Night(tmp_path, changes={1: general, 2: {"duo": ("DUO:0000006",), "expires_s": START_S + 5.0}})
    night.stage.hop(20)
    assert night.stage.app.consents.until_s("sleeper-2") == 0.0
    assert night.research.people == frozenset(range(1, 9))
    assert night.research.without == frozenset()
    assert granted_codes(night.end()) == ("DUO:0000006", "DUO:0000018", "DUO:0000019", "DUO:0000021")


def test_one_of_eight_without_research_keeps_the_recording_in_the_house(tmp_path: Path) -> None:
    """The night is recorded and dreamt as ever; the refusal counts those without and names the next step.

    A later grant of research or of `perform` does not reach the rows before; so `perform` is kept.
    """
    night = Night(tmp_path, changes={5: {"scopes": KEPT}, 6: UNPLAYED})
    assert night.stage.coupling("bed-5") > 0
    five = night.subject(5)
    assert night.research.without == {five}
    assert night.research.unperformed == {night.subject(6)}
    night.grant(5, scopes=WHOLE)
    night.grant(6, scopes=WHOLE)
    night.grant(7, **UNPLAYED)
    night.stage.hop(8)
    assert night.research.unperformed == {night.subject(6), night.subject(7)}
    night.grant(7, scopes=WHOLE)
    sentence = night.refused()
    assert "1 of its 8 sleepers did not grant research" in sentence
    assert "dreamd me consent grant merge record research" in sentence
    assert five in Recording.from_directory(tmp_path / "recordings" / "night").subjects()


def test_sleepers_that_join_later_are_asked_too(tmp_path: Path) -> None:
    """A sleeper that is seated later counts like the others, with research and without."""
    nothing = {"scopes": {Scope.MERGE}, "artist_share": 0.0}
    night = Night(tmp_path, sleepers=5, changes={4: nothing, 5: nothing})
    assert len(night.research.people) == 3
    for number, scopes, people, without in ((4, WHOLE, 4, 0), (5, KEPT, 5, 1)):
        night.grant(number, scopes=scopes)
        night.stage.hop(8)
        assert night.stage.pod(f"bed-{number}").assign is not None
        assert (len(night.research.people), len(night.research.without)) == (people, without)
    assert "1 of its 5 sleepers" in night.refused()


def test_research_that_is_taken_back_in_the_night_counts_from_any_place(tmp_path: Path) -> None:
    """Narrowed in the slot, withdrawn in the slot, withdrawn after leaving, erased: four of eight.

    The sleeper that narrowed dreams on. The description tells it before the next part is written.
    """
    night = Night(tmp_path)
    subjects = {number: night.subject(number) for number in range(1, 9)}
    night.grant(1, scopes=KEPT)
    assert night.research.without == {subjects[1]}
    night.grant(1, scopes=WHOLE)
    night.stage.app.consents.withdraw(SLEEPER, "sleeper-2")
    night.stage.app.pods.check_out(OPERATOR, "bed-3")
    night.stage.hop(4)
    assert night.research.without == {subjects[1], subjects[2]}
    night.stage.app.consents.withdraw(SLEEPER, "sleeper-3")
    night.stage.app.erasures.erase(SLEEPER, "sleeper-4")
    night.stage.hop(4)
    assert night.research.without == {subjects[number] for number in (1, 2, 3, 4)}
    assert night.stage.coupling("bed-1") > 0
    assert "4 of its 8 sleepers" in night.refused()


def test_codes_without_a_use_in_common_are_refused(tmp_path: Path) -> None:
    """One granted ancestry alone, the others health: the sentence has the count and a code to agree on."""
    night = Night(tmp_path, changes={1: {"duo": ("DUO:0000011",)}}, sleepers=3)
    sentence = night.refused()
    assert "3 sleepers granted research for no use in common" in sentence
    assert "--duo DUO:0000006" in sentence


def test_codes_that_narrow_in_the_night_hold_for_all_of_it(tmp_path: Path) -> None:
    """A new grant of research under fewer uses narrows the whole recording."""
    night = Night(tmp_path, sleepers=3)
    night.grant(2, duo=("DUO:0000007", "DUO:0000024"))
    night.stage.hop(8)
    restrictions = ("DUO:0000018", "DUO:0000021", "DUO:0000024")
    assert granted_codes(night.end()) == ("DUO:0000007", *restrictions)


def test_a_restart_forgets_no_answer_and_asks_again(tmp_path: Path) -> None:
    """After a kill the recording goes on: a sleeper without stays so, one that withdraws counts at once.

    It counts although no slot is given yet.
    """
    night = Night(tmp_path, changes={1: {"scopes": KEPT}}, sleepers=5)
    one, three = night.subject(1), night.subject(3)
    night.restart()
    assert night.research.without == {one}
    night.stage.hop()
    night.stage.app.consents.withdraw(SLEEPER, "sleeper-3")
    assert night.research.without == {one, three}
    night.stage.hop(20)
    night.stage.pods = [pod for pod in night.stage.pods if pod.assign is not None]
    assert night.research.people == frozenset(range(1, 6))
    assert "2 of its 5 sleepers" in night.refused()


@pytest.mark.parametrize("again", [True, False])
def test_a_restored_ledger_leaves_no_old_yes(tmp_path: Path, *, again: bool) -> None:
    """Grants that the restore has suspended are no research; a sleeper that grants anew has a new word."""
    night = Night(tmp_path, sleepers=5)
    backup = night.ledger.storage.copy()
    night.stage.hop(16)
    night.stage.app.pods.check_out(OPERATOR, "bed-5")
    night.stage.hop(4)
    night.ledger.storage.restore(backup)
    night.restart()
    if again:
        for number in range(1, 6):
            night.stage.lie_down(f"bed-{number}", f"sleeper-{number}")
    night.stage.hop(8)
    assert night.research.without == (frozenset() if again else frozenset(range(1, 6)))
    if not again:
        assert "5 of its 5 sleepers" in night.refused()


def test_rows_end_with_the_scope_record(tmp_path: Path) -> None:
    """A sleeper that takes `record` back is in no frame and in no event after that tick; others go on.

    Later events of the pod, and of the seat that waits, name no person in the recording. With `record`
    granted again the rows begin again.
    """
    night = Night(tmp_path, sleepers=5)
    one = night.subject(1)
    night.stage.hop(8)
    night.grant(1, scopes=WHOLE - {Scope.RECORD})
    at_s = night.stage.clock.at_s
    pod = night.stage.pod("bed-1")
    night.stage.hop(8)
    seat = next(seat for seat in night.stage.app.dreamscapes.get("night").seats if seat.pod == "bed-1")
    assert (seat.state, seat.refusal_code, seat.seat) == (SeatState.WAITING, "CONSENT_MISSING", one)
    pod.event(PodEventKind.ALONE)
    night.stage.app.pods.check_out(OPERATOR, "bed-1")
    night.stage.hop(8)
    night.grant(1, scopes=WHOLE)
    night.stage.app.pods.check_in(OPERATOR, "bed-1", "sleeper-1")
    again_s = night.stage.clock.at_s
    night.stage.hop(24)
    recording = night.end()
    frames = recording.table("frames").to_pylist()
    own_s = {row["instant"] * 0.25 for row in frames if row["subject"] == one}
    assert not any(at_s < instant_s < again_s for instant_s in own_s)
    assert any(instant_s > again_s for instant_s in own_s)
    assert any(at_s < row["instant"] * 0.25 < again_s for row in frames if row["subject"] != one)
    events = [row for row in recording.table("events").to_pylist() if row["subject"] == one]
    assert [row["kind"] for row in events if at_s <= row["session_s"] < again_s] == ["left"]
