"""Runs a CloudFront Function in Node, with the events CloudFront would send it."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any

#: As little as CloudFront's runtime has: no modules, no timers, no network.
_HARNESS = """
const { code, events } = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const vm = require('vm');
const results = events.map((event) => {
  const context = vm.createContext(Object.create(null), { codeGeneration: { strings: false, wasm: false } });
  vm.runInContext(code, context, { timeout: 1000 });
  context.event = JSON.stringify(event);
  return JSON.parse(vm.runInContext('JSON.stringify(handler(JSON.parse(event)))', context, { timeout: 1000 }));
});
process.stdout.write(JSON.stringify(results));
"""


def event(
    uri: str, *, method: str = "GET", host: str = "shop.example.com", query: Mapping[str, str | Sequence[str]] | None = None
) -> dict[str, Any]:
    """A viewer-request event. Form: Amazon CloudFront developer guide, "CloudFront Functions event structure"."""
    querystring = {
        key: {"value": value} if isinstance(value, str) else {"value": value[0], "multiValue": [{"value": each} for each in value]}
        for key, value in (query or {}).items()
    }
    return {
        "version": "1.0",
        "context": {
            "distributionDomainName": "d123.cloudfront.net",
            "distributionId": "E123",
            "eventType": "viewer-request",
            "requestId": "r",
        },
        "viewer": {"ip": "198.51.100.1"},
        "request": {"method": method, "uri": uri, "querystring": querystring, "headers": {"host": {"value": host}}, "cookies": {}},
    }


def run(code: str, *events: dict[str, Any]) -> list[dict[str, Any]]:
    """What ``handler`` answers to each event."""
    node = shutil.which("node")
    assert node, "Node is needed: it comes with the extra 'node' (pip install 'prodready-constructs[node]')"
    given = json.dumps({"code": code, "events": events})
    done = subprocess.run([node, "-e", _HARNESS], input=given, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout))
