#!/usr/bin/env bash
# Runs `waybill topics apply` as a task on ECS and waits for it: topics that are missing are made, and drift ends it
# with 1. In the folder of the configuration, which knows the cluster, the task and its network.
set -euo pipefail

where=$(terraform output -json run_topics)
cluster=$(jq --raw-output .cluster <<<"$where")
started=$(aws ecs run-task --cluster "$cluster" --launch-type FARGATE --count 1 \
  --task-definition "$(jq --raw-output .task_definition <<<"$where")" \
  --network-configuration "$(jq --raw-output .network_configuration <<<"$where")" --output json)
task=$(jq --raw-output '.tasks[0].taskArn // empty' <<<"$started")
if [ -z "$task" ]; then
  echo "ECS started no task: $(jq --compact-output .failures <<<"$started")" >&2
  exit 1
fi
echo "Applying the topics: $task"
# At most ten minutes.
aws ecs wait tasks-stopped --cluster "$cluster" --tasks "$task"
ended=$(aws ecs describe-tasks --cluster "$cluster" --tasks "$task" --output json | jq '.tasks[0]')
status=$(jq --raw-output '.containers[] | select(.name == "waybill") | .exitCode // "none"' <<<"$ended")
if [ "$status" != 0 ]; then
  echo "waybill topics apply ended with $status: $(jq --raw-output '.stoppedReason // ""' <<<"$ended") Its log says why." >&2
  exit 1
fi
echo "The topics are as declared."
