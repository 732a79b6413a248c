/* SPDX-License-Identifier: GPL-2.0-only */
/* What the running kernel offers for tracing. */
#ifndef VFIOSCOPE_KERNEL_H
#define VFIOSCOPE_KERNEL_H

#include "btf_types.h"
#include "hooks.h"

#include <stdbool.h>

/* Where a hook's function was found. */
enum hook_presence {
	HOOK_ABSENT,	/* the kernel or its module is without it */
	HOOK_NO_MODULE, /* its module is not loaded */
	HOOK_IN_VMLINUX,
	HOOK_IN_MODULE,
};

struct hook_function {
	enum hook_presence presence;
	int btf_fd;	 /* of the module's BTF; 0: vmlinux */
	unsigned int id; /* of the function in that BTF */
	bool has_member; /* struct hook's needs_member is there */
	__u64 module;	 /* see kernel_modules() */
};

/* vmlinux and the modules that hooks name. */
#define KERNEL_TYPES 8

struct kernel {
	bool has_btf;
	bool preempts;		    /* so that programs other than kprobes are skipped at times */
	int type_error[HOOK_TYPES]; /* errno, 0, or -1: not tried yet; see kernel_try_type() */
	unsigned int quiet;	    /* BTF id of a function that nothing calls, or 0 */
	struct hook_function *functions; /* one for each hook */
	/* vmlinux's types, then those of modules with hooks; see kernel_drop_types() */
	struct btf_types types[KERNEL_TYPES];
	size_t types_count;
};

/*
 * Finds out by trying. What does not work is not offered; returns 0, or -1 if
 * there is no memory.
 */
int kernel_open(struct kernel *kernel);
void kernel_close(struct kernel *kernel);

/*
 * Tries once whether programs of this type load, and attach if that is asked for:
 * it takes long, and attaching the hooks tells it as well. Returns 0 or an errno.
 */
int kernel_try_type(struct kernel *kernel, enum hook_type type, bool attach);

/* Looks for the hooks' functions again, after a module was loaded or unloaded. */
void kernel_find_hooks(struct kernel *kernel);

/* Frees the types, some megabytes, that programs are loaded with. */
void kernel_drop_types(struct kernel *kernel);

/*
 * For each hook a number that stands for its module as it is loaded, another one
 * when it is loaded again; 0: it is not there, or not quite, or there is none.
 */
void kernel_modules(__u64 *modules);

/* Whether a module is loaded or built in. */
bool kernel_has_module(const char *module);

#endif
