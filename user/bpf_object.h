/* SPDX-License-Identifier: GPL-2.0-only */
/* What all who load BPF objects do alike. */
#ifndef VFIOSCOPE_BPF_OBJECT_H
#define VFIOSCOPE_BPF_OBJECT_H

struct bpf_object;

/*
 * What was done with the object gave @error (negative errno, or 0). Returns it, or NULL with errno,
 * and it is closed.
 */
struct bpf_object *bpf_object_keep(struct bpf_object *object, int error);

/*
 * The same, and loads it if there was no error before. There is room in its maps of what was used
 * last for as many as they ask for, whatever processors keep free for themselves.
 */
struct bpf_object *bpf_object_load(struct bpf_object *object, int error);

#endif
