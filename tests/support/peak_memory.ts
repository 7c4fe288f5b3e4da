// Watches the memory of a process that runs, by /proc. Knows no program.

/** The most memory that a process has had, as seen every few milliseconds. */
export class PeakMemory {
  bytes = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  watch(pid: number): void {
    this.#timer = setInterval(() => this.#look(pid), 3);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(pid: number): void {
    try {
      const status = Deno.readTextFileSync(`/proc/${pid}/status`);
      const [, kib = "0"] = /^VmHWM:\s+(\d+) kB$/m.exec(status) ?? [];
      this.bytes = Math.max(this.bytes, 1024 * Number(kib));
    } catch {
      // It has ended just now.
    }
  }
}
