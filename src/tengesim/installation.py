"""Where this installation keeps the dashboard, found by place and never by name.

`dashboards` is a top-level package beside `tengesim`, and a word that people use for folders of
their own. Looking at one known place makes sure that the page shown is the one that belongs to
this code; the command line is the only caller.
"""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

DASHBOARDS = "dashboards"


def dashboards_folder() -> Path:
    """Return the folder of our `dashboards` package, in a checkout or beside an installed wheel.

    Raises:
        ImportError: if neither place holds it.
    """
    beside = Path(__file__).resolve().parents[1]
    candidates = [beside / DASHBOARDS]
    if beside.name == "src":
        candidates.append(beside.parent / DASHBOARDS)
    for folder in candidates:
        if (folder / "__init__.py").is_file():
            return folder
    looked = " or ".join(str(folder) for folder in candidates)
    message = f"the dashboard is not installed: expected it in {looked}; install tengesim again"
    raise ImportError(message, name=DASHBOARDS)


def import_dashboards() -> ModuleType:
    """Import our own `dashboards`, whatever folder of that name comes first on the import path.

    Afterwards a plain `from dashboards.app import ...` reaches the same package.

    Raises:
        ImportError: if ours is not installed, or a foreign package of that name is loaded already.
    """
    folder = dashboards_folder()
    loaded = sys.modules.get(DASHBOARDS)
    if loaded is not None:
        if folder in (Path(entry).resolve() for entry in loaded.__path__):
            return loaded
        places = ", ".join(loaded.__path__)
        message = f"another package named dashboards is loaded from {places}; expected {folder}"
        raise ImportError(message, name=DASHBOARDS)
    spec = importlib.util.spec_from_file_location(
        DASHBOARDS, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    if spec is None or spec.loader is None:
        message = f"the dashboard in {folder} cannot be read; install tengesim again"
        raise ImportError(message, name=DASHBOARDS)
    package = importlib.util.module_from_spec(spec)
    sys.modules[DASHBOARDS] = package
    try:
        spec.loader.exec_module(package)
    except BaseException:
        del sys.modules[DASHBOARDS]
        raise
    return package
