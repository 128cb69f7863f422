"""One dashboard for an environment: status on top, promises, then every construct by tier, its golden signals first."""
