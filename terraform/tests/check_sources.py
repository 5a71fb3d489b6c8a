"""Holds terraform/ to the sources: the same services at the same ports, and only metrics that somebody records."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
faults = []


def text(path):
    return (ROOT / path).read_text(encoding="utf-8")


def declared_services():
    """Every service of the catalog, with its port."""
    catalog = text("Sources/Waybill/ServiceCatalog.swift")
    types = re.findall(r"Entry\(\s*name: (\w+)\.name", catalog)
    swift = {path.stem: path.read_text(encoding="utf-8") for path in ROOT.glob("Sources/Services/*/*Service.swift")}
    services = {}
    for name in types:
        found = re.search(r'static let name = "(\w+)"', swift.get(name, ""))
        port = re.search(r"static let defaultPort = (\d+)", swift.get(name, ""))
        if found and port:
            services[found.group(1)] = int(port.group(1))
        else:
            faults.append(f"Sources/Services: {name} does not give its name and port as literals")
    return services


def listed_services():
    """Every service of services.tf, with its port."""
    default = re.search(r"\n  default = {\n(.*?)\n  }\n", text("terraform/services.tf"), re.S)
    services = {}
    for name, body in re.findall(r"^    (\w+) *= {(.*?)(?=^    \w+ *= {|\Z)", default.group(1) if default else "", re.S | re.M):
        port = re.search(r"\bport *= (\d+)", body)
        services[name] = int(port.group(1)) if port else None
    return services


def recorded_metrics():
    """Every gauge of the sources, as /metrics names it."""
    labels = set()
    for path in ROOT.glob("Sources/**/*.swift"):
        labels |= set(re.findall(r'Gauge\(label: "([^"]+)"', path.read_text(encoding="utf-8")))
    return {re.sub(r"[^a-zA-Z0-9_]", "_", label) for label in labels}


def carried_metrics():
    listed = re.search(r"metrics = \[(.*?)\]", text("terraform/modules/instance/collector.tf"), re.S)
    return set(re.findall(r'"(\w+)"', listed.group(1))) if listed else set()


declared, listed = declared_services(), listed_services()
if not declared or not listed:
    faults.append("the services could not be read")
for name in sorted(declared.keys() - listed.keys()):
    faults.append(f"terraform/services.tf: {name} is missing: {name} = {{ port = {declared[name]} }}")
for name in sorted(listed.keys() - declared.keys()):
    faults.append(f"terraform/services.tf: there is no service {name}")
for name in sorted(declared.keys() & listed.keys()):
    if declared[name] != listed[name]:
        faults.append(f"terraform/services.tf: {name} listens on {declared[name]}, not on {listed[name]}")

carried = carried_metrics()
if not carried:
    faults.append("terraform/modules/instance/collector.tf: the metrics could not be read")
for name in sorted(metric for metric in carried if not metric.startswith("litestream_")):
    if name not in recorded_metrics():
        faults.append(f"terraform/modules/instance/collector.tf: nobody records {name}")

for line in faults:
    print(line)
sys.exit(1 if faults else 0)
