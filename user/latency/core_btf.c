// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "core_btf.h"

#include <bpf/btf.h>
#include <errno.h>
#include <libelf.h>
#include <limits.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* .BTF.ext has no header of its own in the uapi: Documentation/bpf/btf.rst, section 3. */
struct ext_header {
	__u16 magic;
	__u8 version, flags;
	__u32 header_bytes;
	__u32 func_offset, func_bytes, line_offset, line_bytes;
	__u32 relocation_offset, relocation_bytes;
};

struct ext_section {
	__u32 name_offset, records;
};

/* Of each relocation's root type: "task_struct" of "task_struct___flavor". */
struct roots {
	char **names; /* sorted in the end */
	bool initials[UCHAR_MAX + 1];
	bool *in_vmlinux;
	size_t count;
};

/* What was copied already of one BTF: by id, 0: not yet. */
struct source {
	const struct btf_types *btf;
	__u32 *copies;
};

struct copy {
	struct btf *to;
	struct source *sources;
	size_t count;
	const struct roots *roots;
	int pointer; /* to void stands for all pointers */
	int error;
};

static Elf_Data *section(Elf *elf, const char *wanted)
{
	Elf_Scn *at = NULL;
	size_t names;

	if (elf_getshdrstrndx(elf, &names))
		return NULL;
	while ((at = elf_nextscn(elf, at))) {
		Elf64_Shdr *header = elf64_getshdr(at);
		const char *name = header ? elf_strptr(elf, names, header->sh_name) : NULL;

		if (name && !strcmp(name, wanted))
			return elf_getdata(at, NULL);
	}
	return NULL;
}

static bool has_root(const struct roots *roots, const char *name, size_t length)
{
	for (size_t i = 0; i < roots->count; i++)
		if (!strncmp(roots->names[i], name, length) && !roots->names[i][length])
			return true;
	return false;
}

/* Flavors are told apart by what comes behind three underscores: libbpf's convention. */
static int add_root(struct roots *roots, const struct btf_types *local, __u32 id)
{
	const struct btf_type *type = btf_types_by_id(local, id);
	const char *name, *flavor;
	size_t length;
	char **names;

	if (!type || (BTF_INFO_KIND(type->info) != BTF_KIND_STRUCT &&
		      BTF_INFO_KIND(type->info) != BTF_KIND_UNION))
		return -ENOTSUP;
	name = btf_types_string(local, type->name_off);
	flavor = strstr(name, "___");
	length = flavor ? (size_t)(flavor - name) : strlen(name);
	if (has_root(roots, name, length))
		return 0;
	names = reallocarray(roots->names, roots->count + 1, sizeof(*names));
	if (!names)
		return -ENOMEM;
	roots->names = names;
	names[roots->count] = strndup(name, length);
	roots->initials[(unsigned char)*name] = *name;
	return names[roots->count++] ? 0 : -ENOMEM;
}

/* Relocations of which the copies tell as much as the originals do. */
static bool is_kept(__u32 kind)
{
	return kind == BPF_CORE_FIELD_BYTE_OFFSET || kind == BPF_CORE_FIELD_BYTE_SIZE ||
	       kind == BPF_CORE_FIELD_EXISTS || kind == BPF_CORE_TYPE_EXISTS;
}

/* The relocations of one section of the object. */
static int add_roots(struct roots *roots, const struct btf_types *local, const __u8 *records,
		     __u32 count, __u32 record_bytes)
{
	int error = 0;

	for (__u32 i = 0; !error && i < count; i++) {
		struct bpf_core_relo relocation;

		memcpy(&relocation, records + (size_t)i * record_bytes, sizeof(relocation));
		error = is_kept(relocation.kind) ? add_root(roots, local, relocation.type_id) :
						   -ENOTSUP;
	}
	return error;
}

static int find_roots(struct roots *roots, const struct btf_types *local, const Elf_Data *ext)
{
	const __u8 *at = ext->d_buf, *end;
	struct ext_header header;
	__u32 record_bytes;
	int error = 0;

	if (ext->d_size < sizeof(header))
		return -EINVAL;
	memcpy(&header, at, sizeof(header));
	if (header.magic != BTF_MAGIC || header.header_bytes < sizeof(header) ||
	    header.relocation_bytes < sizeof(record_bytes) ||
	    (__u64)header.header_bytes + header.relocation_offset + header.relocation_bytes >
		    ext->d_size)
		return -EINVAL;
	at += header.header_bytes + header.relocation_offset;
	end = at + header.relocation_bytes;
	memcpy(&record_bytes, at, sizeof(record_bytes));
	at += sizeof(record_bytes);
	if (record_bytes < sizeof(struct bpf_core_relo))
		return -EINVAL;
	while (!error && at < end) {
		struct ext_section part;

		if ((size_t)(end - at) < sizeof(part))
			return -EINVAL;
		memcpy(&part, at, sizeof(part));
		at += sizeof(part);
		if (part.records > (size_t)(end - at) / record_bytes)
			return -EINVAL;
		error = add_roots(roots, local, at, part.records, record_bytes);
		at += (size_t)part.records * record_bytes;
	}
	return error;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int read_roots(struct roots *roots, const void *bytes, size_t size)
{
	struct btf_types local = {};
	Elf_Data *types, *ext;
	int error = -EINVAL;
	Elf *elf;

	elf_version(EV_CURRENT);
	elf = elf_memory((char *)(uintptr_t)bytes, size);
	types = elf ? section(elf, ".BTF") : NULL;
	ext = elf ? section(elf, ".BTF.ext") : NULL;
	if (types && ext)
		error = btf_types_of(&local, types->d_buf, types->d_size, NULL);
	error = error ?: btf_types_walk(&local, NULL, NULL);
	error = error ?: find_roots(roots, &local, ext);
	btf_types_close(&local);
	elf_end(elf);
	roots->in_vmlinux = calloc(roots->count + 1, sizeof(*roots->in_vmlinux));
	if (!error && roots->count)
		qsort(roots->names, roots->count, sizeof(*roots->names), compare_names);
	return roots->in_vmlinux ? error : -ENOMEM;
}

/* --- copying ---------------------------------------------------------------------- */

static struct source *owner_of(struct copy *copy, struct source *source, __u32 id)
{
	return id < source->btf->first_id ? &copy->sources[0] : source;
}

/* What relocation looks behind: qualifiers and other names. */
static __u32 resolve(const struct btf_types *btf, __u32 id)
{
	for (;;) {
		const struct btf_type *type = btf_types_by_id(btf, id);

		switch (type ? BTF_INFO_KIND(type->info) : BTF_KIND_UNKN) {
		case BTF_KIND_TYPEDEF:
		case BTF_KIND_CONST:
		case BTF_KIND_VOLATILE:
		case BTF_KIND_RESTRICT:
		case BTF_KIND_TYPE_TAG:
			id = type->type;
			break;
		default:
			return id;
		}
	}
}

static __u32 copy_type(struct copy *copy, struct source *source, __u32 id);

static const struct btf_member *members_of(const struct btf_type *type)
{
	return (const void *)(type + 1);
}

static char **find_root(const struct roots *roots, const char *name)
{
	/* Most of a kernel's types begin with another letter. */
	if (!roots->initials[(unsigned char)*name])
		return NULL;
	return bsearch(&name, roots->names, roots->count, sizeof(*roots->names), compare_names);
}

static bool is_root_of_vmlinux(const struct roots *roots, const char *name)
{
	char **root = find_root(roots, name);

	return root && roots->in_vmlinux[root - roots->names];
}

/*
 * What a module holds by value may be a copy of one of vmlinux's types. By its name
 * it would be a second candidate, which libbpf does not look for in modules.
 */
static const char *name_of_copy(const struct copy *copy, const struct source *source,
				const struct btf_type *type)
{
	const char *name = btf_types_string(source->btf, type->name_off);

	return source->btf->base && is_root_of_vmlinux(copy->roots, name) ? "" : name;
}

static void add_member(struct copy *copy, struct source *source, const struct btf_type *type,
		       const struct btf_member *member)
{
	bool has_sizes = BTF_INFO_KFLAG(type->info);
	__u32 offset = has_sizes ? BTF_MEMBER_BIT_OFFSET(member->offset) : member->offset;
	__u32 bits = has_sizes ? BTF_MEMBER_BITFIELD_SIZE(member->offset) : 0;

	if (btf__add_field(copy->to, btf_types_string(source->btf, member->name_off),
			   (int)copy_type(copy, source, member->type), offset, bits))
		copy->error = -errno;
}

/* Members hold others by value only as long as it ends: the kernel's compiler saw to that. */
static int copy_struct(struct copy *copy, struct source *source, const struct btf_type *type)
{
	const struct btf_member *members = members_of(type);
	const char *name = name_of_copy(copy, source, type);
	int id;

	/* Fields belong to the struct that was added last. */
	for (unsigned int i = 0; i < BTF_INFO_VLEN(type->info); i++)
		copy_type(copy, source, members[i].type);
	if (BTF_INFO_KIND(type->info) == BTF_KIND_STRUCT)
		id = btf__add_struct(copy->to, name, type->size);
	else
		id = btf__add_union(copy->to, name, type->size);
	for (unsigned int i = 0; id > 0 && !copy->error && i < BTF_INFO_VLEN(type->info); i++)
		add_member(copy, source, type, &members[i]);
	return id;
}

static int copy_array(struct copy *copy, struct source *source, const struct btf_type *type)
{
	const struct btf_array *array = (const void *)(type + 1);
	__u32 index = copy_type(copy, source, array->index_type);

	return btf__add_array(copy->to, (int)index, (int)copy_type(copy, source, array->type),
			      array->nelems);
}

static int copy_int(struct copy *copy, struct source *source, const struct btf_type *type)
{
	__u32 encoding;

	memcpy(&encoding, type + 1, sizeof(encoding));
	return btf__add_int(copy->to, btf_types_string(source->btf, type->name_off), type->size,
			    (int)BTF_INT_ENCODING(encoding));
}

static int copy_known(struct copy *copy, struct source *source, const struct btf_type *type)
{
	const char *name = btf_types_string(source->btf, type->name_off);

	switch (BTF_INFO_KIND(type->info)) {
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return copy_struct(copy, source, type);
	case BTF_KIND_ARRAY:
		return copy_array(copy, source, type);
	case BTF_KIND_INT:
		return copy_int(copy, source, type);
	case BTF_KIND_FLOAT:
		return btf__add_float(copy->to, name, type->size);
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		/* Which values there are is of no use to a field. */
		return btf__add_enum(copy->to, name, type->size);
	case BTF_KIND_PTR:
		return copy->pointer;
	default:
		errno = ENOTSUP;
		return -ENOTSUP;
	}
}

static __u32 *copy_of(struct source *source, __u32 id)
{
	return &source->copies[id - source->btf->first_id];
}

/* The id of the copy, 0 for void or after an error. */
static __u32 copy_type(struct copy *copy, struct source *source, __u32 id)
{
	const struct btf_type *type;
	int made;

	id = resolve(source->btf, id);
	type = btf_types_by_id(source->btf, id);
	if (!type || copy->error)
		return 0;
	source = owner_of(copy, source, id);
	if (*copy_of(source, id))
		return *copy_of(source, id);
	made = copy_known(copy, source, type);
	if (made < 0) {
		copy->error = -errno;
		return 0;
	}
	*copy_of(source, id) = (__u32)made;
	return (__u32)made;
}

static bool is_root(const struct btf_types *btf, const struct roots *roots, const char *name)
{
	char **root = find_root(roots, name);

	if (!root)
		return false;
	/* A module's is asked for only if vmlinux has none: libbpf's order. */
	if (!btf->base)
		roots->in_vmlinux[root - roots->names] = true;
	return !btf->base || !roots->in_vmlinux[root - roots->names];
}

static void copy_roots(struct copy *copy, struct source *source, const struct roots *roots)
{
	const struct btf_types *btf = source->btf;

	for (__u32 id = btf->first_id; id < btf->end_id; id++) {
		const struct btf_type *type = btf_types_by_id(btf, id);
		unsigned int kind = BTF_INFO_KIND(type->info);

		if ((kind == BTF_KIND_STRUCT || kind == BTF_KIND_UNION) &&
		    is_root(btf, roots, btf_types_string(btf, type->name_off)))
			copy_type(copy, source, id);
	}
}

static void copy_all(struct copy *copy, const struct btf_types *kernel, const struct roots *roots)
{
	copy->pointer = btf__add_ptr(copy->to, 0);
	for (size_t i = 0; i < copy->count; i++) {
		struct source *source = &copy->sources[i];

		source->btf = &kernel[i];
		source->copies =
			calloc(kernel[i].end_id - kernel[i].first_id + 1, sizeof(*source->copies));
		if (!source->copies)
			copy->error = -ENOMEM;
	}
	for (size_t i = 0; !copy->error && i < copy->count; i++)
		copy_roots(copy, &copy->sources[i], roots);
}

static int write_file(const struct btf *btf)
{
	int file = memfd_create("vfioscope-btf", MFD_CLOEXEC);
	const char *data;
	__u32 bytes = 0;

	if (file < 0)
		return -errno;
	data = btf__raw_data(btf, &bytes);
	if (data && write(file, data, bytes) == (ssize_t)bytes)
		return file;
	close(file);
	return -EIO;
}

static int make_btf(const struct btf_types *kernel, size_t count, const struct roots *roots)
{
	struct copy copy = { .to = btf__new_empty(), .count = count, .roots = roots };
	int file = -ENOMEM;

	copy.sources = calloc(count, sizeof(*copy.sources));
	if (copy.to && copy.sources) {
		copy_all(&copy, kernel, roots);
		file = copy.error ?: write_file(copy.to);
	}
	for (size_t i = 0; copy.sources && i < count; i++)
		free(copy.sources[i].copies);
	free(copy.sources);
	btf__free(copy.to);
	return file;
}

int core_btf_create(const struct btf_types *kernel, size_t count, const void *elf, size_t bytes)
{
	struct roots roots = {};
	int file = -ENOENT;

	if (count)
		file = read_roots(&roots, elf, bytes) ?: make_btf(kernel, count, &roots);
	for (size_t i = 0; i < roots.count; i++)
		free(roots.names[i]);
	free(roots.names);
	free(roots.in_vmlinux);
	return file;
}
