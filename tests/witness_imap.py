#!/usr/bin/env python3
"""What Python's imaplib finds in a mailbox.

    tests/witness_imap.py PORT CA.pem USER

An independent witness for what exoimap did there. One line of JSON a folder: its name as sent, its UIDVALIDITY, and of each
message the UID, the flags, the date in seconds since 1970, the size and the SHA-256 of its content.
"""
import hashlib
import imaplib
import json
import re
import ssl
import sys
import time

port, ca, user = sys.argv[1:]


def text(wire):
    """Modified UTF-7 (RFC 3501, 5.1.3) by Python's own UTF-7."""

    def shifted(match):
        if not match[1]:
            return "&"
        return (b"+" + match[1].replace(",", "/").encode() + b"-").decode("utf-7")

    return re.sub("&([^-]*)-", shifted, wire)


server = imaplib.IMAP4_SSL("localhost", int(port), ssl_context=ssl.create_default_context(cafile=ca))
server.login(user, "testpass")
for line in server.list()[1]:
    # A name that is sent as a literal comes as a pair.
    if isinstance(line, tuple):
        name = line[1].decode()
    else:
        name = re.match(rb'\(.*?\) "/" (.*)', line)[1].decode()
        if name.startswith('"'):
            name = re.sub(r"\\(.)", r"\1", name[1:-1])
    quoted = '"%s"' % re.sub(r'(["\\])', r"\\\1", name)
    status, data = server.select(quoted, readonly=True)
    if status != "OK":
        continue
    validity = int(server.response("UIDVALIDITY")[1][0])
    messages = []
    for uid in server.uid("SEARCH", "ALL")[1][0].split():
        answer = server.uid("FETCH", uid, "(FLAGS INTERNALDATE BODY.PEEK[])")[1]
        head, content = next(item for item in answer if isinstance(item, tuple))
        rest = b" ".join(item for item in answer if isinstance(item, bytes))
        flags = sorted(flag.decode() for flag in imaplib.ParseFlags(head + rest) if flag != b"\\Recent")
        moment = imaplib.Internaldate2tuple(head + rest)
        messages.append({
            "uid": int(uid),
            "flags": flags,
            "date": int(time.mktime(moment)),
            "size": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        })
    print(json.dumps({"name": text(name), "uidvalidity": validity, "messages": messages}))
server.logout()
