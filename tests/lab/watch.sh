# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154  # $vfioscope is the caller's
# Sourced by what runs inside a lab guest, also one that has busybox alone: one vfioscope locks watches
# what several groups of checks do, as it takes long to start. $vfioscope is its path; all that it says
# is in watch.json and watch.err of the current folder.

# What it runs ends when somebody writes to this: to poll would take the processor's time.
over=/dev/over
mkfifo "$over" || exit
watcher=''

# start_watch OPTION...: it has begun when it lets its command run. $watcher is its process.
start_watch() {
	rm -f begun
	mark=0
	"$vfioscope" locks -j "$@" -- sh -c "touch begun; read -r over <$over" >watch.json 2>watch.err &
	watcher=$!
	until [ -e begun ]; do kill -0 "$watcher" && sleep 0.5 || return; done
}

# What it has said before is of no interest any more.
mark_watch() {
	mark=$(wc -l <watch.json)
	kill -0 "$watcher"
}

# hear [SECONDS]: said.json has what it has said since, after a moment for what may still come.
hear() {
	sleep "${1:-1}"
	tail -n +$((mark + 1)) watch.json >said.json
}

# Ends it; its exit status.
end_watch() {
	! kill -0 "$watcher" || echo >"$over"
	set -- "$watcher"
	watcher=''
	wait "$1"
}
