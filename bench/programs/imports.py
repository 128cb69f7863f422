"""What one import costs: ``python -m bench.programs.imports MODULE`` prints seconds and what was loaded."""

from __future__ import annotations

import json
import sys
import time
from importlib import import_module


def main() -> None:
    """Import the module named and say what came with it."""
    before = set(sys.modules)
    started = time.perf_counter()
    import_module(sys.argv[1])
    seconds = time.perf_counter() - started
    loaded = set(sys.modules) - before
    services = sorted(name for name in loaded if name.startswith("aws_cdk.aws_") and name.count(".") == 1)
    print(json.dumps({"seconds": seconds, "modules": len(loaded), "aws_services": services, "aws_cdk": "aws_cdk" in loaded}))


if __name__ == "__main__":
    main()
