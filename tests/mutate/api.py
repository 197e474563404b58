"""What callers of the API are told: refusals that arrive, lists that end, fields by their paths."""

from typing import Final

from mutate.mutation import Mutation

_ERRORS, _TESTS_REFUSALS = "daemon/dreamd/adapters/grpc/errors.py", "tests/api/test_refusals.py"
_JOURNAL, _TESTS_JOURNAL = "daemon/dreamd/app/journal.py", "tests/app/test_journal.py"

API: Final = (
    Mutation(
        "api.refusal-cut",
        "a long text makes a refusal that no client can read",
        _ERRORS,
        "    if len(raw) <= bytes_max:",
        "    if True:",
        (_TESTS_REFUSALS,),
    ),
    Mutation(
        "api.page-bytes",
        "a page grows beyond what clients take",
        "daemon/dreamd/adapters/grpc/pages.py",
        "if shown and room < 0:",
        "if False:",
        ("tests/api/test_inputs.py",),
    ),
    Mutation(
        "api.cursor-ahead",
        "a cursor of the future is followed and says nothing for ever",
        _JOURNAL,
        "if cursor > self.newest:",
        "if False:",
        (_TESTS_JOURNAL,),
    ),
    Mutation(
        "plan.fixed-from-start",
        "the plan of people who are merged is changed",
        "daemon/dreamd/app/amending.py",
        "if conductor.state not in AMENDABLE:",
        "if False:",
        ("tests/app/test_amending.py",),
    ),
    Mutation(
        "plan.kept-first",
        "a changed plan counts before it is in the ledger",
        "daemon/dreamd/app/conductor.py",
        "            Transaction(dreamscapes=(replace(self.record(), plan=plan),)),\n",
        "            Transaction(),\n",
        ("tests/app/test_amending.py",),
    ),
    Mutation(
        "plan.guidelines-known",
        "any text is a revision of the guidelines",
        "daemon/dreamd/core/session/assembly.py",
        "if plan.guidelines not in GUIDELINES:",
        "if False:",
        ("tests/core/test_assembly.py",),
    ),
    Mutation(
        "plan.enough-pods",
        "a plan invites fewer pods than it needs",
        "daemon/dreamd/core/session/assembly.py",
        "if plan.pods and not len(plan.pods) >= plan.seats_min:",
        "if False:",
        ("tests/core/test_assembly.py",),
    ),
    Mutation(
        "lead.float32",
        "a share rounded up by float32 ends the lead",
        "daemon/dreamd/app/leading.py",
        "share = at_most(share, self._most)",
        "pass",
        ("tests/app/test_leading.py",),
    ),
    Mutation(
        "api.retried-in-vain",
        "a retry policy repeats what stays refused",
        "daemon/dreamd/core/refusals.py",
        "Code.CURSOR_TOO_OLD: Entry(\n        Kind.OUT_OF_RANGE,",
        "Code.CURSOR_TOO_OLD: Entry(\n        Kind.ABORTED,",
        ("tests/api/test_catalogue.py",),
    ),
)
