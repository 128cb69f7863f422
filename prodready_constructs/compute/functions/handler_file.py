"""Does the handler exist in the folder or archive that will be deployed? Otherwise the first call would find out."""

from __future__ import annotations

import ast
import zipfile
from pathlib import Path

from prodready_constructs.compute.functions.runtimes import language_of
from prodready_constructs.errors import ConfigurationError

_ENDINGS = {"python": (".py", "/__init__.py"), "nodejs": (".js", ".mjs", ".cjs"), "ruby": (".rb",)}


def require_handler(where: str, path: Path, *, handler: str, runtime: str) -> None:
    """Refuse *handler* when *path* (a folder or a ``.zip``) has no file for it, or, in Python, the file no such name.

    Compiled languages keep the handler where no file name shows it: of .NET the assembly is looked for, of ``provided`` the ``bootstrap``.
    """
    if not path.exists():
        raise ConfigurationError(f"{where}: code", given=str(path), allowed="a folder or a .zip file that exists", mend="build it first")
    if path.is_file() and not zipfile.is_zipfile(path):
        allowed = ".zip or .jar" if language_of(runtime) == "java" else ".zip"
        raise ConfigurationError(f"{where}: code", given=str(path), allowed=f"a folder or a {allowed} file", mend="name the folder")
    wanted = _files(handler, language_of(runtime))
    held = _held(path)
    if wanted and not any(name in held for name in wanted):
        raise ConfigurationError(
            f"{where}: handler",
            given=handler,
            allowed=f"a handler in {path}: {' or '.join(wanted)} is not there",
            mend="write <file without ending>.<function>, or name the folder that holds the file",
        )
    if language_of(runtime) == "python":
        found = next(name for name in wanted if name in held)
        names = _names(_read(path, found))
        if names is not None and handler.rpartition(".")[2] not in names:
            raise ConfigurationError(
                f"{where}: handler",
                given=handler,
                allowed=f"a function that {found} defines: {', '.join(sorted(names)) or 'it defines nothing'}",
                mend="name one of them",
            )


def _files(handler: str, language: str) -> tuple[str, ...]:
    if language == "provided":
        return ("bootstrap",)
    if language == "dotnet":
        return (f"{handler.partition('::')[0]}.dll",) if "::" in handler else ()
    if language == "python":
        module = handler.rpartition(".")[0].replace(".", "/")
    else:  # the rest of the name is looked for inside the file: app.Shop::Orders.handle
        folder, slash, name = handler.rpartition("/")
        module = f"{folder}{slash}{name.partition('.')[0]}"
    return tuple(f"{module}{ending}" for ending in _ENDINGS.get(language, ()))


def _held(path: Path) -> set[str]:
    if path.is_file():
        with zipfile.ZipFile(path) as archive:
            return set(archive.namelist())
    return {found.relative_to(path).as_posix() for found in path.rglob("*")}


def _read(path: Path, name: str) -> str:
    if path.is_file():
        with zipfile.ZipFile(path) as archive:
            return archive.read(name).decode("utf-8")
    return (path / name).read_text(encoding="utf-8")


def _names(source: str) -> set[str] | None:
    """What a module defines or imports at its top; None when it imports everything of another, or decides at run time."""
    names: set[str] = set()
    try:
        body = ast.parse(source).body
    except SyntaxError:  # of a Python that is newer than the one here
        return None
    for statement in body:
        match statement:
            case ast.ImportFrom(module="__future__"):
                pass
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
            case ast.Assign(targets=targets):
                names |= {target.id for target in targets if isinstance(target, ast.Name)}
            case ast.AnnAssign(target=ast.Name(id=name)):
                names.add(name)
            case ast.Import(names=imported) | ast.ImportFrom(names=imported):
                names |= {(one.asname or one.name).split(".")[0] for one in imported}
            case ast.If() | ast.Try() | ast.With():
                return None
    return None if "*" in names else names
