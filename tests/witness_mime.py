#!/usr/bin/env python3
"""What Python's `email` package finds attached to the messages of a directory.

    tests/witness_mime.py fixtures/mime

An independent witness for src/mime/, which knows nothing of it. One line of JSON a message:
its file, its subject, and of each attachment the place among the leaves, name, type, size and SHA-256.
"""
import email
import email.policy
import hashlib
import json
import pathlib
import sys

POLICY = email.policy.default.clone(linesep="\r\n", refold_source="none")


def leaves(part):
    """The parts that hold no others; a message in a message is one."""
    if part.get_content_maintype() == "multipart" and part.is_multipart():
        for inner in part.get_payload():
            yield from leaves(inner)
    else:
        yield part


def content(part):
    if part.is_multipart():  # message/rfc822, message/delivery-status, message/external-body
        return b"".join(inner.as_bytes(policy=POLICY) for inner in part.get_payload())
    return part.get_payload(decode=True) or b""


def attachments(message):
    for number, part in enumerate(leaves(message), 1):
        name, kind = part.get_filename(), part.get_content_type()
        is_body = kind in ("text/plain", "text/html") and part.get_content_disposition() != "attachment"
        if name is None and is_body:
            continue
        data = content(part)
        yield {"number": number, "name": name, "type": kind, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}


for path in sorted(pathlib.Path(sys.argv[1]).glob("*.eml")):
    answer = {"file": path.stem}
    try:
        message = email.message_from_bytes(path.read_bytes(), policy=POLICY)
        answer["subject"] = str(message["subject"]) if message["subject"] else None
        answer["attachments"] = list(attachments(message))
    except Exception as e:  # it has its own bugs; the test says where they may show
        answer["error"] = repr(e)
    print(json.dumps(answer))
