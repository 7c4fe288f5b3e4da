// The exit codes of a program with the qmail-queue interface (qmail-queue(8)), and the exception that
// carries one. Knows no cause.

/** Exit codes by name. 11 to 40 are permanent to the caller, the others temporary. */
export const EXIT = {
  addressTooLong: 11,
  rejected: 31,
  noSuchKey: 32,
  outOfMemory: 51,
  timeLimit: 52,
  write: 53,
  read: 54,
  configuration: 55,
  deferred: 71,
  bug: 81,
  /** The SMTP client is told why on fd 4 or 6. */
  textGiven: 82,
  /** The SMTP client is told why on fd 2 (indimail). */
  textGivenOnFd2: 88,
  envelope: 91,
  /** Temporary for qmail-rspawn, whatever has been printed, and for the callers of qmail-queue. */
  crashed: 111,
  exec: 120,
} as const;

/** One of the numbers of {@linkcode EXIT}. */
export type ExitCode = typeof EXIT[keyof typeof EXIT];

/** The failure of a step in a program. A caller of the library never sees it. */
export class StepFailed extends Error {
  /** The exit code that tells the caller. */
  readonly code: ExitCode;

  /**
   * @param code What the program exits with.
   * @param detail One sentence for the log, quoting the value at fault.
   */
  constructor(code: ExitCode, detail: string) {
    super(detail);
    this.name = "StepFailed";
    this.code = code;
  }
}
