#!/bin/sh
# Sends each alert to a channel of Mattermost or Slack.
#
#   loss-monitor serve DIR --on-alert "docs/examples/alert-webhook.sh"
#
# The webhook's address is a secret: it is read from a file that only you can read.
set -eu
hook="$(cat "${ALERT_WEBHOOK_FILE:-$HOME/.config/loss-monitor-webhook}")"
python3 -c '
import json, sys
alert = json.load(sys.stdin)
place = alert["evidence"]["timestamp"]
words = [alert["event"] + ":", alert["rule"], "in", alert["run"], "at " + place if place else ""]
text = " ".join(word for word in words if word) + ": " + alert["message"]
json.dump({"text": text}, sys.stdout)
' | curl --silent --show-error --max-time 20 --header 'Content-Type: application/json' \
    --data @- "$hook"
