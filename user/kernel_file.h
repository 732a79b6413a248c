/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel says of itself in small files. */
#ifndef VFIOSCOPE_KERNEL_FILE_H
#define VFIOSCOPE_KERNEL_FILE_H

#include <stdbool.h>

/* Whether @word is in the file's first 511 bytes; not if it cannot be read. */
bool kernel_file_has(const char *path, const char *word);

/* Without a JIT for BPF no typed program can be attached. */
bool kernel_has_jit(void);

/* It is locked down so far that BPF may not read its memory. */
bool kernel_is_confidential(void);

/* While it is off, fentry and kprobes alike are attached in vain. */
bool kernel_ftrace_is_off(void);

/* While they are off, what kprobes hook is not seen; false if debugfs does not say. */
bool kernel_kprobes_are_off(void);

/* Not in a container: iterators pass over the tasks of other PID namespaces. */
bool kernel_shows_all_tasks(void);

/* VFIO is loaded, or built in. */
bool kernel_has_vfio(void);

/*
 * A number that a module has until it goes, and another one when it comes again; 0: it is not live
 * (not all of its functions can be hooked then), or is built in.
 */
unsigned long kernel_module_number(const char *module);

#endif
