"""The grant of each simulated sleeper of `up` and `rehearse`, given through the same door as any other."""

from datetime import datetime

import dreamapi
from dreamapi.consents import MODALITIES
from dreamapi.v1.consents_pb2 import ConsentGrant
from dreamd.adapters.documents.notice import LANGUAGE, notice_sha256
from dreamd.core.limits import ARTIST_SHARE_MOST, GUIDELINE_CAP


def simulated_grant(
    *,
    record: bool = False,
    ceiling: float = GUIDELINE_CAP,
    until: datetime | None = None,
    hours: str = "",
    zone: str = "",
) -> ConsentGrant:
    """A grant for this night, with a recording to its export too.

    ceiling: coupling. until: its end, with a zone; None: the night's. hours: such as 22:00/07:00, in zone.
    """
    return dreamapi.consent_grant(
        scopes=("merge", "intimate", "perform", *(("record", "research") if record else ())),
        modalities=MODALITIES,
        ceiling=ceiling,
        artist_share=ARTIST_SHARE_MOST,
        hours=hours,
        zone=zone,
        until=until,
        notice_sha256=notice_sha256(),
        language=LANGUAGE,
        adult=True,
        simulated=True,
    )
