"""Prints what the normaliser of Sentry's Relay objects to in the events on standard input."""

import json
import sys

from sentry_relay.processing import StoreNormalizer

for event in json.load(sys.stdin):
    client = event["sdk"]["name"] + "/" + event["sdk"]["version"]
    normalizer = StoreNormalizer(client_ip="127.0.0.1", client=client, is_renormalize=False, enrich_spans=False)
    normalized = normalizer.normalize_event(event)
    for found in normalized.get("errors") or []:
        print(event["event_id"], "error:", json.dumps(found))
    if normalized.get("_meta"):
        print(event["event_id"], "changed:", json.dumps(normalized["_meta"]))
