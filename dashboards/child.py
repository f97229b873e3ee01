"""The command line as a child of the page: it ends when its parent does, whatever ended that.

The parent holds the other end of standard input and never writes to it, so a read returns only
when the parent is gone, even if it was killed. A run that is cut off leaves no finished folder.
"""

import os
import runpy
import sys
import threading

_INTERRUPTED = 130


def _end_with_parent() -> None:
    # The plain system call: a buffered reader would hold a lock while the interpreter shuts down.
    while os.read(0, 1):
        pass
    os._exit(_INTERRUPTED)


if __name__ == "__main__":
    threading.Thread(target=_end_with_parent, daemon=True).start()
    sys.argv[0] = "tengesim"
    runpy.run_module("tengesim", run_name="__main__", alter_sys=True)
