"""The smallest function there is."""


def handler(event: dict[str, object], context: object) -> dict[str, object]:
    return {"ok": True, "echo": event}
