#!/usr/bin/env python3
"""Holds the verdicts of Tests/SimulatorsTests/Documents to graphql-core, the reference implementation in Python.

Each document of documents.json that is called valid must be valid there too, and give the data that stands beside
it; each that is called invalid must be refused there. Those called unsupported are GraphQL that the target simulator
refuses on purpose: of them nothing is asked.

The documents of Tests/GatewayTests/Documents are what the gateway sends for as many events as the file's name says:
they must be valid, and create each event under its alias from the values in the variables.

Prints what is wrong and ends with 1; ends with 0 when nothing is.

It needs graphql-core. Where that is missing it makes a virtual environment for itself in .build/venv, once, and
installs it there.
"""

import json
import sys
from pathlib import Path

from own_venv import again_with

ROOT = Path(__file__).resolve().parent.parent
NEEDS = ["graphql-core>=3.2,<3.3"]
DOCUMENTS = ROOT / "Tests" / "SimulatorsTests" / "Documents"

try:
    from graphql import GraphQLError, build_schema, execute_sync, parse, validate
except ImportError as missing:
    again_with(NEEDS, missing)

SCHEMA = build_schema((DOCUMENTS / "schema.graphql").read_text(encoding="utf-8"))


class Target:
    """What an empty target answers."""

    def eventCount(self, info):
        return 0

    def event(self, info, id):
        return None

    def createEvent(self, info, input):
        return {"id": input["id"]}


def verdict(case):
    """What graphql-core says: whether the document is sound, at what it fails, and the data it gives."""
    try:
        document = parse(case["query"])
    except GraphQLError as error:
        return "invalid", f"syntax: {error.message}", None
    errors = validate(SCHEMA, document)
    if errors:
        return "invalid", errors[0].message, None
    result = execute_sync(
        SCHEMA, document, root_value=Target(), variable_values=case.get("variables"),
        operation_name=case.get("operationName"))
    return "valid", "", result.data


cases = json.loads((DOCUMENTS / "documents.json").read_text(encoding="utf-8"))
faults = []
for case in cases:
    if case["verdict"] == "unsupported":
        continue
    found, reason, data = verdict(case)
    if found != case["verdict"]:
        faults.append(f"{case['name']}: called {case['verdict']}, is {found}. {reason}")
    elif found == "valid" and data != case["data"]:
        faults.append(f"{case['name']}: gives {data}, not {case['data']}")
    elif found == "invalid" and case.get("syntax", False) != reason.startswith("syntax: "):
        faults.append(f"{case['name']}: not refused for the reason given. {reason}")
if {case["verdict"] for case in cases} != {"valid", "invalid", "unsupported"}:
    faults.append("documents.json lacks one kind of document")

SENT = ROOT / "Tests" / "GatewayTests" / "Documents"
sent = sorted(SENT.glob("*.graphql"), key=lambda path: int(path.stem))
for path in sent:
    events = {
        f"e{place}": {
            "id": f'{place} ") {{ id }} 😀', "name": "n", "body": "\"\n\\", "timestamp": "t", "brand": "b"}
        for place in range(int(path.stem))}
    found, reason, data = verdict({"query": path.read_text(encoding="utf-8"), "variables": events})
    if found != "valid":
        faults.append(f"{path.name}: the gateway's document is {found}. {reason}")
    elif data != {alias: {"id": event["id"]} for alias, event in events.items()}:
        faults.append(f"{path.name}: the gateway's document gives {data}")
if not sent:
    faults.append(f"{SENT} has no documents")

for line in faults:
    print(line)
sys.exit(1 if faults else 0)
