# SPDX-License-Identifier: GPL-2.0-only
# What tests/bench/run measured (an array of its JSON objects): with $format
# "json" the comparisons, one object a line; with "text" all of it as tables.

# --- memory of maps ------------------------------------------------------------------

def up($unit): (. + $unit - 1) / $unit | floor * $unit;
def power_of_two: . as $n | 1 | until(. >= $n; . * 2);

# What the kernel allocates for a map of this definition, but for its header.
# 48 bytes: struct htab_elem. Types that are not here grow with use, not with
# max_entries, or hold next to nothing.
def map_bytes($cpus):
	(.bytes_value | up(8)) as $value
	| (48 + (.bytes_key | up(8))) as $element
	| if .type == "array" then .max_entries * $value | up(4096)
	  elif .type == "percpu_array" then .max_entries * (8 + $value * $cpus)
	  elif .type == "hash" then
		(.max_entries + $cpus) * ($element + $value) + 16 * (.max_entries | power_of_two)
	  elif .type == "lru_hash" then
		.max_entries * ($element + $value) + 16 * (.max_entries | power_of_two)
	  elif .type == "percpu_hash" or .type == "lru_percpu_hash" then
		.max_entries * ($element + 8 + $value * $cpus) + 16 * (.max_entries | power_of_two)
	  elif .type == "ringbuf" then .max_entries + 3 * 4096
	  else .bytes_memlock end;

def maps_bytes($cpus): [.maps[] | map_bytes($cpus)] | add // 0;

# --- comparisons -----------------------------------------------------------------------

def cost($tracer; $operation):
	[.[] | select(.type == "bench-cost" and .tracer == $tracer and .operation == $operation)
	 | .added_ns][0];
def start($tracer): [.[] | select(.type == "bench-start" and .tracer == $tracer)][0];
def memory: if . then .rss_bytes + .map_bytes else null end;
def ratio($a; $b): if $a and $b and $b > 0 then $a / $b else null end;

# What a tracer adds, to the floor and to what else there is.
def added_goals($tracer; $how):
	([.[] | select(.type == "bench-cost" and .tracer == $tracer)] | length > 0) as $measured
	| . as $all
	| (["bar-read", "BAR read"], ["config-read", "config read"]) as [$operation, $name]
	| select($measured)
	| {goal: "added to a \($name)\($how), to the floor",
	   value: ratio($all | cost($tracer; $operation); $all | cost("floor"; $operation)),
	   limit: 1.5},
	  {goal: "added to a \($name)\($how), to bpftrace kfunc",
	   value: ratio($all | cost($tracer; $operation); $all | cost("bpftrace-kfunc"; $operation)),
	   limit: 0.4};

# Of one kernel's objects.
def goals:
	added_goals("vfioscope"; ""),
	added_goals("vfioscope-typed"; ", fsession"),
	{goal: "instructions to first data, to bpftrace kfunc",
	 value: ratio(start("vfioscope").counting_ns; start("bpftrace-kfunc").counting_ns),
	 limit: 0.25},
	{goal: "memory to start, to bpftrace kfunc",
	 value: ratio(start("vfioscope") | memory; start("bpftrace-kfunc") | memory),
	 limit: 0.25},
	([.[] | select(.type == "bench-maps")][0] as $maps
	 | (2, 256) as $cpus
	 | {goal: "MiB of maps for 1,000 keys, \($cpus) CPUs",
	    value: (if $maps then $maps | maps_bytes($cpus) / 1048576 else null end), limit: 64});

def kernels: reduce .[].kernel as $kernel ([]; if index($kernel) then . else . + [$kernel] end);

def judged:
	.[0].kernel as $kernel
	| goals
	| {type: "bench-goal", schema: 1, kernel: $kernel} + .
	| .met = (if .value == null then null else .value <= .limit end);

# --- text --------------------------------------------------------------------------------

def left($width): . + " " * ([$width - length, 0] | max);
def right($width): (" " * ([$width - length, 0] | max) // "") + .;
def whole: if . == null then "-" else (. + 0.5 | floor | tostring) end;
def fraction($digits; $scale):
	if . == null then "-"
	else (. * $scale + 0.5 | floor) as $n
	| (if $n < 0 then -$n else $n end) as $size
	| (if $n < 0 then "-" else "" end) + "\($size / $scale | floor)."
	  + ("0" * $digits + "\($size % $scale)")[-$digits:]
	end;
def tenths: fraction(1; 10);
def decimals: fraction(2; 100);

def titles: {
	"floor": "floor: fentry and fexit, clock only",
	"floor-empty": "fentry and fexit, empty",
	"floor-fsession": "fsession, clock only",
	"vfioscope": "vfioscope latency",
	"vfioscope-typed": "vfioscope latency --hook-type fsession",
	"vfioscope-W": "vfioscope latency -W",
	"vfioscope-command": "vfioscope latency -- COMMAND",
	"bpftrace-kfunc": "bpftrace kfunc, same key",
	"bpftrace-kprobe": "bpftrace kprobe, same key",
	"funclatency": "funclatency, no key",
	"perf": "perf ftrace latency, no key",
	"none-afterwards": "nothing, at the end"
};

def cost_row($all; $tracer):
	(titles[$tracer] | left(38))
	+ ($all | cost($tracer; "bar-read") | whole | right(10))
	+ ($all | cost($tracer; "config-read") | whole | right(13))
	+ ($all | cost($tracer; "other-file") | tenths | right(12))
	+ (ratio($all | cost($tracer; "bar-read"); $all | cost("floor"; "bar-read"))
	   | decimals | right(9))
	+ (ratio($all | cost($tracer; "bar-read"); $all | cost("bpftrace-kfunc"; "bar-read"))
	   | decimals | right(12));

def reason_row: (titles[.tracer] // .tracer | left(38)) + ("  n/a: \(.reason)"[:60]);

def cost_table:
	. as $all
	| ("Instructions added to one call" | left(38)) + "  BAR read  config read  other file"
		+ "  x floor  x bpftrace",
	  ([.[] | select(.type == "bench-cost" and .tracer == "none") | {(.operation): .p50_ns}]
	   | add
	   | ("(without a tracer the call takes" | left(38)) + (.["bar-read"] | whole | right(10))
	     + (.["config-read"] | whole | right(13)) + (.["other-file"] | whole | right(12))
	     + ")"),
	  (titles | keys_unsorted[] as $tracer
	   | if [$all[] | select(.tracer == $tracer and .type == "bench-cost")] | length > 0
	     then cost_row($all; $tracer)
	     else $all[] | select(.tracer == $tracer and .type == "bench-missing") | reason_row
	     end),
	  (.[] | select(.type == "bench-cost" and .exact == false)
	   | "(\(.tracer), \(.operation): p50 \(.p50_ns), p99 \(.p99_ns): not exact)"),
	  (.[] | select(.type == "bench-loss")
	   | (.loss | to_entries | map("\(.key) \(.value)") | join(", ")) as $loss
	   | "(\(.tracer) says of itself: \($loss))");

def mib: if . == null then "-" else . / 1048576 | decimals end;

def start_table:
	start("bpftrace-kfunc") as $other
	| ("Million instructions until" | left(28)) + "counting   attached    RSS MiB   maps MiB"
		+ "  x counting  x memory",
	  (.[] | select(.type == "bench-start" and (.tracer | startswith("floor") | not))
	   | (titles[.tracer] | left(30)) + (.counting_ns / 1e6 | whole | right(6))
	     + (.attached_ns / 1e6 | whole | right(11))
	     + (.rss_bytes | mib | right(11)) + (.map_bytes | mib | right(11))
	     + (ratio(.counting_ns; $other.counting_ns) | decimals | right(12))
	     + (ratio(memory; $other | memory) | decimals | right(10)));

def goal_table:
	"Goals of vfioscope latency                              measured   at most",
	(judged
	 | (.goal | left(52)) + (.value | decimals | right(12)) + (.limit | decimals | right(10))
	   + "   "
	   + (if .met == null then "not measured" elif .met then "holds" else "MISSED" end));

def text:
	"Linux \(.[0].kernel)", "", cost_table, "", start_table, "", goal_table, "";

. as $all
| kernels[] as $kernel
| $all | map(select(.kernel == $kernel))
| if $format == "json" then judged | tojson else text end
