"""Server reflection, v1 and v1alpha: tools that have no .proto files list and call the methods.

grpcio-reflection 1.71 serves v1alpha alone. The two versions have the same messages, fields and numbers; only
the package differs. So the same servicer serves v1 under its own path, and the description of v1 that a tool
may request is derived from v1alpha's.
"""

from collections.abc import Iterable
from typing import Final

import grpc
import grpc.aio
from google.protobuf import descriptor_pool
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from grpc_reflection.v1alpha import (  # type: ignore[import-untyped]  # no stubs
    reflection,
    reflection_pb2,
    reflection_pb2_grpc,
)

METHOD: Final = "ServerReflectionInfo"
V1: Final = "grpc.reflection.v1.ServerReflection"
V1ALPHA: Final = reflection.SERVICE_NAME


def serve_reflection(services: Iterable[str], server: grpc.aio.Server) -> None:
    """Describe these services, and reflection itself, under both versions."""
    pool = descriptor_pool.Default()
    _describe_v1(pool)
    servicer = reflection.aio.ReflectionServicer((*services, V1, V1ALPHA), pool=pool)
    reflection_pb2_grpc.add_ServerReflectionServicer_to_server(servicer, server)
    handlers = {
        METHOD: grpc.stream_stream_rpc_method_handler(
            servicer.ServerReflectionInfo,
            reflection_pb2.ServerReflectionRequest.FromString,
            reflection_pb2.ServerReflectionResponse.SerializeToString,
        )
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(V1, handlers),))
    server.add_registered_method_handlers(V1, handlers)


def _describe_v1(pool: descriptor_pool.DescriptorPool) -> None:
    described = FileDescriptorProto.FromString(reflection_pb2.DESCRIPTOR.serialized_pb)
    described.name = described.name.replace("v1alpha", "v1")
    described.package = described.package.replace("v1alpha", "v1")
    for field in (field for message in described.message_type for field in message.field):
        if field.type_name:
            field.type_name = field.type_name.replace(".v1alpha.", ".v1.")
    for method in (method for service in described.service for method in service.method):
        method.input_type = method.input_type.replace(".v1alpha.", ".v1.")
        method.output_type = method.output_type.replace(".v1alpha.", ".v1.")
    pool.AddSerializedFile(described.SerializeToString())
