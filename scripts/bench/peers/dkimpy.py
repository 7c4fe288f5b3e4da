# dkimpy as a process: dkimpy.py sign|verify dkim KEY|RECORDS, the message on stdin. Prints the
# signature field; verifying, exits with 0 if the signature is good.
import sys

import dkim

do, _scheme, path = sys.argv[1:]
message = sys.stdin.buffer.read()
with open(path, "rb") as file:
    text = file.read()

if do == "sign":
    field = dkim.sign(
        message,
        b"default",
        b"example.com",
        text,
        canonicalize=(b"relaxed", b"relaxed"),
        linesep=b"\n",
    )
    sys.stdout.buffer.write(field)
else:
    record = text.split(b"\n", 1)[0].split(b" ", 1)[1]
    good = dkim.verify(message, dnsfunc=lambda name, timeout=5: record)
    sys.exit(0 if good else 1)
