// The text of `dktest --help`.

import { STRICT } from "../../lib/pass/verify_pass.ts";

/** What --help prints. */
export const USAGE = `usage: dktest -s KEY [options] [FILE]
       dktest -v [options] [FILE]...
       dktest --seal KEY [options] [FILE]

Signs a message, verifies messages and explains the result, or seals a message. Without
a FILE, and for "-", it reads stdin. Lines end in LF or CRLF.

Sign, and print the signature fields:
  -s KEY            the file of the private key; its last part is the selector, and
                    % in it stands for the domain of the From address
  --domain NAME     sign or seal for this domain, U-labels as A-labels
  --selector NAME   sign or seal with this selector
  --with SCHEMES    "dkim domainkeys" (by default) or one of them
  --canon FORM      canonicalization of DKIM: relaxed (by default), simple,
                    relaxed/simple or simple/relaxed; or r, s, t, u
  --dkim-options="LETTERS"        as DKIMSIGNOPTIONS has them, like "-l -h"
  --domainkeys-options="LETTERS"  as DKSIGNOPTIONS has them, like "-c simple"

Verify, and print a table:
  -v                verify
  --json            print one line of JSON for each FILE instead
  --dump DIR        write the octets that are hashed into files in DIR; of one FILE
  --ip IP           check SPF, DMARC and ARC too, for a client with this address
  --sender ADDRESS  from this sender of the envelope, by default the null sender
  --helo NAME       which gave this name in HELO, by default that of the topmost Received
  --key NAME=TXT    a key record; there may be several, and DNS is not asked
  --zone FILE       records as JSON, {"NAME": {"TXT": [...], "A": [...]}}; DNS is not asked
  --authserv-id ID  whose Authentication-Results field to print, by default the host's
  --allow-rsa-sha1  let rsa-sha1 pass in DKIM
  --min-rsa-bits N  let RSA keys of N bits pass, by default ${STRICT.minRsaBits}
  --honour-length   let octets pass that l= leaves unsigned

Seal, and print the next ARC set of a message:
  --seal KEY        the file of an RSA key in the folder of the domain that seals; % stands
                    for the name of --authserv-id and its parents
It takes --domain, --selector, --ip, --sender, --helo, --key, --zone and --authserv-id.

All:
  --now SECONDS     act as if it was this time, in seconds since 1970
  --help            print this text

example: dktest -s /etc/domainkeys/example.com/default message > fields
         cat fields message | dktest -v

Exits 0 if the message is signed or sealed, or every FILE passes: by DKIM, or by DomainKeys when it
has no DKIM signature. Exits 1 if not, 2 if the command line is wrong.
`;
