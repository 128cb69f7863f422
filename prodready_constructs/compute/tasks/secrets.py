"""A secret of another stack, handed to ECS so that only the execution role's own policy names it."""

from __future__ import annotations

from prodready_constructs.foundation.tasks.values import stored_secret as ecs_secret

__all__ = ["ecs_secret"]
