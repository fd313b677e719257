#!/bin/sh
# Fetches new orders; cron runs it every five minutes (a run still going makes the next one end with 5). As root:
#
#     install -d -o orders -m 750 /var/spool/orders
#     /etc/cron.d/exoimap:   */5 * * * *  orders  /usr/local/bin/fetch.sh
#
# /etc/exoimap/orders.env, owner orders, mode 0600, holds AZURE_TENANT_ID=, AZURE_CLIENT_ID=, AZURE_CLIENT_SECRET= and
# EXOIMAP_MAILBOX=. If another account reads the mail: chgrp and chmod g+s the directory, and add --file-mode 0640. cron
# mails what a job prints to its owner: silence is success, and what needs a person is said by each run until it is fixed.
set -u
PATH=$PATH:/usr/local/bin

said=$(exoimap fetch --quiet --max-time 4m --env-file /etc/exoimap/orders.env --give-up-after 288 --to /var/spool/orders 2>&1 >/dev/null)
code=$?
case $code in
0) [ -z "$said" ] || logger -t exoimap -p user.notice "$said"; exit 0 ;; # a warning at most
5) exit 0 ;; # network, throttling: the next run tries again
6) logger -t exoimap -p user.warning "some orders need a look: $said" ;;
4) logger -t exoimap -p user.err "an administrator must act: $said" ;;
*) logger -t exoimap -p user.err "fetch failed ($code): $said" ;;
esac
echo "$said" >&2
exit "$code"
