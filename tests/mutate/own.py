"""A sleeper's own: grants by the sleeper alone, reading on request, and the way out for everyone."""

from typing import Final

from mutate.mutation import Mutation

_ADMISSION: Final = "daemon/dreamd/core/access/admission.py"
_GRPC: Final = "daemon/dreamd/adapters/grpc/"
_CONSENTS: Final = ("tests/api/test_consents.py",)

OWN: Final = (
    Mutation(
        "own.another-sleepers",
        "a sleeper's credential reaches each sleeper",
        _ADMISSION,
        "        return bool(sleeper) and grant.sleeper == sleeper\n",
        "        return bool(sleeper)\n",
        _CONSENTS,
    ),
    Mutation(
        "own.site-of-the-bed",
        "a clinician reads the sleepers of every site",
        _ADMISSION,
        'grant.has_site(where.site_of(bed) if bed else "")',
        "bool(bed)",
        _CONSENTS,
    ),
    Mutation(
        "own.free-within-a-site",
        "staff of another site cannot withdraw for a sleeper",
        _ADMISSION,
        "    if rule.effect is Effect.FREES:\n        return grant.role is not Role.ARTIST or",
        "    if rule.effect is Effect.FREES:\n        return grant.role is Role.ADVOCATE or",
        _CONSENTS,
    ),
    Mutation(
        "own.without-a-request",
        "an advocate reads a consent although no sleeper has asked for it",
        _GRPC + "calls/admission.py",
        '        if asked and not str(getattr(request, "reason", "")).strip():\n',
        "        if False:\n",
        _CONSENTS,
    ),
    Mutation(
        "own.request-unrecorded",
        "a reading on request leaves no record",
        _GRPC + "calls/interceptor.py",
        "        if rule.effect is Effect.READS and self._acts is not None:\n",
        "        if False:\n",
        _CONSENTS,
    ),
    Mutation(
        "own.simulated-in-a-site",
        "a site takes the grant of a simulated sleeper",
        _GRPC + "servicers/people/consents.py",
        "simulated=admitted_of(context) is None)",
        "simulated=True)",
        _CONSENTS,
    ),
    Mutation(
        "own.erasure-cut-off",
        "an erasure ends with the credential that it ends, and answers nothing",
        _GRPC + "calls/admission.py",
        "task is None or outlives:",
        "task is None:",
        ("tests/api/test_erasures.py",),
    ),
    Mutation(
        "own.hidden-count-told",
        "a dry run tells a count that is hidden as none",
        _GRPC + "servicers/people/revisions.py",
        "    return int(value) if isfinite(value) else None\n",
        "    return int(value) if isfinite(value) else 0\n",
        ("tests/api/test_guidelines.py",),
    ),
    Mutation(
        "own.ratified-by-a-request",
        "a ratification is signed in a role that the request names and the person lacks",
        "daemon/dreamd/app/api/people/guidelines.py",
        "        roles = frozenset(grant.role for grant in principal.grants)\n",
        "        roles = frozenset(Role)\n",
        ("tests/api/test_guidelines.py",),
    ),
)
