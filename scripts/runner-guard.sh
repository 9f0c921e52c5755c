#!/usr/bin/env bash
# What a runner of GitHub's runs before each job: it takes the main branch's own workflow, for the events named, only.
#
# A copy that the runner's user cannot change, beside it a file `runner-guard.conf` of one line: the repository, the
# events. For `joliba-up`: "etat/demandes push"; for the others "etat/demandes pull_request_target push". In the
# runner's `.env`: ACTIONS_RUNNER_HOOK_JOB_STARTED=/opt/joliba/runner-guard.sh (docs/forges.md)
set -euo pipefail
read -r repository events < "${BASH_SOURCE[0]%.sh}.conf"
for event in $events; do
  if [ "$GITHUB_EVENT_NAME" = "$event" ] && [ "$GITHUB_REF" = refs/heads/main ] &&
    [ "$GITHUB_WORKFLOW_REF" = "$repository/.github/workflows/request.yml@refs/heads/main" ]; then
    exit 0
  fi
done
printf 'refused: this runner takes %s of the main branch of %s only\n' "$events" "$repository" >&2
exit 1
