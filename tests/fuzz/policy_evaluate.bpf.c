// SPDX-License-Identifier: GPL-2.0-only
#include "vmlinux.h"

#include "policy_decide.bpf.h"

char LICENSE[] SEC("license") = "GPL";

/* For tests: what becomes of an access that user space describes. */
struct policy_question {
	struct policy_access access;
	struct policy_decision decision;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct policy_question);
} question SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct policy_progress);
} progress SEC(".maps");

SEC("tc")
int policy_evaluate(struct __sk_buff *skb)
{
	struct policy_search search = {};
	const struct policy_header *header;
	struct policy_question *asked;
	__u32 first = 0;

	asked = bpf_map_lookup_elem(&question, &first);
	search.progress = bpf_map_lookup_elem(&progress, &first);
	if (!asked || !search.progress)
		return -1;
	search.access = &asked->access;
	header = policy_open(&search, POLICY_IN_FORCE);
	if (!header)
		return -1;
	policy_decide(&search, header, &asked->decision);
	return 0;
}
