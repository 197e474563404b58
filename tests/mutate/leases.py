"""The lease of a house: each guard of it is seen by the simulation or on a real broker."""

from typing import Final

from mutate.mutation import Mutation

_LEASE: Final = "daemon/dreamd/core/fleet/lease.py"
_LINK: Final = "daemon/dreamd/adapters/mqtt/link.py"
_WATCH: Final = "daemon/dreamd/simulation/checks/house_watch.py"
_SIMULATED: Final = "tests/sim/test_houses.py"
_ON_A_BROKER: Final = "tests/integration/test_unowned_link.py"

LEASES: Final = (
    Mutation(
        "owner.link",
        "a daemon that lost its house lets go of the new owner's beds",
        _LINK,
        "needs_house(command) and not self._owns()",
        "False",
        (_ON_A_BROKER,),
    ),
    Mutation(
        "owner.beds",
        "no command needs the house, so an owner that is cut off takes the beds back from the next",
        "daemon/dreamd/ports/pod_link.py",
        "return isinstance(command.what, Assign | Release)",
        "return False",
        (f"{_SIMULATED}::test_only_the_owner_takes_beds_and_lets_them_go",),
    ),
    Mutation(
        "owner.time",
        "a daemon that lost its house gives the beds its own time",
        _LINK,
        '        if not self._owns():\n            self._meters.link_dropped("clock")\n',
        '        if False:\n            self._meters.link_dropped("clock")\n',
        (_ON_A_BROKER,),
    ),
    Mutation(
        "owner.counts-its-lease",
        "an owner that was frozen takes its lease for a living one",
        _LEASE,
        "return 0.0 if self.lost else max(0.0, self._until_s - now_s)",
        "return 0.0 if self.lost else self.lease_s",
        (f"{_SIMULATED}::test_an_owner_counts_its_lease_from_the_question",),
    ),
    Mutation(
        "owner.counts-from-the-question",
        "a renewal makes the owner's lease longer than the database's",
        _LEASE,
        "self._until_s = asked_s + self.lease_s",
        "self._until_s = asked_s + 2.0 * self.lease_s",
        (f"{_SIMULATED}::test_an_owner_counts_its_lease_from_the_question",),
    ),
    Mutation(
        "standby.patience",
        "a standby takes the house as soon as the database is back",
        _LEASE,
        "now_s - self._answers_since_s >= self._lease_s",
        "now_s >= self._answers_since_s",
        (f"{_SIMULATED}::test_a_database_that_is_away_moves_no_house",),
    ),
    Mutation(
        "simulated.fence",
        "a simulated daemon that lost its house writes on",
        "daemon/dreamd/simulation/machines/memory_ledger.py",
        "fenced = self.term and self.term != self.storage.house.term",
        "fenced = False",
        (f"{_SIMULATED}::test_an_owner_before_writes_nothing",),
    ),
    Mutation(
        "simulated.one-owner",
        "the simulation sees no coupling under an older term",
        _WATCH,
        "if term != newest:",
        "if False:",
        (f"{_SIMULATED}::test_an_owner_that_trusts_a_lease_that_ran_out_is_found",),
    ),
    Mutation(
        "simulated.moved",
        "the simulation sees no house that its database's outage moved",
        _WATCH,
        "before.alive and not before.lease.faltered",
        "False",
        (f"{_SIMULATED}::test_an_impatient_standby_is_found",),
    ),
)
