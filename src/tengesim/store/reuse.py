"""Finding a run that is there already, so that nothing is computed twice.

A run is reused only when it is the same question (scenario digest, seed), answered by the same
version of results, and every byte of it is as its manifest says. It may keep more of its log than
is asked for, and never less.
"""

from pathlib import Path

from tengesim.errors import StoreError
from tengesim.journal.keeping import LOG_MODES, LogMode
from tengesim.store.files import is_folder
from tengesim.store.layout import RESULTS_VERSION, folder_name
from tengesim.store.read import StoredRun, open_run

__all__ = ["find_run"]


def find_run(
    name: str,
    scenario_digest: str,
    seed: int,
    parent: Path | str,
    *,
    log: LogMode = "full",
    sample: int = 1,
) -> StoredRun | None:
    """Return the whole and undamaged run of a scenario and seed below `parent`, if there is one.

    It keeps as much of its log as the mode `log` at least, and the same `sample`. A damaged run is
    none: running again replaces it.
    """
    folder = Path(parent).absolute() / folder_name(name, scenario_digest, seed)
    if not is_folder(folder):
        return None
    try:
        run = open_run(folder)
        for file in run.manifest.files:
            run.check_file(file)
    except StoreError:
        return None
    asked = (RESULTS_VERSION, name, scenario_digest, seed)
    manifest = run.manifest
    found = (manifest.results_version, manifest.name, manifest.scenario_digest, manifest.seed)
    if found != asked or not _keeps(run, log, sample):
        return None
    return run


def _keeps(run: StoredRun, log: LogMode, sample: int) -> bool:
    """Return whether a run keeps all that a run in the mode `log` keeps."""
    kept = run.manifest.log_mode
    if kept == log == "sampled":
        # What was sampled stands outside the scenario digest, in the scenario itself.
        return f"\n  log: sampled\n  sample: {sample}\n" in run.scenario_text
    return LOG_MODES.index(kept) >= LOG_MODES.index(log)
