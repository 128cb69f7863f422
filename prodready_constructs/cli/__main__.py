"""``python -m prodready_constructs.cli``."""

from prodready_constructs.cli.commands import main

raise SystemExit(main())
