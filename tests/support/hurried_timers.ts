// Loaded before a program by --preload: a minute of waiting is a second.

const { setTimeout } = globalThis;
globalThis.setTimeout =
  ((run: () => void, ms = 0) => setTimeout(run, ms / 60)) as typeof setTimeout;
