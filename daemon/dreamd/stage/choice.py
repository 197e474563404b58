"""The Dreamscape that goes on stage, and the artist that leads it, as the daemon knows them."""

import dreamapi
from dreamapi import names
from dreamapi.v1 import dreamscapes_pb2 as dreams
from dreamd.stage.failures import CannotRun
from dreamwire.schema import SCHEMAS, Schema


def schema_of(found: dreamapi.Dreamscape) -> Schema:
    """The schema of a Dreamscape; CannotRun where it is not known here, or cannot be led."""
    name, schema = names.bare(found.name), SCHEMAS.get(found.plan.schema)
    if schema is None:
        raise CannotRun(
            f"{name} has the schema {found.plan.schema!r}, which is not known here; update dreamd"
        )
    return schema


async def chosen(api: dreamapi.Api, name: str) -> dreamapi.Dreamscape:
    """The Dreamscape of this name; with an empty one the only one that has not ended.

    Raises:
        CannotRun: there is none or several, or it has ended.
        DreamscapeUnknown: none has this name.
    """
    if not name:
        living = [one for one in await api.dreamscapes.list() if one.state != dreams.Dreamscape.STATE_ENDED]
        if len(living) != 1:
            found = ", ".join(names.bare(one.name) for one in living)
            raise CannotRun(
                f"there are several Dreamscapes ({found}); name one of them"
                if living
                else "there is no Dreamscape that has not ended; plan one with an artist share first: "
                "dreamd dreamscapes create NAME --min 3 --max 8 --artist-share 0.3"
            )
        name = living[0].name
    one = await api.dreamscapes.get(name)
    if one.state == dreams.Dreamscape.STATE_ENDED:
        raise CannotRun(f"{names.bare(one.name)} has ended; name one that has not")
    return one


async def own_sleeper(api: dreamapi.Api) -> str:
    """The sleeper that the caller is as well; empty: none, or no credential is asked for here."""
    try:
        caller = await api.access.caller()
    except dreamapi.Refused:
        return ""
    return next((grant.sleeper for grant in caller.grants if grant.sleeper), "")


def first_failure(broken: BaseException) -> BaseException:
    """The first failure of a group."""
    while isinstance(broken, BaseExceptionGroup):
        broken = broken.exceptions[0]
    return broken
