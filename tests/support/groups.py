"""Which tests go to one worker: the modules that name the same ``xdist_group``.

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
    """The tests of a group are one piece of work; each other test is one by itself."""

    def _split_scope(self, nodeid: str) -> str:
        module = nodeid.partition("::")[0]
        return _group_of(Path(self.config.rootpath, module)) or nodeid


@cache
def _group_of(module: Path) -> str:
    found = _GROUP.search(module.read_text()) if module.is_file() else None
    return found[1] if found else ""
