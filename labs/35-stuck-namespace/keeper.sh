#!/bin/sh
# The smallest operator: `keeper.sh NAME COUNT` sees to it that the Deployment nest has COUNT replicas, whatever anybody wants, and signs as NAME.
# `keeper.sh NAME stop` ends it.
if [ "$2" = stop ]; then
  pkill -P "$(cat "$1.pid")"
  rm "$1.pid"
  exit
fi
echo $$ > "$1.pid"
kubectl get deployment nest --watch -o jsonpath='{.spec.replicas}{"\n"}' | while read -r now; do
  [ "$now" = "$2" ] || kubectl patch deployment nest --field-manager="$1" --type=merge -p "{\"spec\": {\"replicas\": $2}}"
done
