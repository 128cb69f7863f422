"""``python -m prodready_constructs.local up --assembly cdk.out``."""

from prodready_constructs.local.up import main

raise SystemExit(main())
