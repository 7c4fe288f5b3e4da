// Loaded before a program by --preload: its clock is ahead by CLOCK_AHEAD_MS.

const aheadMs = Number(Deno.env.get("CLOCK_AHEAD_MS"));
const now = Date.now;
Date.now = () => now() + aheadMs;
