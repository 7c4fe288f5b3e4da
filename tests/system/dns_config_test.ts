// The configuration of lib/system/dns/client.ts as text: two variables and resolv.conf.

import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import {
  type DnsConfig,
  parseDnsConfig,
  readDnsConfig,
} from "../../lib/system/dns/config.ts";
import { Environment } from "../../lib/system/configuration/environment.ts";
import { readDnsOptions } from "../../lib/system/configuration/options.ts";
import { EXIT, StepFailed } from "../../lib/qmail/exit_code.ts";

const DEFAULTS = { attempts: 2, tryTimeoutMs: 5000, timeoutMs: 10_000 };
const at = (hostname: string, port = 53) => ({ hostname, port });
const servers = (...servers: DnsConfig["servers"]) => ({
  ...DEFAULTS,
  servers,
});

const CONFIGS: Record<string, [string, string, string, DnsConfig]> = {
  "nothing": ["", "", "", servers(at("127.0.0.1"))],
  "one address": ["192.0.2.1", "", "", servers(at("192.0.2.1"))],
  "addresses with and without ports": [
    " 192.0.2.1:5353  192.0.2.2\t[2001:db8::1]:54 2001:db8::2 [::1]\n",
    "",
    "",
    servers(
      at("192.0.2.1", 5353),
      at("192.0.2.2"),
      at("2001:db8::1", 54),
      at("2001:db8::2"),
      at("::1"),
    ),
  ],
  "scopes": [
    "fe80::1%eth0 [fe80::2%wlan-0.1]:5353",
    "",
    "",
    servers(at("fe80::1%eth0"), at("fe80::2%wlan-0.1", 5353)),
  ],
  "0.0.0.0 as this host": ["0.0.0.0", "", "", servers(at("127.0.0.1"))],
  "a DNSTIMEOUT": [
    "",
    "30",
    "",
    { ...servers(at("127.0.0.1")), timeoutMs: 30_000 },
  ],
  "a resolv.conf": [
    "",
    "",
    "# nameserver 192.0.2.9\n; nameserver 192.0.2.8\nsearch example.com\n" +
    "nameserver 192.0.2.1\r\n\tnameserver\t2001:db8::1 # second\n" +
    "nameserver fe80::1%eth0\noptions edns0 timeout:3 attempts:4 rotate\n",
    {
      servers: [at("192.0.2.1"), at("2001:db8::1"), at("fe80::1%eth0")],
      attempts: 4,
      tryTimeoutMs: 3000,
      timeoutMs: 10_000,
    },
  ],
  "a resolv.conf full of errors": [
    "",
    "",
    "nameserver\nnameserver example.com\nnameserver 1.2.3\noptions timeout: " +
    "attempts:x attempts\n\0\nnameserver 192.0.2.1",
    servers(at("192.0.2.1")),
  ],
  "options at their limits": [
    "",
    "",
    "options timeout:0 attempts:0\noptions timeout:99999999999 attempts:99",
    { ...servers(at("127.0.0.1")), attempts: 5, tryTimeoutMs: 30_000 },
  ],
  "DNSCACHEIP without a look at resolv.conf": [
    "192.0.2.1",
    "",
    "nameserver 192.0.2.2\noptions timeout:1 attempts:1",
    servers(at("192.0.2.1")),
  ],
  "an empty DNSCACHEIP as none": [
    " ",
    "",
    "nameserver 192.0.2.2",
    servers(at("192.0.2.2")),
  ],
};
for (
  const [what, [cacheIp, timeout, resolvConf, config]] of Object.entries(
    CONFIGS,
  )
) {
  Deno.test(`\`parseDnsConfig()\` takes ${what}`, () => {
    assertEquals(parseDnsConfig(cacheIp, timeout, resolvConf), config);
  });
}

const BAD_ADDRESSES = [
  "example.com",
  "1.2.3",
  "1.2.3.4.5",
  "1.2.3.4.",
  "1.2.3.256",
  "01.2.3.4",
  "1",
  "192.0.2.1,192.0.2.2",
  "192.0.2.1:0",
  "192.0.2.1:65536",
  "192.0.2.1:",
  "192.0.2.1:x",
  "192.0.2.1:1:2",
  ":53",
  "[::1",
  "::1]",
  "[]:53",
  "[::1]53",
  "[::1]:",
  "[abc]",
  "[192.0.2.1]",
  "1::2::3",
  "12345::1",
  "::1%",
  "::1%e/th",
  "::1]/x[",
  "http://192.0.2.1",
  "\u0661.2.3.4",
];
for (const address of BAD_ADDRESSES) {
  Deno.test(`\`parseDnsConfig()\` refuses DNSCACHEIP "${address}"`, () => {
    const parse = () => parseDnsConfig(`192.0.2.1 ${address}`, "", "");
    assertThrows(parse, SyntaxError, `"${address}"`);
  });
}

for (const timeout of ["0", "00", "-1", "1.5", "1e3", "x", " 5", "100000"]) {
  Deno.test(`\`parseDnsConfig()\` refuses DNSTIMEOUT "${timeout}"`, () => {
    const parse = () => parseDnsConfig("", timeout, "");
    assertThrows(parse, SyntaxError, `"${timeout}"`);
  });
}

Deno.test("`readDnsConfig()` reads the variables and the file", () => {
  const path = Deno.makeTempFileSync();
  try {
    Deno.writeTextFileSync(path, "nameserver 192.0.2.7\n");
    const fromFile = readDnsConfig({ timeout: "3", resolvConfPath: path });
    assertEquals(fromFile, { ...servers(at("192.0.2.7")), timeoutMs: 3000 });
    const fromTexts = readDnsConfig({
      cacheIp: "192.0.2.8",
      resolvConfPath: path,
    });
    assertEquals(fromTexts, servers(at("192.0.2.8")));
  } finally {
    Deno.removeSync(path);
  }
});

Deno.test("`readDnsConfig()` takes a missing file for an empty one", () => {
  const config = readDnsConfig({ resolvConfPath: "/nonexistent/resolv.conf" });
  assertEquals(config, servers(at("127.0.0.1")));
});

Deno.test("`readDnsConfig()` has no server where the file is there and cannot be read", () => {
  const folder = Deno.makeTempDirSync();
  try {
    const { servers, trouble } = readDnsConfig({ resolvConfPath: folder });
    assertEquals(servers, []);
    assertMatch(trouble ?? "", /^Cannot read ".*": /);
  } finally {
    Deno.removeSync(folder);
  }
});

Deno.test("`readDnsOptions()` refuses a variable that is not UTF-8", () => {
  const get = () => {
    throw new Deno.errors.InvalidData();
  };
  const read = () => readDnsOptions(new Environment({ get }));
  const error = assertThrows(read, StepFailed, "DNSCACHEIP") as StepFailed;
  assertEquals(error.code, EXIT.configuration);
});
