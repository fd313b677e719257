#!/bin/sh
# Fetches new orders; cron runs it every five minutes (a run still going makes the next one end with 5):
#
#     */5 * * * *  batch  /usr/local/bin/fetch.sh
#
# /etc/exoimap/orders.env holds AZURE_TENANT_ID=, AZURE_CLIENT_ID=, AZURE_CLIENT_SECRET= and EXOIMAP_MAILBOX=, mode 0600.
# cron mails what a job prints to its owner: silence is success, and what needs a person is said once a run.
set -u

said=$(exoimap fetch --quiet --env-file /etc/exoimap/orders.env --to /var/spool/orders 2>&1 >/dev/null)
code=$?
case $code in
0 | 5) exit 0 ;; # 5: network, throttling; the next run tries again
6) logger -t exoimap -p user.warning "some orders are stuck: $said" ;;
4) logger -t exoimap -p user.err "an administrator must act: $said" ;;
*) logger -t exoimap -p user.err "fetch failed ($code): $said" ;;
esac
echo "$said" >&2
exit "$code"
