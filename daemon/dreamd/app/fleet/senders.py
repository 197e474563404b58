"""The senders of a pod's frames at the broker: the pod itself, and the gateway that its presence names.

The broker binds a presence to the pod's account, and the topic of frames to their sender's. So a bed alone
decides on its gateway, and a stranger that sends in a bed's name is refused.
"""

from dreamd.app.fleet.registry import PodRegistry


def may_send(fleet: PodRegistry, sender: str, pod: str) -> bool:
    """Whether this sender may send frames of this pod."""
    if sender == pod:
        return True
    record = fleet.get(pod)
    return record is not None and sender == record.presence.gateway
