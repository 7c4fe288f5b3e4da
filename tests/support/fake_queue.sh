#!/bin/sh
# A next program that writes down what it was given: fake_queue.sh DIR [EXIT].
# Refuses to know the qmail-queue interface: it checks nothing, copies fds 0 and 1 as they come,
# and exits EXIT (default 0) or, for a name like SIGKILL, dies by that signal.
#
# In DIR: environ, limits, status and fds as /proc has them, message, envelope, and, last, done.
# Of the shell's own doings these show: this script on a descriptor of 10 or above in fds, and
# SIGCHLD, perhaps SIGINT, caught in status.
set -e

# Not the caller's PATH: /proc keeps the one that came.
PATH=/usr/bin:/bin

# Runs a program under limits that let it live; those of this process stay as they came.
free() {
  ulimit -S -v unlimited 2>/dev/null || :
  ulimit -S -d unlimited 2>/dev/null || :
  exec "$@"
}

if [ -r /proc/$$/environ ]; then
  (free cp -f /proc/$$/environ /proc/$$/limits /proc/$$/status "$1") </dev/null >/dev/null
  (free ls -l /proc/$$/cwd /proc/$$/fd) </dev/null >"$1/fds"
fi
(free cat) >"$1/message"
(free cat) <&1 >"$1/envelope"
: >"$1/done"

case ${2:-0} in
  SIG*) kill -s "${2#SIG}" $$; exit 81 ;;
  *) exit "${2:-0}" ;;
esac
