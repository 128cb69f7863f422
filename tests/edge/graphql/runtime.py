"""Runs AppSync's modules in Node, with a small stand-in for ``@aws-appsync/utils``."""

from __future__ import annotations

import atexit
import functools
import json
import shutil
import subprocess
from typing import Any

#: What AppSync's runtime gives a module. ``util.error`` and ``util.unauthorized`` end the handler, as they do there.
_HARNESS = """
class Ended extends Error { constructor(message, type) { super(message); this.kind = type; } }
const typed = (v) =>
  v === null ? { NULL: null }
  : typeof v === 'number' ? { N: v }
  : typeof v === 'boolean' ? { BOOL: v }
  : Array.isArray(v) ? { L: v.map(typed) }
  : typeof v === 'object' ? { M: mapped(v) }
  : { S: v };
const mapped = (o) => Object.fromEntries(Object.entries(o).map(([k, v]) => [k, typed(v)]));
globalThis.stand = {
  util: {
    error: (message, type) => { throw new Ended(message, type); },
    unauthorized: () => { throw new Ended('Unauthorized', 'Unauthorized'); },
    urlEncode: encodeURIComponent,
    dynamodb: { toMapValues: mapped },
    time: { nowISO8601: () => '2026-01-02T03:04:05.678Z' },
  },
};
let logged = [];
console.error = (text) => logged.push(text);
const modules = new Map();
const loaded = (code) => {
  const wired = code.replace(/import \\{ util \\} from '@aws-appsync\\/utils'/, 'const { util } = globalThis.stand');
  if (!modules.has(code)) modules.set(code, import('data:text/javascript,' + encodeURIComponent(wired)));
  return modules.get(code);
};
const answered = async ({ code, handler, ctx }) => {
  const module = await loaded(code);
  logged = [];
  try {
    return { value: module[handler](ctx) ?? null };
  } catch (error) {
    return error instanceof Ended ? { error: { message: error.message, type: error.kind } } : { broken: String(error.stack) };
  }
};
(async () => {
  for await (const line of require('readline').createInterface({ input: process.stdin })) {
    process.stdout.write(JSON.stringify({ ...(await answered(JSON.parse(line))), logged }) + '\\n');
  }
})();
"""


class Refused(Exception):  # noqa: N818 - what AppSync answers, not a failure of the test
    """A handler that ended with ``util.error`` or ``util.unauthorized``."""

    def __init__(self, kind: str, message: str, logged: list[str]) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind, self.message, self.logged = kind, message, logged


def run(code: str, handler: str, **ctx: Any) -> Any:
    """What *handler* of the module *code* answers to *ctx*.

    Raises:
        Refused: the handler ended with an error.
    """
    node = _node()
    assert node.stdin
    assert node.stdout
    given = {"code": code, "handler": handler, "ctx": {"args": {}, "identity": None, "request": {"headers": {}}, **ctx}}
    node.stdin.write(json.dumps(given) + "\n")
    node.stdin.flush()
    answer = json.loads(node.stdout.readline())
    assert "broken" not in answer, answer["broken"]
    if "error" in answer:
        raise Refused(answer["error"]["type"], answer["error"]["message"], answer["logged"])
    return answer["value"]


@functools.cache
def _node() -> subprocess.Popen[str]:
    """One Node for all the tests; it ends with them."""
    path = shutil.which("node")
    assert path, "Node is needed: it comes with the extra 'node' (pip install 'prodready-constructs[node]')"
    node = subprocess.Popen([path, "-e", _HARNESS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    atexit.register(node.communicate)
    return node
