"""The methods of dreamapi.v1, read from the protos."""

from typing import Final, Literal

from google.protobuf.descriptor import MethodDescriptor

from dreamapi.v1 import (
    access_pb2,
    audit_pb2,
    breakers_pb2,
    clinic_pb2,
    consents_pb2,
    dreamscapes_pb2,
    exchange_pb2,
    exposure_pb2,
    guidelines_pb2,
    house_pb2,
    invitations_pb2,
    letters_pb2,
    moratoria_pb2,
    pieces_pb2,
    pods_pb2,
    reports_pb2,
    severs_pb2,
    wake_pb2,
)
from dreamd.ports.call_metrics import Call

FILES: Final = (
    *(pods_pb2, dreamscapes_pb2, breakers_pb2, wake_pb2),
    *(severs_pb2, house_pb2, access_pb2, audit_pb2, consents_pb2, guidelines_pb2),
    *(exposure_pb2, letters_pb2, moratoria_pb2, reports_pb2, clinic_pb2, pieces_pb2, exchange_pb2),
    invitations_pb2,
)
"""The files of dreamapi.v1 that hold services."""


def methods_of_api() -> dict[str, MethodDescriptor]:
    """Every method of dreamapi.v1 by its path, read from the protos."""
    return {
        f"/{service.full_name}/{method.name}": method
        for file in FILES
        for service in file.DESCRIPTOR.services_by_name.values()
        for method in service.methods
    }


def calls_of_api() -> dict[str, Call]:
    """Every method of dreamapi.v1 by its path, as the metrics name it."""
    return {
        path: Call(_kind(method), method.containing_service.full_name, method.name)
        for path, method in methods_of_api().items()
    }


def _kind(method: MethodDescriptor) -> Literal["unary", "server_stream", "client_stream"]:
    if method.client_streaming:
        return "client_stream"
    return "server_stream" if method.server_streaming else "unary"
