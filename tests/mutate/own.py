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
        "own.seat",
        "a sleeper reads every seat of their Dreamscape",
        f"{_GRPC}calls/sight.py",
        "bool(sleeper) and self._admitted.own_sleeper == sleeper",
        "bool(self._admitted.own_sleeper)",
        ("tests/api/test_access.py",),
    ),
    Mutation(
        "own.maker-of-a-login",
        "the operator that made a walk-in's login checks the sleeper in",
        "daemon/dreamd/app/api/pods.py",
        "if caller.name and any(one.made_by == caller.name for one in self._principals.logins_of(sleeper)):",
        "if not caller:",
        ("tests/app/test_walk_ins.py",),
    ),
    Mutation(
        "own.code-put-aside",
        "a walk-in's first code is good beside the second",
        "daemon/dreamd/app/access/walk_ins.py",
        "            self._enrolment.end_codes(one.name)\n",
        "            pass\n",
        ("tests/app/test_walk_ins.py",),
    ),
    Mutation(
        "own.login-of-a-known-sleeper",
        "an operator makes another login for a sleeper that has granted",
        "daemon/dreamd/app/api/access.py",
        "if self._sleepers.has_granted(sleeper):",
        "if False:",
        ("tests/app/test_walk_ins.py",),
    ),
    Mutation(
        "own.login-after-a-credential",
        "an operator makes another code once a walk-in has a credential",
        "daemon/dreamd/app/access/walk_ins.py",
        "        had = bool(self._table.credentials_of(login.name))\n",
        "        had = False\n",
        ("tests/app/test_walk_ins.py",),
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
