#!/usr/bin/env python3
"""The two halves of scripts/image-root.sh, each inside namespaces of its own.

build ROOT PROGRAM: does the last stage of the Dockerfile in ROOT.
run ROOT DATA: runs the program there as the image would, and stops with what did not hold.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from dockerfile import ROOT as PROJECT
from dockerfile import last_stage, read

STAGE = last_stage(read(PROJECT / "Dockerfile"))
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
DEMO_EVENTS = 400


def build(root, program):
    mount_system(root)
    shutil.copy("/etc/resolv.conf", root / "etc" / "resolv.conf")
    for instruction in STAGE:
        if instruction.word == "RUN":
            print(f"RUN {instruction.text[:100]}…")
            environment = {"PATH": PATH, "DEBIAN_FRONTEND": "noninteractive"}
            environment |= {key: value for key, value in os.environ.items() if key.lower().endswith("_proxy")}
            result = subprocess.run(
                ["chroot", root, "/bin/sh", "-c", instruction.text], env=environment, text=True,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            if result.returncode:
                sys.exit(f"{result.stdout[-3000:]}\nline {instruction.line} ended with {result.returncode}")
        elif instruction.word == "COPY":
            copy(instruction, root, program)


def copy(instruction, root, program):
    """From the context as it is; from the build stage the program, stripped as there; Litestream when it is named."""
    *sources, destination = instruction.arguments
    target = root / destination.lstrip("/")
    origin = instruction.flags.get("from")
    if origin == "build":
        subprocess.run(["install", "--mode=0755", "--strip", program, target], check=True)
    elif origin == "litestream":
        litestream = os.environ.get("LITESTREAM")
        if not litestream:
            return print("left out: litestream (LITESTREAM names no binary)")
        subprocess.run(["install", "--mode=0755", litestream, target], check=True)
    elif origin:
        sys.exit(f"line {instruction.line}: a stage {origin} that this script does not know")
    else:
        for source in sources:
            shutil.copy(PROJECT / source, target)
            target.chmod(int(instruction.flags.get("chmod", "0644"), 8))


def mount_system(root):
    """What an engine mounts: the processes, and devices that nothing runs without."""
    subprocess.run(["mount", "-t", "proc", "proc", root / "proc"], check=True)
    for device in ("null", "zero", "random", "urandom"):
        (root / "dev" / device).touch()
        subprocess.run(["mount", "--bind", f"/dev/{device}", root / "dev" / device], check=True)


class Image:
    """The root as a container: read-only, /data and /tmp apart, uid 10001, the Dockerfile's environment."""

    def __init__(self, root, data):
        self.root = root
        # One name with two addresses, of which the services have the second: so is the alias in docker-compose.yml.
        (root / "etc" / "hosts").write_text("127.0.0.1 localhost\n127.0.0.2 waybill\n127.0.0.3 waybill\n")
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        subprocess.run(["mount", "--bind", root, root], check=True)
        mount_system(root)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m,mode=1777", "tmp", root / "tmp"], check=True)
        subprocess.run(["mount", "--bind", data, root / "data"], check=True)
        subprocess.run(["mount", "-o", "remount,bind,ro", root], check=True)
        self.environment = {"PATH": PATH}
        for instruction in STAGE:
            if instruction.word == "ENV":
                self.environment |= dict(instruction.pairs())
        self.user = next(i.text for i in STAGE if i.word == "USER")

    def command(self, words):
        return ["chroot", f"--userspec={self.user}", "--groups=", self.root, *words]

    def run(self, *words, deadline=60, **more):
        try:
            return subprocess.run(
                self.command(words), env=self.environment | more, text=True, timeout=deadline,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        except subprocess.TimeoutExpired as late:
            sys.exit(f"{' '.join(words)} was not over after {deadline} s:\n{(late.stdout or b'').decode()[-4000:]}")

    def start(self, *words, **more):
        return subprocess.Popen(self.command(words), env=self.environment | more)

    def is_healthy(self, **more):
        """The health check's own words, by the shell, as an engine does it."""
        check = next(i.text for i in STAGE if i.word == "HEALTHCHECK")
        return self.run("/bin/sh", "-c", re.sub(r"^.*?CMD ", "", check), **more)


def run(root, data):
    image = Image(root, data)
    expect("waybill --help", image.run("waybill", "--help"), holds="SUBCOMMANDS")
    refused = image.run("/bin/sh", "-c", "touch /here /usr/local/bin/here /etc/here")
    if refused.returncode == 0 or refused.stdout.count("Read-only file system") != 3:
        sys.exit(f"The root file system is not read-only: {refused.stdout}")
    print("held: nothing can be written but in /data and /tmp")
    expect("replicated asks for its bucket", image.run("replicated", "serve", "workflow"), 78, "REPLICA_BUCKET")
    if (root / "usr/local/bin/litestream").exists():
        expect("litestream version", image.run("litestream", "version"), holds="v")

    # 127.0.0.3 is where the alias has the services; the health check asks where the setting says.
    place = {
        "HOST": "127.0.0.3", "LOG_LEVEL": "warning", "GATEWAY_TARGET_URL": "http://127.0.0.3:8092/graphql"}
    health = {"HEALTH_URL": "http://127.0.0.3:8081/health/live"}
    stack = image.start("waybill", "up", **place)
    try:
        wait_until_healthy(image, stack, health)
        ready = image.run("curl", "--silent", "http://127.0.0.3:8083/health/ready")
        expect("GET /health/ready", ready, holds="SQLite")
        metrics = image.run("curl", "--silent", "http://127.0.0.3:9464/metrics")
        expect("GET /metrics", metrics, holds="outbox_waiting{")
        for name, url in health_of_all(image).items():
            answer = image.is_healthy(HEALTH_URL=url)
            expect(f"the health check of {name} in docker-compose.yml, {url}", answer)
        get_key(image, data)
        demo = image.run(
            "waybill", "demo", "--events", str(DEMO_EVENTS), deadline=240, HOST="waybill", LOG_LEVEL="warning")
        expect("waybill demo, by the one name", demo)
        print(demo.stdout[demo.stdout.rfind("\n\n"):].rstrip())
    finally:
        stopped = stop(stack)
    if stopped != 0:
        sys.exit(f"SIGTERM ended it with {stopped}, not with 0.")
    print("held: SIGTERM ends it with 0")
    wrong = [str(path) for path in data.rglob("*") if path.stat().st_uid != 10001]
    if wrong:
        sys.exit(f"Not owned by 10001: {wrong}")
    print("written:", json.dumps(sorted(path.name for path in data.iterdir())))


def wait_until_healthy(image, stack, health):
    began = time.monotonic()
    while (answer := image.is_healthy(**health)).returncode != 0:
        if stack.poll() is not None:
            sys.exit(f"waybill up ended with {stack.returncode}.")
        if time.monotonic() - began > 30:
            sys.exit(f"Not healthy after 30 s: {answer.stdout}")
        time.sleep(0.05)
    print(f"held: the health check, {time.monotonic() - began:.2f} s after the start")


def stop(stack):
    stack.send_signal(signal.SIGTERM)
    try:
        return stack.wait(timeout=30)
    except subprocess.TimeoutExpired:
        stack.kill()
        return "no exit in 30 s"


def health_of_all(image):
    """{"workflow": HEALTH_URL, …} as docker-compose.yml has it, but where `waybill up` listens here."""
    compose = (PROJECT / "docker-compose.yml").read_text(encoding="utf-8")
    names = re.search(r"One of: ([\w, \n-]+)\.", image.run("waybill", "serve", "--help").stdout)[1]
    found = {}
    for name in re.split(r",\s*", names):
        own = re.search(rf"^  {name}:\n(.*?)(?=^  [a-z]|^[a-z])", compose, re.MULTILINE | re.DOTALL)
        url = own and re.search(r'HEALTH_URL: "?(http://127\.0\.0\.1:[^\s"]+)', own[1])
        if not url:
            sys.exit(f"docker-compose.yml says nothing of how {name} is asked for its health.")
        found[name] = url[1].replace("127.0.0.1", "127.0.0.3")
    return found


def get_key(image, data):
    """deploy/source-key.sh, as docker-compose.yml runs it, with what the image has."""
    shutil.copy(PROJECT / "deploy" / "source-key.sh", data / "source-key.sh")
    settings = {
        "GATEWAY_URL": "http://waybill:8085", "SOURCE_NAME": "clean-root", "SOURCE_BRAND": "testBrand",
        "KEY_FILE": "/data/key"}
    made = image.run("/bin/sh", "/data/source-key.sh", **settings)
    expect("deploy/source-key.sh gets a key", made, holds="A key of the source clean-root")
    key = data / "key"
    if key.stat().st_mode & 0o077 or key.read_text().strip() in made.stdout:
        sys.exit("The key is not kept to itself.")
    again = image.run("/bin/sh", "/data/source-key.sh", **settings)
    expect("again, it leaves the key alone", again, holds="already")
    key.unlink()
    (data / "source-key.sh").unlink()


def expect(what, result, status=0, holds=""):
    if result.returncode != status or holds not in result.stdout:
        sys.exit(f"{what} ended with {result.returncode}:\n{result.stdout[-4000:]}")
    print(f"held: {what}")


if __name__ == "__main__":
    half, root, other = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    {"build": build, "run": run}[half](root, other)
