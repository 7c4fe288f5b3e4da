"""Prints, for each file, what Python's email reads from its Authentication-Results fields."""

import email
import email.header
import email.policy
import json
import sys


def compat32(octets):
    for value in email.message_from_bytes(octets).get_all(NAME, []):
        yield str(value)
        parts = email.header.decode_header(str(value))
        try:
            yield str(email.header.make_header(parts))
        except (LookupError, UnicodeError):
            pass


def default(octets):
    message = email.message_from_bytes(octets, policy=email.policy.default)
    return message.get_all(NAME, [])


NAME = "Authentication-Results"
READ = {"compat32": compat32, "default": default}[sys.argv[1]]

values = []
for path in sys.argv[2:]:
    with open(path, "rb") as file:
        values.append([str(value) for value in READ(file.read())])
print(json.dumps(values))
