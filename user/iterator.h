/* SPDX-License-Identifier: GPL-2.0-only */
/* What a BPF iterator writes. */
#ifndef VFIOSCOPE_ITERATOR_H
#define VFIOSCOPE_ITERATOR_H

#include <bpf/libbpf.h>
#include <linux/types.h>
#include <stddef.h>

/*
 * Runs the iterator @program of a loaded @object to its end: over one process, if it is one of
 * tasks or their files, or over all (@pid 0). Returns how many records of @record_bytes it wrote,
 * in @records, to be freed; or -1 with errno, and NULL there.
 */
long iterator_run(const struct bpf_object *object, const char *program, __u32 pid,
		  size_t record_bytes, void **records);

#endif
