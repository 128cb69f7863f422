"""A migration tool as applications have one: numbered files, each once, by a table of versions. Runs as a process of its own."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path

# Without the package around them, which would load the CDK.
sys.path.insert(0, str(Path(__file__).parents[3] / "prodready_constructs/database/users"))


def main(folder: Path) -> None:
    importlib.import_module("functions.trust").__dict__["OWN"] = Path(os.environ["AUTHORITIES"])
    os.environ.update(HOST=os.environ["DATABASE_HOST"], PORT=os.environ["DATABASE_PORT"], DATABASE=os.environ["DATABASE_NAME"])
    name = os.environ["ENGINE"]
    engine = importlib.import_module(f"functions.{name}")
    versions = f"versions_{folder.name}"
    with engine.connected(os.environ["DATABASE_USER"], os.environ["DATABASE_PASSWORD"]) as sql:

        def ask(statement: str) -> list[tuple[str, ...]]:
            rows = sql.run(statement) if name == "postgresql" else (sql.execute(statement), sql.fetchall())[1]
            return [tuple(row) for row in rows or ()]

        if name == "postgresql":
            sql._usock.settimeout(None)
        ask(f"CREATE TABLE IF NOT EXISTS {versions} (name VARCHAR(99) PRIMARY KEY)")
        done = {row[0] for row in ask(f"SELECT name FROM {versions}")}
        for file in sorted(folder.glob("*.sql")):
            if file.name in done:
                print(f"{file.name}: done before", flush=True)
                continue
            print(f"{file.name}: begins", flush=True)
            ask("START TRANSACTION")
            for statement in file.read_text().split(";\n"):
                if statement.strip():
                    ask(statement)
            ask(f"INSERT INTO {versions} VALUES ('{file.name}')")
            ask("COMMIT")
            print(f"{file.name}: done", flush=True)


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]))
    except Exception as error:  # noqa: BLE001 (whatever it is, it is said and the process leaves with 1)
        print(f"{type(error).__name__}: {error}", flush=True)
        sys.exit(1)
