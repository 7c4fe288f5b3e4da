// Ends the process if its event loop hangs, since launchers would wait for their replies for ever. A
// worker watches it: nothing else runs then.

/** How long a loop may stand still; only while the worker runs too, so no time of a stopped process. */
const STILL_SECONDS = 30;

/** The whole of the worker: a process that is stopped and goes on counts no second of that. */
const WORKER = `onmessage = ({ data }) => {
    let seen = -1, still = 0;
    setInterval(() => {
      const now = Atomics.load(data, 0);
      still = now === seen ? still + 1 : 0;
      seen = now;
      if (still >= ${STILL_SECONDS}) Deno.kill(Deno.pid, "SIGKILL");
    }, 1000);
  };
`;

/** Starts to watch this process. */
export function startWatchdog(): void {
  const url = `data:text/javascript,${encodeURIComponent(WORKER)}`;
  const worker = new Worker(url, { type: "module" });
  const beats = new Int32Array(new SharedArrayBuffer(4));
  worker.postMessage(beats);
  setInterval(() => Atomics.add(beats, 0, 1), 1000);
}
