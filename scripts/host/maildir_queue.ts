#!/usr/bin/env -S deno run -A
// A next program for machines without qmail: the interface of qmail-queue(8) that
// delivers into the Maildir (maildir(5)) of the variable MAILDIR. Refuses to know who a
// recipient is: each gets a copy, all in the same Maildir.

import { EXIT, type ExitCode, StepFailed } from "../../lib/qmail/exit_code.ts";

Deno.exitCode = EXIT.bug;

/** qmail-queue.c refuses an address of this many bytes. */
const ADDRESS_LIMIT_BYTES = 1003;

const buffer = new Uint8Array(65536);

try {
  queue();
  Deno.exitCode = 0;
} catch (error) {
  if (error instanceof StepFailed) Deno.exitCode = error.code;
  console.error(
    "maildir_queue:",
    error instanceof StepFailed ? error.message : error,
  );
}

function queue(): void {
  const maildir = Deno.env.get("MAILDIR");
  if (!maildir) throw new StepFailed(EXIT.configuration, "MAILDIR is not set");
  const received = formatReceived(new Date());
  refuseClosed(0);
  refuseClosed(1);
  doOrDie(EXIT.write, () => makeMaildir(maildir));

  const spoolPath = `${maildir}/tmp/${uniqueName(0)}`;
  const spool = doOrDie(EXIT.write, () => openSpool(spoolPath));
  copy(Deno.stdin, spool);
  const { sender, recipients } = readEnvelope();

  const names = recipients.map((_, i) => uniqueName(i + 1));
  const linked: string[] = [];
  try {
    for (const [i, recipient] of recipients.entries()) {
      const header = `Return-Path: <${oneLine(sender)}>\n` +
        `Delivered-To: ${oneLine(recipient)}\n${received}`;
      writeCopy(`${maildir}/tmp/${names[i]}`, header, spool);
    }
    for (const name of names) {
      const path = `${maildir}/new/${name}`;
      doOrDie(EXIT.write, () => Deno.linkSync(`${maildir}/tmp/${name}`, path));
      linked.push(path);
    }
  } catch (error) {
    linked.forEach(tryRemove);
    throw error;
  } finally {
    for (const name of names) tryRemove(`${maildir}/tmp/${name}`);
  }
}

function makeMaildir(maildir: string): void {
  for (const folder of ["tmp", "new", "cur"]) {
    Deno.mkdirSync(`${maildir}/${folder}`, { recursive: true, mode: 0o700 });
  }
}

/** Opens a file without a name, of which nothing is left if this process dies. */
function openSpool(path: string): Deno.FsFile {
  const file = Deno.openSync(path, {
    createNew: true,
    read: true,
    write: true,
    mode: 0o600,
  });
  Deno.removeSync(path);
  return file;
}

function writeCopy(path: string, header: string, spool: Deno.FsFile): void {
  const options = { createNew: true, write: true, mode: 0o600 };
  using file = doOrDie(EXIT.write, () => Deno.openSync(path, options));
  writeAll(file, Uint8Array.from(header, (char) => char.charCodeAt(0)));
  doOrDie(EXIT.read, () => spool.seekSync(0, Deno.SeekMode.Start));
  copy(spool, file);
  doOrDie(EXIT.write, () => file.syncSync());
}

function copy(from: Pick<Deno.FsFile, "readSync">, to: Deno.FsFile): void {
  for (;;) {
    const length = doOrDie(EXIT.read, () => from.readSync(buffer));
    if (length === null) return;
    writeAll(to, buffer.subarray(0, length));
  }
}

function writeAll(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length;) {
    done += doOrDie(EXIT.write, () => file.writeSync(bytes.subarray(done)));
  }
}

/** Reads the envelope as text of one char for each byte, in the order of qmail-queue.c. */
function readEnvelope(): { sender: string; recipients: string[] } {
  const bytes = readBytes(1);
  const nextByte = () => {
    const { done, value } = bytes.next();
    if (done) {
      throw new StepFailed(EXIT.read, "The envelope ends before its final NUL");
    }
    return value;
  };
  const readAddress = () => {
    let address = "";
    while (address.length < ADDRESS_LIMIT_BYTES) {
      const byte = nextByte();
      if (byte === 0) return address;
      address += String.fromCharCode(byte);
    }
    throw new StepFailed(
      EXIT.addressTooLong,
      `An address has ${ADDRESS_LIMIT_BYTES} bytes or more`,
    );
  };
  const expect = (byte: number, letter: string) => {
    if (byte === letter.charCodeAt(0)) return;
    throw new StepFailed(
      EXIT.envelope,
      `The envelope has byte ${byte} in place of "${letter}"`,
    );
  };

  expect(nextByte(), "F");
  const sender = readAddress();
  const recipients: string[] = [];
  for (let byte = nextByte(); byte !== 0; byte = nextByte()) {
    expect(byte, "T");
    recipients.push(readAddress());
  }
  return { sender, recipients };
}

/** Reads by libc: the runtime cannot read fd 1, and /dev/fd/1 would start at the beginning of a file. */
function* readBytes(fd: number): Generator<number, void> {
  const libc = openLibc();
  for (;;) {
    const length = Number(libc.symbols.read(fd, buffer, BigInt(buffer.length)));
    if (length < 0) {
      throw new StepFailed(EXIT.read, `Cannot read from fd ${fd}`);
    }
    if (length === 0) return;
    yield* buffer.subarray(0, length);
  }
}

function openLibc() {
  const names: Record<string, string[]> = {
    linux: ["libc.so.6", `libc.musl-${Deno.build.arch}.so.1`],
    darwin: ["libSystem.B.dylib"],
    freebsd: ["libc.so.7"],
  };
  let cause: unknown;
  for (const name of names[Deno.build.os] ?? ["libc.so"]) {
    try {
      return Deno.dlopen(name, {
        read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
      });
    } catch (error) {
      cause = error;
    }
  }
  throw new Error("Cannot open the C library", { cause });
}

/** Refuses /dev/null, which the runtime opens for a closed descriptor: it would queue an empty message. */
function refuseClosed(fd: number): void {
  const given = doOrDie(EXIT.read, () => Deno.statSync(`/dev/fd/${fd}`));
  const nothing = Deno.statSync("/dev/null");
  if (given.dev === nothing.dev && given.ino === nothing.ino) {
    throw new StepFailed(EXIT.read, `fd ${fd} is closed or /dev/null`);
  }
}

/** Makes a name as in maildir(5): seconds, microseconds, process, number within the process, host. */
function uniqueName(number: number): string {
  const now = performance.timeOrigin + performance.now();
  const micros = Math.floor(now * 1000);
  const host = Deno.hostname().replaceAll("/", "\\057")
    .replaceAll(":", "\\072");
  const seconds = Math.floor(micros / 1e6);
  return `${seconds}.M${micros % 1e6}P${Deno.pid}Q${number}.${host}`;
}

/** Writes a date as qmail-queue does, with no leading zero in the day. */
function formatReceived(date: Date): string {
  const [, day, month, year, time] = date.toUTCString().split(" ");
  return `Received: (qmail ${Deno.pid} invoked by uid ${Deno.uid()}); ` +
    `${Number(day)} ${month} ${year} ${time} -0000\n`;
}

/** Quotes an address as qmail-local does, so that it cannot begin a header field. */
function oneLine(address: string): string {
  return address.replaceAll("\n", "_");
}

function tryRemove(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // A mail reader removes leftovers in tmp/ after 36 hours (maildir(5)).
  }
}

function doOrDie<T>(code: ExitCode, step: () => T): T {
  try {
    return step();
  } catch (error) {
    throw new StepFailed(
      code,
      error instanceof Error ? error.message : `${error}`,
    );
  }
}
