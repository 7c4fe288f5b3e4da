#!/bin/sh
# A qmail-remote that writes down what it was given, into the folder that it is called in by a link.
# Refuses to know the qmail-remote interface: prints what FOLDER/report holds, and exits with what
# FOLDER/exit says or, for a name like SIGKILL, dies by that signal.
#
# In FOLDER: started, environ, limits, status, cmdline and fds as /proc has them, size, message, done.
set -e
folder=${0%/*}
: >"$folder/started"

# Not the caller's PATH: /proc keeps the one that came.
PATH=/usr/bin:/bin
(cp -f /proc/$$/environ /proc/$$/limits /proc/$$/status /proc/$$/cmdline "$folder") </dev/null
(ls -l /proc/$$/cwd /proc/$$/fd) </dev/null >"$folder/fds"
(stat -L -c %s /proc/$$/fd/0) >"$folder/size"
(cat) >"$folder/message"
: >"$folder/done"

cat "$folder/report"
exit=$(cat "$folder/exit")
case $exit in
  SIG*) kill -s "${exit#SIG}" $$; exit 81 ;;
  *) exit "$exit" ;;
esac
