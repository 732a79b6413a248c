# SPDX-License-Identifier: GPL-2.0-only
# Compares what a tracer counted with what clients say they did:
#     jq -n -f account.jq --slurpfile tracer NAME.tracer --slurpfile client NAME.client \
#         --arg only FILTER --arg by device,region,op,width
# Prints each key on which they differ; nothing if they agree.

# Wide accesses are kept together by powers of two.
def rounded: if . <= 128 then . else pow(2; ((. - 1) | log2 | floor) + 1) end;

def row($device; $op; $region; $width; $cmd; $calls; $errnos):
	{ device: $device, region: $region, op: $op, width: $width, cmd: $cmd,
	  count: ($calls - ([$errnos[]] | add // 0)), errnos: $errnos };

# DMA belongs to a container, whose other ioctls the client does not count alike.
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
	| .[] | select(.type == $type)
	| select((.device // "" | startswith("container") | not) or (.op // "" | startswith("dma-")))
	| select(.cmd != "CHECK_EXTENSION")
	| { device: ((.device // "") | sub("^container.*"; "container")), region, op, width, cmd,
	    count, errnos };

def keep($parts):
	if $parts | index("device") then . else .device = "" end
	| if $parts | index("region") then . else .region = null end
	| if $parts | index("width") then . else .width = null end
	| if $parts | index("op") then . else .op = null | .cmd = null end;

def merged:
	group_by([.device, .region, .op, .width, .cmd])
	| map({ key: (.[0] | [.device, .region, .op, .width, .cmd] | tojson),
		value: { count: (map(.count) | add),
			 errnos: (map(.errnos | to_entries[]) | group_by(.key)
				  | map({ key: .[0].key, value: (map(.value) | add) })
				  | from_entries | with_entries(select(.value > 0))) } })
	| map(select(.value.count > 0 or .value.errnos != {})) | from_entries;

def wanted: ({
	all: true,
	"bar0": (.region == "bar0" or .region == "rom"),
	"ioctl-open": (.op == "ioctl" or .op == "open"),
	"width2": (.width == 2 or .width == 8),
	"no-host": (.op != "reset"),
	"read": (.op == "read"),
	"read-ioctl": (.op == "read" or .op == "ioctl")
} | .[$only]);

($by / ",") as $parts
| ([$client | done | select(wanted) | keep($parts)] | merged) as $done
| ([$tracer | counted | keep($parts)] | merged) as $counted
| ($done + $counted | keys[]) as $key
| select($done[$key] != $counted[$key])
| "\($key): done \($done[$key] | tojson), counted \($counted[$key] | tojson)"
