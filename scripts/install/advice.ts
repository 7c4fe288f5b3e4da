// The steps for a person after an installation, and before a removal: the lines for tcprules, the folder
// for envdir, and dk-remote in the place of qmail-remote. Reads and writes no file.

import { PLACES, SERVICE_FOLDER } from "./resident_place.ts";
import { REMOTE_FOLDER, type Use } from "../site/uses.ts";

/**
 * @param prefix Where the programs are.
 * @param installed Whether launchers ask a resident process.
 */
export function formatAdvice(
  prefix: string,
  { isResident }: { isResident?: boolean },
): string {
  const bin = `${prefix}/bin`;
  return `What you do next:

1. Make a key, and publish the record that is printed; all who sign can read the key as it is:
     mkdir -p /etc/domainkeys/example.com
     ${bin}/dknewkey --domain example.com /etc/domainkeys/example.com/default

2. In tcp.smtp, your own networks and webmail first; DKVERIFY set to nothing refuses nothing, see
   qmail-dk(8):
     127.:allow,RELAYCLIENT="",QMAILQUEUE="${bin}/qmail-dk"
     10.:allow,RELAYCLIENT="",QMAILQUEUE="${bin}/qmail-dk"
     :allow,DKVERIFY="",QMAILQUEUE="${bin}/qmail-dk"
   Then rebuild the cdb, wherever the run script of qmail-smtpd looks for it:
     tcprules /etc/tcp.smtp.cdb /etc/tcp.smtp.tmp </etc/tcp.smtp

3. Or, for a server without tcprules, in a folder for envdir in its run script:
     mkdir -p /etc/qmail-dk
     echo ${bin}/qmail-dk >/etc/qmail-dk/QMAILQUEUE
     echo >/etc/qmail-dk/DKVERIFY
     exec envdir /etc/qmail-dk tcpserver ...

4. To sign also bounces, lists and what the users of this host send, name the keys, and have
   qmail-rspawn find dk-remote before qmail-remote, by PATH in the run script of qmail-send:
     echo /etc/domainkeys/%/default >/var/qmail/control/dksign
     PATH="${prefix}/${REMOTE_FOLDER}:/var/qmail/bin:$PATH"
${isResident ? formatResident(prefix) : ""}
Then ask what is wrong:
     ${bin}/dk-doctor

Undo this installation with --rollback, remove it with --uninstall.
`;
}

/** The step that starts the resident processes. Without them every program works by itself. */
function formatResident(prefix: string): string {
  const names = Object.values(PLACES).map(({ name }) => name);
  const folder = `${prefix}/${SERVICE_FOLDER}`;
  const links = names.map((name) => `     ln -s ${folder}/${name} /service/`);
  const units = names.map((name) =>
    `     systemctl enable --now ${folder}/${name}.service`
  );
  return `
5. Have the resident processes supervised, by daemontools, runit (/etc/service) or s6:
${links.join("\n")}
   or by systemd:
${units.join("\n")}
   After an upgrade each ends by itself with the next mail, and is started as the new version.
`;
}

/** Explains why an installation is not removed. */
export function formatUses(prefix: string, uses: Use[]): string {
  const lines = uses.map(({ where, what, undo }) =>
    `  ${where}: ${what}\n    -> ${undo}`
  );
  return `Mail would fail, since the programs of ${prefix} are in use:
${lines.join("\n")}
Undo that first; --force removes them all the same`;
}
