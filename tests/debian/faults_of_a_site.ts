// Everything that goes wrong at a site and that dk-doctor knows: the line of shell that makes it so,
// and where it is found. What puts it right is what dk-doctor says.

import type { Status } from "../../scripts/dk_doctor/finding.ts";

/** One fault. */
export interface Fault {
  /** Shell, as root. */
  spoil: string;
  /** The check that finds it. */
  check: string;
  says: RegExp;
  /** `fail`, if not said. */
  status?: Status;
  /** What no line of shell can say: what a person does about it. */
  remedy?: string;
}

const KEY = "/etc/domainkeys/example.com/default";
const SEALING_KEY = "/etc/domainkeys/example.com/arc";
const CONTROL = "/var/qmail/control";
const QUEUE = "/var/qmail/bin/qmail-queue";
const REBUILD = "tcprules /etc/tcp.smtp.cdb /etc/tcp.smtp.tmp </etc/tcp.smtp";

function setRule(name: string, value: string): string {
  return `sed -i 's~,QMAILQUEUE~,${name}="${value}"&~' /etc/tcp.smtp; ${REBUILD}`;
}

/** By their names. */
export const FAULTS: Record<string, Fault> = {
  "a hub that everybody may send by": {
    spoil:
      `mkdir -p /service/qmail-qmqpd; echo '10.0.1.:allow,RELAYCLIENT=""' >/etc/tcp.qmqp
tcprules /etc/tcp.qmqp.cdb /etc/tcp.qmqp.tmp </etc/tcp.qmqp
echo 'tcpserver -x /etc/tcp.qmqp.cdb 0 628 /var/qmail/bin/qmail-qmqpd' >/service/qmail-qmqpd/run`,
    check: "rules",
    says: /takes mail by QMQP from everybody who reaches it: /,
  },
  "qmail-queue of mode 4700": {
    spoil: `chmod 4700 ${QUEUE}`,
    check: "next",
    says: /qmail-queue: not everybody may execute it: it has mode 4700$/,
  },
  "qmail-queue without setuid": {
    spoil: `chmod 0711 ${QUEUE}`,
    check: "next",
    says: /does not become qmailq: it has mode 0711, .* never delivered$/,
  },
  "qmail-queue of root": {
    spoil: `chown root ${QUEUE}; chmod 4711 ${QUEUE}`,
    check: "next",
    says: /does not become qmailq: it has mode 4711, user 0; /,
  },
  "a key of the group of qmaild alone": {
    spoil: `chown root:nofiles ${KEY}; chmod 640 ${KEY}`,
    check: "key",
    says: /qmailr may not read it: .* has mode 0640/,
  },
  "a key of the group qmail alone": {
    spoil: `chown root:qmail ${KEY}; chmod 640 ${KEY}`,
    check: "key",
    says: /qmaild may not read it: .* has mode 0640/,
  },
  "a key and its folder that root made under umask 077": {
    spoil:
      `chown root:root ${KEY}; chmod 400 ${KEY}; chmod 700 /etc/domainkeys /etc/domainkeys/example.com`,
    check: "key",
    says: /qmaild may not execute it: \/etc\/domainkeys has mode 0700/,
  },
  "a key that everybody can read": {
    spoil: `chmod 444 ${KEY}`,
    check: "key",
    says: /everybody can read it$/,
    status: "warn",
  },
  "a control folder of root alone": {
    spoil: "chmod 700 /var/qmail/control",
    check: "control",
    says: /qmaild may not execute it: \/var\/qmail\/control has mode 0700/,
  },
  "a control/dksign of root alone": {
    spoil: "chmod 600 /var/qmail/control/dksign",
    check: "control",
    says: /dksign: qmaild may not read it: .*dksign has mode 0600/,
  },
  "a control/me that is missing": {
    spoil: "mv /var/qmail/control/me /var/qmail/me",
    check: "control",
    says: /me: is not there: qmail takes no mail without it$/,
  },
  "a control/dksign that is missing": {
    spoil: "rm /var/qmail/control/dksign",
    check: "control",
    says: /is not there, and neither is DKSIGN: dk-remote of .* signs nothing$/,
  },
  "a resolv.conf of root alone": {
    spoil: "chmod 600 /etc/resolv.conf",
    check: "dns",
    says: /qmaild may not read it: .*: no DNS server is asked$/,
  },
  "a launcher of mode 0644": {
    spoil: "chmod 644 /var/qmail/bin/qmail-dk",
    check: "next",
    says: /qmail-dk: qmaild may not execute it: .* has mode 0644/,
  },
  "a launcher of dk-remote of mode 0600": {
    spoil: "chmod 600 /var/qmail/lib/dk-remote/qmail-remote",
    check: "next",
    says:
      /qmailr may not execute it: .* has mode 0600, .*: mail leaves unsigned$/,
  },
  "a folder of dk-remote of root alone": {
    spoil: "chmod 700 /var/qmail/lib/dk-remote",
    check: "next",
    says:
      /qmailr may not execute it: .* has mode 0700, .*: mail leaves unsigned$/,
  },
  "a folder of dk-remote without dk-remote": {
    spoil: "rm /var/qmail/lib/dk-remote/qmail-remote",
    check: "next",
    says: /has no dk-remote: mail leaves unsigned$/,
  },
  "a cdb that is older than its text": {
    spoil: "echo 192.168.:allow,RELAYCLIENT=/x/ >>/etc/tcp.smtp",
    check: "rules",
    says:
      /is older than \/etc\/tcp\.smtp, which says something else of 192\.168\.$/,
  },
  "a cdb that is missing": {
    spoil: "rm /etc/tcp.smtp.cdb",
    check: "rules",
    says: /is not there: tcpserver refuses every client$/,
  },
  "a cdb that is cut": {
    spoil:
      "head -c 900 /etc/tcp.smtp.cdb >/tmp/c; cat /tmp/c >/etc/tcp.smtp.cdb",
    check: "rules",
    says: /it is no whole cdb$/,
  },
  "a cdb of root alone": {
    spoil: "chmod 600 /etc/tcp.smtp.cdb",
    check: "rules",
    says: /qmaild may not read it/,
  },
  "a QMAILQUEUE that is not there": {
    spoil:
      `sed -i 's~^10.*~10.:allow,RELAYCLIENT="",QMAILQUEUE="/var/qmail/bin/qmail_dk"~' /etc/tcp.smtp; ${REBUILD}`,
    check: "next",
    says: /qmail_dk: is not there, or cannot be executed$/,
  },
  "DKVERIFY with two commas": {
    spoil: `sed -i 's~DKVERIFY=""~DKVERIFY="D,E,F"~' /etc/tcp.smtp; ${REBUILD}`,
    check: "options",
    says: /DKVERIFY=D,E,F in \/etc\/tcp\.smtp: letters of DKIM stand after/,
  },
  "DKVERIFY without its comma": {
    spoil:
      `sed -i 's~DKVERIFY=""~DKVERIFY="DEGIJKfhCGHIJMQRkl"~' /etc/tcp.smtp; ${REBUILD}`,
    check: "options",
    says: /domainkeys "C" refuses good mail/,
  },
  "ERROR_FD of indimail": {
    spoil: setRule("ERROR_FD", "2"),
    check: "options",
    says: /ERROR_FD=2: \/var\/qmail\/bin\/qmail-smtpd is none of indimail/,
  },
  "a bad option in the rules": {
    spoil: setRule("DKSIGNWITH", "spf"),
    check: "options",
    says: /"spf" for DKSIGNWITH/,
  },
  "QMAILREMOTE that is not there": {
    spoil:
      "sed -i 's~exec env -~& QMAILREMOTE=/var/qmail/bin/dk_remote~' /var/qmail/rc",
    check: "next",
    says: /QMAILREMOTE=\/var\/qmail\/bin\/dk_remote: .*: all mail bounces$/,
  },
  "QMAILQUEUE in front of qmail-start": {
    spoil:
      "sed -i 's~exec env -~& DKSIGN=/etc/domainkeys/%/default QMAILQUEUE=/var/qmail/bin/dk-sign~' /var/qmail/rc",
    check: "key",
    says: /runs as each user whose \.qmail forwards/,
    remedy: "sed -i 's~ DKSIGN=[^ ]* QMAILQUEUE=[^ ]*~~' /var/qmail/rc",
  },
  "a qmail-remote that is a link to dk-remote": {
    spoil: `cd /var/qmail/bin; mv qmail-remote qmail-remote.orig
ln -s dk-remote qmail-remote
sed -i 's~/var/qmail/lib/dk-remote:~~' /var/qmail/rc`,
    check: "next",
    says: /is a link to dk-remote: an upgrade of qmail writes through it/,
    status: "warn",
  },
  "a dk-remote that an upgrade of qmail has written over": {
    spoil: `cd /var/qmail/bin; cp qmail-remote qmail-remote.orig
ln -sf dk-remote qmail-remote
cat qmail-remote.orig >qmail-remote`,
    check: "program",
    says:
      /is not what was installed, and is not run: an upgrade of qmail has written through a link$/,
  },
  "softlimit -p in a run script": {
    spoil: "sed -i 's~-m 30000000~& -p 5~' /service/qmail-smtpd/run",
    check: "program",
    says: /; without softlimit -p 5 it works$/,
  },
  "a TMPDIR of root alone": {
    spoil: `mkdir -m 755 /var/tmp/mail; ${setRule("TMPDIR", "/var/tmp/mail")}`,
    check: "tmpdir",
    says: /qmaild may not write it: \/var\/tmp\/mail has mode 0755/,
  },
  "a hard limit of prlimit in a run script": {
    spoil:
      "sed -i 's~exec softlimit~exec prlimit --as=1000000000 softlimit~' /service/qmail-smtpd/run",
    check: "program",
    says: /; ulimit -H -v is 976562 KB, 36000000 are needed$/,
  },
  "letters of good mail in an envdir": {
    spoil: `mkdir -p /service/qmail-qmtpd/env
echo /var/qmail/bin/qmail-dk >/service/qmail-qmtpd/env/QMAILQUEUE
echo A,A >/service/qmail-qmtpd/env/DKVERIFY
printf '#!/bin/sh\nexec envdir ./env tcpserver -u 57791 0 qmtp /var/qmail/bin/qmail-qmtpd\n' >/service/qmail-qmtpd/run`,
    check: "options",
    says:
      /DKVERIFY=A,A in \/service\/qmail-qmtpd\/env\/DKVERIFY: .*refuses good/,
  },
  "a time limit in a run script that is none": {
    spoil:
      "sed -i 's~^exec softlimit~DEATH=soon; export DEATH\\n&~' /service/qmail-smtpd/run",
    check: "options",
    says: /DEATH: .*"soon"/,
  },
  "a control/arcseal without its key": {
    spoil: `echo ${SEALING_KEY} >${CONTROL}/arcseal`,
    check: "key",
    says: /\/arc: no such file, and mail is deferred$/,
  },
  "a control/arcseal of root alone": {
    spoil: `chmod 600 ${CONTROL}/arcseal`,
    check: "control",
    says: /arcseal: qmailr may not read it: .*arcseal has mode 0600/,
  },
  "a sealing key of the group of qmaild alone": {
    spoil: `chown root:nofiles ${SEALING_KEY}; chmod 640 ${SEALING_KEY}`,
    check: "key",
    says: /arc: qmailr may not read it: .* has mode 0640/,
  },
  "a sealing key that the server cannot read": {
    spoil: `${setRule("ARCSEAL", SEALING_KEY)}
chown qmailr:qmail ${SEALING_KEY}; chmod 400 ${SEALING_KEY}`,
    check: "key",
    says: /arc: qmaild may not read it: .* has mode 0400/,
  },
  "a sealing key that is not RSA": {
    spoil: `openssl genpkey -algorithm ed25519 >/tmp/key
cat /tmp/key >${SEALING_KEY}`,
    check: "key",
    says: /arc: seals need an RSA key$/,
  },
  "a control/spfrules of root alone": {
    spoil: `echo ip4:192.0.2.7 >${CONTROL}/spfrules
chmod 600 ${CONTROL}/spfrules`,
    check: "control",
    says: /spfrules: qmaild may not read it: .*spfrules has mode 0600/,
  },
  "a control/spfrules that is no terms of SPF": {
    spoil: `echo 192.0.2.7 >${CONTROL}/spfrules`,
    check: "options",
    says: /spfrules: .*SPF terms/,
  },
  "a control/arctrust with an address": {
    spoil: `echo lists@example.net >${CONTROL}/arctrust`,
    check: "options",
    says: /arctrust: no sealer has such a name: lists@example\.net$/,
    status: "warn",
  },
};
