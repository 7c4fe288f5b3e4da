"""Prints, for each file, the domains that Python's email finds in From."""

import email
import email.policy
import email.utils
import json
import sys


def compat32(octets):
    values = email.message_from_bytes(octets).get_all("From", [])
    for _, address in email.utils.getaddresses([str(value) for value in values]):
        yield address.rpartition("@")[2]


def default(octets):
    message = email.message_from_bytes(octets, policy=email.policy.default)
    for field in message.get_all("From", []):
        for address in field.addresses:
            yield address.domain


domains = []
for path in sys.argv[1:]:
    with open(path, "rb") as file:
        octets = file.read()
    domains.append([*compat32(octets), *default(octets)])
print(json.dumps(domains))
