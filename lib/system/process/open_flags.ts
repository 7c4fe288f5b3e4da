// Flags of open(2), by number: the C library is called without its header. FreeBSD and macOS share the
// first two.

const NUMBERS = {
  linux: [0o4000, 0o400000, 0o2000000],
  darwin: [0x4, 0x100, 0x1000000],
  bsd: [0x4, 0x100, 0x100000],
} as const;

const { os } = Deno.build;

export const [O_NONBLOCK, O_NOFOLLOW, O_CLOEXEC] =
  NUMBERS[os === "linux" || os === "darwin" ? os : "bsd"];
