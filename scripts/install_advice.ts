// What a person does after an installation: the lines for tcprules, the folder for envdir, and how
// qmail-remote is wrapped. Knows no file.

import { PROGRAMS } from "./programs.ts";

/** @param prefix Where the programs are. */
export function formatAdvice(prefix: string): string {
  const bin = `${prefix}/bin`;
  return `What you do next:

1. Make a key, and publish the record that is printed:
     mkdir -p /etc/domainkeys/example.com
     ${bin}/dknewkey --domain example.com /etc/domainkeys/example.com/default
     chown -R root:qmail /etc/domainkeys    # the users that send mail must be able to read the key

2. In tcp.smtp, your own networks first; the letters say what is refused, see qmail-dk(8):
     127.:allow,RELAYCLIENT="",QMAILQUEUE="${bin}/qmail-dk"
     :allow,DKVERIFY="DEGIJKfh,CGHIJMQRkl",QMAILQUEUE="${bin}/qmail-dk"
   Then rebuild the cdb, wherever the run script of qmail-smtpd looks for it:
     tcprules /etc/tcp.smtp.cdb /etc/tcp.smtp.tmp </etc/tcp.smtp

3. Or, for mail that no tcprules see, in a folder for envdir in a run script:
     mkdir -p /etc/qmail-dk
     echo ${bin}/qmail-dk >/etc/qmail-dk/QMAILQUEUE
     echo 'DEGIJKfh,CGHIJMQRkl' >/etc/qmail-dk/DKVERIFY
     exec envdir /etc/qmail-dk tcpserver ...
${wrapRemote(bin)}
Undo this installation with --rollback, remove it with --uninstall.
`;
}

/** Where there is a dk-remote. */
function wrapRemote(bin: string): string {
  if (!PROGRAMS.some(({ name }) => name === "dk-remote")) return "";
  const remote = "/var/qmail/bin/qmail-remote";
  return `
4. To sign also what qmail-send makes itself, put dk-remote in front of qmail-remote. Where
   qmail-rspawn knows QMAILREMOTE, in the run script of qmail-send:
     QMAILREMOTE=${bin}/dk-remote
   Everywhere else by renaming, and back by the last line:
     ln ${remote} ${remote}.orig
     ln -s ${bin}/dk-remote ${remote}.new
     mv -f ${remote}.new ${remote}
     mv -f ${remote}.orig ${remote}
`;
}

/** What no longer works when the programs are gone. */
export function formatRemoval(prefix: string): string {
  return `Take ${prefix}/bin/qmail-dk out of tcp.smtp, envdir folders and run scripts, and rebuild the cdb.
Put qmail-remote back where dk-remote is in its place.
`;
}
