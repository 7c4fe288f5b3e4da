# Reads messages as Python's email package does, under both of its policies: a JSON object on each
# line of stdin, what a person is shown on each of stdout.
import email
import email.policy
import json
import platform
import sys
from base64 import b64decode
from email.header import decode_header, make_header

if sys.argv[1:] == ["--version"]:
    print(platform.python_version())
    sys.exit(0)


def shown(value):
    """The old policy leaves encoded words to who reads them."""
    try:
        return str(make_header(decode_header(value)))
    except Exception as error:
        return f"{type(error).__name__}: {value}"


def read_default(octets):
    message = email.message_from_bytes(octets, policy=email.policy.default)

    def text_of(part):
        try:
            return part.get_content()
        except Exception:
            return part.get_payload(decode=True)

    return view(message, str, text_of)


def read_compat32(octets):
    message = email.message_from_bytes(octets, policy=email.policy.compat32)

    def text_of(part):
        payload = part.get_payload(decode=True)
        try:
            return payload.decode(part.get_content_charset("ascii"))
        except (LookupError, UnicodeError):
            return payload

    return view(message, shown, text_of)


def view(message, value_of, text_of):
    fields = {}
    for name in ("from", "subject", "date"):
        try:
            fields[name] = [value_of(value)
                            for value in message.get_all(name, [])]
        except Exception as error:
            fields[name] = [type(error).__name__]
    parts = []
    for part in message.walk():
        if part.is_multipart():
            continue
        text = text_of(part)
        if not isinstance(text, str):
            text = (text or b"").decode("latin-1")
        parts.append([part.get_content_type(), text])
    return {"fields": fields, "parts": parts}


READ = {"default": read_default, "compat32": read_compat32}

for line in sys.stdin:
    request = json.loads(line)
    octets = b64decode(request["message"])
    answer = {f"Python email, {policy}": read(octets)
              for policy, read in READ.items()}
    print(json.dumps(answer), flush=True)
