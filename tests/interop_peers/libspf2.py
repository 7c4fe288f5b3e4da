# Checks clients with libspf2, which spfquery is a command line of: a JSON object on each line of stdin,
# an answer on each of stdout. The object has all of DNS, as answers to "TYPE name"; what is not there is
# NXDOMAIN. Each check has a process of its own, since some end it.
import ctypes
import json
import os
import sys
from functools import partial

try:
    lib = ctypes.CDLL("libspf2.so.2")
except OSError as error:
    sys.exit(str(error))

for name in ("SPF_dns_zone_new", "SPF_server_new_dns", "SPF_request_new"):
    getattr(lib, name).restype = ctypes.c_void_p
lib.SPF_response_get_explanation.restype = ctypes.c_char_p

if sys.argv[1:] == ["--version"]:
    numbers = [ctypes.c_int() for _ in range(3)]
    lib.SPF_get_lib_version(*map(ctypes.byref, numbers))
    print(".".join(str(number.value) for number in numbers))
    sys.exit(0)

# Numbers of <arpa/nameser.h>, <netdb.h> and <spf2/spf_response.h>.
TYPES = {"A": 1, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28}
NETDB_SUCCESS, HOST_NOT_FOUND, TRY_AGAIN, NO_DATA = 0, 1, 2, 4
ERRORS = {"nxdomain": HOST_NOT_FOUND, "timeout": TRY_AGAIN,
          "servfail": TRY_AGAIN, "refused": TRY_AGAIN}
SPF_E_DNS_ERROR = 26
RESULTS = [None, "neutral", "pass", "fail", "softfail", "none",
           "temperror", "permerror"]


def zone_of(answers):
    zone = lib.SPF_dns_zone_new(None, b"rows", 0)
    for question, answer in answers.items():
        kind, name = question.split(" ", 1)
        add = partial(lib.SPF_dns_zone_add_str, ctypes.c_void_p(zone),
                      name.encode("latin-1"), TYPES[kind])
        records = answer.get("records", [])
        for record in records:
            text = record
            if kind == "MX":
                # Without the number a name that begins with digits loses them.
                text = f"{record[0]} {record[1].rstrip('.')}"
            add(NETDB_SUCCESS, text.encode("latin-1"))
        if not records:
            add(ERRORS.get(answer.get("error"), NO_DATA), None)
    return zone


def check(request):
    server = ctypes.c_void_p(
        lib.SPF_server_new_dns(ctypes.c_void_p(zone_of(request["answers"])), 0))
    lib.SPF_server_set_rec_dom(server, b"mx.example.net")
    lib.SPF_server_set_sanitize(server, 0)
    lib.SPF_server_set_explanation(server, b"DEFAULT",
                                   ctypes.byref(ctypes.c_void_p()))
    query = ctypes.c_void_p(lib.SPF_request_new(server))
    ip = request["ip"].encode()
    (lib.SPF_request_set_ipv6_str if b":" in ip else
     lib.SPF_request_set_ipv4_str)(query, ip)
    lib.SPF_request_set_helo_dom(query, request["helo"].encode("latin-1"))
    lib.SPF_request_set_env_from(query, request["mailFrom"].encode("latin-1"))
    response = ctypes.c_void_p()
    error = lib.SPF_request_query_mailfrom(query, ctypes.byref(response))
    text = lib.SPF_response_get_explanation(response)
    result = RESULTS[lib.SPF_response_result(response)]
    if result is None:
        # An error without a word of RFC 7208, which spfquery prints.
        result = "temperror" if error == SPF_E_DNS_ERROR else "permerror"
    return {"result": result, "explanation": text and text.decode("latin-1")}


def check_apart(line):
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, json.dumps(check(json.loads(line))).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as answer:
        text = answer.read()
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    return text if code == 0 else json.dumps({"result": f"crash {code}"})


for line in sys.stdin:
    print(check_apart(line), flush=True)
