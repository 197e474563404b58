"""The caller of a gRPC request: its principal, or without access control the name that the request gives.

Where callers have credentials, the name is the principal's, and a name in the request is kept as
`on_behalf_of`. The channel is read off the user agent.
"""

from typing import Final

from dreamd.adapters.grpc.calls.interceptor import Context, admitted_of
from dreamd.core.access.caller import COMMAND_LINE_AGENT, Caller, Channel, Role

USER_AGENT: Final = "user-agent"


def caller_of(context: Context, name: str = "") -> Caller:
    """The caller of this request. name: the field `by` or `issuer`, where the request has one."""
    agents = (str(value) for key, value in context.invocation_metadata() or () if key == USER_AGENT)
    by_line = any(agent.startswith(COMMAND_LINE_AGENT) for agent in agents)
    channel, admitted = Channel.COMMAND_LINE if by_line else Channel.GRPC, admitted_of(context)
    if admitted is None:
        return Caller(name, Role.OPERATOR, channel)
    principal = admitted.principal.name
    role, told = admitted.grants[0].role, "" if name == principal else name
    return Caller(principal, role, channel, told, admitted.principal.sleeper)


def principal_of(context: Context) -> str:
    """The name of the caller's principal; empty without access control."""
    admitted = admitted_of(context)
    return admitted.principal.name if admitted is not None else ""
