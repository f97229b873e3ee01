"""Entry of `python -m tengesim`, which behaves exactly as the command `tengesim`.

With `-m`, Python puts the working directory first on the import path, and a console script does
not. Taking that entry off again keeps a folder of the user's own from standing in for a package
that the simulator needs.
"""

import sys

if __name__ == "__main__":
    if not sys.flags.safe_path:
        del sys.path[0]
    from tengesim.cli import main

    main()
