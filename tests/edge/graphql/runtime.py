"""Runs AppSync's modules in Node, with a small stand-in for ``@aws-appsync/utils``."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import Any

#: What AppSync's runtime gives a module. ``util.error`` and ``util.unauthorized`` end the handler, as they do there.
_HARNESS = """
const { code, handler, ctx } = JSON.parse(require('fs').readFileSync(0, 'utf8'));
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
const logged = [];
console.error = (text) => logged.push(text);
const wired = code.replace(/import \\{ util \\} from '@aws-appsync\\/utils'/, 'const { util } = globalThis.stand');
import('data:text/javascript,' + encodeURIComponent(wired)).then((module) => {
  let answer;
  try {
    answer = { value: module[handler](ctx) ?? null };
  } catch (error) {
    if (!(error instanceof Ended)) throw error;
    answer = { error: { message: error.message, type: error.kind } };
  }
  process.stdout.write(JSON.stringify({ ...answer, logged }));
});
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
    node = shutil.which("node")
    assert node, "Node is needed: it comes with the extra 'node' (pip install 'prodready-constructs[node]')"
    given = json.dumps({"code": code, "handler": handler, "ctx": {"args": {}, "identity": None, "request": {"headers": {}}, **ctx}})
    done = subprocess.run([node, "-e", _HARNESS], input=given, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    if "error" in answer:
        raise Refused(answer["error"]["type"], answer["error"]["message"], answer["logged"])
    return answer["value"]
