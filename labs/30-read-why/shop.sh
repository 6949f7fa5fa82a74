#!/bin/sh
# The shop in one of its moods: honest, liar (its probe takes two seconds), eater (it takes all memory after twenty). Waits until it has begun.
case "$1" in
  honest) change=. ;;
  liar) change='.livenessProbe.exec.command = ["sleep", "2"]' ;;
  eater) change='.command[2] = "echo serving; sleep 20; tail /dev/zero"' ;;
  *) echo "honest, liar or eater?" >&2; exit 2 ;;
esac
jq ".spec.template.spec.containers[0] |= ($change)" shop.json | kubectl apply -f - &&
  kubectl rollout status deployment/shop --timeout=30s > /dev/null
