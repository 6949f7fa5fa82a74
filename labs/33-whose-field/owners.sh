#!/bin/sh
# Who owns which fields of the Deployment's spec, one line each, by name. The status has owners of its own, left out here.
kubectl get --raw /apis/apps/v1/namespaces/default/deployments/web | jq -r '.metadata.managedFields[]
  | select(.fieldsV1["f:spec"]) | "\(.manager) (\(.operation)): \(.fieldsV1["f:spec"] | keys | map(ltrimstr("f:")) | join(", "))"' | sort
