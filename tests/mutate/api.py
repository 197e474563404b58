"""The API's answers to callers: refusals that arrive, lists that end, fields by their paths."""

from typing import Final

from mutate.mutation import Mutation

_ERRORS, _TESTS_REFUSALS = "daemon/dreamd/adapters/grpc/calls/errors.py", "tests/api/test_refusals.py"
_JOURNAL, _TESTS_JOURNAL = "daemon/dreamd/app/events/journal.py", "tests/app/test_journal.py"

API: Final = (
    Mutation(
        "access.paused-watches",
        "the watches of a paused principal go on, and its ways out are ended",
        "daemon/dreamd/adapters/grpc/calls/admission.py",
        "self._running.get(principal, {}).items() if stream)",
        "self._running.get(principal, {}).items() if not stream)",
        ("tests/api/test_access.py",),
    ),
    Mutation(
        "access.revocation-unwritten",
        "a revocation is answered before the ledger has kept it",
        "daemon/dreamd/app/access/enrolment.py",
        'return self._commits.ask(revoked, "the revocation", lambda _: answer(principal), '
        "refused=_unwritten)",
        "return answer(principal)",
        ("tests/app/test_enrolment.py",),
    ),
    Mutation(
        "api.refusal-cut",
        "a long text makes a refusal that no client can read",
        _ERRORS,
        "    if len(raw) <= bytes_max:",
        "    if True:",
        (_TESTS_REFUSALS,),
    ),
    Mutation(
        "api.request-id-principal",
        "a caller gets the answer to another's request, by its request id",
        "daemon/dreamd/adapters/grpc/calls/idempotency.py",
        "return _Key(principal, type(request), wanted), digest",
        'return _Key("", type(request), wanted), digest',
        ("tests/api/test_idempotency.py", "tests/api/test_access.py"),
    ),
    Mutation(
        "wake.request-id-issuer",
        "an order wakes no sleeper, because another caller's lifted order had its request id",
        "daemon/dreamd/app/api/wake_orders.py",
        "            caller.signature,\n        ):",
        "            asked.issuer,\n        ):",
        ("tests/app/test_wake_orders.py",),
    ),
    Mutation(
        "api.page-bytes",
        "a page grows beyond what clients take",
        "daemon/dreamd/adapters/grpc/calls/pagination.py",
        "if shown and room < 0:",
        "if False:",
        ("tests/api/test_request_fields.py",),
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
        "a plan is changed after the start",
        "daemon/dreamd/app/dreamscapes/plan_changes.py",
        "if dreamscape.state not in NOT_STARTED:",
        "if False:",
        ("tests/app/test_amending.py",),
    ),
    Mutation(
        "plan.kept-first",
        "a changed plan counts before it is in the ledger",
        "daemon/dreamd/app/dreamscapes/plan_changes.py",
        "        Transaction(dreamscapes=(replace(dreamscape.record(), plan=plan),)),\n",
        "        Transaction(),\n",
        ("tests/app/test_amending.py",),
    ),
    Mutation(
        "plan.guidelines-known",
        "any text is a revision of the guidelines",
        "daemon/dreamd/core/dreamscapes/admission.py",
        "if fullmatch(REVISION_NAMES, plan.guidelines) is None:",
        "if False:",
        ("tests/core/test_admission.py",),
    ),
    Mutation(
        "plan.enough-pods",
        "a plan invites fewer pods than it needs",
        "daemon/dreamd/core/dreamscapes/admission.py",
        "if plan.pods and not len(plan.pods) >= plan.seats_min:",
        "if False:",
        ("tests/core/test_admission.py",),
    ),
    Mutation(
        "lead.float32",
        "a share rounded up by float32 ends the lead",
        "daemon/dreamd/app/stage/live_lead.py",
        "share = at_most(share, self._most)",
        "pass",
        ("tests/app/test_live_lead.py",),
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
