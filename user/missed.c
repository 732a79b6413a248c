// SPDX-License-Identifier: GPL-2.0-only
#include "missed.h"

#include "compat.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

__u64 missed_by_link(const struct bpf_link *link)
{
	struct compat_link_info info = {};
	__u32 bytes = sizeof(info);

	if (!link || bpf_obj_get_info_by_fd(bpf_link__fd(link), &info, &bytes) ||
	    info.type != COMPAT_LINK_PERF_EVENT)
		return 0;
	return info.perf_event_type == COMPAT_PERF_EVENT_KPROBE ||
			       info.perf_event_type == COMPAT_PERF_EVENT_KRETPROBE ?
		       info.missed :
		       0;
}

__u64 missed_by_program(int file)
{
	struct bpf_prog_info info = {};
	__u32 bytes = sizeof(info);

	return file < 0 || bpf_obj_get_info_by_fd(file, &info, &bytes) ? 0 : info.recursion_misses;
}

__u64 missed_by_programs(const struct bpf_object *object)
{
	struct bpf_program *program;
	__u64 missed = 0;

	bpf_object__for_each_program (program, object)
		missed += missed_by_program(bpf_program__fd(program));
	return missed;
}
