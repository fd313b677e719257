"""What a script on Python's imaplib does: 100 messages per FETCH, a file for each."""

import imaplib
import os
import pathlib
import re
import ssl
import sys

port, ca_file, user, directory = sys.argv[1:]
session = imaplib.IMAP4_SSL("localhost", int(port), ssl_context=ssl.create_default_context(cafile=ca_file))
token = os.environ["EXOIMAP_ACCESS_TOKEN"]
session.authenticate("XOAUTH2", lambda _: f"user={user}\1auth=Bearer {token}\1\1".encode())
session.select("INBOX", readonly=True)
uids = session.uid("SEARCH", "ALL")[1][0].split()
for at in range(0, len(uids), 100):
    asked = b",".join(uids[at : at + 100]).decode()
    for part in session.uid("FETCH", asked, "(UID BODY.PEEK[])")[1]:
        if isinstance(part, tuple):
            uid = re.search(rb"UID (\d+)", part[0])[1].decode()
            pathlib.Path(directory, f"{uid}.eml").write_bytes(part[1])
session.logout()
