#!/usr/bin/env python3
"""Holds the workflows of GitHub to what must not be forgotten: scripts/check-workflows.py .github/workflows/*.yml

Each action is pinned by its full commit hash with its version in a comment, the same hash for the same action
everywhere; the workflow's permissions are contents: read at most and a job's name what it adds; only a job with an
environment, or one that hands over to such a workflow, may ask for an identity; each job has a time limit; each
workflow that starts by itself has a concurrency group; what comes from outside goes into scripts by env, never by an
expression; targets of make and files that are run exist.

Prints what is wrong and ends with 1. It needs PyYAML, and makes a virtual environment in .build/venv without it.
"""

import re
import subprocess
import sys
from pathlib import Path

from own_venv import again_with

try:
    import yaml
except ImportError as missing:
    again_with(["pyyaml>=6,<7"], missing)

ROOT = Path(__file__).resolve().parent.parent
PINNED = re.compile(r"^[\w.-]+/[\w./-]+@[0-9a-f]{40}$")
TARGETS = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
OWN_FILE = re.compile(r"(?:\.\./)?\b((?:scripts|deploy)/[\w.-]+\.(?:sh|py))\b")


def main(paths):
    wrong, hashes = [], {}
    for path in map(Path, paths):
        text = path.read_text(encoding="utf-8")
        workflow = yaml.safe_load(text)
        # YAML 1.1 reads the key `on` as true.
        triggers = workflow.get("on", workflow.get(True)) or {}
        found = list(pins(text, hashes)) + list(permissions(workflow))
        if set(triggers) != {"workflow_call"} and "group" not in (workflow.get("concurrency") or {}):
            found.append("it has no concurrency group")
        for name, job in workflow["jobs"].items():
            found += [f"job {name}: {fault}" for fault in job_faults(job)]
        wrong += [f"{path.name}: {fault}" for fault in found]
    for line in wrong:
        print(line)
    if not wrong:
        print(f"{len(paths)} workflows, {len(hashes)} actions")
    return 1 if wrong else 0


def pins(text, hashes):
    for number, line in enumerate(text.splitlines(), 1):
        used = re.match(r"\s*(?:- )?uses:\s*(\S+)(.*)", line)
        if not used or used[1].startswith("./"):
            continue
        if not PINNED.match(used[1]):
            yield f"line {number}: {used[1]} is not pinned by its commit"
            continue
        if not re.match(r"\s+# v\d+\.\d+\.\d+$", used[2]):
            yield f"line {number}: no comment says which version {used[1]} is"
        action, commit = used[1].split("@")
        if hashes.setdefault(action, commit) != commit:
            yield f"line {number}: {action} is pinned to another commit elsewhere"


def permissions(workflow):
    if workflow.get("permissions") != {"contents": "read"}:
        yield "its permissions are not contents: read"
    for name, job in workflow["jobs"].items():
        if not isinstance(job.get("permissions") or {}, dict):
            yield f"job {name}: permissions: {job['permissions']}"
            continue
        for permission, access in (job.get("permissions") or {}).items():
            if permission == "contents" and access == "read":
                continue
            if permission != "id-token":
                yield f"job {name}: the permission {permission}: {access}"
            elif "environment" not in job and not str(job.get("uses", "")).startswith("./"):
                yield f"job {name}: asks for an identity without an environment"


def job_faults(job):
    if "uses" in job:
        called = ROOT / job["uses"]
        if not called.is_file():
            yield f"calls {job['uses']}, which does not exist"
        return
    if not isinstance(job.get("timeout-minutes"), int):
        yield "it has no time limit"
    if "latest" in str(job.get("runs-on")):
        yield f"it runs on {job.get('runs-on')}, which changes by itself"
    for step in job["steps"]:
        said = step.get("name") or step.get("uses") or step.get("run", "")[:40]
        if "actions/checkout@" in step.get("uses", "") and step.get("with", {}).get("persist-credentials") is not False:
            yield f"{said}: leaves the token in the working copy"
        script = step.get("run", "")
        if script and subprocess.run(["bash", "-n"], input=script, text=True, capture_output=True).returncode:
            yield f"{said}: its script is not bash"
        if "${{" in script:
            yield f"{said}: an expression in a script; hand it over by env"
        for target in re.findall(r"^\s*make ([a-z-]+)", script, re.MULTILINE):
            if target not in TARGETS:
                yield f"{said}: the Makefile has no target {target}"
        for name in OWN_FILE.findall(script):
            if not (ROOT / name).is_file():
                yield f"{said}: there is no {name}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
