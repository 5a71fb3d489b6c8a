# What is made of environments/production.tfvars. Nothing is contacted.
mock_provider "aws" {
  source = "./tests/mocks"
}

override_resource {
  target = module.replicas.aws_s3_bucket.this
  values = { arn = "arn:aws:s3:::replicas", bucket = "replicas" }
}

override_resource {
  target = module.broker.aws_secretsmanager_secret.user["workflow"]
  values = { arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:workflow-abcdef" }
}

override_resource {
  target = module.broker.aws_secretsmanager_secret.user["gateway"]
  values = { arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:gateway-abcdef" }
}

override_resource {
  target = aws_secretsmanager_secret.setting["gateway/GATEWAY_TARGET_TOKEN"]
  values = { arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:target-abcdef" }
}

variables {
  image = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/waybill-production@sha256:0000000000000000000000000000000000000000000000000000000000000000"
}

run "suite" {
  command = apply

  variables {
    first_boot = ["gateway-3"]
  }

  # Stores

  assert {
    condition     = alltrue([for instance in merge(module.first, module.further) : instance.service.desired_count <= 1 && instance.service.deployment_maximum_percent == 100 && instance.service.deployment_minimum_healthy_percent == 0])
    error_message = "An instance may have two tasks at a time: two processes on one replica."
  }
  assert {
    condition     = alltrue([for instance in merge(module.first, module.further) : instance.service.availability_zone_rebalancing == "DISABLED"])
    error_message = "Rebalancing between zones would start a second task beside the first."
  }
  assert {
    condition     = alltrue([for instance in merge(module.first, module.further) : instance.capacity == null || try(instance.capacity.most, 2) <= 1])
    error_message = "Scaling may give an instance two tasks."
  }
  assert {
    condition     = toset([for name, service in var.services : name if service.several]) == toset(["gateway", "tasks"])
    error_message = "Only the gateway and tasks are made to be several (docs/hld.md)."
  }
  assert {
    condition     = toset(concat(keys(module.first), keys(module.further))) == toset(["administration", "tasks", "tasks-2", "tasks-3", "tasks-4", "workflow", "delivery", "orders", "gateway", "gateway-2", "gateway-3", "gateway-4"])
    error_message = "The instances are not those of production.tfvars."
  }
  assert {
    condition     = toset([for name, instance in merge(module.first, module.further) : name if instance.capacity != null]) == toset(["tasks-2", "tasks-3", "tasks-4", "gateway-3", "gateway-4"])
    error_message = "An instance that always runs would be scaled away, or one that should come and go stays."
  }
  assert {
    condition     = alltrue([for name, instance in merge(module.first, module.further) : instance.service.desired_count == (instance.capacity == null ? 1 : 0)])
    error_message = "An instance that always runs does not start, or one that comes and goes starts unasked."
  }
  assert {
    condition     = length(distinct(flatten([for name in ["gateway"] : [module.first[name].service.network_configuration[0].subnets, module.further["gateway-2"].service.network_configuration[0].subnets]]))) == 2
    error_message = "The two gateways that always run may be in the same zone."
  }
  assert {
    condition     = length(module.first["workflow"].service.network_configuration[0].subnets) == 3
    error_message = "A single instance cannot start in every zone."
  }
  assert {
    condition     = alltrue([for instance in merge(module.first, module.further) : !instance.service.network_configuration[0].assign_public_ip && instance.service.network_configuration[0].security_groups == toset([aws_security_group.services.id])])
    error_message = "A task can be reached by others than the load balancer and the services."
  }

  # Containers

  assert {
    condition     = alltrue([for name, instance in merge(module.first, module.further) : [for setting in instance.containers[0].environment : setting.value if setting.name == "REPLICA_PREFIX"] == [name]])
    error_message = "An instance writes to another's replica."
  }
  assert {
    condition     = alltrue([for name, instance in merge(module.first, module.further) : [for setting in instance.containers[0].environment : setting.value if setting.name == "WAYBILL_FIRST_BOOT"] == [name == "gateway-3" ? "1" : "0"]])
    error_message = "An instance may start with an empty store although it is not said to be its first boot, or may not although it is."
  }
  assert {
    condition     = alltrue([for instance in merge(module.first, module.further) : [for setting in instance.containers[0].environment : setting.value if setting.name == "OUTBOX_AFTER_REPLICA"] == ["1"]])
    error_message = "Kafka may be ahead of a restored store."
  }
  assert {
    condition     = alltrue([for instance in merge(module.first, module.further) : instance.containers[0].entryPoint == ["/usr/local/bin/replicated"] && instance.containers[0].stopTimeout == 120])
    error_message = "An instance does not run under `replicated`, or is not given the time to stop."
  }
  assert {
    condition     = alltrue(flatten([for instance in merge(module.first, module.further) : [for container in instance.containers : container.readonlyRootFilesystem]]))
    error_message = "A container can write to its own program."
  }
  assert {
    condition     = alltrue([for instance in merge(module.first, module.further) : instance.containers[0].user == "10001:10001"])
    error_message = "A service runs as root."
  }
  assert {
    condition     = alltrue(flatten([for instance in merge(module.first, module.further) : [for container in instance.containers : [for setting in try(container.environment, []) : !can(regex("(PASSWORD|SECRET|TOKEN|_KEY)$", setting.name))]]]))
    error_message = "A secret is in plain sight in a task definition."
  }
  assert {
    condition     = toset([for setting in module.first["gateway"].containers[0].secrets : setting.name]) == toset(["KAFKA_SASL_USERNAME", "KAFKA_SASL_PASSWORD", "GATEWAY_TARGET_TOKEN"])
    error_message = "The gateway is not given its secrets."
  }
  assert {
    condition     = [for setting in module.first["workflow"].containers[0].environment : setting.value if setting.name == "JWKS_URL"] == ["http://administration.waybill-production.internal:8081/.well-known/jwks.json"]
    error_message = "Workflow does not ask administration for the keys of tokens."
  }
  assert {
    condition     = length([for setting in module.first["administration"].containers[0].environment : setting if setting.name == "JWKS_URL"]) == 0
    error_message = "Administration accepts its own tokens; it has nobody to ask."
  }
  assert {
    condition     = module.topics.containers[0].command == ["topics", "apply", "--replication", "3"]
    error_message = "Topics are not made with three copies."
  }

  # Rights

  assert {
    condition = alltrue(flatten([
      for name, instance in merge(module.first, module.further) : [
        for statement in instance.policies.task.Statement : statement.Resource == (strcontains(jsonencode(statement.Action), "Object") ? "arn:aws:s3:::replicas/${name}/*" : "arn:aws:s3:::replicas")
        if strcontains(jsonencode(statement.Action), "s3:")
      ]
    ]))
    error_message = "An instance can reach another's replica."
  }
  assert {
    condition = alltrue([
      for name, instance in merge(module.first, module.further) : [
        for statement in instance.policies.task.Statement : statement.Condition.StringLikeIfExists["s3:prefix"]
        if statement.Action == "s3:ListBucket"
      ] == [["${name}/*"]]
    ])
    error_message = "An instance can list another's replica."
  }
  assert {
    condition = alltrue(flatten([
      for instance in merge(module.first, module.further) : [
        for statement in concat(instance.policies.task.Statement, instance.policies.start.Statement) :
        flatten([statement.Resource]) != ["*"] || alltrue([for action in flatten([statement.Action]) : action == "ecr:GetAuthorizationToken" || startswith(action, "ssmmessages:")])
      ]
    ]))
    error_message = "A role may do something everywhere that has a place of its own."
  }
  assert {
    condition = alltrue(flatten([
      for instance in merge(module.first, module.further) : [
        for statement in concat(instance.policies.task.Statement, instance.policies.start.Statement) :
        [for action in flatten([statement.Action]) : !strcontains(action, "*")]
      ]
    ]))
    error_message = "A role may do whatever a wildcard stands for."
  }
  assert {
    condition     = contains(flatten([for statement in module.first["workflow"].policies.task.Statement : statement.Action]), "s3:DeleteObject")
    error_message = "Without DeleteObject old segments of a replica stay for ever."
  }
  assert {
    condition     = flatten([for statement in module.first["workflow"].policies.start.Statement : statement.Resource if statement.Action == "secretsmanager:GetSecretValue"]) == ["arn:aws:secretsmanager:eu-west-1:123456789012:secret:workflow-abcdef"]
    error_message = "Workflow can fetch secrets that are not its own."
  }
  assert {
    condition = toset(flatten([for statement in module.further["gateway-2"].policies.start.Statement : statement.Resource if statement.Action == "secretsmanager:GetSecretValue"])) == toset([
      "arn:aws:secretsmanager:eu-west-1:123456789012:secret:gateway-abcdef", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:target-abcdef"
    ])
    error_message = "The gateway cannot fetch its secrets, or others' too."
  }
  assert {
    condition     = module.pipeline[0].policies.trust.Statement[0].Condition.StringEquals["token.actions.githubusercontent.com:sub"] == "repo:example/waybill:environment:production"
    error_message = "Somebody else's pipeline, or one of another environment, may deploy."
  }
  assert {
    condition     = alltrue([for action in ["secretsmanager:GetSecretValue", "ecs:ExecuteCommand", "kafka:DeleteCluster", "kms:ScheduleKeyDeletion"] : contains(module.pipeline[0].policies.never.Statement[0].Action, action)])
    error_message = "The pipeline may read secrets, or destroy what cannot be made again."
  }

  # What is watched

  assert {
    condition     = length(setsubtract(module.monitoring.watched, module.first["gateway"].metrics)) == 0
    error_message = "An alarm or a picture waits for a metric that nobody sends."
  }
  assert {
    condition     = alltrue([for name in ["workflow", "gateway", "gateway-2"] : module.monitoring.alarms["waybill-production-${name}-outbox-oldest-age"].missing == "breaching"])
    error_message = "An instance that always runs can be silent without an alarm."
  }
  assert {
    condition     = module.monitoring.alarms["waybill-production-gateway-3-outbox-oldest-age"].missing == "notBreaching"
    error_message = "An instance that is not needed is an alarm."
  }
  assert {
    condition     = module.monitoring.alarms["waybill-production-gateway-latency"].threshold == 0.4
    error_message = "A source waits 500 ms; the alarm must come before."
  }
  assert {
    condition     = alltrue([for name in keys(var.services) : alltrue([for alarm in ["consumer-lag", "5xx", "latency", "is-away", "dead-letters"] : contains(keys(module.monitoring.alarms), "waybill-production-${name}-${alarm}")])])
    error_message = "A service is not watched."
  }
}
