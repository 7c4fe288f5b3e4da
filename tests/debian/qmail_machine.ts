// A machine with qmail, as a root folder of its own over that of this machine: users, control files,
// services, rules of tcpserver and their cdb, a DNS server. Its qmail is made of stand-ins, which are
// started as qmail starts its programs. Refuses to know any of our programs.

import { type Ended, runToEnd } from "../support/ended.ts";
import type { Prefix } from "../support/requirements.ts";
import {
  type DnsServer,
  startDnsServerAt,
  type Zone,
} from "../../scripts/host/dns_server.ts";

/** The users and groups of INSTALL.ids, as lines of passwd(5) and group(5). */
const USERS = [
  ["alias", 57790, 52108],
  ["qmaild", 57791, 52108],
  ["qmaill", 57792, 52108],
  ["qmailp", 57793, 52108],
  ["qmailq", 57794, 52107],
  ["qmailr", 57795, 52107],
  ["qmails", 57796, 52107],
] as const;

const RUN_SMTPD = `#!/bin/sh
QMAILDUID=\`id -u qmaild\`
NOFILESGID=\`id -g qmaild\`
exec softlimit -m 30000000 \\
  tcpserver -v -R -l 0 -x /etc/tcp.smtp.cdb -u "$QMAILDUID" -g "$NOFILESGID" \\
  0 smtp /var/qmail/bin/qmail-smtpd 2>&1
`;
const RUN_SEND = "#!/bin/sh\nexec /var/qmail/rc\n";
const RC = `#!/bin/sh

# Using qmail-local to deliver messages to ~/Mailbox by default.

exec env - PATH="/var/qmail/bin:$PATH" \\
qmail-start ./Mailbox splogger qmail
`;

/** As qmail-rspawn: by PATH or QMAILREMOTE, as qmailr; the sender is in /tmp/sender. */
const QMAIL_START = `#!/bin/sh
exec setpriv --reuid=qmailr --regid=qmail --clear-groups \\
  "\${QMAILREMOTE:-qmail-remote}" example.net "$(cat /tmp/sender)" bob@example.net 2>&1
`;
/** Sends by printing. */
const QMAIL_REMOTE = `#!/bin/sh
printf 'r'; cat; printf '\\0Kaccepted\\n\\0'
`;

/** Beside mail, and none of it. */
const TINYDNS = `#!/bin/sh
# asked by qmail-smtpd
exec envuidgid tinydns envdir ./env softlimit -d300000 /usr/bin/tinydns
`;

const FILES: Record<string, string> = {
  "/service/qmail-smtpd/run": RUN_SMTPD,
  "/service/qmail-send/run": RUN_SEND,
  "/service/tinydns/run": TINYDNS,
  "/var/qmail/rc": RC,
  "/var/qmail/bin/qmail-start": QMAIL_START,
  "/var/qmail/bin/qmail-remote": QMAIL_REMOTE,
};

const RULES = '127.:allow,RELAYCLIENT=""\n10.:allow,RELAYCLIENT=""\n:allow\n';

const SETUP = `umask 022
sed -i -E '/^(alias|qmail[a-z]|qmail|nofiles):/d' /etc/passwd /etc/group
${
  USERS.map(([name, uid, gid]) =>
    `echo '${name}:x:${uid}:${gid}::/var/qmail:/bin/false' >>/etc/passwd`
  ).join("\n")
}
echo 'qmail:x:52107:' >>/etc/group
echo 'nofiles:x:52108:' >>/etc/group
rm -rf /var/qmail /service /var/service /etc/service /etc/tcp.smtp /etc/tcp.smtp.cdb /etc/domainkeys
mkdir -p /var/qmail/bin /var/qmail/control /service/a /service/qmail-smtpd /service/qmail-send /service/z
echo mail.example.com >/var/qmail/control/me
cp /bin/true /var/qmail/bin/qmail-queue
chown qmailq:qmail /var/qmail/bin/qmail-queue && chmod 4711 /var/qmail/bin/qmail-queue
cp /bin/true /var/qmail/bin/qmail-smtpd
printf '%s' "$RULES" >/etc/tcp.smtp
tcprules /etc/tcp.smtp.cdb /etc/tcp.smtp.tmp </etc/tcp.smtp
rm -f /etc/resolv.conf && echo "nameserver $NAMESERVER" >/etc/resolv.conf
printf '#!/bin/sh\\nshift 2\\nexec %s "$@"\\n' "$DENO" >/usr/local/bin/npx
chmod 755 /usr/local/bin/npx`;

/** Makes the root folder in \`$1\` out of the changes in it, and goes there. */
const ENTER = `mount -t overlay overlay \\
  -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root" &&
mount --rbind /proc "$1/root/proc" && mount --rbind /dev "$1/root/dev" &&
exec chroot "$1/root" /bin/sh -c "$2"`;

/** What comes from a client, as qmail-smtpd hands it on: with the variables of the cdb. */
const TAKE_IN = `umask 022
tcprulescheck /etc/tcp.smtp.cdb >/tmp/rules
cd /var/qmail
eval "$(sed -n 's/^set environment variable \\([A-Z_]*\\)=\\(.*\\)$/export \\1="\\2"/p' /tmp/rules)"
printf 'Fann@example.com\\0Tbob@example.net\\0\\0' >/tmp/envelope
exec setpriv --reuid=qmaild --regid=nofiles --clear-groups \\
  softlimit -m 30000000 "\${QMAILQUEUE:-/var/qmail/bin/qmail-queue}" </tmp/message 1</tmp/envelope`;

/** One machine; each command finds what those before it have left. */
export class QmailMachine implements AsyncDisposable {
  readonly zone: Zone = {};
  readonly #folder: string;
  readonly #dns: DnsServer;

  private constructor(folder: string, nameserver: string) {
    this.#folder = folder;
    this.#dns = startDnsServerAt(this.zone, nameserver);
  }

  static async open(): Promise<QmailMachine> {
    const folder = await makeFolder();
    // Loopback is a whole network, and a port of one address is enough.
    const nameserver = `127.${[1, 2, 3].map(() => 1 + randomByte()).join(".")}`;
    const machine = new QmailMachine(folder, nameserver);
    const { code, stderr } = await machine.run(SETUP, {
      RULES,
      NAMESERVER: nameserver,
      DENO: await Deno.realPath(Deno.execPath()),
    });
    if (code !== 0) throw new Error(stderr);
    for (const [path, text] of Object.entries(FILES)) {
      await machine.write(path, text, 0o755);
    }
    return machine;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#dns.close();
    await Deno.remove(this.#folder, { recursive: true });
  }

  /** Runs a script as root, who has logged in. */
  async run(
    script: string,
    env: Record<string, string> = {},
  ): Promise<Ended> {
    const login = `umask 022\n${script}`;
    return await runToEnd(
      ["unshare", "-m", "/bin/sh", "-c", ENTER, "sh", this.#folder, login],
      {
        env: {
          PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
          HOME: Deno.env.get("HOME") ?? "/root",
          NO_COLOR: "1",
          ...CACHE,
          ...env,
        },
        clearEnv: true,
      },
    );
  }

  /** Puts a file there. */
  async write(path: string, text: string, mode = 0o644): Promise<void> {
    const folder = path.replace(/[^/]*$/, "");
    const { code, stderr } = await this.run(
      `mkdir -p ${folder} && printf '%s' "$TEXT" >${path} && chmod ${
        mode.toString(8)
      } ${path}`,
      { TEXT: text },
    );
    if (code !== 0) throw new Error(stderr);
  }

  /** Takes a message in from a client. */
  async takeIn(message: string, client: string): Promise<Ended> {
    await this.write("/tmp/message", message);
    return await this.run(TAKE_IN, { TCPREMOTEIP: client });
  }

  /** Sends a message out, as qmail-send has it done; what is sent is printed. */
  async sendOut(message: string, sender: string): Promise<Ended> {
    await this.write("/tmp/message", message);
    await this.write("/tmp/sender", sender);
    return await this.run(
      "cd /service/qmail-send && exec ./run </tmp/message",
    );
  }
}

/** Where the runtime has what the project imports. */
const DENO_DIR = Deno.env.get("DENO_DIR");
const CACHE: Record<string, string> = DENO_DIR === undefined
  ? {}
  : { DENO_DIR };

function randomByte(): number {
  return crypto.getRandomValues(new Uint8Array(1))[0]! % 254;
}

async function makeFolder(dir?: string): Promise<string> {
  const folder = await Deno.makeTempDir({
    prefix: "qmail_machine_",
    ...dir === undefined ? {} : { dir },
  });
  // It is the root folder of every user there.
  await Deno.chmod(folder, 0o755);
  for (const name of ["upper", "work", "root"]) {
    await Deno.mkdir(`${folder}/${name}`);
    await Deno.chmod(`${folder}/${name}`, 0o755);
  }
  return folder;
}

/** What it takes to have one. */
export const QMAIL_MACHINE: Prefix = await findObstacle();

async function findObstacle(): Promise<Prefix> {
  if (Deno.build.os !== "linux") return { missing: "not Linux" };
  if (Deno.uid() !== 0) return { missing: "not root" };
  const folder = await makeFolder();
  try {
    const script =
      "for p in setpriv tcprules tcprulescheck softlimit git; do command -v $p || { echo no $p; exit 1; }; done";
    const { success, stdout } = await new Deno.Command("unshare", {
      args: ["-m", "/bin/sh", "-c", ENTER, "sh", folder, script],
      stderr: "null",
    }).output();
    if (success) return { words: [] };
    const said = new TextDecoder().decode(stdout).trim().split("\n").at(-1);
    return { missing: said || "no root folder of one's own (overlay, chroot)" };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { missing: "no unshare" };
    throw error;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
