# SPDX-License-Identifier: GPL-2.0-only
# Compares what a tracer counted with what clients say they did:
#     jq -n 'def wanted: CONDITION;'"$(cat account.jq)" \
#         --slurpfile tracer NAME.tracer --slurpfile client NAME.client
# CONDITION says which of the client's operations the tracer should have seen.
# Prints each key on which they differ, and how many keys there are; nothing is
# said of other ioctls of a container, which the client does not count alike.

# Wide accesses are kept together by powers of two.
def rounded: if . <= 128 then . else pow(2; ((. - 1) | log2 | floor) + 1) end;

def row($device; $op; $region; $width; $cmd; $calls; $errnos):
	{ device: $device, region: $region, op: $op, width: $width, cmd: $cmd,
	  count: ($calls - ([$errnos[]] | add // 0)), errnos: $errnos };

# DMA belongs to a container.
def owner: if .op | startswith("dma-") then "container" else .device end;

# Fewer bytes than asked for are a success to the kernel.
def operations:
	.[] | select(.type == "operation")
	| row(owner; .op; .region // ""; (.width // 0) | rounded; .cmd;
	      .count * (.segments // 1); .errnos | del(.SHORT));

def setup:
	.[] | select(.type == "setup") | .device as $device | .setup | to_entries[]
	| if .key == "config-read" then row($device; "read"; "config"; 2; null; .value; {})
	  elif .key == "config-write" then row($device; "write"; "config"; 2; null; .value; {})
	  elif .key == "open" or .key == "release" then
		row($device; .key; ""; 0; null; .value; {})
	  else row($device; "ioctl"; ""; 0; .key; .value; {}) end;

# vfio-pci resets a device when it is opened, when it is closed and when it is told to.
def resets:
	.[] | select(.op == "open" or .op == "release" or .cmd == "DEVICE_RESET")
	| row(.device; "reset"; ""; 0; null; .count; {});

def done: [operations, setup] | ., [resets] | .[];

def counted:
	(if any(.[]; .type == "latency-total") then "latency-total" else "latency" end) as $type
	| .[] | select(.type == $type or .type == "operation")
	| select((.device | startswith("container") | not) or (.op | startswith("dma-")))
	| select(.cmd != "CHECK_EXTENSION")
	# Trace has a line for each.
	| if .errno then . + { count: 0, errnos: { (.errno): 1 } }
	  else { count: 1, errnos: {} } + . end
	| { device: (.device | sub("^container.*"; "container")), region, op,
	    width: (if .type == "operation" then .width | rounded else .width end), cmd,
	    count, errnos };

def merged:
	group_by([.device, .region, .op, .width, .cmd])
	| map({ key: (.[0] | [.device, .region, .op, .width, .cmd] | tojson),
		value: { count: (map(.count) | add),
			 errnos: (map(.errnos | to_entries[]) | group_by(.key)
				  | map({ key: .[0].key, value: (map(.value) | add) })
				  | from_entries | with_entries(select(.value > 0))) } })
	| map(select(.value.count > 0 or .value.errnos != {})) | from_entries;

([$client | done | select(wanted)] | merged) as $done
| ([$tracer | counted] | merged) as $counted
| "\($done | length) keys",
  (($done + $counted | keys[]) as $key
   | select($done[$key] != $counted[$key])
   | "\($key): done \($done[$key] | tojson), counted \($counted[$key] | tojson)")
