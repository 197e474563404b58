"""The page of access, in a site: principals, enrolment, revocation, the audit log, the roles.

Every answer is made from calls with the viewer's credential; the daemon judges each.
"""
