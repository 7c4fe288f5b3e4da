#!/bin/sh
# A next program that shows on fd 2 what it got, message and then envelope, and queues nothing:
# DKQUEUE=scripts/host/show_queue.sh dk-sign <message 1<envelope
# Refuses to know whether either is right: it exits 0 whatever they hold.

# The whole message first: a caller writes the envelope only after it.
cat >&2 || exit 53
printf '\n--- envelope\n' >&2
{
  tr '\0' '\n' <&3 | sed '/^$/d; s/^F/sender: /; s/^T/recipient: /' >&2
} 3<&1
