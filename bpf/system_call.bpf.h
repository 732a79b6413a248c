/* SPDX-License-Identifier: GPL-2.0-only */
/* The system call that a task is in, by the registers that it came with. */
#ifndef VFIOSCOPE_SYSTEM_CALL_BPF_H
#define VFIOSCOPE_SYSTEM_CALL_BPF_H

#include "read.bpf.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

/* include/linux/sched.h: threads that only borrow user space's registers. */
#define PF_IO_WORKER 0x00000010
#define PF_KTHREAD 0x00200000

/* What a system call was asked for; number: -1 if it cannot be told. */
struct system_call {
	__s64 number;
	__u64 second, third, fourth, sixth; /* parameters */
};

#if defined(bpf_target_x86)

/* arch/x86/entry/syscalls/syscall_64.tbl */
enum system_call_number {
	CALL_READ = 0,
	CALL_WRITE = 1,
	CALL_MMAP = 9,
	CALL_PREAD64 = 17,
	CALL_PWRITE64 = 18,
	CALL_READV = 19,
	CALL_WRITEV = 20,
	CALL_PREADV = 295,
	CALL_PWRITEV = 296,
	CALL_PREADV2 = 327,
	CALL_PWRITEV2 = 328,
};

#define TS_COMPAT 0x0002
#define CALL_IN_PROGRESS (-38) /* ENOSYS, until there is a result */

static __always_inline void read_registers(struct task_struct *task, struct system_call *call)
{
	struct pt_regs *registers = (struct pt_regs *)bpf_task_pt_regs(task);

	if ((__s64)READ(registers, ax) != CALL_IN_PROGRESS ||
	    READ(task, thread_info.status) & TS_COMPAT)
		return;
	call->number = READ(registers, orig_ax);
	call->second = READ(registers, si);
	call->third = READ(registers, dx);
	call->fourth = READ(registers, r10);
	call->sixth = READ(registers, r9);
}

#elif defined(bpf_target_s390)

/* arch/s390/kernel/syscalls/syscall.tbl; mmap has its parameters in user memory. */
enum system_call_number {
	CALL_READ = 3,
	CALL_WRITE = 4,
	CALL_READV = 145,
	CALL_WRITEV = 146,
	CALL_PREAD64 = 180,
	CALL_PWRITE64 = 181,
	CALL_PREADV = 328,
	CALL_PWRITEV = 329,
	CALL_PREADV2 = 376,
	CALL_PWRITEV2 = 377,
	CALL_MMAP = -2,
};

#define PSW_MASK_64_BIT 0x0000000180000000UL

static __always_inline void read_registers(struct task_struct *task, struct system_call *call)
{
	struct pt_regs *registers = (struct pt_regs *)bpf_task_pt_regs(task);

	if ((READ(registers, psw.mask) & PSW_MASK_64_BIT) != PSW_MASK_64_BIT)
		return;
	call->number = READ(registers, int_code) & 0xffff;
	call->second = READ(registers, gprs[3]);
	call->third = READ(registers, gprs[4]);
	call->fourth = READ(registers, gprs[5]);
}

#else

/* Of other machines nothing is told. */
enum system_call_number {
	CALL_READ = -2,
	CALL_WRITE = -3,
	CALL_READV = -4,
	CALL_WRITEV = -5,
	CALL_PREAD64 = -6,
	CALL_PWRITE64 = -7,
	CALL_PREADV = -8,
	CALL_PWRITEV = -9,
	CALL_PREADV2 = -10,
	CALL_PWRITEV2 = -11,
	CALL_MMAP = -12,
};

static __always_inline void read_registers(struct task_struct *task, struct system_call *call)
{
}

#endif

static __always_inline void read_system_call(struct system_call *call)
{
	struct task_struct *task = bpf_get_current_task_btf();

	*call = (struct system_call){ .number = -1 };
	if (!(task->flags & (PF_IO_WORKER | PF_KTHREAD)))
		read_registers(task, call);
}

#endif
