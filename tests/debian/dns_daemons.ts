// DNS servers from Debian with one zone, example.com, each on an address of loopback of its own.
// Knows no key.

import * as dns from "@dnsquery/dns-packet";
import { toBytes, toText } from "../support/mail.ts";
import { formatQuery } from "../../lib/dns/message.ts";
import { runToEnd } from "../support/ended.ts";
import { Daemon, makeAddress, until } from "./daemon.ts";
import { pathOf } from "./requirements.ts";

const PORT = 5300;
const ZONE = "example.com";
const ANSWER_LIMIT_MS = 1000;

/** A server that answers. */
export interface DnsDaemon extends AsyncDisposable {
  /** As DNSCACHEIP wants it. */
  address: string;
  end(): Promise<void>;
}

/** One whose zone can be changed. */
export interface ZoneDaemon extends DnsDaemon {
  /** Serves these records from now on, in place of those before. */
  publish(records: string): Promise<void>;
}

/** Serves lines of tinydns-data with tinydns, which knows no port but 53. */
export async function startTinydns(
  folder: string,
  lines: string,
): Promise<ZoneDaemon> {
  const address = makeAddress();
  // Not for the rest of the folder, which it may not read: it becomes nobody.
  const root = `${folder}/tinydns`;
  await Deno.mkdir(root);
  const publish = async (lines: string) => {
    await Deno.writeTextFile(
      `${root}/data`,
      `.${ZONE}:${address}:a:3600\n${lines}`,
    );
    const { code, stderr } = await runToEnd([pathOf("tinydns-data")], {
      cwd: root,
    });
    if (code !== 0) throw new Error(stderr);
  };
  await publish(lines);
  const daemon = await serve(address, {
    command: [pathOf("tinydns")],
    env: { ROOT: root, IP: address, UID: "65534", GID: "65534" },
  });
  return { ...daemon, publish };
}

/** How nsd serves. */
export interface NsdOptions {
  /** Larger answers are truncated over UDP. */
  udpBytes?: number;
  address?: string;
  /** 53 is for root. */
  port?: number;
}

/** Serves the text of a zone with nsd. */
export async function startNsd(
  folder: string,
  records: string,
  { udpBytes = 1232, address = makeAddress(), port = PORT }: NsdOptions = {},
): Promise<ZoneDaemon> {
  await writeZone(folder, address, records);
  const config = `server:
  ip-address: ${address}@${port}
  username: ""
  chroot: ""
  zonesdir: "${folder}"
  database: ""
  pidfile: "${folder}/nsd.pid"
  xfrdfile: "${folder}/xfrd.state"
  xfrdir: "${folder}"
  zonelistfile: "${folder}/zone.list"
  server-count: 1
  ipv4-edns-size: ${udpBytes}
remote-control:
  control-enable: no
zone:
  name: "${ZONE}"
  zonefile: "zone"
`;
  await Deno.writeTextFile(`${folder}/nsd.conf`, config);
  const daemon = await serve(`${address}:${port}`, {
    command: [pathOf("nsd"), "-d", "-c", `${folder}/nsd.conf`],
  });
  let serial = 1;
  return {
    ...daemon,
    async publish(records) {
      await writeZone(folder, address, records, ++serial);
      const pid = await Deno.readTextFile(`${folder}/nsd.pid`);
      Deno.kill(Number(pid), "SIGHUP");
      await until("nsd serves the new zone", async () => {
        const answer = await askUdp(daemon.address, `serial.${ZONE}`);
        const [record] = answer?.answers ?? [];
        return record?.type === "TXT" &&
          toText([record.data].flat()[0] as Uint8Array) === `${serial}`;
      });
    },
  };
}

/** Serves the text of a zone with knot. */
export async function startKnot(
  folder: string,
  records: string,
): Promise<DnsDaemon> {
  const address = makeAddress();
  await writeZone(folder, address, records);
  const config = `server:
  rundir: "${folder}"
  listen: ${address}@${PORT}
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
database:
  storage: "${folder}"
zone:
  - domain: ${ZONE}
    storage: "${folder}"
    file: "zone"
    zonefile-load: whole
`;
  await Deno.writeTextFile(`${folder}/knot.conf`, config);
  return await serve(`${address}:${PORT}`, {
    command: [pathOf("knotd"), "-c", `${folder}/knot.conf`],
  });
}

/** A cache that asks the server at an address (with port 53 or another) for the zone. */
export async function startUnbound(
  folder: string,
  server: string,
): Promise<DnsDaemon> {
  const address = makeAddress();
  const config = `server:
  interface: ${address}@${PORT}
  access-control: 127.0.0.0/8 allow
  outgoing-interface: 127.0.0.1
  do-not-query-localhost: no
  do-daemonize: no
  do-ip6: no
  chroot: ""
  username: ""
  directory: "${folder}"
  pidfile: ""
  use-syslog: no
  logfile: ""
  module-config: "iterator"
  root-hints: ""
  num-threads: 1
remote-control:
  control-enable: no
stub-zone:
  name: "${ZONE}"
  stub-addr: ${server.replace(":", "@")}
`;
  await Deno.writeTextFile(`${folder}/unbound.conf`, config);
  return await serve(`${address}:${PORT}`, {
    command: [pathOf("unbound"), "-d", "-c", `${folder}/unbound.conf`],
  });
}

/**
 * Asks for TXT records over UDP as the filters do, and not again over TCP.
 *
 * @returns `undefined` when nothing came.
 */
export async function askUdp(
  address: string,
  name: string,
): Promise<dns.Packet | undefined> {
  const [hostname = "", port = "53"] = address.split(":");
  const socket = Deno.listenDatagram({
    transport: "udp",
    hostname: "127.0.0.1",
    port: 0,
  });
  const question = formatQuery(4711, name)!;
  const to = { transport: "udp", hostname, port: Number(port) } as const;
  let isClosed = false;
  const close = () => {
    if (!isClosed) socket.close();
    isClosed = true;
  };
  const timer = setTimeout(close, ANSWER_LIMIT_MS);
  try {
    await socket.send(question, to);
    const [packet] = await socket.receive();
    return dns.decode(packet);
  } catch (error) {
    // Closed because it took too long, or nobody listens there yet.
    if (isClosed || error instanceof Deno.errors.ConnectionRefused) return;
    throw error;
  } finally {
    clearTimeout(timer);
    close();
  }
}

async function serve(
  address: string,
  run: { command: string[]; env?: Record<string, string> },
): Promise<DnsDaemon> {
  const daemon = await Daemon.start({
    ...run,
    isReady: async () => await askUdp(address, ZONE) !== undefined,
  });
  return {
    address,
    end: () => daemon.end(),
    [Symbol.asyncDispose]: () => daemon.end(),
  };
}

async function writeZone(
  folder: string,
  address: string,
  records: string,
  serial = 1,
): Promise<void> {
  const soa = `a.ns.${ZONE}. postmaster.${ZONE}. ${serial} 3600 600 86400 60`;
  const zone = `$TTL 3600\n${ZONE}.\tIN\tSOA\t${soa}\n` +
    `${ZONE}.\tIN\tNS\ta.ns.${ZONE}.\na.ns.${ZONE}.\tIN\tA\t${address}\n` +
    `serial.${ZONE}.\tIN\tTXT\t"${serial}"\n`;
  await Deno.writeFile(`${folder}/zone`, toBytes(zone + records));
}
