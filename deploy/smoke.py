#!/usr/bin/env python3
"""Tells whether what was deployed works, from outside and with no more rights than anybody has.

    deploy/smoke.py '{"administration": "https://administration.example.org", "workflow": "https://…", …}'

Every service must be alive and ready. Then somebody signs up, hands a task over twice (it is taken once), and waits
until it is done: that goes through two services, both stores, and Kafka there and back. Prints each thing that held,
and ends with 1 at the first that did not. It leaves an account and its task behind.
"""

import json
import sys
import time
import urllib.error
import urllib.request
import uuid

READY_WITHIN = 180
DONE_WITHIN = 120
FINAL = {"SUCCESS", "FAILED", "CANCELLED"}


class DidNotHold(Exception):
    pass


def ask(method, url, body=None, headers=None):
    """(status, the JSON it answers or None). A 4xx or 5xx is an answer too."""
    request = urllib.request.Request(url, method=method, headers=headers or {})
    if body is not None:
        request.data = json.dumps(body).encode()
        request.add_header("Content-Type", "application/json")
    try:
        with urllib.request.urlopen(request, timeout=15) as answer:
            return answer.status, decoded(answer.read())
    except urllib.error.HTTPError as refusal:
        return refusal.code, decoded(refusal.read())


def decoded(data):
    try:
        return json.loads(data)
    except ValueError:
        return None


def until(deadline, what, look):
    """The first true result of `look`; what goes wrong on the way is told when the time is over."""
    ends, trouble = time.monotonic() + deadline, "it never was so"
    while time.monotonic() < ends:
        try:
            if result := look():
                return result
        except OSError as error:
            trouble = str(error)
        time.sleep(1)
    raise DidNotHold(f"{what}: not within {deadline} s ({trouble})")


def holds(what, truth, detail=""):
    if not truth:
        raise DidNotHold(f"{what} {detail}")
    print(f"held  {what}", flush=True)


def play(urls):
    for name, url in urls.items():
        for path in ("/health/live", "/health/ready"):
            until(READY_WITHIN, f"GET {url}{path}", lambda: ask("GET", url + path)[0] == 200)
            holds(f"{name} answers {path}", True)
    home = urls["administration"]
    status, _ = ask("GET", f"{home}/tasks")
    holds("without a token nobody gets in", status == 401, f"but {status}")

    account = {"email": f"smoke-{uuid.uuid4()}@example.org", "password": uuid.uuid4().hex}
    status, answer = ask("POST", f"{home}/users", account)
    holds("somebody signs up", status == 201, f"but {status}")
    token = {"Authorization": f"Bearer {answer['jwt']}"}

    wish = {"kind": "smoke", "input": {"pages": [1]}}
    twice = [ask("POST", f"{home}/tasks", wish, token | {"Idempotency-Key": account["email"]}) for _ in range(2)]
    holds("a task is accepted", 200 <= twice[0][0] < 300, f"but {twice[0][0]}")
    task = twice[0][1]["id"]
    holds("the same request again is the same task", twice[1][1].get("id") == task, f"but {twice[1]}")

    def state():
        status, answer = ask("GET", f"{home}/tasks/{task}", headers=token)
        return answer["status"] if status == 200 and answer["status"] in FINAL else None

    # One in some thousands has FAILED, because the worker's attempts fail now and then on purpose; it went there too.
    ended = until(DONE_WITHIN, "the task is over, by way of Kafka", state)
    print(f"held  the task is over, by way of Kafka: {ended}")


if __name__ == "__main__":
    try:
        play(json.loads(sys.argv[1]))
    except DidNotHold as broken:
        sys.exit(f"DID NOT HOLD  {broken}")
