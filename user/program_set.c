// SPDX-License-Identifier: GPL-2.0-only
#include "program_set.h"

#include "kernel_file.h"
#include "message.h"
#include "missed.h"

#include <errno.h>
#include <string.h>

bool program_is(const struct bpf_program *program, const char *kind)
{
	return !strncmp(bpf_program__section_name(program), kind, strlen(kind));
}

static bool is_exit(const struct bpf_program *program)
{
	return program_is(program, "fexit/") || program_is(program, "kretprobe/");
}

/* What is attached by hand, to any function, and what is run when it is asked. */
static bool is_apart(const struct bpf_program *program)
{
	return program_is(program, "iter/") || !strchr(bpf_program__section_name(program), '/');
}

int program_set_add(struct program_set *set, struct bpf_link *link)
{
	if (!link)
		return -1;
	if (set->link_count == PROGRAM_SET_MOST) {
		bpf_link__destroy(link);
		errno = ENOSPC;
		return -1;
	}
	set->links[set->link_count++] = link;
	return 0;
}

static void attach(struct program_set *set, bool exits)
{
	struct bpf_program *program;

	bpf_object__for_each_program (program, set->object) {
		if (!bpf_program__autoload(program) || is_apart(program) ||
		    is_exit(program) != exits)
			continue;
		if (program_set_add(set, bpf_program__attach(program)) &&
		    set->absent_count < PROGRAM_SET_MOST)
			set->absent[set->absent_count++] = bpf_program__name(program);
	}
}

void program_set_say_failure(const char *what)
{
	if (errno == EPERM || errno == EACCES)
		message_error("cannot load BPF programs: run as root, or with CAP_BPF, CAP_PERFMON "
			      "and CAP_SYS_ADMIN");
	else if (kernel_is_confidential())
		message_error("cannot %s: this kernel is locked down, and BPF may not read its "
			      "memory: boot with lockdown=integrity, or none",
			      what);
	else if (errno == EMFILE || errno == ENFILE)
		message_error("cannot %s: %s: raise the limit (ulimit -n)", what, strerror(errno));
	else
		message_error("cannot %s: %s: a kernel from 6.1 on is needed, with "
			      "CONFIG_DEBUG_INFO_BTF=y (-v shows what this one says)",
			      what, strerror(errno));
}

int program_set_open(struct program_set *set, struct bpf_object *object)
{
	if (!object)
		return -1;
	set->object = object;
	/* What has begun has to end: exits first. */
	attach(set, true);
	attach(set, false);
	if (set->link_count)
		return 0;
	program_set_close(set);
	errno = EOPNOTSUPP;
	return -1;
}

void program_set_retry(struct program_set *set)
{
	size_t left = 0;

	for (size_t i = 0; i < set->absent_count; i++) {
		const struct bpf_program *program =
			bpf_object__find_program_by_name(set->object, set->absent[i]);

		if (program_set_add(set, bpf_program__attach(program)))
			set->absent[left++] = set->absent[i];
	}
	set->absent_count = left;
}

__u64 program_set_missed(const struct program_set *set)
{
	__u64 missed = set->missed_before;

	if (!set->object)
		return missed;
	for (size_t i = 0; i < set->link_count; i++)
		missed += missed_by_link(set->links[i]);
	return missed + missed_by_programs(set->object);
}

void program_set_close(struct program_set *set)
{
	const __u64 missed = program_set_missed(set);

	while (set->link_count)
		bpf_link__destroy(set->links[--set->link_count]);
	bpf_object__close(set->object);
	*set = (struct program_set){ .missed_before = missed };
}
