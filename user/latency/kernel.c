// SPDX-License-Identifier: GPL-2.0-only
#include "kernel.h"

#include "../compat.h"
#include "../preemption.h"
#include "btf_types.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A function of the kernel's self-test: nothing calls it. */
#define QUIET_FUNCTION "bpf_fentry_test1"

/* Modules that are loaded, loading or unloading; not those that are built in. */
static bool is_in_module_list(const char *module)
{
	FILE *list = fopen("/proc/modules", "re");
	size_t length = strlen(module), room = 0;
	bool found = false;
	char *line = NULL;

	while (list && !found && getline(&line, &room, list) > 0)
		found = !strncmp(line, module, length) && line[length] == ' ';
	free(line);
	if (list)
		fclose(list);
	return found;
}

/* A module's folder is there before it says its state, and longer. */
static __u64 kernel_module(const char *module)
{
	char path[PATH_MAX], state[8] = "";
	struct stat folder;
	FILE *file;

	snprintf(path, sizeof(path), "/sys/module/%s", module);
	if (stat(path, &folder))
		return 0;
	snprintf(path, sizeof(path), "/sys/module/%s/initstate", module);
	file = fopen(path, "re");
	if (!file)
		return is_in_module_list(module) || access(dirname(path), F_OK) ? 0 : folder.st_ino;
	if (!fgets(state, sizeof(state), file))
		state[0] = '\0';
	fclose(file);
	return strcmp(state, "live\n") ? 0 : folder.st_ino;
}

bool kernel_has_module(const char *module)
{
	return kernel_module(module) != 0;
}

void kernel_modules(__u64 *modules)
{
	for (size_t i = 0; i < hook_count; i++) {
		size_t same = 0;

		modules[i] = 0;
		if (!hooks[i].module)
			continue;
		while (!hooks[same].module || strcmp(hooks[same].module, hooks[i].module))
			same++;
		modules[i] = same < i ? modules[same] : kernel_module(hooks[i].module);
	}
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
static int try_type(enum bpf_attach_type attach_type, unsigned int btf_id, bool attach)
{
	int program, link, error = 0;

	program = load_empty(attach_type, btf_id);
	if (program < 0)
		return -program;
	if (attach) {
		link = bpf_link_create(program, 0, attach_type, NULL);
		if (link < 0)
			error = -link;
		else
			close(link);
	}
	close(program);
	return error;
}

int kernel_try_type(struct kernel *kernel, enum hook_type type, bool attach)
{
	static const enum bpf_attach_type attach_types[] = {
		[HOOK_TYPE_FSESSION] = COMPAT_TRACE_FSESSION,
		[HOOK_TYPE_FENTRY] = BPF_TRACE_FENTRY,
	};
	int *error = &kernel->type_error[type];

	if (type == HOOK_TYPE_KPROBE)
		return 0;
	if (*error < 0)
		*error = kernel->quiet ? try_type(attach_types[type], kernel->quiet, attach) :
					 ENOENT;
	return *error;
}

static int compare_hooks(const void *a, const void *b)
{
	return strcmp(hooks[*(const size_t *)a].function, hooks[*(const size_t *)b].function);
}

static int compare_name(const void *name, const void *hook)
{
	return strcmp(name, hooks[*(const size_t *)hook].function);
}

/*
 * To find a hook by its function's name. Most names of a kernel begin with another
 * letter, and are not worth a comparison.
 */
struct hook_index {
	bool functions[UCHAR_MAX + 1], structs[UCHAR_MAX + 1]; /* what begins so */
	size_t sorted[];				       /* hook_count */
};

static struct hook_index *index_hooks(void)
{
	struct hook_index *index =
		calloc(1, sizeof(*index) + hook_count * sizeof(index->sorted[0]));

	if (!index)
		return NULL;
	index->functions[(unsigned char)QUIET_FUNCTION[0]] = true;
	for (size_t i = 0; i < hook_count; i++) {
		index->functions[(unsigned char)hooks[i].function[0]] = true;
		if (hooks[i].needs_struct)
			index->structs[(unsigned char)hooks[i].needs_struct[0]] = true;
		index->sorted[i] = i;
	}
	qsort(index->sorted, hook_count, sizeof(index->sorted[0]), compare_hooks);
	return index;
}

/* One walk through a BTF finds the functions of all hooks. */
struct walk {
	struct kernel *kernel;
	const struct btf_types *btf;
	const struct hook_index *index;
	const char *module; /* NULL: vmlinux */
	int btf_fd;
};

static void visit_function(struct walk *walk, unsigned int id, const char *name)
{
	const size_t *hook;

	if (!walk->index->functions[(unsigned char)*name])
		return;
	if (!strcmp(name, QUIET_FUNCTION))
		walk->kernel->quiet = id;
	hook = bsearch(name, walk->index->sorted, hook_count, sizeof(walk->index->sorted[0]),
		       compare_name);
	if (!hook ||
	    (walk->module && (!hooks[*hook].module || strcmp(hooks[*hook].module, walk->module))))
		return;
	walk->kernel->functions[*hook].presence = walk->module ? HOOK_IN_MODULE : HOOK_IN_VMLINUX;
	walk->kernel->functions[*hook].btf_fd = walk->btf_fd;
	walk->kernel->functions[*hook].id = id;
}

static bool has_member(const struct btf_types *btf, const struct btf_type *type, const char *name)
{
	const struct btf_member *members = (const void *)(type + 1);

	for (unsigned int i = 0; i < BTF_INFO_VLEN(type->info); i++)
		if (!strcmp(btf_types_string(btf, members[i].name_off), name))
			return true;
	return false;
}

static void visit_struct(struct walk *walk, const struct btf_type *type, const char *name)
{
	if (!walk->index->structs[(unsigned char)*name])
		return;
	for (size_t i = 0; i < hook_count; i++)
		if (hooks[i].needs_struct && !strcmp(hooks[i].needs_struct, name) &&
		    has_member(walk->btf, type, hooks[i].needs_member))
			walk->kernel->functions[i].has_member = true;
}

static void visit_type(unsigned int id, const struct btf_type *type, void *argument)
{
	struct walk *walk = argument;
	unsigned int kind = BTF_INFO_KIND(type->info);

	if (kind == BTF_KIND_FUNC)
		visit_function(walk, id, btf_types_string(walk->btf, type->name_off));
	else if (kind == BTF_KIND_STRUCT)
		visit_struct(walk, type, btf_types_string(walk->btf, type->name_off));
}

static bool is_hook_module(const char *name)
{
	for (size_t i = 0; i < hook_count; i++)
		if (hooks[i].module && !strcmp(hooks[i].module, name))
			return true;
	return false;
}

/* Walks through one module's BTF; keeps its descriptor open, programs are loaded with it. */
static void walk_module(struct kernel *kernel, const struct hook_index *index, int fd,
			const char *name)
{
	struct btf_types *btf = &kernel->types[kernel->types_count];
	struct walk walk = {
		.kernel = kernel, .btf = btf, .index = index, .module = name, .btf_fd = fd
	};

	if (kernel->types_count < KERNEL_TYPES && !btf_types_open(btf, name, &kernel->types[0]) &&
	    !btf_types_walk(btf, visit_type, &walk)) {
		kernel->types_count++;
		return;
	}
	btf_types_close(btf);
	for (size_t i = 0; i < hook_count; i++)
		if (kernel->functions[i].btf_fd == fd)
			kernel->functions[i] =
				(struct hook_function){ .module = kernel->functions[i].module };
	close(fd);
}

/* The BTF of a module that was unloaded stays listed while somebody holds it: the last counts. */
struct module_btf {
	char name[64];
	int fd;
};

static size_t keep_last(struct module_btf *found, size_t count, const char *name, int fd)
{
	size_t i = 0;

	while (i < count && strcmp(found[i].name, name))
		i++;
	if (i == KERNEL_TYPES) {
		close(fd);
		return count;
	}
	if (i < count)
		close(found[i].fd);
	else
		count++;
	snprintf(found[i].name, sizeof(found[i].name), "%s", name);
	found[i].fd = fd;
	return count;
}

static void walk_modules(struct kernel *kernel, const struct hook_index *index)
{
	struct module_btf found[KERNEL_TYPES];
	size_t count = 0;
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
			count = keep_last(found, count, name, fd);
		else
			close(fd);
	}
	for (size_t i = 0; i < count; i++)
		walk_module(kernel, index, found[i].fd, found[i].name);
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

static void mark_absent_hooks(struct kernel *kernel)
{
	__u64 modules[hook_count];

	kernel_modules(modules);
	for (size_t i = 0; i < hook_count; i++) {
		struct hook_function *function = &kernel->functions[i];

		if (hooks[i].needs_struct && !function->has_member)
			function->presence = HOOK_ABSENT;
		/* It may have come or gone meanwhile: then it is to be looked at again. */
		if (modules[i] != function->module)
			function->module = 0;
		/* BTF comes before the module is ready, and may still be there when it goes. */
		if (function->presence != HOOK_IN_VMLINUX && hooks[i].module && !function->module)
			function->presence = HOOK_NO_MODULE;
	}
}

void kernel_find_hooks(struct kernel *kernel)
{
	struct hook_index *index = index_hooks();
	struct walk walk = { .kernel = kernel, .btf = &kernel->types[0], .index = index };
	__u64 modules[hook_count];

	kernel_drop_types(kernel);
	close_module_btf(kernel);
	memset(kernel->functions, 0, hook_count * sizeof(*kernel->functions));
	kernel_modules(modules);
	for (size_t i = 0; i < hook_count; i++)
		kernel->functions[i].module = modules[i];
	kernel->types_count = 1;
	kernel->has_btf = index && !btf_types_open(&kernel->types[0], "vmlinux", NULL) &&
			  !btf_types_walk(&kernel->types[0], visit_type, &walk);
	if (kernel->has_btf)
		walk_modules(kernel, index);
	else
		kernel_drop_types(kernel);
	mark_absent_hooks(kernel);
	free(index);
}

void kernel_drop_types(struct kernel *kernel)
{
	while (kernel->types_count)
		btf_types_close(&kernel->types[--kernel->types_count]);
}

int kernel_open(struct kernel *kernel)
{
	memset(kernel, 0, sizeof(*kernel));
	kernel->preempts = preemption_in_kernel();
	kernel->functions = calloc(hook_count, sizeof(*kernel->functions));
	if (!kernel->functions)
		return -1;
	for (size_t type = 0; type < HOOK_TYPES; type++)
		kernel->type_error[type] = -1;
	kernel_find_hooks(kernel);
	return 0;
}

void kernel_close(struct kernel *kernel)
{
	kernel_drop_types(kernel);
	if (kernel->functions)
		close_module_btf(kernel);
	free(kernel->functions);
	kernel->functions = NULL;
}
