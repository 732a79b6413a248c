// SPDX-License-Identifier: GPL-2.0-only
#include "bpf_object.h"

#include <bpf/libbpf.h>
#include <errno.h>

struct bpf_object *bpf_object_keep(struct bpf_object *object, int error)
{
	if (!error)
		return object;
	bpf_object__close(object);
	errno = -error;
	return NULL;
}

struct bpf_object *bpf_object_load(struct bpf_object *object, int error)
{
	return bpf_object_keep(object, error ?: bpf_object__load(object));
}
