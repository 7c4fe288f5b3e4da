# Checks clients with pyspf: a JSON object on each line of stdin, an answer on each of stdout. The
# object has all of DNS, as answers to "TYPE name"; what is not there is NXDOMAIN.
import json
import sys

try:
    import spf
except ImportError as error:
    sys.exit(str(error))

if sys.argv[1:] == ["--version"]:
    print(spf.__version__)
    sys.exit(0)


def read_record(qtype, record):
    if qtype == "TXT":
        octets = record.encode("latin-1")
        return [octets[n:n + 255] for n in range(0, len(octets), 255)]
    return tuple(record) if qtype == "MX" else record


def look_up(answers, name, qtype):
    answer = answers.get(f"{qtype} {name.lower().rstrip('.')}", {})
    if answer.get("error") in ("timeout", "servfail", "refused"):
        raise spf.TempError("DNS " + answer["error"])
    return [((name, qtype), read_record(qtype, record))
            for record in answer.get("records", [])]


def check(request):
    answers = request["answers"]
    spf.DNSLookup = lambda name, qtype, *_: look_up(answers, name, qtype)
    query = spf.query(i=request["ip"], s=request["mailFrom"],
                      h=request["helo"], receiver="mx.example.net")
    query.set_default_explanation("DEFAULT")
    result, _, text = query.check()
    return {"result": result, "explanation": text}


for line in sys.stdin:
    try:
        answer = check(json.loads(line))
    except Exception as error:
        answer = {"result": type(error).__name__}
    print(json.dumps(answer), flush=True)
