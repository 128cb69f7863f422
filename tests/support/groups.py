"""Which tests go to one worker: those of a module, and the modules that name the same ``xdist_group``.

What a module synthesizes once for its tests is so synthesized once; test by test, each worker did it for itself.

The plug-in's own ``--dist loadgroup`` writes the group into the ids of tests by a private name that this pytest no longer reads, so it
tears groups apart and says nothing. Here the group is read from the module's text.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from xdist.scheduler import LoadScopeScheduling

_GROUP = re.compile(r"""xdist_group\(["']([\w-]+)["']\)""")


class Groups(LoadScopeScheduling):
    """The tests of a group are one piece of work; so are those of each other module."""

    def _split_scope(self, nodeid: str) -> str:
        module = nodeid.partition("::")[0]
        return _group_of(Path(self.config.rootpath, module)) or module


@cache
def _group_of(module: Path) -> str:
    found = _GROUP.search(module.read_text()) if module.is_file() else None
    return found[1] if found else ""
