// SPDX-License-Identifier: GPL-2.0-only
#include "btf_types.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int read_all(int file, unsigned char *data, size_t bytes)
{
	size_t done = 0;

	while (done < bytes) {
		ssize_t got = read(file, data + done, bytes - done);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got ? -errno : -EINVAL;
		done += (size_t)got;
	}
	return 0;
}

/* Linux 6.16 maps vmlinux's BTF; other files are to be copied. */
static int get_contents(struct btf_types *btf, int file, size_t bytes)
{
	void *mapped = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE, file, 0);

	if (mapped != MAP_FAILED) {
		btf->data = mapped;
		btf->mapped_bytes = bytes;
		return 0;
	}
	btf->data = malloc(bytes);
	return btf->data ? read_all(file, btf->data, bytes) : -ENOMEM;
}

/* The size of the file in sysfs is that of the data. */
static int open_file(struct btf_types *btf, const char *name, size_t *bytes)
{
	char path[PATH_MAX];
	struct stat status;
	int file, error;

	snprintf(path, sizeof(path), "/sys/kernel/btf/%s", name);
	file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return -errno;
	error = fstat(file, &status) ? -errno : 0;
	*bytes = error ? 0 : (size_t)status.st_size;
	error = error ?: get_contents(btf, file, *bytes);
	close(file);
	return error;
}

/* Sections begin behind the header and end within the file. */
static bool within(const struct btf_header *header, size_t offset, size_t section, size_t bytes)
{
	return header->hdr_len <= bytes && offset <= bytes - header->hdr_len &&
	       section <= bytes - header->hdr_len - offset;
}

int btf_types_of(struct btf_types *btf, const void *data, size_t bytes,
		 const struct btf_types *base)
{
	const unsigned char *start = data;
	struct btf_header header;

	memset(btf, 0, sizeof(*btf));
	if (bytes < sizeof(header))
		return -EINVAL;
	memcpy(&header, data, sizeof(header));
	if (header.magic != BTF_MAGIC || !header.str_len ||
	    !within(&header, header.type_off, header.type_len, bytes) ||
	    !within(&header, header.str_off, header.str_len, bytes))
		return -EINVAL;
	btf->types = start + header.hdr_len + header.type_off;
	btf->type_bytes = header.type_len;
	btf->strings = (const char *)start + header.hdr_len + header.str_off;
	btf->string_bytes = header.str_len;
	btf->base = base;
	btf->first_id = base ? base->end_id : 1;
	return btf->strings[btf->string_bytes - 1] ? -EINVAL : 0;
}

int btf_types_open(struct btf_types *btf, const char *name, const struct btf_types *base)
{
	struct btf_types contents = {};
	size_t bytes = 0;
	int error;

	memset(btf, 0, sizeof(*btf));
	error = open_file(&contents, name, &bytes);
	error = error ?: btf_types_of(btf, contents.data, bytes, base);
	btf->data = contents.data;
	btf->mapped_bytes = contents.mapped_bytes;
	return error;
}

void btf_types_close(struct btf_types *btf)
{
	if (btf->mapped_bytes)
		munmap(btf->data, btf->mapped_bytes);
	else
		free(btf->data);
	free(btf->offsets);
	memset(btf, 0, sizeof(*btf));
}

/* Bytes behind struct btf_type, or SIZE_MAX for a kind that is not known. */
static size_t more_bytes(const struct btf_type *type)
{
	size_t members = BTF_INFO_VLEN(type->info);

	switch (BTF_INFO_KIND(type->info)) {
	case BTF_KIND_PTR:
	case BTF_KIND_FWD:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_FUNC:
	case BTF_KIND_FLOAT:
	case BTF_KIND_TYPE_TAG:
		return 0;
	case BTF_KIND_INT:
		return sizeof(__u32);
	case BTF_KIND_ARRAY:
		return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return members * sizeof(struct btf_member);
	case BTF_KIND_ENUM:
		return members * sizeof(struct btf_enum);
	case BTF_KIND_ENUM64:
		return members * sizeof(struct btf_enum64);
	case BTF_KIND_FUNC_PROTO:
		return members * sizeof(struct btf_param);
	case BTF_KIND_VAR:
		return sizeof(struct btf_var);
	case BTF_KIND_DATASEC:
		return members * sizeof(struct btf_var_secinfo);
	case BTF_KIND_DECL_TAG:
		return sizeof(struct btf_decl_tag);
	default:
		return SIZE_MAX;
	}
}

/* Types are no shorter than this: how many there are at most. */
static int make_index(struct btf_types *btf)
{
	free(btf->offsets);
	btf->offsets =
		malloc((btf->type_bytes / sizeof(struct btf_type) + 1) * sizeof(*btf->offsets));
	return btf->offsets ? 0 : -ENOMEM;
}

int btf_types_walk(struct btf_types *btf, btf_visit visit, void *argument)
{
	unsigned int id = btf->first_id;
	size_t at = 0;

	if (make_index(btf))
		return -ENOMEM;
	while (at + sizeof(struct btf_type) <= btf->type_bytes) {
		const struct btf_type *type = (const void *)(btf->types + at);
		size_t more = more_bytes(type), left = btf->type_bytes - at - sizeof(*type);

		if (more > left)
			return -EINVAL;
		btf->offsets[id - btf->first_id] = (__u32)at;
		if (visit)
			visit(id, type, argument);
		id++;
		at += sizeof(*type) + more;
	}
	btf->end_id = id;
	return at == btf->type_bytes ? 0 : -EINVAL;
}

const struct btf_type *btf_types_by_id(const struct btf_types *btf, unsigned int id)
{
	if (btf->base && id < btf->first_id)
		return btf_types_by_id(btf->base, id);
	if (id < btf->first_id || id >= btf->end_id)
		return NULL;
	return (const void *)(btf->types + btf->offsets[id - btf->first_id]);
}

const char *btf_types_string(const struct btf_types *btf, unsigned int offset)
{
	size_t before = btf->base ? btf->base->string_bytes : 0;

	if (offset < before)
		return btf->base->strings + offset;
	return offset - before < btf->string_bytes ? btf->strings + (offset - before) : "";
}
