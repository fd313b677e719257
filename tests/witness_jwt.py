#!/usr/bin/env python3
"""Verifies a client assertion as Microsoft documents it, by PyJWT and `cryptography`.

    tests/witness_jwt.py CERTIFICATE.pem AUDIENCE CLIENT_ID <assertion

An independent witness for src/entra/assertion.rs, which knows nothing of it. Prints the header and the claims as
one line of JSON; leaves with 1 and the reason where the assertion is not what Entra ID would take.
"""
import base64
import json
import sys

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes


def thumbprint(certificate, algorithm):
    return base64.urlsafe_b64encode(certificate.fingerprint(algorithm)).rstrip(b"=").decode()


def main(pem, audience, client_id):
    assertion = sys.stdin.read().strip()
    certificate = x509.load_pem_x509_certificate(open(pem, "rb").read())
    header = jwt.get_unverified_header(assertion)
    name, algorithm = {"PS256": ("x5t#S256", hashes.SHA256()), "RS256": ("x5t", hashes.SHA1())}[header["alg"]]
    if header.get("typ") != "JWT" or header.get(name) != thumbprint(certificate, algorithm):
        raise ValueError(f"the header names another certificate: {header}")
    claims = jwt.decode(
        assertion,
        certificate.public_key(),
        algorithms=[header["alg"]],
        audience=audience,
        issuer=client_id,
        options={"require": ["aud", "iss", "sub", "jti", "nbf", "exp"], "verify_iat": False},
    )
    if claims["sub"] != client_id:
        raise ValueError("the subject is not the application")
    if not 300 <= claims["exp"] - claims["nbf"] <= 600:
        raise ValueError("it is good for less than five or more than ten minutes")
    print(json.dumps({"header": header, "claims": claims}))


try:
    main(*sys.argv[1:])
except Exception as e:  # whatever it is, the test shows it
    sys.exit(f"{type(e).__name__}: {e}")
