#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# What goes wrong ends in one line that names it and what to do, with the right
# exit status, and leaves nothing attached and the terminal as it was.
# shellcheck disable=SC2030,SC2031,SC2154  # bats sets stderr

setup_file() {
	bats_require_minimum_version 1.5.0
	cd "$BATS_TEST_DIRNAME/../.." || return
	export OUT=$BATS_FILE_TMPDIR/out
	mkdir "$OUT"
	tests/lab/vm --timeout 540 --no-vfio --out "$OUT" 6.12 -- tests/lab/guest-errors \
		build/vfioscope build/tests/vfio-client >"$OUT/progress" 2>&1 || {
		tail -n 5 "$OUT/progress" >&2
		return 1
	}
}

setup() { cd "$BATS_TEST_DIRNAME/../.." || return; }

# --- on this machine: what is wrong before any kernel is asked -----------------------------

as_user() {
	if [ "$(id -u)" -eq 0 ]; then
		set -- setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
	fi
	"$@"
}

# refused TEXT ARGUMENT...: status 2, nothing on standard output, and one line with
# TEXT on standard error; an object too if JSON is asked for.
refused() {
	local text=$1
	shift
	run -2 --separate-stderr as_user build/vfioscope "$@"
	[ -z "$output" ]
	# shellcheck disable=SC2154  # bats sets it
	[ "${#stderr_lines[@]}" -eq 1 ]
	[[ $stderr == "vfioscope: "*"$text"* ]] || {
		echo "$*: $stderr"
		return 1
	}
	# Without a subcommand there are no options yet.
	[[ ${1-bogus} != bogus ]] || return 0
	run -2 --separate-stderr as_user build/vfioscope "$1" -j "${@:2}"
	[ -z "$output" ]
	jq -e -s --arg text "$text" 'length == 1 and (.[0] | keys_unsorted == ["type", "schema",
		"message"] and .type == "error" and (.message | contains($text)))' <<<"$stderr" || {
		echo "$1 -j ${*:2}: $stderr"
		return 1
	}
}

@test "a wrong command line: status 2, one line, and an object with --json" {
	refused 'which subcommand: latency, top, trace, events, policy, locks or doctor?'
	refused 'policy what: check, load, show, stats, watch or unload' policy
	refused 'policy destroy: check, load' policy destroy
	refused 'policy load takes one FILE' policy load
	refused 'policy show takes no argument' policy show x
	refused 'lsm, fmod_ret or kprobe' policy load --hook-type=x y
	refused 'a number from 1 on' policy watch -n -1
	refused 'at least 10ms' locks --threshold 9ms
	refused 'at least 10ms' locks --threshold soon
	refused '--scope needs --predict' locks --scope msleep
	refused '--all and --save need --predict or --from' locks --all
	refused '--compare needs --from' locks --compare x
	refused '--across needs --from' locks --predict --across
	for option in --predict --duration=1 --interval=1 --threshold=1s; do
		refused '--from watches nothing' locks "$option" --from x
	done
	for option in --from --dot --save --compare; do
		refused "$option '': give the name of a file" locks "$option" ''
	done
	refused "option '--from' requires an argument" locks --from
	refused "'x' is not an option" locks x
	refused "'bogus' is not a subcommand" bogus
	refused "unrecognized option '--bogus' (see vfioscope latency --help)" latency --bogus
	refused "option requires an argument -- 'd'" latency -d
	refused "'true' is not an option (a command goes behind --)" latency true
	refused "'x' is not an option" doctor x
	refused "unrecognized option '--slower=1ms'" latency --slower=1ms
	refused "unrecognized option '--by=pid'" trace --by=pid
}

@test "wrong values: the option, the value, and what it should be" {
	refused "width 'x' is not known" latency -w x
	refused "region 'bar6' is not known" latency -r bar0,bar6
	refused "operation 'foo' is not known" top -o read,foo
	refused "'foo' is not known" latency -b foo
	refused '--interval 0: give a time' latency -i 0
	refused '--interval -1: give a time' latency -i -1
	refused '--interval 0.0009: give a time in seconds, at least 0.001' top -i 0.0009
	refused '--duration abc: give a time' trace -t abc
	refused '--count 0: give a number from 1' latency -n 0
	refused '--max-keys 0: give a number from 1 to 65536' latency --max-keys 0
	refused '--max-keys 65537: give a number' latency --max-keys 65537
	refused "'x' is not a pid" latency -p x
	refused '--sort foo: one of time, count' latency -s foo
	refused '--hook-type foo: one of fsession, fentry and kprobe' latency --hook-type foo
	refused '--slower x: give a time, as 100us' trace --slower x
	refused '--buffer 3: give a power of two' trace --buffer 3
}

graph() { # EDGES
	echo "{\"type\":\"lock-order-graph\",\"schema\":1,\"host\":\"h\",\"kernel\":\"k\",\"edges\":$1,\"lost\":0}"
}

order() { # FROM TO
	echo "{\"type\":\"lock-order-edge\",\"schema\":1,\"from\":\"$1\",\"from_mode\":\"exclusive\"," \
		"\"to\":\"$2\",\"to_mode\":\"exclusive\",\"count\":1,\"first_ns\":1,\"last_ns\":1," \
		"\"many_tasks\":true,\"task\":{\"tid\":1,\"pid\":1,\"start_ns\":1,\"comm\":\"sh\"}," \
		"\"scope\":\"write\",\"guards\":[],\"stack\":[],\"source\":0}"
}

orders() { # FROM TO...
	graph $(($# / 2))
	while [ $# -gt 0 ]; do
		order "$1" "$2" && shift 2
	done
}

@test "files of orders: what is wrong, and nothing is written" {
	cd "$BATS_TEST_TMPDIR"
	graph 1 >short
	{ graph 1 && echo '{"type":"latency"}'; } >other
	for file in none short other; do
		run -1 --separate-stderr "$OLDPWD/build/vfioscope" locks --from "$file" --save saved
		[ -z "$output" ]
		[[ $stderr == "vfioscope: $file:"* && $stderr != *$'\n'* ]]
		[ ! -e saved ]
	done
	ln short other-name
	run -1 "$OLDPWD/build/vfioscope" locks --from short other other-name --save saved
	[ "$output" = "vfioscope: --from other-name: it is given twice, and would count twice" ]
	[ ! -e saved ]
}

# What may be of a cycle through two devices is there by their names, too.
@test "files of orders: what holds for any device is told and counted once" {
	local vfioscope=$PWD/build/vfioscope
	cd "$BATS_TEST_TMPDIR"
	orders 'a of D1' g g 'a of D1' >old
	orders 'a of D1' g g 'a of D1' 'a of D1' 'b of D2' 'b of D2' g >new
	run -3 --separate-stderr "$vfioscope" locks -j --from new --compare old --save merged
	[ "$(grep -c '"type":"lock-order",' <<<"$output")" -eq 2 ]
	[ "$(grep -c '"only_in"' <<<"$output")" -eq 2 ]
	[[ $output == *'"only_new":2,"only_old":0,"both":2,"less_guarded":0,'* ]]
	[[ $output == *'"orders":4,"classes":5,"predicted":2,'* ]]
	[ "$(wc -l <merged)" -gt 5 ]
	run -3 --separate-stderr "$vfioscope" locks -j --from merged
	[[ $output == *'"orders":4,"classes":5,"predicted":2,'* ]]
}

@test "files of orders: a graph that nobody reads to its end is named, and all is reported" {
	local vfioscope=$PWD/build/vfioscope pairs=()
	cd "$BATS_TEST_TMPDIR"
	for from in a b c d e f g; do
		for to in a b c d e f g; do
			[ $from = $to ] || pairs+=("$from" "$to")
		done
	done
	orders "${pairs[@]}" >dense
	mkfifo graph
	head -c 1 graph >/dev/null 3>&- & # more is drawn than a pipe takes
	status=0
	timeout 60 "$vfioscope" locks --from dense --dot graph >report 2>error || status=$?
	[ "$status" -eq 1 ]
	[ "$(cat error)" = 'vfioscope: --dot graph: Broken pipe' ]
	grep -q 'cycles: 2365 predicted, 0 suspected' report
	[ "$(grep -c '^ORDER ' report)" -eq 2365 ]
}

@test "a pipe that nobody reads is waited for, but not by who is told to end" {
	local vfioscope=$PWD/build/vfioscope
	cd "$BATS_TEST_TMPDIR"
	mkfifo unread
	status=0
	timeout --preserve-status -k 60 1 "$vfioscope" locks --dot unread 2>error || status=$?
	[ "$status" -eq 1 ]
	[ "$(cat error)" = 'vfioscope: --dot unread: interrupted while nobody read it' ]
	# Nor by who presses Ctrl-C, while the command is still to begin.
	# script(1) ends with 0 if the terminal is closed before the command has ended.
	timeout -k 1 60 script -qc "trap : INT
		$vfioscope locks --dot unread -- touch begun; echo \$? >status" terminal \
		< <(for _ in {1..40}; do sleep 1; [ -s status ] && exit; printf '\003'; done)
	[ "$(cat status)" -eq 1 ]
	grep -q 'interrupted while nobody read it' terminal
	[ ! -e begun ]
}

@test "as an ordinary user on this machine: one line that says what is needed" {
	for subcommand in latency trace locks 'latency -- true' 'top -j'; do
		# shellcheck disable=SC2086  # words
		run -1 --separate-stderr as_user build/vfioscope $subcommand
		[ -z "$output" ]
		[ "${#stderr_lines[@]}" -eq 1 ]
		[[ $stderr == *"run as root, or with CAP_BPF, CAP_PERFMON and CAP_SYS_ADMIN"* ||
			$stderr == *"has no BTF"* ]]
	done
	run -1 --separate-stderr as_user build/vfioscope top
	[ "$stderr" = "vfioscope: top needs a terminal: use 'vfioscope latency -i 1' or 'vfioscope top -j'" ]
}

# --- in the guest -----------------------------------------------------------------------------

# failed NAME STATUS TEXT: one line on standard error, nothing on standard output.
failed() {
	ended "$1" "$2"
	[ ! -s "$OUT/$1.out" ] || [ "${4-}" = with_output ]
	one_error "$1" "$3"
}

ended() { # NAME STATUS
	[ "$(<"$OUT/$1.status")" -eq "$2" ] || {
		echo "$1 ended with $(<"$OUT/$1.status"):"
		head -n 5 "$OUT/$1.err"
		return 1
	}
	nothing_left "$1"
}

nothing_left() { # NAME
	[ ! -s "$OUT/$1.left" ] || {
		echo "$1 left:"
		cat "$OUT/$1.left"
		return 1
	}
}

one_error() { # NAME TEXT
	if [ "$(wc -l <"$OUT/$1.err")" -ne 1 ] || ! grep -qF -- "$2" "$OUT/$1.err"; then
		echo "$1 said:"
		cat "$OUT/$1.err"
		return 1
	fi
}

is_error_object() { jq -e -s 'length == 1 and .[0].type == "error"' "$OUT/$1.err"; }

@test "as an ordinary user: what it needs" {
	failed user-latency 1 'run as root, or with CAP_BPF, CAP_PERFMON and CAP_SYS_ADMIN'
	failed user-trace 1 'run as root, or with CAP_BPF'
	failed user-json 1 'run as root, or with CAP_BPF'
	is_error_object user-json
	failed user-locks 1 'run as root, or with CAP_BPF'
	# Its report is what it is there for.
	failed user-doctor 1 'run as root, or with CAP_BPF' with_output
	jq -e -s 'map(select(.type == "kernel"))[0].healthy == false and
		any(.[]; .type == "check" and .name == "cap_bpf" and .good == false and .remedy != null)' \
		"$OUT/user-doctor.out"
}

@test "a kernel without BTF: what it needs" {
	failed no-btf 1 'CONFIG_DEBUG_INFO_BTF'
	failed no-btf-json 1 'CONFIG_DEBUG_INFO_BTF'
	is_error_object no-btf-json
	failed no-btf-locks 1 'CONFIG_DEBUG_INFO_BTF'
	failed no-btf-doctor 1 'CONFIG_DEBUG_INFO_BTF' with_output
}

@test "no such device, process, cgroup" {
	failed no-device 1 'there is no device 0000:ff:1f.7'
	failed no-device-json 1 'there is no device 0000:ff:1f.7'
	is_error_object no-device-json
	failed no-process 1 'there is no process 4194303'
	failed no-cgroup 1 'give a folder under /sys/fs/cgroup'
}

@test "without VFIO loaded no policy is enforced" {
	failed no-vfio-policy 1 'cannot enforce: vfio-pci is not loaded'
	[ ! -s "$OUT/no-vfio-policy.out" ]
}

@test "without VFIO loaded: it waits for it, and doctor says what to load" {
	ended no-modules 0
	[ ! -s "$OUT/no-modules.err" ]
	grep -q '^lost 0; in flight 0$' "$OUT/no-modules.out"
	ended no-modules-doctor 0
	jq -e -s 'any(.[]; (.remedy // "") | startswith("modprobe vfio-pci"))' \
		"$OUT/no-modules-doctor.out"
}

@test "a command that cannot be run: 127, 126" {
	failed no-command 127 'cannot run /no/such/command: No such file or directory' with_output
	failed not-executable 126 'cannot run /dev/null: Permission denied' with_output
}

@test "a reader that has gone, a disk that is full" {
	# Whoever closed the pipe has read enough: nothing is to be said.
	ended closed-pipe 1
	[ ! -s "$OUT/closed-pipe.err" ]
	[ "$(wc -l <"$OUT/closed-pipe.out")" -eq 1 ]
	ended closed-pipe-text 1
	[ ! -s "$OUT/closed-pipe-text.err" ]
	failed full-disk 1 'cannot write the output: No space left on device'
	failed full-disk-json 1 'cannot write the output: No space left on device'
	is_error_object full-disk-json
}

@test "a reader that does not read: Ctrl-C still ends it, and says what is missing" {
	failed full-pipe 1 'interrupted while nobody read the output'
	is_error_object full-pipe
}

@test "Ctrl-C at any moment: a clean end, and nothing is left attached" {
	local reports=0
	for moment in 0.01 0.1 0.3 0.6 0.9 1.3 1.7 2.1 2.5 3 1 4; do
		[ ! -s "$OUT/interrupt-$moment.err" ]
		if [ ! -s "$OUT/interrupt-$moment.out" ]; then
			ended "interrupt-$moment" 130 # it had not begun
			continue
		fi
		ended "interrupt-$moment" 0
		jq -e -s '.[-1].type == "loss"' "$OUT/interrupt-$moment.out"
		reports=$((reports + 1))
	done
	[ "$reports" -gt 0 ]
}

@test "a terminal that is closed ends it, and nothing is left attached" {
	ended lost-terminal 0
	ended lost-terminal-latency 0
	# They had begun.
	[ -s "$OUT/lost-terminal.out" ]
	grep -q '^lost 0' "$OUT/lost-terminal-latency.out"
}

as_found() { diff "$OUT/$1.before" "$OUT/$1.after"; }

@test "top in 80 and in 20 columns; the terminal is left as it was" {
	for name in top-80 top-20; do
		ended "$name" 0
		as_found "$name"
		# To the other screen and back, the cursor hidden and shown.
		grep -qF $'\e[?1049h' "$OUT/$name.out"
		grep -qF $'\e[?1049l' "$OUT/$name.out"
		grep -qF $'\e[?25h' "$OUT/$name.out"
		grep -qF 'config read 4' "$OUT/$name.out"
	done
	grep -qF 'P99.9' <(sed $'s/\e\\[?1049l.*//' "$OUT/top-80.out")
	run ! grep -qF 'P99' <(sed $'/\e\\[?1049l/,$d' "$OUT/top-20.out")
	# The cursor never goes where there is nothing.
	grep -oE $'\e\\[[0-9]+;[0-9]+H' "$OUT/top-20.out" | tr -d $'\eH[' |
		awk -F';' '$1 > 10 || $2 > 20 { bad = 1 } END { exit bad || !NR }'
}

@test "NO_COLOR: no colours; without a terminal no escapes at all" {
	ended top-plain 0
	as_found top-plain
	colours=$'\e\\[([0-9]*;)*[34][0-9]m'
	grep -qE "$colours" "$OUT/top-80.out"
	run ! grep -qE "$colours" "$OUT/top-plain.out"
	run ! grep -l $'\e' "$OUT/no-modules.out" "$OUT/no-command.out" "$OUT/no-btf-doctor.out" \
		"$OUT/no-btf.err" "$OUT/user-latency.err"
}
