/* SPDX-License-Identifier: GPL-2.0-only */
/* What a BPF iterator writes. */
#ifndef VFIOSCOPE_ITERATOR_H
#define VFIOSCOPE_ITERATOR_H

#include <bpf/libbpf.h>
#include <linux/types.h>
#include <stddef.h>

/*
 * Runs the iterator @program of a loaded @object to its end. Returns how many records of
 * @record_bytes it wrote, in @records, to be freed; or -1 with errno, and NULL there.
 */
long iterator_run(const struct bpf_object *object, const char *program, size_t record_bytes,
		  void **records);

/* The same of one process, for iterators of files; where the kernel cannot, or 0: of all. */
long iterator_run_for(const struct bpf_object *object, const char *program, __u32 pid,
		      size_t record_bytes, void **records);

#endif
