#!/bin/sh
# Mails each alert to yourself.
#
#   loss-monitor serve DIR --on-alert "docs/examples/alert-mail.sh me@example.org"
set -eu
alert="$(cat)"
subject="$(printf '%s' "$alert" | python3 -c '
import json, sys
alert = json.load(sys.stdin)
print("[loss-monitor]", alert["event"], alert["rule"], alert["run"])
')"
printf '%s\n' "$alert" | python3 -m json.tool | mail -s "$subject" "$1"
