/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Members of what a program was called with: plain loads where the verifier knows the type, else
 * bpf_probe_read_kernel. READ(pointer, member); READ2 and READ3 follow as many; READ_BYTE is of an
 * array.
 */
#ifndef VFIOSCOPE_READ_BPF_H
#define VFIOSCOPE_READ_BPF_H

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#ifdef HOOK_KPROBE

#define READ(pointer, member) BPF_CORE_READ(pointer, member)
#define READ2(pointer, a, b) BPF_CORE_READ(pointer, a, b)
#define READ3(pointer, a, b, c) BPF_CORE_READ(pointer, a, b, c)
#define READ_BYTE(pointer, array, index)                                                           \
	({                                                                                         \
		char byte = 0;                                                                     \
		bpf_probe_read_kernel(&byte, 1,                                                    \
				      (void *)(pointer) +                                          \
					      bpf_core_field_offset(*(pointer), array) + (index)); \
		byte;                                                                              \
	})

#else

#define READ(pointer, member) ((pointer)->member)
#define READ2(pointer, a, b) ((pointer)->a->b)
#define READ3(pointer, a, b, c) ((pointer)->a->b->c)
#define READ_BYTE(pointer, array, index) ((pointer)->array[index])

#endif

#endif
