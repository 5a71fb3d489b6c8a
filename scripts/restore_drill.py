#!/usr/bin/env python3
"""Loses machines and looks what was lost with them. Run it by scripts/restore-drill.sh.

`replicated serve workflow` runs as often as the drill needs machines, each with a folder of its own, against a
simulator of S3 and librdkafka's mock cluster in this process, while clients create workflows:

1. A is killed with everything it runs, and its folder is gone. B takes over.
2. B is stopped as for an upgrade. C takes over.
3. C is put to sleep. D takes over when the lease has ended. C wakes up.
4. D is stopped; E starts, and deletes what the earlier epochs left.
5. E is stopped; C comes back with its old disk.

Held: whatever went to Kafka is in the store that took over; a planned stop loses nothing; who wakes up beside his
successor answers, publishes and keeps nothing. Counted: what was acknowledged and lost by the crash, and how long the
service was away. Ends with 1 when something did not hold.
"""

import http.client
import json
import logging
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

from own_venv import again_with

try:
    import boto3
    from confluent_kafka import Consumer, Producer, TopicPartition
    from moto.server import ThreadedMotoServer
except ImportError as missing:
    again_with(["moto[server,s3]>=5,<6", "confluent-kafka>=2,<3"], missing)

ROOT = Path(__file__).resolve().parent.parent
PROGRAM, LITESTREAM = (os.path.abspath(os.environ[name]) for name in ("WAYBILL", "LITESTREAM"))
LEASE_SECONDS = 6
BUCKET = "replicas"
TOPICS = ("workflow.created", "workflow.task-updated", "delivery.created", "delivery.sent", "workflow.dead-letters",
          "user.created", "task.created", "task.cancelled", "task.updated", "task.logged",
          "administration.dead-letters")
failures = []


def check(holds, claim):
    print(f"  {'ok    ' if holds else 'BROKEN'} {claim}", flush=True)
    if not holds:
        failures.append(claim)


def until(what, condition, seconds=60):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.05)
    raise SystemExit(f"Not within {seconds} s: {what}")


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


class Process:
    """A program and whatever it starts, which share a session."""

    started = []

    def __init__(self, name, arguments, environment, folder):
        self.name = name
        self.log = folder / f"{name}.log"
        with open(self.log, "wb") as log:
            self.main = subprocess.Popen(arguments, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                         start_new_session=True)
        Process.started.append(self)

    def members(self):
        found = []
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                state, _, _, session = stat.read_text().rpartition(") ")[2].split()[:4]
            except OSError:
                continue
            if int(session) == self.main.pid and state != "Z":
                found.append(int(stat.parent.name))
        return found

    def signal_all(self, number):
        for pid in self.members():
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass

    def kill(self):
        self.signal_all(signal.SIGSTOP)
        self.signal_all(signal.SIGKILL)
        self.main.wait()
        until(f"{self.name} is gone", lambda: not self.members(), 10)

    def says(self, text):
        return text in self.log.read_text(errors="replace")


class Machine(Process):
    """A place where `replicated serve workflow` runs, with a disk of its own."""

    def __init__(self, name, folder, environment, disk=None, **settings):
        self.port, metrics = free_ports(2)
        self.data = folder / (disk or name)
        super().__init__(
            name, [str(ROOT / "deploy/replicated.sh"), "serve", "workflow"],
            environment | settings | {"WAYBILL_DATA": str(self.data), "WORKFLOW_PORT": str(self.port),
                                      "REPLICA_METRICS": f"127.0.0.1:{metrics}"}, folder)

    def ready(self):
        def answer():
            if self.main.poll() is not None:
                raise SystemExit(f"{self.name} ended with {self.main.returncode}:\n{self.log.read_text()[-3000:]}")
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health/ready", timeout=1) as reply:
                    return reply.status == 200
            except OSError:
                return False
        until(f"{self.name} is ready", answer)
        return self

    def workflows(self):
        """Ids in the store. It is read as its owner left it, or beside him."""
        with sqlite3.connect(f"file:{self.data}/workflow.sqlite?mode=ro", uri=True, timeout=5) as store:
            return {row[0] for row in store.execute("SELECT id FROM workflows")}

    def metric(self, name):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=2) as reply:
            lines = reply.read().decode().splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name + "{"))


class Clients:
    """Create workflows one after the other, each in a thread, and keep what was acknowledged and when."""

    def __init__(self, machine, token, count=4):
        self.acknowledged = {}
        self.machine, self.token = machine, token
        self.stopped = threading.Event()
        self.threads = [threading.Thread(target=self.run, daemon=True) for _ in range(count)]
        for thread in self.threads:
            thread.start()

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.machine.port, timeout=3)
        while not self.stopped.is_set():
            try:
                connection.request("POST", "/api/workflow/workflows", json.dumps({"name": "Drill"}),
                                   {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"})
                reply = connection.getresponse()
                body = reply.read()
                if reply.status == 201:
                    self.acknowledged[json.loads(body)["id"]] = time.monotonic()
                else:
                    time.sleep(0.05)
            except (OSError, http.client.HTTPException):
                connection.close()
                time.sleep(0.05)

    def stop(self):
        self.stopped.set()
        for thread in self.threads:
            thread.join()
        return self.acknowledged


class Cluster:
    """librdkafka's mock cluster, which lives as long as this producer."""

    def __init__(self):
        self.owner = Producer({"bootstrap.servers": "none", "test.mock.num.brokers": 1, "log_level": 0})
        broker = next(iter(self.owner.list_topics(timeout=10).brokers.values()))
        self.address = f"{broker.host}:{broker.port}"
        maker = Producer({"bootstrap.servers": self.address, "allow.auto.create.topics": True, "log_level": 0})
        for topic in TOPICS:
            until(f"there is a topic {topic}", lambda: maker.list_topics(topic, timeout=5).topics[topic].partitions)

    def published(self):
        """The workflows that workflow.created tells of, by its keys."""
        reader = Consumer({"bootstrap.servers": self.address, "group.id": "drill", "enable.partition.eof": True,
                           "auto.offset.reset": "earliest", "log_level": 0})
        topic = TOPICS[0]
        places = [TopicPartition(topic, number, 0) for number in reader.list_topics(topic).topics[topic].partitions]
        ends = {place.partition: reader.get_watermark_offsets(place)[1] for place in places}
        reader.assign(places)
        keys, left = set(), {number for number, end in ends.items() if end > 0}
        while left:
            message = reader.poll(5)
            if message is None:
                raise SystemExit("The mock cluster does not answer.")
            if not message.error():
                keys.add(message.key().decode())
            if message.error() or message.offset() + 1 >= ends[message.partition()]:
                left.discard(message.partition())
        reader.close()
        return keys


def token(folder, environment):
    data = folder / "administration"
    (port,) = free_ports(1)
    own = environment | {"WAYBILL_DATA": str(data), "ADMINISTRATION_PORT": str(port),
                         "ADMINISTRATION_SCRYPT_LOG2N": "10"}
    administration = Process("administration", [PROGRAM, "serve", "administration"], own, folder)
    until("administration is ready", lambda: administration.says("ready"))
    words = subprocess.run([PROGRAM, "token", "--subject", "drill"], env=own, check=True, capture_output=True,
                           text=True).stdout.split()
    return words[-1], f"http://127.0.0.1:{port}/.well-known/jwks.json"


def drill(folder):
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    simulator = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    simulator.start()
    host, port = simulator.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing", "region_name": "eu-west-1"}
    bucket = boto3.resource("s3", endpoint_url=endpoint, **keys).create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    cluster = Cluster()
    environment = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ} | {
        "KAFKA_BOOTSTRAP_SERVERS": cluster.address, "KAFKA_SESSION_TIMEOUT_MS": "6000",
        "AWS_ENDPOINT_URL": endpoint, "AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing", "REPLICA_BUCKET": BUCKET, "REPLICA_LEASE_SECONDS": str(LEASE_SECONDS),
        "REPLICA_CONFIGURATION": str(ROOT / "deploy/litestream.yml"), "WAYBILL": PROGRAM, "LITESTREAM": LITESTREAM,
        "OUTBOX_AFTER_REPLICA": os.environ.get("OUTBOX_AFTER_REPLICA", "1"), "LOG_LEVEL": "notice",
    }
    bearer, environment["JWKS_URL"] = token(folder, environment)

    def machine(name, **settings):
        return Machine(name, folder, environment, **settings)

    print("a first boot", flush=True)
    refused = machine("unknown")
    check(refused.main.wait(30) == 78 and refused.says("WAYBILL_FIRST_BOOT"), "is not assumed: exit status 78, and why")

    print("a machine is lost", flush=True)
    a = machine("a", WAYBILL_FIRST_BOOT="1").ready()
    clients = Clients(a, bearer)
    until("some hundred workflows", lambda: len(clients.acknowledged) > 400)
    until("Kafka knows of some", cluster.published)
    waits = a.metric("outbox_replica_wait_duration_seconds_count")
    waited = a.metric("outbox_replica_wait_duration_seconds_sum")
    killed = time.monotonic()
    a.kill()
    acknowledged = clients.stop()
    shutil.rmtree(a.data)
    b = machine("b").ready()
    away = time.monotonic() - killed
    kept = b.workflows()
    published = cluster.published()
    lost = {each: at for each, at in acknowledged.items() if each not in kept}
    window = max((killed - at for at in lost.values()), default=0)
    check(published and published <= kept, f"all {len(published)} that went to Kafka are in the restored store"
          + (f": {len(published - kept)} are not" if published - kept else ""))
    print(f"         {len(lost)} of {len(acknowledged)} acknowledged were lost, of the last {window:.3f} s;"
          f" away for {away:.1f} s, {LEASE_SECONDS} s of them the lease")
    if waits:
        print(f"         a batch waited {waited / waits:.3f} s for the replica")
    until("B has published the rest", lambda: cluster.published() >= kept)

    print("a planned stop", flush=True)
    clients = Clients(b, bearer)
    until("some hundred more", lambda: len(clients.acknowledged) > 200)
    stopping = time.monotonic()
    b.main.send_signal(signal.SIGTERM)
    status = b.main.wait(30)
    acknowledged = clients.stop()
    check(status == 0 and not b.members(), f"ends with 0 and leaves nothing running (it ended with {status})")
    shutil.rmtree(b.data)
    c = machine("c").ready()
    away = time.monotonic() - stopping
    kept |= set(acknowledged)
    check(kept <= c.workflows(), f"none of {len(acknowledged)} acknowledged was lost; away for {away:.1f} s")

    print("a sleeper", flush=True)
    clients = Clients(c, bearer)
    until("some more", lambda: len(clients.acknowledged) > 100)
    c.signal_all(signal.SIGSTOP)
    d = machine("d")
    before = clients.stop()
    d.ready()
    kept = d.workflows()
    check(cluster.published() <= kept, "all that went to Kafka is in the store of its successor")
    successors = Clients(d, bearer)
    until("the successor goes on", lambda: len(successors.acknowledged) > 50)
    awake = Clients(c, bearer, count=8)
    objects = {each.key for each in bucket.objects.filter(Prefix="waybill/workflow/epochs/5/")}
    c.signal_all(signal.SIGCONT)
    until("the sleeper has ended", lambda: c.main.poll() is not None and not c.members(), 10)
    late = awake.stop()
    acknowledged = successors.stop()
    until("the successor has published everything", lambda: cluster.published() >= set(acknowledged))
    check(not late, f"acknowledged nothing when it woke up ({len(late)})")
    check(cluster.published() <= d.workflows(), "published nothing when it woke up")
    check({each.key for each in bucket.objects.filter(Prefix="waybill/workflow/epochs/5/")} >= objects,
          "took nothing away from its successor's replica")
    d.main.send_signal(signal.SIGTERM)
    d.main.wait(30)
    kept |= set(acknowledged)
    shutil.rmtree(d.data)
    e = machine("e", REPLICA_KEEP_SECONDS="1").ready()
    check(kept <= e.workflows(), "nothing of its successor's was lost")
    print(f"         {len(set(before) - kept)} of {len(before)} that it had acknowledged before it slept were lost")

    def epochs():
        return {each.key.split("/")[3] for each in bucket.objects.filter(Prefix="waybill/workflow/epochs/")}
    until("the earlier epochs are deleted", lambda: len(epochs()) == 1, 30)
    check(e.says("Deleted"), "replicas of earlier epochs are deleted once there is a newer one")
    e.main.send_signal(signal.SIGTERM)
    e.main.wait(30)

    print("an old disk", flush=True)
    kept = e.workflows()
    again = machine("c-again", disk="c").ready()
    check(again.workflows() == kept and again.says("set aside"),
          "is set aside, because others have gone on since, and the replica is restored")
    again.main.send_signal(signal.SIGTERM)
    again.main.wait(30)
    with sqlite3.connect(f"file:{e.data}/workflow.sqlite?mode=ro", uri=True) as store:
        check(store.execute("PRAGMA integrity_check").fetchone() == ("ok",), "the store is sound")
    for each in Process.started:
        if each.says("testing"):
            check(False, f"no key is told in the log of {each.name}")
    simulator.stop()


def main():
    folder = Path(tempfile.mkdtemp(prefix="waybill-drill-"))
    try:
        drill(folder)
    except BaseException:
        for each in Process.started:
            print(f"── {each.name}\n{each.log.read_text(errors='replace')[-2000:]}", file=sys.stderr)
        raise
    finally:
        for each in Process.started:
            if each.members():
                each.kill()
        shutil.rmtree(folder, ignore_errors=True)
    if failures:
        sys.exit(f"{len(failures)} did not hold")
    print("all held")


if __name__ == "__main__":
    main()
