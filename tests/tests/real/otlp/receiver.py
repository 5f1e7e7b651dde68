"""A receiver of OTLP made of the published messages: it prints each request as a line of JSON.

The path of a request is `/<key>/<behaviour>/v1/<signal>`. The key names the sender. The behaviour is what to answer, and to how many
requests of the signal (0 or nothing: to all); later ones are taken: `take`, `503,2`, `429,1,3` (Retry-After: 3), `silent,1`, `drip`,
`partial,1` (the message has the number of the request), `redirect`, `cut` (closes without an answer), `close` (takes it, and closes the
connection afterwards), `reasons,2` (400 with a message that is different each time). The program ends with its standard input.
"""

import gzip
import json
import ssl
import sys
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2 as logs
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2 as metrics
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as traces

PROTOBUF = "application/x-protobuf"
lock = threading.Lock()
asked = Counter()


def value(of):
    kind = of.WhichOneof("value")
    if kind == "array_value":
        return [value(one) for one in of.array_value.values]
    return kind and getattr(of, kind)


def attributes(of):
    found = {one.key: value(one.value) for one in of}
    assert len(found) == len(of), f"an attribute twice: {of}"
    return found


def span(of):
    return {
        "trace_id": of.trace_id.hex(),
        "span_id": of.span_id.hex(),
        "parent": of.parent_span_id.hex(),
        "state": of.trace_state,
        "flags": of.flags,
        "name": of.name,
        "kind": of.kind,
        "start": of.start_time_unix_nano,
        "end": of.end_time_unix_nano,
        "attributes": attributes(of.attributes),
        "events": [{"name": one.name, "at": one.time_unix_nano, "attributes": attributes(one.attributes)} for one in of.events],
        "status": [of.status.code, of.status.message] if of.HasField("status") else None,
    }


def record(of):
    return {
        "trace_id": of.trace_id.hex(),
        "span_id": of.span_id.hex(),
        "flags": of.flags,
        "at": of.time_unix_nano,
        "severity": [of.severity_number, of.severity_text],
        "body": value(of.body),
        "attributes": attributes(of.attributes),
    }


def point(of, name, kind):
    return {
        "name": name,
        "kind": kind,
        "attributes": attributes(of.attributes),
        "start": of.start_time_unix_nano,
        "at": of.time_unix_nano,
        "count": getattr(of, "count", None),
        "exemplars": [[one.trace_id.hex(), one.span_id.hex()] for one in getattr(of, "exemplars", [])],
    }


def items(signal, body):
    """Returns the resource and the items of a request, or fails if it is no message of this kind."""
    if signal == "traces":
        request = traces.ExportTraceServiceRequest.FromString(body)
        resources = request.resource_spans
        found = [{**span(one), "scope": scope.scope.name} for of in resources for scope in of.scope_spans for one in scope.spans]
    elif signal == "logs":
        request = logs.ExportLogsServiceRequest.FromString(body)
        resources = request.resource_logs
        found = [{**record(one), "scope": scope.scope.name} for of in resources for scope in of.scope_logs for one in scope.log_records]
    else:
        request = metrics.ExportMetricsServiceRequest.FromString(body)
        resources = request.resource_metrics
        found = []
        for metric in (metric for of in resources for scope in of.scope_metrics for metric in scope.metrics):
            kind = metric.WhichOneof("data")
            found += [point(one, metric.name, kind) for one in getattr(metric, kind).data_points]
    return [attributes(of.resource.attributes) for of in resources], found


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        size = len(body)
        if self.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        _, key, behaviour, _, signal = self.path.split("/")
        what, *numbers = behaviour.split(",")
        numbers = [int(number) for number in numbers]
        with lock:
            asked[self.path] += 1
            turn = asked[self.path]
        if numbers and numbers[0] and turn > numbers[0]:
            what = "take"
        resources, found = items(signal, body)
        line = {
            "key": key,
            "signal": signal,
            "answer": what,
            "at": time.time(),
            "headers": {name.lower(): text for name, text in self.headers.items()},
            "sizes": [size, len(body)],
            "resources": resources,
            "items": found,
        }
        with lock:
            print(json.dumps(line), flush=True)
        self.answer(what, numbers, signal, turn, len(found))

    def do_GET(self):
        """Prints the number of `/seen/<number>`: what was printed before is read before."""
        with lock:
            print(json.dumps({"seen": int(self.path.removeprefix("/seen/"))}), flush=True)
        self.reply(200)

    def answer(self, what, numbers, signal, turn, count):
        if what in ("take", "close"):
            self.reply(200)
            self.close_connection = what == "close"
        elif what == "partial":
            name = {"traces": "spans", "metrics": "data_points", "logs": "log_records"}[signal]
            module, kind = {"traces": (traces, "Trace"), "metrics": (metrics, "Metrics"), "logs": (logs, "Logs")}[signal]
            reply = getattr(module, f"Export{kind}ServiceResponse")()
            setattr(reply.partial_success, f"rejected_{name}", min(count, 1))
            reply.partial_success.error_message = f"the quota is used up, request {turn}"
            self.reply(200, reply.SerializeToString())
        elif what == "silent":
            time.sleep(30)
            self.close_connection = True
        elif what == "drip":
            self.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
            for _ in range(30):
                self.wfile.write(b"\0")
                self.wfile.flush()
                time.sleep(1)
        elif what == "cut":
            self.close_connection = True
        elif what == "redirect":
            self.reply(307, b"", location=f"/{self.path.split('/')[1]}-redirected/take/v1/{signal}")
        elif what == "reasons":
            self.reply(400, Status(code=3, message=f"no tenant in request {turn}").SerializeToString())
        else:
            after = {"retry-after": str(numbers[1])} if len(numbers) > 1 else {}
            self.reply(int(what), Status(message=f"the answer is {what}").SerializeToString(), **after)

    def reply(self, status, body=b"", **headers):
        self.send_response(status)
        for name, text in {"content-type": PROTOBUF, "content-length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), text)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, address):
        # A sender that has gone away is no fault; everything else is.
        error = sys.exc_info()[1]
        if not isinstance(error, (ConnectionError, ssl.SSLError)):
            with lock:
                print(json.dumps({"fault": repr(error)}), flush=True)


def serve(certificate=None, key=None):
    server = Server(("127.0.0.1", 0), Receiver)
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        # The handshake is made by the thread of the connection, at its first read.
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


print(json.dumps({"http": serve(), "https": serve(*sys.argv[1:3])}), flush=True)
sys.stdin.read()
