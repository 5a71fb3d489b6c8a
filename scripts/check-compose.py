#!/usr/bin/env python3
"""Holds docker-compose.yml to the program: every service and simulator is in it, at its port, behind the same bars.

`docker-compose config` finds what is not Compose; this finds what is Compose and not ours. It reads the files as
docker-compose resolves them: scripts/check-compose.py RESOLVED.yml, and fails with a line for each thing wrong.

It needs PyYAML. Where that is missing it makes a virtual environment for itself in .build/venv, once.
"""

import sys
from pathlib import Path

from own_venv import again_with

try:
    import yaml
except ImportError as missing:
    again_with(["pyyaml>=6,<7"], missing)

import catalog

DATA = "/data"
METRICS_ALIAS = "metrics.waybill"


def main(path):
    compose = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    services, wrong = compose["services"], []
    volumes = set(compose.get("volumes") or {})
    programs = {name: (port, "service") for name, port in catalog.services().items()}
    programs |= {name: (port, "simulator") for name, port in catalog.simulators().items()}
    for name, (port, kind) in programs.items():
        if name not in services:
            wrong.append(f"{name}: the program has this {kind} (port {port}); docker-compose.yml has not")
            continue
        wrong += [f"{name}: {fault}" for fault in faults(name, services[name], port, kind, volumes)]
    for name, service in services.items():
        words = arguments(service)
        if "serve" in words and words[words.index("serve") + 1] not in programs:
            wrong.append(f"{name}: runs `waybill {' '.join(words)}`, and the program has no such service")
        wrong += [f"{name}: {fault}" for fault in common_faults(service)]
    for line in wrong:
        print(line)
    if not wrong:
        print(f"{len(programs)} services and simulators of the program are in it, {len(services)} in all")
    return 1 if wrong else 0


def faults(name, service, port, kind, volumes):
    """What is wrong with how one service or simulator of ours is run."""
    environment = service.get("environment") or {}
    words = arguments(service)
    if words[-2:] != ["serve", name]:
        yield f"its command is {words}, not serve {name}"
    published = [short_port(entry) for entry in service.get("ports") or []]
    if f"127.0.0.1:{port}:{port}/tcp" not in published:
        yield f"its port {port} is not published as 127.0.0.1:{port}:{port}, but {published}"
    if f":{port}/" not in str(environment.get("HEALTH_URL", "")):
        yield f"HEALTH_URL does not ask port {port}"
    if "test" not in (service.get("healthcheck") or {}):
        yield "it has no health check"
    if service.get("restart") != "unless-stopped":
        yield "it is not restarted: restart: unless-stopped"
    aliases = service["networks"]["default"]["aliases"]
    if "waybill" not in aliases:
        yield "it lacks the network alias waybill, by which `waybill demo` finds it"
    if kind == "simulator":
        if service.get("profiles") != ["simulators"]:
            yield "a simulator has the profile simulators"
        return
    if service.get("profiles"):
        yield "a service has no profile: `docker compose up` is all"
    if METRICS_ALIAS not in aliases:
        yield f"it lacks the network alias {METRICS_ALIAS}, by which its metrics are found"
    if f"{name}:{DATA}:rw" not in map(short_volume, service.get("volumes", [])) or name not in volumes:
        yield f"its store is not in a volume of its own, {name}:{DATA}"
    for setting in ("KAFKA_BOOTSTRAP_SERVERS", "JWKS_URL"):
        if setting not in environment:
            yield f"{setting} is not set"


def common_faults(service):
    """What holds for everything that runs, the images of others too."""
    if "mem_limit" not in service:
        yield "it has no mem_limit"
    for entry in map(short_port, service.get("ports") or []):
        if not entry.startswith("127.0.0.1:"):
            yield f"the port {entry} is open to others than this machine"
    for key, value in (service.get("environment") or {}).items():
        if any(word in key for word in ("PASSWORD", "SECRET", "TOKEN", "_KEY")) and not key.endswith("_FILE") and value:
            yield f"{key} has a value: a secret does not belong in a file"
    image = str(service.get("image", ""))
    if not image.startswith("waybill:") and "@sha256:" not in image:
        yield f"the image {image} is not pinned by its digest"
    if image.startswith("waybill:"):
        if service.get("user") != "10001:10001" or service.get("read_only") is not True:
            yield "it must run as 10001:10001 with read_only: true"
        if service.get("cap_drop") != ["ALL"]:
            yield "it must drop all capabilities"


def short_port(entry):
    """Compose 2 resolves ports and volumes to mappings, docker-compose 1.29 to text: here all are text."""
    if isinstance(entry, str):
        return entry
    return f"{entry.get('host_ip', '')}:{entry.get('published')}:{entry['target']}/{entry.get('protocol', 'tcp')}"


def short_volume(entry):
    if isinstance(entry, str):
        return entry
    return f"{entry.get('source', '')}:{entry['target']}:{'ro' if entry.get('read_only') else 'rw'}"


def arguments(service):
    """The words that the program is started with."""
    words = []
    for key in ("entrypoint", "command"):
        value = service.get(key) or []
        for part in [value] if isinstance(value, str) else value:
            words += str(part).split()
    return words


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1]))
    except LookupError as error:
        sys.exit(str(error))
