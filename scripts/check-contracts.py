#!/usr/bin/env python3
"""Holds the published contracts to the code: every OpenAPI document and the AsyncAPI document.

Each openapi.yaml must be valid OpenAPI 3.1, list every route with its scope, its body and its Idempotency-Key, and
name every problem and every streamed event of its service. The scopes of all services together must be those that
some role gives. docs/asyncapi.yaml must list every event of Sources/Contracts with its topic, name, fields and key.
Prints what is wrong and ends with 1; ends with 0 when nothing is.

It needs PyYAML and openapi-spec-validator. Where they are missing it makes a virtual environment for itself in
.build/venv, once, and installs them there.
"""

import re
import sys
from functools import cache
from pathlib import Path
from typing import NamedTuple

from own_venv import again_with

ROOT = Path(__file__).resolve().parent.parent
NEEDS = ["openapi-spec-validator>=0.7,<1", "PyYAML>=6,<7"]
METHODS = {"get", "put", "post", "patch", "delete", "head", "options", "trace"}

try:
    import yaml
    from jsonschema import Draft202012Validator
    from openapi_spec_validator import OpenAPIV31SpecValidator
    from referencing import Registry, Resource
    from referencing.jsonschema import DRAFT202012
except ImportError as missing:
    again_with(NEEDS, missing)

faults = []


def fault(where, what):
    faults.append(f"{where}: {what}")


def source(path):
    return (ROOT / path).read_text(encoding="utf-8")


def swift(folder):
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / folder).rglob("*.swift")))


def load(path):
    try:
        document = yaml.safe_load(source(path))
    except (OSError, yaml.YAMLError) as error:
        fault(path, f"cannot be read: {error}")
        return None
    if not isinstance(document, dict):
        fault(path, "is not a mapping")
        return None
    return document


def at(document, reference):
    """What a local $ref points to, or None."""
    value = document
    for part in reference.removeprefix("#/").split("/"):
        part = part.replace("~1", "/").replace("~0", "~")
        value = value.get(part) if isinstance(value, dict) else None
    return value


def followed(document, value):
    while isinstance(value, dict) and "$ref" in value:
        value = at(document, value["$ref"])
    return value


def references(value):
    if isinstance(value, dict):
        for key, child in value.items():
            if key == "$ref" and isinstance(child, str):
                yield child
            else:
                yield from references(child)
    elif isinstance(value, list):
        for child in value:
            yield from references(child)


def values(value, name):
    """Everything in a document that stands under this key."""
    if isinstance(value, dict):
        for key, child in value.items():
            if key == name:
                yield child
            else:
                yield from values(child, name)
    elif isinstance(value, list):
        for child in value:
            yield from values(child, name)


# OpenAPI


class Route(NamedTuple):
    scope: str | None
    takes_body: bool = False
    is_decided: bool = False
    is_operation: bool = False
    is_raw: bool = False


def named_scopes(text):
    """The names that a service gives its scopes: `.read` is workflows:read."""
    return {f".{name}": scope for name, scope in re.findall(r'static let (\w+): Scope = "([^"]+)"', text)}


def arguments(text, start):
    """The arguments of the call whose parenthesis opens just before `start`, split at its own commas."""
    depth, quoted, parts = 1, False, [""]
    for index in range(start, len(text)):
        letter = text[index]
        if letter == '"' and text[index - 1] != "\\":
            quoted = not quoted
        elif not quoted:
            depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(letter, 0)
            if depth == 0:
                break
        if letter == "," and depth == 1 and not quoted:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts]


def route(kind, given, names):
    """The method, the path and the route that one call declares; None when it cannot be read."""
    method = "get" if kind in ("read", "openRead") else given.pop(0).removeprefix(".") if given else ""
    path = re.fullmatch(r'"([^"\\]+)"', given.pop(0)) if given else None
    scope = None
    if not kind.startswith("open"):
        named = re.fullmatch(r'scope: (?:"([^"]+)"|(\.\w+))', given.pop(0)) if given else None
        scope = named and (named.group(1) or names.get(named.group(2)))
        if scope is None:
            return None
    if kind == "openRaw":
        given = [part for part in given if not part.startswith("patience: ")]
    takes_body = bool(given) and re.fullmatch(r"\w+\.self", given[0]) is not None
    if path is None or method not in METHODS or len(given) != takes_body:
        return None
    if kind == "openRaw":
        return method, path.group(1), Route(None, takes_body=True, is_raw=True)
    return method, path.group(1), Route(scope, takes_body=takes_body, is_decided=kind == "decide")


@cache
def declared_routes(service):
    """Every (method, path) in the code, with what its contract must say of it."""
    folder = f"Sources/Services/{service}"
    # The routes of dead letters are every service's.
    text = re.sub(r"^\s*//.*$", "", swift(folder) + swift("Sources/Hosting"), flags=re.M)
    names = named_scopes(text)
    routes = {}
    for call in re.finditer(r"\bapi\s*\.\s*(\w+)\s*\(", text):
        if call.group(1) == "readiness":
            continue
        known = call.group(1) in ("read", "decide", "act", "openRead", "openAct", "openRaw")
        read = route(call.group(1), arguments(text, call.end()), names) if known else None
        if read is None:
            line = " ".join(text[call.start():call.start() + 80].split())
            fault(folder, f"has a route that this script cannot read: {line}")
        elif read[:2] in routes:
            fault(folder, f"{read[0].upper()} {read[1]} is declared twice")
        else:
            routes[read[:2]] = read[2]
    for path in re.findall(r'open\("([^"]+)"\)', source("Sources/HTTPAPI/Operations/API+Health.swift")):
        routes["get", path] = Route(None, is_operation=True)
    return routes


def declared_streams(service):
    """The kinds of events that live streams of a service send."""
    return set(re.findall(r'ServerSentEvent\(\s*id: [^,]+, event: "([^"]+)"', swift(f"Sources/Services/{service}")))


def declared_problems(service):
    text = swift("Sources/HTTPAPI/Errors") + swift(f"Sources/Services/{service}")
    names = re.findall(r'Problem\(\s*\.\w+,\s*"([a-z-]+)"', text)
    names += re.findall(r'\.conflict\(\s*"([a-z-]+)"', text)
    return {f"urn:waybill:problem:{name}" for name in names}


def check_openapi(service):
    path = f"Sources/Services/{service}/openapi.yaml"
    document = load(path)
    if document is None:
        return
    if not str(document.get("openapi", "")).startswith("3.1"):
        fault(path, "is not OpenAPI 3.1")
        return
    errors = list(OpenAPIV31SpecValidator(document).iter_errors())
    for error in errors:
        place = "/".join(str(part) for part in error.absolute_path)
        fault(path, f"{place or 'the document'}: {error.message.splitlines()[0][:300]}")
    if errors:
        return
    for reference in set(references(document)):
        if at(document, reference) is None:
            fault(path, f"{reference} is nowhere")

    routes = declared_routes(service)
    operations = {
        (method, template): operation
        for template, item in document["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    }
    for method, template in sorted(routes.keys() - operations.keys()):
        fault(path, f"{method.upper()} {template} is served and not listed")
    for method, template in sorted(operations.keys() - routes.keys()):
        fault(path, f"{method.upper()} {template} is listed and not served")
    for key in sorted(operations.keys() & routes.keys()):
        check_operation(path, document, key, operations[key], routes[key])

    ids = [operation.get("operationId") for operation in operations.values()]
    for name in sorted({name for name in ids if name and ids.count(name) > 1}):
        fault(path, f"the operationId {name} is used twice")
    enum = set(document["components"]["schemas"]["Problem"]["properties"]["type"].get("enum", []))
    for name in sorted(declared_problems(service) ^ enum):
        fault(path, f"{name} is {'listed and never answered' if name in enum else 'answered and not listed'}")
    streams = {name for events in values(document["paths"], "x-events") for name in events}
    for name in sorted(declared_streams(service) ^ streams):
        fault(path, f"the streamed event {name} is {'listed and never sent' if name in streams else 'not listed'}")
    scopes = {route.scope for route in routes.values() if route.scope}
    bearer = document["components"]["securitySchemes"]["bearer"]
    explained = set(re.findall(r"^- `([^`]+)`:", bearer["description"], re.M))
    for name in sorted(scopes ^ explained):
        fault(path, f"the scope {name} is {'explained and not used' if name in explained else 'not explained'}")
    check_examples(path, document)


def check_scopes():
    """What routes ask for is what roles give: a scope that no role has locks everybody out."""
    path = "Sources/Services/Administration/Domain/User.swift"
    body = re.search(r"var scopes: Set<String> {(.*?)\n  }", source(path), re.S)
    if body is None:
        fault(path, "the scopes of the roles cannot be read")
        return
    given = set(re.findall(r'"([^"]+)"', body.group(1)))
    asked = {}
    for service in services:
        for (method, template), route in declared_routes(service).items():
            if route.scope:
                asked.setdefault(route.scope, f"{service}'s {method.upper()} {template}")
    for scope in sorted(asked.keys() - given):
        fault(path, f"no role has {scope}, which {asked[scope]} asks for")
    for scope in sorted(given - asked.keys()):
        fault(path, f"a role has {scope}, which no route asks for")


def check_operation(path, document, key, operation, route):
    scope = route.scope
    where = f"{path}: {key[0].upper()} {key[1]}"
    for needed in ("operationId", "summary", "security", "responses"):
        if needed not in operation:
            fault(where, f"{needed} is missing")
            return
    wanted = [] if scope is None else [{"bearer": [scope]}]
    if route.is_raw:
        # Whoever asks proves himself in a way of the service's own.
        ways = {name for way in operation["security"] for name in way}
        if not ways or not all(operation["security"]) or "bearer" in ways:
            fault(where, "says not how its callers prove themselves")
        for name in sorted(ways - document["components"]["securitySchemes"].keys()):
            fault(where, f"the security scheme {name} is nowhere")
    elif operation["security"] != wanted:
        fault(where, f"security is {operation['security']}, the code asks for {wanted}")
    statuses = {int(status) for status in operation["responses"]}
    expected = {500} if route.is_operation else {500, 503} if scope is None else {401, 403, 500, 503}
    if route.is_raw:
        expected |= {401, 413, 422}
    elif route.takes_body:
        expected |= {400, 413, 415, 422}
    if route.takes_body != ("requestBody" in operation):
        fault(where, f"the code takes {'a' if route.takes_body else 'no'} body")
    if scope is not None and "{" in key[1]:
        expected |= {404}
    for status in sorted(expected - statuses):
        fault(where, f"the answer {status} is missing")
    for status, answer in operation["responses"].items():
        answer = followed(document, answer)
        media = set(answer.get("content", {}))
        is_problem = int(status) >= 400 and not (route.is_operation and int(status) == 503)
        if is_problem and media != {"application/problem+json"}:
            fault(where, f"{status} is not answered with application/problem+json")
        if int(status) == 201 and "Location" not in answer.get("headers", {}):
            fault(where, "201 has no Location")
        if int(status) < 300 and route.is_decided != ("Idempotency-Replayed" in answer.get("headers", {})):
            fault(where, f"{status} {'has no' if route.is_decided else 'never has'} Idempotency-Replayed")
    parameters = [followed(document, parameter) for parameter in operation.get("parameters", [])]
    for name in re.findall(r"{(\w+)}", key[1]):
        if not any(p["in"] == "path" and p["name"] == name and p.get("required") for p in parameters):
            fault(where, f"the path parameter {name} is not declared")
    if route.is_decided != any(p["name"] == "Idempotency-Key" for p in parameters):
        fault(where, f"the Idempotency-Key is {'looked at' if route.is_decided else 'not looked at'} in the code")


def check_examples(path, document):
    """Every example must be of its own schema: an example that lies is worse than none."""
    registry = Registry().with_resource(
        "urn:contract", Resource.from_contents(document, default_specification=DRAFT202012))
    for name, schema in document["components"]["schemas"].items():
        validator = Draft202012Validator({"$ref": f"urn:contract#/components/schemas/{name}"}, registry=registry)
        for example in schema.get("examples", []):
            for error in validator.iter_errors(example):
                fault(path, f"an example of {name} is none: {error.message}")
    for media in list(values(document, "application/json")) + list(values(document, "application/problem+json")):
        reference = media["schema"].get("$ref")
        if reference is None:
            fault(path, f"a body's schema is not among the components: {media['schema']}")
            continue
        validator = Draft202012Validator({"$ref": f"urn:contract{reference}"}, registry=registry)
        for name, example in media.get("examples", {}).items():
            for error in validator.iter_errors(example.get("value")):
                fault(path, f"the example {name} of {reference} is none: {error.message}")


# AsyncAPI


class Field(NamedTuple):
    wire: str
    kind: str
    is_required: bool
    values: list | None


def declared_structs(text):
    """The fields of everything that is written as it is declared, by their names in the code."""
    enums = {
        name: re.findall(r'case \w+ = "([^"]+)"', body)
        for name, body in re.findall(r"public enum (\w+): String[^{]*{(.*?)\n}", text, re.S)
    }
    structs = {}
    for name, body in re.findall(r"public struct (\w+): [^{]*\b(?:Event|Codable)\b[^{]*{(.*?)\n}", text, re.S):
        keys = re.search(r"enum CodingKeys: String, CodingKey {(.*?)}", body, re.S)
        wire = dict(re.findall(r'(?!case\b)\b(\w+)(?: = "([^"]+)")?', keys.group(1))) if keys else {}
        structs[name] = {
            field: Field(wire.get(field) or field, kind, not optional, enums.get(kind))
            for field, kind, optional in re.findall(r"public let (\w+): (.+?)(\??)$", body, re.M)
            if keys is None or field in wire
        }
    return structs


def wire_path(structs, name, path):
    """The way to a field as it is written, `payload.order.order_id`; None unless it is always there."""
    written = []
    for part in path.split("."):
        field = structs.get(name, {}).get(part)
        if field is None or not field.is_required:
            return None
        written.append(field.wire)
        name = field.kind
    return ".".join(written)


def declared_events(text, structs):
    standard = re.search(r"partitions: Int32 = (\d+)", source("Sources/Messaging/Topic.swift"))
    events = {}
    for name, body in re.findall(r"public struct (\w+): Event[^{]*{(.*?)\n}", text, re.S):
        wire = re.search(r'static let name = "([^"]+)"', body)
        topic = re.search(r'static let topic = Topic\("([^"]+)"(?:, partitions: (\d+))?', body)
        # A field, be it of an object within, or one of two by a third: `"\(id)"`, `"\(payload.order.id)"`,
        # `isOrdered ? source : "\(id)"`.
        key = re.search(r'var key: String { (?:\w+ \? \w+ : )?"\\\(([\w.]+)\)" }', body)
        if not (wire and topic):
            fault("Sources/Contracts", f"{name} does not give its name and topic as literals")
            continue
        events[name] = {
            "name": wire.group(1),
            "topic": topic.group(1),
            "partitions": int(topic.group(2) or (standard.group(1) if standard else 0)),
            "key": wire_path(structs, name, key.group(1)) if key else None,
        }
    listed = set(re.findall(r"(\w+)\.self", source("Sources/Contracts/EventCatalog.swift")))
    for name in sorted(listed ^ events.keys()):
        fault("Sources/Contracts", f"{name} is {'listed, but no event' if name in listed else 'not in EventCatalog'}")
    return events


def check_asyncapi():
    path = "docs/asyncapi.yaml"
    document = load(path)
    if document is None:
        return
    if not str(document.get("asyncapi", "")).startswith("3."):
        fault(path, "is not AsyncAPI 3")
        return
    for needed in ("info", "channels", "operations", "components"):
        if not isinstance(document.get(needed), dict):
            fault(path, f"{needed} is missing")
            return
    broken = [reference for reference in sorted(set(references(document))) if at(document, reference) is None]
    for reference in broken:
        fault(path, f"{reference} is nowhere")
    if broken:
        return

    text = swift("Sources/Contracts")
    structs = declared_structs(text)
    events = declared_events(text, structs)
    channels = {channel.get("address"): channel for channel in document["channels"].values()}
    messages = document["components"].get("messages", {})
    for name in sorted(messages.keys() ^ events.keys()):
        fault(path, f"the message {name} is {'no event' if name in messages else 'missing'}")
    for topic in sorted(channels.keys() ^ {event["topic"] for event in events.values()}):
        fault(path, f"the channel {topic} is {'no topic of an event' if topic in channels else 'missing'}")
    for name in sorted(events.keys() & messages.keys()):
        check_event(path, document, name, events[name], messages[name], channels.get(events[name]["topic"]), structs)
    check_operations(path, document, events)


def check_event(path, document, name, event, message, channel, structs):
    where = f"{path}: {name}"
    if message.get("name") != event["name"]:
        fault(where, f"is called {message.get('name')}, the code says {event['name']}")
    if channel:
        if name not in channel.get("messages", {}):
            fault(where, f"is not among the messages of {event['topic']}")
        kafka = channel.get("bindings", {}).get("kafka", {})
        if kafka.get("topic") != event["topic"] or kafka.get("partitions") != event["partitions"]:
            fault(where, f"the channel's binding is not {event['topic']} with {event['partitions']} partitions")
    key = message.get("bindings", {}).get("kafka", {}).get("key")
    if key is None:
        fault(where, "has no key")
    elif event["key"] is None:
        fault(where, "its key is not one of its required fields in the code")
    elif "." in event["key"] and f"`{event['key']}`" not in key.get("description", ""):
        fault(where, f"its key is `{event['key']}` in the code, which its description does not say")
    if event["name"] not in str(message.get("headers")) or "#/components/schemas/Headers" not in references(
            message.get("headers")):
        fault(where, f"its headers are not those of a CloudEvent with ce_type {event['name']}")
    check_fields(where, document, message.get("payload"), name, structs)
    if not message.get("examples"):
        fault(where, "has no example")
    for example in message.get("examples", []):
        if not has_fields(example.get("payload"), name, structs):
            fault(where, f"the example {example.get('name')} does not have the fields of the event")


def check_fields(where, document, schema, struct, structs, place=""):
    """An object has the fields of its struct, and so have those within it."""
    schema = followed(document, schema) or {}
    properties = schema.get("properties", {})
    fields = structs[struct].values()
    for name in sorted(properties.keys() ^ {field.wire for field in fields}):
        fault(where, f"the field {place}{name} is {'not in the code' if name in properties else 'missing'}")
    required = {field.wire for field in fields if field.is_required}
    if set(schema.get("required", [])) != required:
        fault(where, f"required {f'of {place[:-1]} ' if place else ''}are {sorted(required)} in the code")
    for field in fields:
        inner = properties.get(field.wire)
        if field.values and (followed(document, inner) or {}).get("enum") != field.values:
            fault(where, f"the values of {place}{field.wire} are {field.values} in the code")
        if field.kind in structs and inner is not None:
            check_fields(where, document, inner, field.kind, structs, f"{place}{field.wire}.")


def has_fields(value, struct, structs):
    fields = structs[struct].values()
    return (
        isinstance(value, dict)
        and {field.wire for field in fields if field.is_required} <= value.keys() <= {field.wire for field in fields}
        and all(has_fields(value[field.wire], field.kind, structs)
                for field in fields if field.kind in structs and field.wire in value)
    )


def check_operations(path, document, events):
    """Every event is sent, and every handler in the code receives under its own name."""
    received, sent = {}, set()
    for name, operation in document["operations"].items():
        for reference in operation.get("messages", []):
            event = reference["$ref"].split("/")[-1]
            if operation.get("action") == "send":
                sent.add(event)
            else:
                received[name] = event
    for event in sorted(events.keys() - sent):
        fault(path, f"nobody sends {event}")
    handlers = {
        name[0].lower() + name[1:]: event
        for name, event in re.findall(
            r"struct (\w+): Handler {.*?func handle\(_ event: (\w+)", swift("Sources/Services"), re.S)
    }
    known = {name: event for name, event in handlers.items() if event in events}
    for name in sorted(known.keys() ^ received.keys()):
        fault(path, f"{name} is {'no handler in the code' if name in received else 'not among the operations'}")
    for name in sorted(known.keys() & received.keys()):
        if known[name] != received[name]:
            fault(path, f"{name} receives {known[name]} in the code")


services = sorted(path.parent.name for path in ROOT.glob("Sources/Services/*/openapi.yaml"))
if not services:
    fault("Sources/Services", "no openapi.yaml is there")
for service in services:
    check_openapi(service)
check_scopes()
check_asyncapi()

for line in faults:
    print(line)
sys.exit(1 if faults else 0)
