// SPDX-License-Identifier: GPL-2.0-only
#include "kernel.h"

#include "../compat.h"
#include "preemption.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <limits.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A function of the kernel's self-test: nothing calls it. */
#define QUIET_FUNCTION "bpf_fentry_test1"

bool kernel_has_module(const char *module)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "/sys/module/%s", module);
	return !access(path, F_OK);
}

static int load_empty(enum bpf_attach_type attach_type, unsigned int btf_id)
{
	const struct bpf_insn program[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = attach_type,
		    .attach_btf_id = btf_id);

	return bpf_prog_load(BPF_PROG_TYPE_TRACING, "vfioscope_probe", "GPL", program,
			     sizeof(program) / sizeof(program[0]), &options);
}

/* Kernels without a JIT load such a program and refuse to attach it. */
static int try_type(enum bpf_attach_type attach_type, unsigned int btf_id)
{
	int program, link, error = 0;

	program = load_empty(attach_type, btf_id);
	if (program < 0)
		return -program;
	link = bpf_link_create(program, 0, attach_type, NULL);
	if (link < 0)
		error = -link;
	else
		close(link);
	close(program);
	return error;
}

static void try_types(struct kernel *kernel, unsigned int quiet)
{
	static const enum bpf_attach_type attach_types[] = {
		[HOOK_TYPE_FSESSION] = COMPAT_TRACE_FSESSION,
		[HOOK_TYPE_FENTRY] = BPF_TRACE_FENTRY,
	};

	for (size_t type = 0; type < sizeof(attach_types) / sizeof(attach_types[0]); type++) {
		kernel->type_error[type] = quiet ? try_type(attach_types[type], quiet) : ENOENT;
		kernel->has_type[type] = !kernel->type_error[type];
	}
	kernel->has_type[HOOK_TYPE_KPROBE] = true;
}

static int compare_hooks(const void *a, const void *b)
{
	return strcmp(hooks[*(const size_t *)a].function, hooks[*(const size_t *)b].function);
}

static int compare_name(const void *name, const void *hook)
{
	return strcmp(name, hooks[*(const size_t *)hook].function);
}

static size_t *sorted_hooks(void)
{
	size_t *sorted = calloc(hook_count, sizeof(*sorted));

	if (!sorted)
		return NULL;
	for (size_t i = 0; i < hook_count; i++)
		sorted[i] = i;
	qsort(sorted, hook_count, sizeof(*sorted), compare_hooks);
	return sorted;
}

/* What a walk through the functions of one BTF needs. */
struct walk {
	const size_t *sorted;
	const char *module; /* NULL: vmlinux */
	int btf_fd;
	unsigned int quiet; /* number of QUIET_FUNCTION, 0: not found */
};

/* One walk for all names: libbpf's search would walk through all types for each. */
static void walk_functions(struct kernel *kernel, const struct btf *btf, unsigned int first,
			   struct walk *walk)
{
	for (unsigned int id = first; id < btf__type_cnt(btf); id++) {
		const struct btf_type *type = btf__type_by_id(btf, id);
		const size_t *hook;
		const char *name;

		if (!btf_is_func(type))
			continue;
		name = btf__name_by_offset(btf, type->name_off);
		if (!strcmp(name, QUIET_FUNCTION))
			walk->quiet = id;
		hook = bsearch(name, walk->sorted, hook_count, sizeof(*hook), compare_name);
		if (!hook || (walk->module &&
			      (!hooks[*hook].module || strcmp(hooks[*hook].module, walk->module))))
			continue;
		kernel->functions[*hook] = (struct hook_function){
			.presence = walk->module ? HOOK_IN_MODULE : HOOK_IN_VMLINUX,
			.btf_fd = walk->btf_fd,
			.id = id,
		};
	}
}

static bool is_hook_module(const char *name)
{
	for (size_t i = 0; i < hook_count; i++)
		if (hooks[i].module && !strcmp(hooks[i].module, name))
			return true;
	return false;
}

static bool has_member(const struct btf *btf, const char *structure, const char *member)
{
	int id = btf__find_by_name_kind(btf, structure, BTF_KIND_STRUCT);
	const struct btf_type *type = id > 0 ? btf__type_by_id(btf, (__u32)id) : NULL;

	for (int i = 0; type && i < btf_vlen(type); i++)
		if (!strcmp(btf__name_by_offset(btf, btf_members(type)[i].name_off), member))
			return true;
	return false;
}

static void drop_empty_functions(struct kernel *kernel, const struct btf *btf, const char *module)
{
	for (size_t i = 0; i < hook_count; i++)
		if (hooks[i].needs_struct && !strcmp(hooks[i].module, module) &&
		    !has_member(btf, hooks[i].needs_struct, hooks[i].needs_member))
			kernel->functions[i] = (struct hook_function){ .presence = HOOK_ABSENT };
}

/* Walks through one module's BTF; keeps its descriptor open, programs are loaded with it. */
static void walk_module(struct kernel *kernel, struct btf *vmlinux, const size_t *sorted, __u32 id,
			int fd, const char *name)
{
	struct walk walk = { .sorted = sorted, .module = name, .btf_fd = fd };
	struct btf *btf = btf__load_from_kernel_by_id_split(id, vmlinux);

	if (!btf) {
		close(fd);
		return;
	}
	walk_functions(kernel, btf, btf__type_cnt(vmlinux), &walk);
	drop_empty_functions(kernel, btf, name);
	btf__free(btf);
}

static void walk_modules(struct kernel *kernel, struct btf *vmlinux, const size_t *sorted)
{
	__u32 id = 0;

	while (!bpf_btf_get_next_id(id, &id)) {
		char name[64] = "";
		struct bpf_btf_info info = { .name = (__u64)(unsigned long)name,
					     .name_len = sizeof(name) };
		__u32 bytes = sizeof(info);
		int fd = bpf_btf_get_fd_by_id(id);

		if (fd < 0)
			continue;
		if (!bpf_obj_get_info_by_fd(fd, &info, &bytes) && info.kernel_btf &&
		    is_hook_module(name))
			walk_module(kernel, vmlinux, sorted, id, fd, name);
		else
			close(fd);
	}
}

static void close_module_btf(struct kernel *kernel)
{
	for (size_t i = 0; i < hook_count; i++) {
		int fd = kernel->functions[i].btf_fd;

		for (size_t j = i; fd && j < hook_count; j++)
			if (kernel->functions[j].btf_fd == fd)
				kernel->functions[j].btf_fd = 0;
		if (fd)
			close(fd);
	}
}

static void mark_absent_modules(struct kernel *kernel)
{
	for (size_t i = 0; i < hook_count; i++)
		if (kernel->functions[i].presence == HOOK_ABSENT && hooks[i].module &&
		    !kernel_has_module(hooks[i].module))
			kernel->functions[i].presence = HOOK_NO_MODULE;
}

/* Returns the walk through vmlinux. */
static struct walk find_hooks(struct kernel *kernel)
{
	size_t *sorted = sorted_hooks();
	struct walk walk = { .sorted = sorted };
	struct btf *vmlinux = btf__load_vmlinux_btf();

	kernel->has_btf = vmlinux != NULL;
	close_module_btf(kernel);
	memset(kernel->functions, 0, hook_count * sizeof(*kernel->functions));
	if (vmlinux && sorted) {
		walk_functions(kernel, vmlinux, 1, &walk);
		walk_modules(kernel, vmlinux, sorted);
	}
	mark_absent_modules(kernel);
	btf__free(vmlinux);
	free(sorted);
	return walk;
}

void kernel_find_hooks(struct kernel *kernel)
{
	find_hooks(kernel);
}

int kernel_open(struct kernel *kernel)
{
	struct walk walk;

	memset(kernel, 0, sizeof(*kernel));
	kernel->preempts = preemption_in_kernel();
	kernel->functions = calloc(hook_count, sizeof(*kernel->functions));
	if (!kernel->functions)
		return -1;
	walk = find_hooks(kernel);
	try_types(kernel, walk.quiet);
	return 0;
}

void kernel_close(struct kernel *kernel)
{
	if (kernel->functions)
		close_module_btf(kernel);
	free(kernel->functions);
	kernel->functions = NULL;
}
