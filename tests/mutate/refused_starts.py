"""Starts that `serve` refuses: open files, a certificate that does not fit, principals without a site."""

from typing import Final

from mutate.mutation import Mutation

_GUARD: Final = "daemon/dreamd/adapters/site_guard.py"
_TESTS: Final = ("tests/daemon/test_site_guard.py",)

REFUSED_STARTS: Final = (
    Mutation(
        "start.open-file",
        "a secret that others may read is served from",
        _GUARD,
        "_judged(path, _WRITE if path.name in PUBLIC else _ANY, own)",
        "_judged(path, _WRITE, own)",
        _TESTS,
    ),
    Mutation(
        "start.other-key",
        "a certificate is served with the key of another",
        _GUARD,
        "if own != leaf.public_key():",
        "if False:",
        _TESTS,
    ),
    Mutation(
        "start.no-authority",
        "a site whose authority is missing is served to everyone on the machine",
        _GUARD,
        "if any(path.exists() for path in (site.key, site.server_key, site.server_certificate)):",
        "if False:",
        _TESTS,
    ),
    Mutation(
        "start.revoked-administrator",
        "a revoked administrator counts",
        "daemon/dreamd/app/access/principal_table.py",
        "one.principal in admins and not one.revoked_s for one",
        "one.principal in admins for one",
        _TESTS,
    ),
    Mutation(
        "start.disagreement",
        "sleepers are bound while broker and ledger disagree about who exists",
        "daemon/dreamd/adapters/mqtt/rights_queue.py",
        "apart = {*drift.strangers, *drift.missing}",
        "apart = {*drift.strangers}",
        ("tests/app/test_bed_accounts.py",),
    ),
)
