"""The services and simulators of the program with their ports, read from the lists that the program itself has."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "Sources"


def services():
    """{"workflow": 8083, …}: each entry of ServiceCatalog.swift."""
    catalog = (SOURCES / "Waybill" / "ServiceCatalog.swift").read_text(encoding="utf-8")
    found = {}
    for type_name in re.findall(r"Entry\(\s*name: (\w+)\.name", catalog):
        text = _declaring(SOURCES / "Services", rf"struct {type_name}\b|enum {type_name}\b")
        found[_only(r'static let name = "([^"]+)"', text, type_name)] = int(
            _only(r"static let defaultPort = (\d+)", text, type_name))
    if not found:
        raise LookupError("No service was found in Sources/Waybill/ServiceCatalog.swift: has its form changed?")
    return found


def simulators():
    """{"source-simulator": 8091, …}: each entry of SimulatorCatalog.swift."""
    catalog = (SOURCES / "Waybill" / "SimulatorCatalog.swift").read_text(encoding="utf-8")
    found = {}
    for name in re.findall(r'Entry\(\s*name: "([^"]+)"', catalog):
        setting = name.upper().replace("-", "_") + "_PORT"
        for path in sorted((SOURCES / "Simulators").rglob("*Configuration.swift")):
            text = path.read_text(encoding="utf-8")
            if port := re.search(rf'"{setting}", default: (\d+)', text):
                found[name] = int(port[1])
            elif setting in text and (port := re.search(r"var port = (\d+)", text)):
                found[name] = int(port[1])
        if name not in found:
            raise LookupError(f"No *Configuration.swift of Sources/Simulators reads {setting}, the port of {name}.")
    if not found:
        raise LookupError("No simulator was found in Sources/Waybill/SimulatorCatalog.swift: has its form changed?")
    return found


def _declaring(folder, pattern):
    for path in sorted(folder.rglob("*.swift")):
        text = path.read_text(encoding="utf-8")
        if re.search(pattern, text):
            return text
    raise LookupError(f"Nothing in {folder.relative_to(ROOT)} declares {pattern}.")


def _only(pattern, text, where):
    found = re.findall(pattern, text)
    if len(found) != 1:
        raise LookupError(f"{where}: expected one match of {pattern}, found {len(found)}.")
    return found[0]
