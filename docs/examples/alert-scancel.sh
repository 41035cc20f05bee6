#!/bin/sh
# Cancels the job when the training is lost: weights corrupted, or diverged.
#
#   loss-monitor serve DIR --on-alert "docs/examples/alert-scancel.sh 1234567"
set -eu
lost="$(python3 -c '
import json, sys
alert = json.load(sys.stdin)
rules = ("weights-corrupted", "diverged")
print("yes" if alert["event"] == "opened" and alert["rule"] in rules else "")
')"
[ -z "$lost" ] || scancel "$1"
