"""Rewrite ``stateful.lock.json`` from today's synth (``./dev lock``). A loss that nobody approved stops it: the guard says which."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.evidence.lock import write_lock

ROOT = Path(__file__).parents[1]


def main() -> int:
    """Synthesize, then write what stands."""
    assembly = ROOT / "cdk.out"
    command = [str(ROOT / "node_modules" / ".bin" / "cdk"), "synth", "--quiet", "--no-notices", "--output", str(assembly)]
    if (synth := subprocess.run(command, cwd=ROOT, check=False)).returncode:
        return synth.returncode
    try:
        changes = write_lock(assembly, ROOT / "stateful.lock.json", today=date.today())
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return 1
    for change in changes:
        print(change)
    print(f"stateful.lock.json: {len(changes)} changes taken in")
    return 0


if __name__ == "__main__":
    sys.exit(main())
