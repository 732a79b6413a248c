/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The few types of the kernel that programs are relocated against, as a BTF of
 * their own: libbpf looks for each type in all that it is given.
 */
#ifndef VFIOSCOPE_CORE_BTF_H
#define VFIOSCOPE_CORE_BTF_H

#include "btf_types.h"

/*
 * kernel: vmlinux and then modules, walked. elf: the object with the programs.
 * Returns a descriptor of the BTF, to be closed, or a negative errno: then libbpf
 * has to look for itself.
 */
int core_btf_create(const struct btf_types *kernel, size_t count, const void *elf, size_t bytes);

#endif
