// What a filter does where the runtime may not call the C library: the next program is a child, and
// what is queued and how it ends is the same.

import { assertEquals, assertMatch } from "@std/assert";
import { makeEnvelope, runFilter } from "../support/queue.ts";
import { Site } from "../support/site.ts";

const FILTER = new URL("../../filters/dk_sign.ts", import.meta.url).pathname;
const COMMAND = [Deno.execPath(), "run", "-A", "--deny-ffi", FILTER];
const ENVELOPE = makeEnvelope("alice@example.com", ["bob@example.net"]);

function messageOf(bytes: number): Uint8Array {
  const header = "From: alice@example.com\nSubject: hello\n\n";
  return new TextEncoder().encode(
    header + "A line of the body.\n".repeat(bytes / 20),
  );
}

for (const [name, bytes] of [["10 KB", 1e4], ["10 MB", 1e7]] as const) {
  Deno.test(`\`dk-sign\` without FFI queues a message of ${name} whole`, async () => {
    await using site = await Site.open();
    const message = messageOf(bytes);
    const { code, queued } = await runFilter({
      command: COMMAND,
      message,
      envelope: ENVELOPE,
      env: site.env,
    });
    assertEquals(code, 0);
    assertEquals(queued?.envelope, ENVELOPE);
    const rest = queued!.message.length - message.length;
    assertEquals(queued!.message.subarray(rest), message);
    const added = new TextDecoder().decode(queued!.message.subarray(0, rest));
    assertMatch(added, /^DKIM-Signature: [^]*\nDomainKey-Signature: [^]*\n$/);
    assertEquals(await site.temporaryFiles(), []);
  });
}

for (const [end, expected] of [[53, 53], [31, 31], ["SIGKILL", 81]] as const) {
  Deno.test(`\`dk-sign\` without FFI exits ${expected} when the next program ends with ${end}`, async () => {
    await using site = await Site.open();
    const { code, reached } = await runFilter({
      command: COMMAND,
      message: messageOf(1000),
      envelope: ENVELOPE,
      env: site.env,
      nextExit: end,
    });
    assertEquals([code, reached], [expected, true]);
    assertEquals(await site.temporaryFiles(), []);
  });
}

for (
  const [name, run, expected] of [
    [
      "the envelope ends early",
      { envelope: new TextEncoder().encode("Fa@b") },
      54,
    ],
    [
      "the next program is missing",
      { next: "none", extra: ["/nonexistent"] },
      120,
    ],
    ["TMPDIR is missing", { env: { TMPDIR: "/nonexistent" } }, 53],
  ] as const
) {
  Deno.test(`\`dk-sign\` without FFI exits ${expected} when ${name}`, async () => {
    await using site = await Site.open();
    const { extra = [], env, ...rest } = { extra: [], env: {}, ...run };
    const { code, reached } = await runFilter({
      message: messageOf(1000),
      envelope: ENVELOPE,
      ...rest,
      command: [...COMMAND, ...extra],
      env: { ...site.env, ...env },
    });
    assertEquals([code, reached], [expected, false]);
  });
}

for (
  const [name, content] of [
    ["is empty", ""],
    ["is text without an interpreter", "exit 0\n"],
    ["has an interpreter that is missing", "#!/nonexistent/sh\n"],
  ] as const
) {
  Deno.test(`\`dk-sign\` without FFI exits 120 when the next program ${name}`, async () => {
    await using site = await Site.open();
    const program = await site.write("program", content);
    await Deno.chmod(program, 0o755);
    const { code } = await runFilter({
      command: [...COMMAND, program],
      message: messageOf(1000),
      envelope: ENVELOPE,
      env: site.env,
      next: "none",
    });
    assertEquals(code, 120);
  });
}

Deno.test("`dk-sign` without FFI exits 54 when fd 0 is closed", async () => {
  await using site = await Site.open();
  const { code, reached } = await runFilter({
    command: COMMAND,
    envelope: ENVELOPE,
    env: site.env,
    setup: "exec 0<&-",
  });
  assertEquals([code, reached], [54, false]);
});
