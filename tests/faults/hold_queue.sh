#!/bin/sh
# A next program that can be killed and still tells what it was given: hold_queue.sh DIR.
# Takes its time at the end, as qmail-queue does to write to the disk.
# Its child, which outlives it, makes DIR/started, copies fds 0 and 1 to their ends into
# DIR/message and DIR/envelope, and makes DIR/done. It holds fd 2 open until DIR/started is there.
PATH=/usr/bin:/bin
exec 3<&0 4<&1
{
  : >"$1/started"
  exec 2>&-
  cat <&3 >"$1/message"
  cat <&4 >"$1/envelope"
  : >"$1/done"
} &
wait
exec sleep 0.3 2>&-
