# Evaluates DMARC with the library of OpenDMARC: a JSON object on each line of stdin, an answer on each of
# stdout. It asks the servers of resolv.conf(5).
import ctypes
import json
import subprocess
import sys

PUBLIC_SUFFIXES = b"/usr/share/publicsuffix/public_suffix_list.dat"

try:
    lib = ctypes.CDLL("libopendmarc.so.2")
    open(PUBLIC_SUFFIXES).close()
except OSError as error:
    sys.exit(str(error))

if sys.argv[1:] == ["--version"]:
    # It does not tell.
    subprocess.run(["dpkg-query", "-W", "-f", "${Version}", "libopendmarc2"],
                   check=True)
    sys.exit(0)

lib.opendmarc_policy_connect_init.restype = ctypes.c_void_p

# <opendmarc/dmarc.h>
IPV4, ORIGIN_MAILFROM, MOZILLA = 4, 1, 1
OUTCOMES = {"none": 0, "pass": 1, "fail": 2, "temperror": 3}
OKAY = 0
# What a query ends with, as its milter words it: unusable records, no record, no answer.
QUERIES = {3: "permerror", 4: "permerror", 5: "permerror",
           9: "none", 10: "none", 11: "temperror"}
RESULTS = {14: ("none", None), 15: ("pass", None), 16: ("fail", "reject"),
           17: ("fail", "quarantine"), 18: ("fail", "none")}


class Library(ctypes.Structure):
    _fields_ = [("tld_type", ctypes.c_int),
                ("tld_source_file", ctypes.c_char * 4096),
                # Servers, which it does not come to ask.
                ("nscount", ctypes.c_int),
                ("nsaddr_list", ctypes.c_char * 48)]


library = Library(MOZILLA, PUBLIC_SUFFIXES)
lib.opendmarc_policy_library_init(ctypes.byref(library))


def evaluate(request):
    policy = ctypes.c_void_p(
        lib.opendmarc_policy_connect_init(b"192.0.2.1", IPV4))
    domain = request["domain"].encode()
    lib.opendmarc_policy_store_from_domain(policy, domain)
    for one in request["spf"]:
        lib.opendmarc_policy_store_spf(
            policy, one["domain"].encode(), OUTCOMES.get(one["result"], 2),
            ORIGIN_MAILFROM, None)
    for one in request["dkim"]:
        lib.opendmarc_policy_store_dkim(
            policy, one["domain"].encode(), b"s",
            OUTCOMES.get(one["result"], 2), None)
    status = lib.opendmarc_policy_query_dmarc(policy, domain)
    if status != OKAY:
        return {"result": QUERIES.get(status, f"error {status}")}
    status = lib.opendmarc_get_policy_to_enforce(policy)
    result, disposition = RESULTS.get(status, (f"error {status}", None))
    return {"result": result, "policy": disposition}


for line in sys.stdin:
    print(json.dumps(evaluate(json.loads(line))), flush=True)
