#!/usr/bin/env python3
"""Holds dashboards and alarms to what is measured: each metric, label and value in them exists in the sources.

Without arguments it reads deploy/prometheus/alerts.yml and deploy/grafana/dashboards/*.json, and what the services
measure from Sources/; alarms on the same gauge must have the same limits on AWS (terraform/modules/monitoring). With
the address or the file of a metrics page (scripts/check-metrics.py http://127.0.0.1:9464/metrics) it also holds the
sources' reading to that page: what it shows must be known.

Prints what is wrong and ends with 1. It needs PyYAML, and makes a virtual environment in .build/venv without it.
"""

import json
import re
import sys
import urllib.request
from pathlib import Path

from own_venv import again_with

try:
    import yaml
except ImportError as missing:
    again_with(["pyyaml>=6,<7"], missing)

import catalog

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"

# What others measure, and with which labels: the collector's receiver kafkametrics, and Prometheus itself.
OTHERS = {
    "kafka_consumer_group_lag": {"group", "topic", "partition"},
    "up": set(),
}
SCRAPE = {"instance", "job"}
FREE_VALUES = {"status", "le", "instance", "job", "group", "topic", "partition", "outcome"}
WORDS = {
    "by", "without", "on", "ignoring", "group_left", "group_right", "and", "or", "unless", "bool", "offset", "inf",
    "nan", "atan2",
}


def measured():
    """{metric: labels} of everything that Sources/ gives to swift-metrics, under its name in Prometheus."""
    found = {}
    for path in sorted((ROOT / "Sources").rglob("*.swift")):
        text = path.read_text(encoding="utf-8")
        if not re.search(r"import Metrics|import Telemetry|enum ProcessMetrics", text):
            continue
        labels = set(re.findall(r'\("(\w+)", ', text))
        for kind, label, rest in re.findall(
            r'\b(Counter|FloatingPointCounter|Gauge|Meter|Timer|Recorder)\(\s*label: ("[^"]+"|label\b)([^\n]*)', text):
            # A label that is handed in is one of the names with dots that the file has.
            names = [label[1:-1]] if label[0] == '"' else re.findall(r'"([a-z]+(?:\.[a-z]+)+)"', text)
            for name in names:
                found |= {each: labels for each in series(kind, name.replace(".", "_").replace("-", "_"), rest)}
        if "enum ProcessMetrics" in text:
            found |= {name: set() for name in re.findall(r'"(process_\w+)"', text)}
    if len(found) < 30:
        sys.exit(f"Only {len(found)} metrics were found in Sources/: has the form of their declarations changed?")
    for name, labels in found.items():
        if name.endswith("_bucket"):
            found[name] = labels | {"le"}
    return found


def series(kind, name, rest):
    """As Sources/Telemetry/Metrics names them: counters end in _total, timers in _seconds and are histograms."""
    if "Counter" in kind:
        return [name if name.endswith("_total") else name + "_total"]
    if kind == "Timer" or (kind == "Recorder" and "aggregate: true" in rest):
        base = name if kind == "Recorder" or name.endswith("_seconds") else name + "_seconds"
        return [base + "_bucket", base + "_sum", base + "_count"]
    return [name]


def queries():
    """(where, PromQL, labels that a text beside it speaks of) of every alarm and panel."""
    rules = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text(encoding="utf-8"))
    for group in rules["groups"]:
        for rule in group["rules"]:
            spoken = re.findall(r"\$labels\.(\w+)", json.dumps(rule.get("annotations", {})))
            yield f"alert {rule['alert']}", rule["expr"], spoken
    for path in sorted((DEPLOY / "grafana" / "dashboards").glob("*.json")):
        dashboard = json.loads(path.read_text(encoding="utf-8"))
        for variable in dashboard["templating"]["list"]:
            asked = re.fullmatch(r"label_values\((.+), (\w+)\)", variable["query"]["query"])
            yield f"{path.name}, variable {variable['name']}", asked[1], [asked[2]]
        for panel in dashboard["panels"]:
            for target in panel.get("targets", []):
                spoken = re.findall(r"{{(\w+)}}", target["legendFormat"])
                yield f"{path.name}, {panel['title']}", target["expr"], spoken


def faults(expression, spoken, known, values):
    """What is wrong with one query."""
    text = re.sub(r"\[[^\]]*\]", "", expression)
    grouped = re.findall(r"\b(?:by|on|group_left|group_right|without|ignoring)\s*\(([^)]*)\)", text)
    text = re.sub(r"\b(by|on|group_left|group_right|without|ignoring)\s*\([^)]*\)", " ", text)
    labels = set()
    metrics = re.findall(r"([a-zA-Z_:][\w:]*)\s*(\{[^}]*\})?(?!\w)(?!\s*\()", re.sub(r'"[^"]*"', _held(values), text))
    metrics = [(name, selector) for name, selector in metrics if name not in WORDS]
    if not metrics:
        yield "it asks for no metric"
    for name, selector in metrics:
        if name not in known:
            yield f"nothing measures {name}"
            continue
        labels |= known[name] | SCRAPE
        for label, held in re.findall(r"(\w+)\s*(?:=~|!~|!=|=)\s*@(\d+)@", selector or ""):
            if label not in known[name] | SCRAPE:
                yield f"{name} has no label {label}"
            value = values.texts[int(held)]
            if label not in FREE_VALUES and not values.exist(label, value):
                yield f"{label} is never {value!r}"
    for group in grouped:
        for label in filter(None, re.split(r"[,\s]+", group)):
            if label not in labels:
                yield f"no metric in it has the label {label}, by which it is grouped"
    result = {label for group in grouped for label in re.split(r"[,\s]+", group)} if grouped else labels
    for label in spoken:
        if label not in result:
            yield f"the label {label} that is shown is not in what it results in"


class Values:
    """The values that labels can have: names of services, or any text that stands in the sources."""

    def __init__(self):
        self.texts = []
        self.services = set(catalog.services())
        self.sources = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "Sources").rglob("*.swift"))

    def exist(self, label, pattern):
        if "$" in pattern or ".*" in pattern:
            return True
        if label == "service":
            return set(pattern.split("|")) <= self.services
        if label == "method":
            return set(pattern.split("|")) <= {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "other"}
        return all(f'"{each}"' in self.sources for each in pattern.split("|"))


def _held(values):
    """Puts a number in the place of a text, so that what stands in it is not taken for PromQL."""
    def hold(match):
        values.texts.append(match[0][1:-1])
        return f"@{len(values.texts) - 1}@"
    return hold


def drift():
    """Where an alarm of Prometheus and the one of AWS on the same gauge differ in limit or patience."""
    terraform = (ROOT / "terraform" / "modules" / "monitoring" / "main.tf").read_text(encoding="utf-8")
    on_aws = re.findall(r'metric = "(\w+)", (?:above|below) = (\d+), since = (\d+)', terraform)
    rules = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text(encoding="utf-8"))
    here = {}
    for rule in rules["groups"][0]["rules"]:
        if gauge := re.search(r"\((\w+)\) [<>] (\d+)$", rule["expr"]):
            here[gauge[1]] = (gauge[2], rule.get("for", "0m"))
    compared = 0
    for metric, limit, minutes in on_aws:
        if metric in here:
            compared += 1
            if here[metric] != (limit, minutes + "m"):
                yield (f"{metric}: an alarm at {' for '.join(here[metric])} here, at {limit} for {minutes}m in "
                       "terraform/modules/monitoring")
    if compared < 4:
        yield f"only {compared} alarms were found both here and in terraform/modules/monitoring: has a form changed?"


def unknown(page, known):
    """What a metrics page shows and the reading of the sources does not know."""
    seen = {}
    for name, labels in re.findall(r"^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? ", page, re.MULTILINE):
        seen.setdefault(name, set()).update(re.findall(r'(\w+)="', labels))
    for name, labels in sorted(seen.items()):
        if name not in known:
            yield f"the page shows {name}, which was not found in Sources/"
        elif not labels <= known[name]:
            yield f"the page shows {name} with {sorted(labels - known[name])}, which was not found in Sources/"
    if "outbox_waiting" not in seen:
        yield "the page shows no outbox_waiting: is it a page of ours?"


def main(arguments):
    ours, values, wrong, count = measured(), Values(), [], 0
    known = ours | OTHERS
    for where, expression, spoken in queries():
        count += 1
        wrong += [f"{where}: {fault}" for fault in faults(expression, spoken, known, values)]
    wrong += list(drift())
    for address in arguments:
        page = (urllib.request.urlopen(address, timeout=10).read().decode() if address.startswith("http")
                else Path(address).read_text(encoding="utf-8"))
        wrong += list(unknown(page, ours))
    for line in wrong:
        print(line)
    if not wrong:
        print(f"{count} queries ask for what is measured; {len(ours)} series are known")
    return 1 if wrong else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except LookupError as error:
        sys.exit(str(error))
