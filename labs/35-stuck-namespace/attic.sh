#!/bin/sh
# A namespace with a chest in it that somebody has locked, and the wish that the namespace be gone.
set -e
kubectl create namespace attic
kubectl apply -f - <<'CHEST'
{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "chest", "namespace": "attic", "labels": {"lab": "attic"}, "finalizers": ["lab.example/locked"]}}
CHEST
kubectl delete namespace attic --wait=false
kubectl wait --for=condition=NamespaceFinalizersRemaining namespace/attic --timeout=20s
