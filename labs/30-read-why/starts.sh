#!/bin/sh
# When the shop's container was started, in seconds after its first start: from the traces, where no start is forgotten.
pod=$(kubectl get pods -l app=shop -o jsonpath='{.items[0].metadata.name}')
jq -cs --arg key "default/$pod" '
  [.[] | select(.name == "sync pod" and .attributes.key == $key and (.attributes.did | index(["startContainer"]))) | .startMs]
  | . as $starts | map((. - $starts[0]) / 1000 | floor)' "$DHOW_HOME/lab/trace/simulation.jsonl"
