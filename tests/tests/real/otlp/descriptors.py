"""Prints the published messages of OTLP as JSON: the fields of each, by its full name."""

import json

from google.protobuf import descriptor
from google.rpc import status_pb2
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2
from opentelemetry.proto.common.v1 import common_pb2
from opentelemetry.proto.logs.v1 import logs_pb2
from opentelemetry.proto.metrics.v1 import metrics_pb2
from opentelemetry.proto.resource.v1 import resource_pb2
from opentelemetry.proto.trace.v1 import trace_pb2

KINDS = {
    getattr(descriptor.FieldDescriptor, name): name.removeprefix("TYPE_").lower()
    for name in dir(descriptor.FieldDescriptor)
    if name.startswith("TYPE_")
}


def field(of):
    return {
        "name": of.name,
        "tag": of.number,
        # An enumeration is an `int32` on the wire.
        "kind": "int32" if KINDS[of.type] == "enum" else KINDS[of.type],
        "message": of.message_type.name if of.message_type else "",
        "repeated": of.is_repeated if hasattr(of, "is_repeated") else of.label == of.LABEL_REPEATED,
        # A value of zero is sent, too.
        "present": of.has_presence,
        "oneof": of.containing_oneof.name if of.containing_oneof and not of.containing_oneof.name.startswith("_") else "",
    }


def messages(of):
    for message in of:
        yield message.full_name, [field(one) for one in message.fields]
        yield from messages(message.nested_types)


modules = [
    status_pb2,
    logs_service_pb2,
    metrics_service_pb2,
    trace_service_pb2,
    common_pb2,
    logs_pb2,
    metrics_pb2,
    resource_pb2,
    trace_pb2,
]
found = {}
for module in modules:
    found.update(messages(module.DESCRIPTOR.message_types_by_name.values()))
print(json.dumps(found))
