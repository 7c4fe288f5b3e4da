// Sets O_NONBLOCK on fd 0, as a careless caller leaves it, and becomes the program named by the
// arguments. Linux alone; refuses to know what that program is.

const O_NONBLOCK = 0o4000;
const F_SETFL = 4;
const SIGPIPE = 13;

const libc = Deno.dlopen("libc.so.6", {
  fcntl: { parameters: ["i32", "i32", "i32"], result: "i32" },
  signal: { parameters: ["i32", "pointer"], result: "pointer" },
  unsetenv: { parameters: ["buffer"], result: "i32" },
  execv: { parameters: ["buffer", "buffer"], result: "i32" },
});

const cString = (text: string) => new TextEncoder().encode(text + "\0");
const words = Deno.args.map(cString);
const argv = new BigUint64Array(words.length + 1);
words.forEach((word, i) => {
  argv[i] = BigInt(Deno.UnsafePointer.value(Deno.UnsafePointer.of(word)));
});

libc.symbols.fcntl(0, F_SETFL, O_NONBLOCK);
// The runtime ignores it, and what is ignored stays so over exec.
libc.symbols.signal(SIGPIPE, null);
libc.symbols.unsetenv(cString("DENO_DISABLE_NODE_SHIM"));
libc.symbols.execv(words[0]!, new Uint8Array(argv.buffer));
Deno.exit(127);
