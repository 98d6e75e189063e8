"""From `module:object` or a file's path to the Beltline in it."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
import sys
import traceback
from pathlib import Path
from types import ModuleType, TracebackType

from beltline.client.beltline import Beltline
from beltline.config import DEFAULT_STORE, StoreConfig
from beltline.core.errors import AppImportFailed


def load_app(target: str) -> Beltline:
    """Import what `target` names and return its Beltline.

    `package.module:object`, `path/to/file.py:object`, or either without the object where the module holds one
    Beltline. The working directory is importable; so is the folder of a file. Raises AppImportFailed, which
    says what is wrong in the app and what to do.
    """
    place, _, name = target.partition(":")
    _importable(Path.cwd())
    is_file = place.endswith(".py") or os.sep in place
    module = _import_file(Path(place)) if is_file else _import_module(place)
    return _named(module, place, name) if name else _only(module, place)


def store_of(app: Beltline, configured: StoreConfig) -> StoreConfig:
    """Return the store to use for an app.

    The configured one, or the app's own where the configuration says nothing.
    """
    url = app.url if configured.url == DEFAULT_STORE else configured.url
    namespace = app.namespace if configured.namespace == StoreConfig().namespace else configured.namespace
    return StoreConfig(url=url, namespace=namespace, api_key=configured.api_key or app.api_key)


def _import_module(name: str) -> ModuleType:
    if not all(part.isidentifier() for part in name.split(".")):
        raise AppImportFailed(
            f"the app {name!r} is neither a module nor a file; write module:object or path/to/file.py"
        )
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise _failed(name, error) from error
        raise AppImportFailed(
            f"the app module {name!r} was not found: there is no module {error.name!r} in {Path.cwd()} nor"
            " among the installed packages; go to the folder that holds it, or name the file: path/to/file.py"
        ) from error
    except (Exception, SystemExit) as error:
        raise _failed(name, error) from error


def _import_file(path: Path) -> ModuleType:
    """Import a file under the name that other code would import it by.

    Its classes are then the same ones everywhere.
    """
    file = path.resolve()
    if not file.is_file():
        raise AppImportFailed(f"the app file {str(path)!r} does not exist (looked in {Path.cwd()})")
    root, name = file.parent, file.stem
    while (root / "__init__.py").exists():
        root, name = root.parent, f"{root.name}.{name}"
    _importable(root)
    known = sys.modules.get(name)
    if known is not None and getattr(known, "__file__", None) == str(file):
        return known
    if root != file.parent and name.split(".")[0].isidentifier():
        return _import_module(name.removesuffix(".__init__"))
    if known is not None or file.stem in sys.stdlib_module_names:
        # A file such as queue.py must not stand in for the module of that name that others import.
        name = f"{file.stem}_{hashlib.sha256(str(file).encode()).hexdigest()[:8]}"
        if name in sys.modules:
            return sys.modules[name]
    return _execute(name, file, path)


def _execute(name: str, file: Path, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise AppImportFailed(f"the app file {str(path)!r} is not a Python file; its name must end in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise _failed(str(path), error) from error
    return module


def _named(module: ModuleType, place: str, name: str) -> Beltline:
    found: object = module
    for part in name.split("."):
        if not hasattr(found, part):
            raise AppImportFailed(f"the app {place!r} has no object {name!r}; {_advice(module, place)}")
        found = getattr(found, part)
    if not isinstance(found, Beltline):
        raise AppImportFailed(
            f"{place}:{name} is a {type(found).__name__}, not a Beltline; {_advice(module, place)}"
        )
    return found


def _only(module: ModuleType, place: str) -> Beltline:
    found = _beltlines(module)
    if len({id(app) for app in found.values()}) != 1:
        raise AppImportFailed(
            f"the app {place!r} does not say which Beltline to use; {_advice(module, place)}"
        )
    return next(iter(found.values()))


def _beltlines(module: ModuleType) -> dict[str, Beltline]:
    return {name: value for name, value in vars(module).items() if isinstance(value, Beltline)}


def _advice(module: ModuleType, place: str) -> str:
    names = sorted(_beltlines(module))
    if not names:
        return "it holds no Beltline: make one at the top level of the module, belt = Beltline()"
    return "it holds " + " and ".join(names) + f": write for instance {place}:{names[0]}"


def _importable(folder: Path) -> None:
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))


def _failed(place: str, error: BaseException) -> AppImportFailed:
    """The error with the app's own part of the traceback.

    The frames of the import machinery say nothing about the fault.
    """
    lines = traceback.format_exception(type(error), error, _own(error.__traceback__), chain=False)
    trace = "".join(lines).rstrip()
    return AppImportFailed(
        f"the app {place!r} failed while it was imported; mend this and start again:\n{trace}"
    )


def _own(trace: TracebackType | None) -> TracebackType | None:
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file != __file__ and not file.startswith("<frozen importlib") and file != importlib.__file__:
            return trace
        trace = trace.tb_next
    return None
