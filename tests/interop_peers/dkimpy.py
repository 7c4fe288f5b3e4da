# Signs and verifies with dkimpy: a JSON object on each line of stdin, an answer on each of stdout.
# Key records are in the file that the first argument names; there is no other DNS.
import base64
import importlib.metadata
import json
import sys

try:
    import dkim
except ImportError as error:
    sys.exit(str(error))

if sys.argv[1] == "--version":
    print(importlib.metadata.version("dkimpy"))
    sys.exit(0)

with open(sys.argv[1], "rb") as file:
    RECORDS = json.load(file)


def find_record(name, timeout=5):
    text = RECORDS.get(name.decode("ascii").rstrip(".").lower())
    return None if text is None else text.encode("ascii")


def sign(request, message):
    with open(request["key"], "rb") as file:
        key = file.read()
    if request["algorithm"] == "ed25519-sha256":
        # The seed is the end of the PKCS#8 structure.
        lines = key.split(b"\n")
        key = base64.b64encode(base64.b64decode(b"".join(lines[1:-2]))[-32:])
    header, body = request["canonicalization"].encode("ascii").split(b"/")
    ends = b"\r\n" if b"\r\n" in message else b"\n"
    field = dkim.DKIM(message, linesep=ends).sign(
        request["selector"].encode("ascii"),
        request["domain"].encode("ascii"),
        key,
        signature_algorithm=request["algorithm"].encode("ascii"),
        canonicalize=(header, body),
    )
    signed = base64.b64encode(field + message)
    return {"signed": signed.decode("ascii")}


def find_fields(verifier):
    return [value for name, value in verifier.headers
            if name.lower() == b"dkim-signature"]


def verify(request, message):
    verifier = dkim.DKIM(message)
    wanted = b"s=" + request["selector"].encode("ascii") + b";"
    for index, value in enumerate(find_fields(verifier)):
        if wanted in value:
            is_good = verifier.verify(index, dnsfunc=find_record)
            return {"result": "pass" if is_good else "fail"}
    return {"result": "not found"}


def verify_all(request, message):
    """Whosever signature is good; what became of each, if none is."""
    verifier = dkim.DKIM(message)
    results = []
    for index, _ in enumerate(find_fields(verifier)):
        try:
            is_good = verifier.verify(index, dnsfunc=find_record)
            results.append("pass" if is_good else "fail")
        except Exception as error:
            results.append(f"{type(error).__name__}: {error}")
    return {"result": ["pass"] if "pass" in results else results}


def seal(request, message):
    """Seals with ARC; cv= is what the Authentication-Results field of the host says."""
    with open(request["key"], "rb") as file:
        key = file.read()
    ends = b"\r\n" if b"\r\n" in message else b"\n"
    fields = dkim.ARC(message, linesep=ends).sign(
        request["selector"].encode("ascii"),
        request["domain"].encode("ascii"),
        key,
        request["host"].encode("ascii"),
    )
    if not fields:
        return {"error": "it seals nothing"}
    # Some of them have their line end.
    whole = [field.rstrip(b"\r\n") + ends for field in fields]
    sealed = base64.b64encode(b"".join(whole) + message)
    return {"signed": sealed.decode("ascii")}


def validate(request, message):
    result, _, reason = dkim.ARC(message).verify(dnsfunc=find_record)
    if result is None:
        return {"result": reason}
    return {"result": result.decode("ascii")}


DOES = {
    "sign": sign,
    "verify": verify,
    "verify all": verify_all,
    "seal": seal,
    "validate": validate,
}

for line in sys.stdin:
    request = json.loads(line)
    message = base64.b64decode(request["message"])
    try:
        answer = DOES[request["do"]](request, message)
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
