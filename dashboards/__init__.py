"""The page that plays a study in the browser: results in, no decisions.

Nothing here computes what happened; the numbers come from the log of finished runs. Only the
command line imports this package, and only when somebody wants to look.
"""
