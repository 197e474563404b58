"""The caller of a gRPC request: the name is the request's own, the channel is read off the user agent."""

from typing import Final

from dreamd.adapters.grpc.calls.interceptor import Context
from dreamd.core.access.caller import COMMAND_LINE_AGENT, Caller, Channel, Role

USER_AGENT: Final = "user-agent"


def caller_of(context: Context, name: str = "") -> Caller:
    """The caller of this request. name: the field `by` or `issuer`, where the request has one."""
    agents = (str(value) for key, value in context.invocation_metadata() or () if key == USER_AGENT)
    by_line = any(agent.startswith(COMMAND_LINE_AGENT) for agent in agents)
    return Caller(name, Role.OPERATOR, Channel.COMMAND_LINE if by_line else Channel.GRPC)
