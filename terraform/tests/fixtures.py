"""What people do around an apply, done to the simulator; and what is to be seen there afterwards."""

import json
import secrets
import sys

import boto3

ENVIRONMENT = "waybill-production"
# One of everything that always runs, and the elastic instances that nobody has asked for.
RUNNING = ["administration", "delivery", "gateway", "gateway-2", "orders", "tasks", "workflow"]
STOPPED = ["gateway-3", "gateway-4", "tasks-2", "tasks-3", "tasks-4"]


def zone(domain):
    """The hosted zone, which exists before."""
    print(boto3.client("route53").create_hosted_zone(Name=domain, CallerReference="rehearsal")["HostedZone"]["Id"].split("/")[-1])


def fill():
    """Gives each secret its value, as README.md does with a shell."""
    manager = boto3.client("secretsmanager")
    for page in manager.get_paginator("list_secrets").paginate():
        for secret in page["SecretList"]:
            name = secret["Name"]
            value = secrets.token_urlsafe(24)
            if name.startswith("AmazonMSK_"):
                value = json.dumps({"username": name.split("_")[-1], "password": value})
            manager.put_secret_value(SecretId=name, SecretString=value)


def services():
    ecs = boto3.client("ecs")
    if not ecs.list_clusters()["clusterArns"]:
        return []
    arns = [arn for page in ecs.get_paginator("list_services").paginate(cluster=ENVIRONMENT) for arn in page["serviceArns"]]
    return [
        service for start in range(0, len(arns), 10)
        for service in ecs.describe_services(cluster=ENVIRONMENT, services=arns[start:start + 10])["services"]
        if service["status"] == "ACTIVE"
    ]


def count():
    """The services as ECS has them: each with one task at most."""
    found = {service["serviceName"]: service for service in services()}
    wanted = dict.fromkeys(RUNNING, 1) | dict.fromkeys(STOPPED, 0)
    seen = {name: service["desiredCount"] for name, service in found.items()}
    if seen != wanted:
        sys.exit(f"ECS has {seen}, not {wanted}")
    for name, service in found.items():
        if service["deploymentConfiguration"]["maximumPercent"] != 100:
            sys.exit(f"{name} may have two tasks while it is deployed")
    users = len(boto3.client("kafka").list_scram_secrets(
        ClusterArn=clusters()[0]["ClusterArn"])["SecretArnList"])
    alarms = sum(len(page["MetricAlarms"]) for page in boto3.client("cloudwatch").get_paginator("describe_alarms").paginate())
    print(f"        {len(found)} ECS services with one task at most, {users} Kafka users, {alarms} alarms")
    if users != len({name.split("-")[0] for name in wanted}) + 1:
        sys.exit(f"MSK knows {users} users: one for each service and one for topics are needed")


def clusters():
    return boto3.client("kafka").list_clusters()["ClusterInfoList"]


def nothing():
    """All that is left is what was there before: the zone and the bucket of the state."""
    left = [service["serviceName"] for service in services()]
    left += [bucket["Name"] for bucket in boto3.client("s3").list_buckets()["Buckets"] if bucket["Name"] != "rehearsal-state"]
    left += [item["ClusterArn"] for item in clusters()]
    left += [item["Name"] for item in boto3.client("secretsmanager").list_secrets()["SecretList"]]
    left += [item["RoleName"] for item in boto3.client("iam").list_roles()["Roles"]]
    left += [item["LoadBalancerName"] for item in boto3.client("elbv2").describe_load_balancers()["LoadBalancers"]]
    if left:
        sys.exit(f"left after the destroy: {left}")


if __name__ == "__main__":
    {"zone": zone, "secrets": fill, "count": count, "nothing": nothing}[sys.argv[1]](*sys.argv[2:])
