"""AWS for a real `terraform apply` without AWS: moto, and in front of it the few answers that moto does not have.

Run by scripts/terraform-apply-local.sh. Prints its address when it listens. An answer with a status of 500 or more is
an action that neither knows: it is written to standard error, and the script fails.

Each patch names what moto 5.2 does instead. Nothing of terraform/ knows of this file.
"""

import io
import json
import os
import re
import sys
from urllib.parse import parse_qs, unquote

os.environ.setdefault("MOTO_ACM_VALIDATION_WAIT", "0")
# A service has its tasks at once: applies that wait for a steady state come to an end.
os.environ.setdefault("MOTO_ECS_SERVICE_RUNNING", "1")

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app  # noqa: E402
from moto.s3.models import FakeBucket, FakeDeleteMarker  # noqa: E402
from werkzeug.serving import make_server  # noqa: E402

ACCOUNT = "123456789012"
CREDENTIAL = re.compile(r"Credential=[^/]+/\d+/([^/]+)/([^/]+)/aws4_request")


def only_over_tls(permitted):
    """moto takes a Deny for granted whatever its Condition says, and this is not TLS: the statement is left out."""

    def get_permission(bucket, action, resource):
        whole = bucket.policy
        if whole is None:
            return permitted(bucket, action, resource)
        policy = json.loads(whole)
        policy["Statement"] = [each for each in policy["Statement"] if each.get("Sid") != "OnlyOverTLS"]
        bucket.policy = json.dumps(policy).encode() if policy["Statement"] else None
        try:
            return permitted(bucket, action, resource)
        finally:
            bucket.policy = whole

    return get_permission


FakeBucket.get_permission = only_over_tls(FakeBucket.get_permission)
# moto deletes a delete marker as if it were an object with a file.
FakeDeleteMarker.dispose = lambda marker, *_, **__: None


class Refusal(Exception):
    """A request that is answered as AWS answers for what is not there."""


class Kafka:
    """MSK: moto's clusters are never ACTIVE, and there are no configurations, addresses or users."""

    def __init__(self):
        self.clusters, self.configurations, self.users, self.tags = {}, {}, {}, {}

    def answer(self, method, path, body, region):
        parts = [unquote(part) for part in re.sub(r"^/(v1|api/v2)/", "", path).split("/")]
        kind, arn, rest = parts[0], parts[1] if len(parts) > 1 else None, parts[2:]
        if kind == "tags":
            return self.tagged(method, arn, body)
        if kind == "configurations":
            return self.configured(method, arn, rest, body, region)
        if arn is None and method == "GET":
            return {"clusterInfoList": list(self.clusters.values())}
        if arn is None:
            return self.made(body, region)
        if arn not in self.clusters:
            raise Refusal("NotFoundException", "404 Not Found", f"There is no {arn}.")
        cluster = self.clusters[arn]
        if rest == ["bootstrap-brokers"]:
            hosts = [f"b-{number}.{cluster['clusterName']}.kafka.{region}.amazonaws.com:9096" for number in (1, 2, 3)]
            return {"bootstrapBrokerStringSaslScram": ",".join(hosts)}
        if rest == ["scram-secrets"]:
            return self.held(method, arn, body)
        if method == "DELETE":
            del self.clusters[arn]
            return {"clusterArn": arn, "state": "DELETING"}
        if rest:
            raise NotImplementedError(f"{method} {path}")
        if path.startswith("/api/v2"):
            outer = ("clusterName", "clusterArn", "state", "currentVersion", "tags")
            return {"clusterInfo": {key: cluster[key] for key in outer if key in cluster} | {
                "clusterType": "PROVISIONED", "provisioned": cluster}}
        return {"clusterInfo": cluster}

    def made(self, body, region):
        arn = f"arn:aws:kafka:{region}:{ACCOUNT}:cluster/{body['clusterName']}/00000000-0000-0000-0000-00000000000{len(self.clusters)}-1"
        configuration = body.get("configurationInfo", {})
        self.tags[arn] = body.get("tags", {})
        self.clusters[arn] = body | {
            "clusterArn": arn, "state": "ACTIVE", "currentVersion": "K1", "storageMode": body.get("storageMode", "LOCAL"),
            "currentBrokerSoftwareInfo": {
                "kafkaVersion": body["kafkaVersion"], "configurationArn": configuration.get("arn"),
                "configurationRevision": configuration.get("revision")},
        }
        return {"clusterArn": arn, "clusterName": body["clusterName"], "state": "CREATING"}

    def configured(self, method, arn, rest, body, region):
        if arn is None:
            arn = f"arn:aws:kafka:{region}:{ACCOUNT}:configuration/{body['name']}/00000000-0000-0000-0000-000000000000-1"
            revision = {"revision": 1, "creationTime": "2026-11-21T09:00:00Z", "description": body.get("description", "")}
            self.configurations[arn] = body | {"arn": arn, "latestRevision": revision, "state": "ACTIVE"}
        if arn not in self.configurations:
            raise Refusal("BadRequestException", "400 Bad Request", "Configuration ARN does not exist.")
        configuration = self.configurations[arn]
        if method == "DELETE":
            del self.configurations[arn]
            return {"arn": arn, "state": "DELETING"}
        if rest:
            return {"arn": arn, "serverProperties": configuration["serverProperties"]} | configuration["latestRevision"]
        return {key: value for key, value in configuration.items() if key != "serverProperties"}

    def held(self, method, arn, body):
        users = self.users.setdefault(arn, [])
        for secret in body.get("secretArnList", []):
            if method == "POST":
                users.append(secret)
            elif method == "PATCH":
                users.remove(secret)
        return {"secretArnList": users, "unprocessedScramSecrets": [], "clusterArn": arn}

    def tagged(self, method, arn, body):
        tags = self.tags.setdefault(arn, {})
        if method == "POST":
            tags.update(body.get("tags", {}))
        return {"tags": tags}


class Remembered:
    """What moto takes and does not give back."""

    SERVICE = ("enableExecuteCommand", "availabilityZoneRebalancing", "healthCheckGracePeriodSeconds", "deploymentConfiguration")

    def __init__(self):
        self.services, self.targets = {}, {}

    def before(self, action, body):
        """The whole answer, where moto has none."""
        if action == "ListTagsForResource":
            return {"Tags": self.targets.get(body.get("ResourceARN"), {})}
        if action in ("TagResource", "UntagResource") and "ResourceARN" in body and ":scalable-target/" in body["ResourceARN"]:
            tags = self.targets.setdefault(body["ResourceARN"], {})
            tags.update(body.get("Tags", {}))
            for key in body.get("TagKeys", []):
                tags.pop(key, None)
            return {}
        return None

    def after(self, action, body, answer):
        if action == "RegisterScalableTarget" and "Tags" in body:
            self.targets[answer.get("ScalableTargetARN")] = body["Tags"]
        if action in ("CreateService", "UpdateService"):
            name = (body.get("serviceName") or body.get("service")).split("/")[-1]
            self.services.setdefault(name, {}).update({key: body[key] for key in self.SERVICE if key in body})
        for service in answer.get("services", []) + ([answer["service"]] if "service" in answer else []):
            service.update(self.services.get(service["serviceName"], {}))
            service["runningCount"], service["pendingCount"] = service["desiredCount"], 0
            for deployment in service.get("deployments", []):
                deployment.update(desiredCount=service["desiredCount"], runningCount=service["desiredCount"], pendingCount=0,
                                  rolloutState="COMPLETED", taskDefinition=service["taskDefinition"])
        return answer


class Simulator:
    def __init__(self, moto):
        self.moto, self.kafka, self.remembered = moto, Kafka(), Remembered()

    def __call__(self, environ, start):
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        signed = CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
        region, service = signed.groups() if signed else ("", "")
        action = environ.get("HTTP_X_AMZ_TARGET", "").split(".")[-1]
        if service == "kafka":
            return self.as_kafka(environ, start, body, region)
        if service not in ("ecs", "application-autoscaling"):
            return self.asked(environ, start, body, service)
        sent = json.loads(body or b"{}")
        answer = self.remembered.before(action, sent) if service == "application-autoscaling" else None
        if answer is None:
            status, headers, text = self.collected(environ, service, action)
            if not status.startswith("200") or not text:
                return self.reply(start, status, headers, text)
            answer = self.remembered.after(action, sent, json.loads(text))
        return self.reply(start, "200 OK", [("Content-Type", "application/x-amz-json-1.1")], json.dumps(answer).encode())

    def as_kafka(self, environ, start, body, region):
        headers = [("Content-Type", "application/json")]
        path = environ.get("RAW_URI", environ["PATH_INFO"]).split("?")[0]
        try:
            answer = self.kafka.answer(environ["REQUEST_METHOD"], path, json.loads(body or b"{}"), region)
        except Refusal as refusal:
            kind, status, message = refusal.args
            headers.append(("x-amzn-errortype", kind))
            return self.reply(start, status, headers, json.dumps({"message": message}).encode())
        return self.reply(start, "200 OK", headers, json.dumps(answer).encode())

    def asked(self, environ, start, body, service):
        action = environ.get("HTTP_X_AMZ_TARGET") or parse_qs(body.decode("utf-8", "replace")).get("Action", [""])[0]

        def noticed(status, headers, *rest):
            self.noted(status, service, action, environ)
            return start(status, headers, *rest)

        return self.moto(environ, noticed)

    def collected(self, environ, service, action):
        got = {}

        def noticed(status, headers, *_):
            got.update(status=status, headers=headers)
            self.noted(status, service, action, environ)

        text = b"".join(self.moto(environ, noticed))
        return got["status"], got["headers"], text

    @staticmethod
    def noted(status, service, action, environ):
        if int(status.split()[0]) >= 500:
            print(f"UNKNOWN {service} {action} {environ['REQUEST_METHOD']} {environ['PATH_INFO']}", file=sys.stderr, flush=True)

    @staticmethod
    def reply(start, status, headers, text):
        headers = [(name, value) for name, value in headers if name.lower() != "content-length"]
        start(status, [*headers, ("Content-Length", str(len(text)))])
        return [text]


if __name__ == "__main__":
    server = make_server("127.0.0.1", 0, Simulator(DomainDispatcherApplication(create_backend_app)), threaded=True)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
