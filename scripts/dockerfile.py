"""The Dockerfile as a list of instructions: as much of the language as ours uses."""

import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass
class Instruction:
    line: int
    word: str
    text: str
    flags: dict = field(default_factory=dict)

    @property
    def arguments(self):
        return self.text.split()

    def packages(self):
        """What a RUN installs with apt-get."""
        installed = []
        for command in re.split(r"&&|;", self.text):
            words = command.split()
            if words[:2] == ["apt-get", "install"]:
                installed += [word for word in words[2:] if not word.startswith("-")]
        return installed

    def pairs(self):
        """NAME=value of an ENV, ARG or LABEL; an ARG without a default has the value ""."""
        return [tuple((word.split("=", 1) + [""])[:2]) for word in shlex.split(self.text)]


def read(path):
    """The instructions of the file, continued lines joined and comments left out."""
    instructions, held, start = [], "", 0
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.lstrip().startswith("#") or not (line.strip() or held):
            continue
        start = number if not held else start
        held += line
        if held.endswith("\\"):
            held = held[:-1]
            continue
        word, _, text = held.strip().partition(" ")
        flags = {}
        while match := re.match(r"--([a-z-]+)=(\S+)\s+", text.lstrip()):
            flags[match[1]] = match[2]
            text = text.lstrip()[match.end():]
        instructions.append(Instruction(start, word.upper(), " ".join(text.split()), flags))
        held = ""
    return instructions


def stages(instructions):
    """A list for each FROM, which is its first; what stands before the first FROM belongs to none."""
    found = []
    for instruction in instructions:
        if instruction.word == "FROM":
            found.append([])
        if found:
            found[-1].append(instruction)
    return found


def last_stage(instructions):
    return stages(instructions)[-1]
