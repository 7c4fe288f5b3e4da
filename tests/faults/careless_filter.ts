// A filter as it must not be: it starts the next program at once and writes the message to it
// through a pipe. Killed, it has queued a truncated one; the tests of kill -9 have to notice.

const [next, ...args] = Deno.args;
// fd 1 is the envelope, which the child inherits.
const child = new Deno.Command(next!, { args, stdin: "piped" }).spawn();
await Deno.stdin.readable.pipeTo(child.stdin);
Deno.exit((await child.status).code);
