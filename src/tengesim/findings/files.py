"""Findings about how a scenario file is written, named, and set from outside."""

from tengesim.findings.text import FindingText

__all__ = ["FILES"]

FILES: dict[str, FindingText] = {
    "ALIAS": FindingText(
        "Anchors and aliases are not read",
        "The file uses `&name` or `*name`. A few aliases of aliases can blow a short file up to"
        " gigabytes, so none are read.",
        "every value written out",
        "write the value where it is needed, or move what is shared to a scenario both extend",
    ),
    "DUPLICATE_KEY": FindingText(
        "One key twice in a mapping",
        "The same key is written twice; ordinary YAML readers keep the second silently.",
        "each key once",
        "remove one of the two lines",
    ),
    "EMPTY_FILE": FindingText(
        "Nothing in the file",
        "The file holds no document.",
        "a mapping that starts with `format: 1`",
        "write the scenario, or name another file",
    ),
    "ENCODING": FindingText(
        "The file is not plain UTF-8 text",
        "The file has a byte order mark, is UTF-16, holds a NUL or control character, or bytes"
        " that are not UTF-8.",
        "UTF-8 without byte order mark",
        "save the file as UTF-8",
    ),
    "EXTENDS_CYCLE": FindingText(
        "Scenarios that extend each other",
        "Following `extends` leads back to a file already read.",
        "a chain of scenarios that ends",
        "remove `extends` from one file of the circle",
    ),
    "EXTENDS_DEPTH": FindingText(
        "Too long a chain of scenarios",
        "Each scenario extends another, more than twelve deep.",
        "at most 12 scenarios in a chain",
        "join some of them into one file",
    ),
    "FILE_TOO_LARGE": FindingText(
        "The file is too large",
        "A scenario has at most 1 MiB.",
        "at most 1,048,576 bytes",
        "split what is shared into a scenario to extend",
    ),
    "FORMAT": FindingText(
        "A scenario of another format",
        "The first line of a scenario says which format it is written in.",
        "`format: 1`",
        "add `format: 1`; a higher number needs a younger tengesim",
    ),
    "MERGE_KEY": FindingText(
        "Merge keys are not read",
        "The file uses `<<:`, which needs aliases.",
        "every value written out",
        "write the keys out, or move them to a scenario both extend",
    ),
    "PATH_OUTSIDE": FindingText(
        "A path that leads outside",
        "`extends` reads only shipped scenarios and files in the folder of the scenario or below"
        " it; it follows no link out of there, and no web address.",
        "a shipped name or a relative path inside the folder",
        "copy the file next to the scenario",
    ),
    "SETTING": FindingText(
        "A `--set` that cannot be read",
        "A setting is a path, an equals sign and a value.",
        "`--set path.to.key=value`",
        "correct the setting",
    ),
    "SETTING_UNKNOWN": FindingText(
        "A `--set` path that leads nowhere",
        "The scenario has no such key.",
        "a path of keys that the scenario has",
        "correct the path",
    ),
    "SYNTAX": FindingText(
        "The text is not YAML",
        "The reader stopped at this line: a bracket or quote is open, or the indentation is off.",
        "`key: value` lines, indented with spaces",
        "look at this line and the one above it",
    ),
    "TAB": FindingText(
        "A tab character",
        "Tabs look like spaces but are not; YAML forbids them in indentation.",
        "spaces",
        "replace tabs by spaces",
    ),
    "TAG": FindingText(
        "Type tags are not read",
        "The file uses `!name` or `!!name`.",
        "plain values",
        "remove the tag",
    ),
    "TOO_DEEP": FindingText(
        "Sections nested too deep",
        "Sections and lists may be nested at most 20 deep.",
        "at most 20 levels",
        "flatten the structure",
    ),
    "TOO_MANY_NODES": FindingText(
        "Too many values",
        "A scenario has at most 100,000 keys and values.",
        "at most 100,000 keys and values",
        "give totals by region instead of single values",
    ),
    "TWO_DOCUMENTS": FindingText(
        "More than one document",
        "The file is cut by `---` into several documents.",
        "one document in a file",
        "make one file of each",
    ),
    "UNKNOWN_SCENARIO": FindingText(
        "No such scenario",
        "There is neither a file nor a shipped scenario of this name.",
        "a file, or a name out of `tengesim list`",
        "correct the name",
    ),
    "UNREADABLE": FindingText(
        "A file that cannot be opened",
        "The file exists but cannot be read, or is a folder.",
        "a readable file",
        "check the path and its permissions",
    ),
}
