#!/usr/bin/env python3
"""Holds the documents to what they point at: each linked file of the project is there, and so is each test that they
name as proof, as `Tests' folder/suite` with, or without, the beginnings of names of its tests ("…, …").

Prints what is wrong and ends with 1; ends with 0 when nothing is.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"\]\((?!\w+:|#)([^)#\s]+)")
SUITE = re.compile(r"`((?:\w+Tests|Journeys)/\w+)`((?:,? \"[^\"]+\")*)")


def tests_of(suite):
    """The names of the tests of a suite, which is a type or a file; None when there is no such suite."""
    folder, name = suite.split("/")
    files = {path: path.read_text(encoding="utf-8") for path in (ROOT / "Tests" / folder).rglob("*.swift")}
    declaration = re.compile(rf"\b(struct|class|actor|extension) {name}\b")
    texts = [text for path, text in files.items() if path.stem == name or declaration.search(text)]
    return {test for text in texts for test in re.findall(r"func `([^`]+)`", text)} if texts else None


def faults(document):
    text = document.read_text(encoding="utf-8")
    for target in LINK.findall(text):
        if not (document.parent / target).exists():
            yield f"links to {target}, which is not there"
    for suite, named in SUITE.findall(text):
        tests = tests_of(suite)
        if tests is None:
            yield f"names {suite}, and there is no such suite"
            continue
        for name in re.findall(r'"([^"]+)"', named):
            if not any(test.startswith(name.rstrip("…").rstrip()) for test in tests):
                yield f'names "{name}", which is no test of {suite}'


documents = [*ROOT.glob("*.md"), *ROOT.glob("*/README.md"), *(ROOT / "docs").rglob("*.md")]
wrong = [f"{document.relative_to(ROOT)} {fault}" for document in documents for fault in faults(document)]
print("\n".join(wrong), end="\n" if wrong else "")
sys.exit(1 if wrong else 0)
