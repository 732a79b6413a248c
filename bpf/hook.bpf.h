/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The entry and the exit of a kernel function, in the three ways that kernels
 * offer. One source is compiled once for each, with HOOK_FSESSION, HOOK_FENTRY
 * or HOOK_KPROBE defined:
 *
 *	ENTRY(function, parameters...) { ... }
 *	EXIT(function, number of parameters, type of result) { ... result ... }
 *
 * In that order. A function without a result takes EXIT_VOID(function), one
 * whose end does not matter ENTRY_ONLY(function, parameters...).
 * user/latency/hooks.c finds the programs by their names: <function>_entry and
 * <function>_exit, or <function>_session.
 */
#ifndef VFIOSCOPE_HOOK_BPF_H
#define VFIOSCOPE_HOOK_BPF_H

#include "system_call.bpf.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#if defined(HOOK_KPROBE)

/* libbpf 1.1 stops at the fifth parameter. On s390x the sixth is on the caller's stack. */
#if defined(bpf_target_s390)
static __always_inline void *sixth_parameter(struct pt_regs *ctx)
{
	void *parameter = NULL;

	bpf_probe_read_kernel(&parameter, sizeof(parameter), (void *)PT_REGS_SP(ctx) + 160);
	return parameter;
}
#else
static __always_inline void *sixth_parameter(struct pt_regs *ctx)
{
	return (void *)ctx->r9;
}
#endif

#ifndef ___bpf_kprobe_args6
#define ___bpf_kprobe_args6(x, args...) ___bpf_kprobe_args5(args), sixth_parameter(ctx)
#endif

#define ENTRY(function, args...) SEC("kprobe/" #function) int BPF_KPROBE(function##_entry, ##args)

#define ENTRY_ONLY(function, args...) ENTRY(function, ##args)

#define EXIT(function, parameters, type)                                                           \
	static __always_inline int ____##function##_exit(void *ctx, type result);                  \
	SEC("kretprobe/" #function) int function##_exit(struct pt_regs *ctx)                       \
	{                                                                                          \
		return ____##function##_exit(ctx, (type)PT_REGS_RC(ctx));                          \
	}                                                                                          \
	static __always_inline int ____##function##_exit(void *ctx, type result)

#define EXIT_VOID(function)                                                                        \
	static __always_inline int ____##function##_exit(void *ctx);                               \
	SEC("kretprobe/" #function) int function##_exit(struct pt_regs *ctx)                       \
	{                                                                                          \
		return ____##function##_exit(ctx);                                                 \
	}                                                                                          \
	static __always_inline int ____##function##_exit(void *ctx)

#else

/*
 * Typed programs: the parameters, then the result, are words of the context.
 * BPF_PROG's casts give all of them as pointers, integers too.
 */
#pragma clang diagnostic ignored "-Wint-conversion"

#if defined(HOOK_FENTRY)

#define TYPED_ENTRY(function) SEC("fentry/" #function)

#define TYPED_EXIT(function, on_exit)                                                              \
	SEC("fexit/" #function) int function##_exit(unsigned long long *ctx)                       \
	{                                                                                          \
		return on_exit;                                                                    \
	}

#elif defined(HOOK_FSESSION)

/* One program runs at both ends. */
extern bool bpf_session_is_return(void *ctx) __ksym;

#define TYPED_ENTRY(function) static __always_inline

#define TYPED_EXIT(function, on_exit)                                                              \
	SEC("fsession/" #function) int function##_session(unsigned long long *ctx)                 \
	{                                                                                          \
		return bpf_session_is_return(ctx) ? on_exit : function##_entry(ctx);               \
	}

#else
#error "define HOOK_FSESSION, HOOK_FENTRY or HOOK_KPROBE"
#endif

#define ENTRY(function, args...)                                                                   \
	static __always_inline int ____##function##_entry(unsigned long long *ctx, ##args);        \
	TYPED_ENTRY(function) int function##_entry(unsigned long long *ctx)                        \
	{                                                                                          \
		return ____##function##_entry(___bpf_ctx_cast(args));                              \
	}                                                                                          \
	static __always_inline int ____##function##_entry(unsigned long long *ctx, ##args)

#define ENTRY_ONLY(function, args...)                                                              \
	SEC("fentry/" #function) int BPF_PROG(function##_entry, ##args)

#define EXIT(function, parameters, type)                                                           \
	static __always_inline int ____##function##_exit(void *ctx, type result);                  \
	TYPED_EXIT(function, ____##function##_exit(ctx, (type)ctx[parameters]))                    \
	static __always_inline int ____##function##_exit(void *ctx, type result)

#define EXIT_VOID(function)                                                                        \
	static __always_inline int ____##function##_exit(void *ctx);                               \
	TYPED_EXIT(function, ____##function##_exit(ctx))                                           \
	static __always_inline int ____##function##_exit(void *ctx)

#endif

#if defined(bpf_target_x86) && !defined(HOOK_KPROBE)

/* pread() and pwrite() have the position in a register. */
static __always_inline bool offset_of_system_call(struct task_struct *task, __u64 *offset)
{
	struct pt_regs *registers = (struct pt_regs *)bpf_task_pt_regs(task);

	if (registers->orig_ax - CALL_PREAD64 > CALL_PWRITE64 - CALL_PREAD64 ||
	    task->flags & (PF_IO_WORKER | PF_KTHREAD))
		return false;
	*offset = registers->r10;
	/* Not a load from one of two pointers: the verifier wants one kind in each place. */
	barrier_var(*offset);
	return true;
}

#else

static __always_inline bool offset_of_system_call(struct task_struct *task, __u64 *offset)
{
	return false;
}

#endif

#ifdef HOOK_FSESSION
extern void *bpf_rdonly_cast(void *object, __u32 type) __ksym;
#endif

/*
 * The file offset that a task's read or write starts at. The verifier lets no
 * pointer to an integer through, and a copy costs as much as the program around
 * it: a cast or the system call's own registers save it. For a kfunc libbpf reads
 * all of the kernel's BTF, so the cast is for those that have a kfunc anyway.
 */
static __always_inline __u64 read_offset(struct task_struct *task, loff_t *position)
{
#ifdef HOOK_FSESSION
	struct timespec64 *cast =
		bpf_rdonly_cast(position, bpf_core_type_id_kernel(struct timespec64));

	return cast->tv_sec;
#else
	__u64 offset;

	if (offset_of_system_call(task, &offset))
		return offset;
	bpf_probe_read_kernel(&offset, sizeof(offset), position); /* 0 if it cannot be read */
	return offset;
#endif
}

#endif
