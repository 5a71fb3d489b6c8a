#!/usr/bin/env python3
"""Reads the Dockerfile for what a linter does not know of us; prints what is wrong and ends with 1.

What is copied from the context is there and let through by .dockerignore; the last stage runs as 10001, declares its
volumes after the user has them, stops by SIGTERM, has a health check and labels, and installs nothing for building.
"""

import fnmatch
import sys

from dockerfile import ROOT, last_stage, read, stages

BUILD_ONLY = ("-dev", "gcc", "clang", "swift", "build-essential", "git")


def main():
    instructions = read(ROOT / "Dockerfile")
    wrong = []
    for instruction in instructions:
        if instruction.word == "COPY" and "from" not in instruction.flags:
            for source in instruction.arguments[:-1]:
                wrong += missing(source)
        if instruction.word == "ADD":
            wrong.append(f"line {instruction.line}: COPY, not ADD")
    names = [stage[0].arguments[-1] for stage in stages(instructions)]
    for instruction in instructions:
        origin = instruction.flags.get("from")
        if origin and origin not in names:
            wrong.append(f"line {instruction.line}: no stage is called {origin}")
    wrong += runtime_faults(last_stage(instructions))
    for line in wrong:
        print(f"Dockerfile: {line}")
    return 1 if wrong else 0


def missing(source):
    """A source of the context that is not there, or that .dockerignore holds back."""
    optional = "[" in source
    if not optional and not (ROOT / source).exists():
        yield f"copies {source}, which does not exist"
    let_through = False
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        pattern = line.strip()
        if pattern and not pattern.startswith("#"):
            negated = pattern.startswith("!")
            if fnmatch.fnmatch(source.replace("[", "").replace("]", ""), pattern.lstrip("!")):
                let_through = negated
    if not let_through:
        yield f".dockerignore holds back {source}"


def runtime_faults(stage):
    words = [instruction.word for instruction in stage]
    first = {word: words.index(word) for word in set(words)}
    for word in ("USER", "WORKDIR", "VOLUME", "STOPSIGNAL", "HEALTHCHECK", "LABEL", "ENTRYPOINT"):
        if word not in first:
            yield f"the last stage has no {word}"
    if "USER" not in first or "VOLUME" not in first:
        return
    user = stage[first["USER"]].arguments
    if user != ["10001:10001"]:
        yield f"the last stage runs as {user}, not as 10001:10001"
    if first["VOLUME"] < max(i for i, word in enumerate(words) if word == "RUN"):
        yield "VOLUME stands before the RUN that gives the folder its owner: what that does would be lost"
    if "/data" not in stage[first["VOLUME"]].text:
        yield "/data is no volume"
    if stage[first["STOPSIGNAL"]].arguments != ["SIGTERM"]:
        yield "STOPSIGNAL is not SIGTERM"
    if stage[first["ENTRYPOINT"]].text != '["waybill"]':
        yield "ENTRYPOINT is not the program alone, so that signals would not reach it"
    for instruction in stage:
        if instruction.word == "RUN":
            for package in instruction.packages():
                if package.endswith(BUILD_ONLY[0]) or package in BUILD_ONLY[1:]:
                    yield f"line {instruction.line}: {package} is for building, not for running"


if __name__ == "__main__":
    sys.exit(main())
