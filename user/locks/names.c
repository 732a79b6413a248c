// SPDX-License-Identifier: GPL-2.0-only
#include "names.h"

#include <bpf/btf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_BYTES 128

/* Types whose members locks are, and what developers call their objects. */
enum object_type {
	OBJECT_ZDEV,
	OBJECT_CORE,
	OBJECT_VFIO,
	OBJECT_DEV_SET,
	OBJECT_GROUP,
	OBJECT_PCI,
	OBJECT_TYPES,
};

static const struct {
	const char *type, *called;
	const char *module; /* that has the type, where it is no part of the kernel; NULL: none */
} object_types[OBJECT_TYPES] = {
	[OBJECT_ZDEV] = { "zpci_dev", "zdev", NULL },
	[OBJECT_CORE] = { "vfio_pci_core_device", "vdev", "vfio_pci_core" },
	[OBJECT_VFIO] = { "vfio_device", "vdev", "vfio" },
	[OBJECT_DEV_SET] = { "vfio_device_set", "dev_set", "vfio" },
	[OBJECT_GROUP] = { "vfio_group", "group", "vfio" },
	[OBJECT_PCI] = { "pci_dev", "pdev", NULL },
};

struct lock_names {
	bool missed;  /* something had no name */
	bool expired; /* modules or programs have come or gone */
	bool has_vfio_types;
	struct symbols *symbols;
	struct btf *kernel, *vfio, *vfio_pci;
	/* Looked for once: there are many types. */
	struct {
		const struct btf *btf;
		const struct btf_type *type; /* NULL: there is none */
	} objects[OBJECT_TYPES];
};

struct lock_names *lock_names_new(void)
{
	struct lock_names *names = calloc(1, sizeof(*names));

	if (names)
		names->expired = true;
	return names;
}

void lock_names_free(struct lock_names *names)
{
	if (!names)
		return;
	symbols_free(names->symbols);
	btf__free(names->vfio_pci);
	btf__free(names->vfio);
	btf__free(names->kernel);
	free(names);
}

static void find_type(struct lock_names *names, enum object_type which)
{
	const char *module = object_types[which].module;
	const struct btf *btf = !module		       ? names->kernel :
				strcmp(module, "vfio") ? names->vfio_pci :
							 names->vfio;
	int id;

	/* Without a module it is built in. */
	btf = btf ?: names->kernel;
	id = btf__find_by_name_kind(btf, object_types[which].type, BTF_KIND_STRUCT);
	names->objects[which].btf = btf;
	names->objects[which].type = id > 0 ? btf__type_by_id(btf, (__u32)id) : NULL;
}

/*
 * Takes its time, and is for nothing as long as no device is in it. VFIO may be loaded later than
 * that.
 */
static void load_types(struct lock_names *names, bool with_vfio)
{
	if (names->kernel && (names->has_vfio_types || !with_vfio))
		return;
	if (!names->kernel)
		names->kernel = btf__load_vmlinux_btf();
	if (!names->kernel)
		return;
	if (with_vfio) {
		btf__free(names->vfio);
		btf__free(names->vfio_pci);
		names->vfio = btf__load_module_btf("vfio", names->kernel);
		names->vfio_pci = btf__load_module_btf("vfio_pci_core", names->kernel);
	}
	for (enum object_type which = 0; which < OBJECT_TYPES; which++)
		find_type(names, which);
	names->has_vfio_types = names->objects[OBJECT_CORE].type;
}

bool lock_names_renew(struct lock_names *names)
{
	if (!names->missed)
		return false;
	names->missed = names->expired = false;
	return symbols_reload(&names->symbols, true);
}

void lock_names_expire(struct lock_names *names)
{
	names->expired = true;
}

void lock_names_follow_modules(struct lock_names *names)
{
	if (symbols_are_old(names->symbols))
		lock_names_expire(names);
}

static const struct symbols *current_symbols(struct lock_names *names)
{
	if (names->expired) {
		names->missed = true;
		lock_names_renew(names);
	}
	return names->symbols;
}

bool lock_names_are_hidden(struct lock_names *names)
{
	return symbols_are_hidden(current_symbols(names));
}

const char *lock_function_name(struct lock_names *names, __u64 address, char buffer[SYMBOL_BYTES])
{
	symbol_name(current_symbols(names), address, buffer);
	names->missed |= buffer[0] == '0'; /* an address: no name begins so */
	return buffer;
}

const char *lock_word_name(struct lock_names *names, __u64 word, char buffer[SYMBOL_BYTES])
{
	return symbol_name(current_symbols(names), word, buffer);
}

/*
 * Members of objects
 */

static const struct btf_type *resolve(const struct btf *btf, __u32 id)
{
	const struct btf_type *type = btf__type_by_id(btf, id);

	while (type && (btf_is_mod(type) || btf_is_typedef(type)))
		type = btf__type_by_id(btf, type->type);
	return type;
}

static bool is_lock(const struct btf *btf, const struct btf_type *type)
{
	const char *name = btf__name_by_offset(btf, type->name_off);

	return name && (!strcmp(name, "mutex") || !strcmp(name, "rw_semaphore"));
}

/* Adds ".member" for each step to the lock that begins at @offset; false: there is none. */
static bool find_member(const struct btf *btf, const struct btf_type *type, __u32 offset,
			char path[PATH_BYTES])
{
	const struct btf_member *member = btf_members(type);

	for (int i = 0; i < btf_vlen(type); i++, member++) {
		const struct btf_type *inner = resolve(btf, member->type);
		__u32 start = btf_member_bit_offset(type, (__u32)i) / 8;
		const char *name = btf__name_by_offset(btf, member->name_off);
		size_t length = strlen(path);

		if (!inner || !btf_is_composite(inner) || offset < start ||
		    offset - start >= inner->size)
			continue;
		if (name && *name)
			snprintf(path + length, PATH_BYTES - length, ".%s", name);
		if (offset == start && is_lock(btf, inner))
			return true;
		if (find_member(btf, inner, offset - start, path))
			return true;
		path[length] = '\0';
	}
	return false;
}

/* Whether the lock lies within the object; path: which member it is. */
static bool find_in_object(const struct lock_names *names, enum object_type which, __u64 object,
			   __u64 lock, char path[PATH_BYTES])
{
	const struct btf_type *type = names->objects[which].type;

	if (!type || !object || lock < object || lock - object >= type->size)
		return false;
	snprintf(path, PATH_BYTES, "%s", object_types[which].called);
	return find_member(names->objects[which].btf, type, (__u32)(lock - object), path);
}

static bool find_in_objects(struct lock_names *names, const struct lock_objects *objects,
			    __u64 lock, char path[PATH_BYTES])
{
	const __u64 addresses[OBJECT_TYPES] = {
		[OBJECT_ZDEV] = objects->zdev,	 [OBJECT_CORE] = objects->core,
		[OBJECT_VFIO] = objects->vfio,	 [OBJECT_DEV_SET] = objects->dev_set,
		[OBJECT_GROUP] = objects->group, [OBJECT_PCI] = objects->pci,
	};

	if (!objects->vfio && !objects->pci)
		return false;
	load_types(names, objects->vfio);
	for (enum object_type which = 0; which < OBJECT_TYPES; which++)
		if (find_in_object(names, which, addresses[which], lock, path))
			return true;
	return false;
}

bool lock_member_name(struct lock_names *names, const struct lock_objects *objects, __u64 lock,
		      char buffer[LOCK_NAME_BYTES])
{
	char path[PATH_BYTES];

	if (!find_in_objects(names, objects, lock, path))
		return false;
	snprintf(buffer, LOCK_NAME_BYTES, "%s of %.*s", path, DEVICE_NAME_BYTES, objects->device);
	return true;
}

/*
 * Members of variables
 */

/*
 * How many structures of that name have a lock there; path: what the first one calls it. Only those
 * of the module itself.
 */
static unsigned int count_members(const struct btf *btf, const char *name, __u32 offset,
				  char path[PATH_BYTES])
{
	const struct btf *kernel = btf__base_btf(btf);
	unsigned int count = 0;

	for (__u32 id = btf__type_cnt(kernel); id < btf__type_cnt(btf); id++) {
		const struct btf_type *type = btf__type_by_id(btf, id);
		const char *type_name = btf__name_by_offset(btf, type->name_off);
		char other[PATH_BYTES];

		if (!btf_is_struct(type) || !type_name || strcmp(type_name, name) != 0 ||
		    offset >= type->size)
			continue;
		snprintf(other, sizeof(other), "%s", name);
		if (find_member(btf, type, offset, other) && !count++)
			memcpy(path, other, sizeof(other));
	}
	return count;
}

/*
 * VFIO keeps its own locks in variables that are called as their types are, and there are several:
 * "vfio#2+0x18 [vfio]" is "vfio.group_lock [vfio]", if only one of the types has a lock there.
 */
static void name_member_of_variable(struct lock_names *names, char buffer[LOCK_NAME_BYTES])
{
	static const char module[] = " [vfio]";
	const char *plus = strchr(buffer, '+'), *end = plus ? strchr(plus, ' ') : NULL;
	char name[PATH_BYTES], path[PATH_BYTES];

	if (!end || strcmp(end, module) != 0)
		return;
	load_types(names, true);
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(buffer, "#+"), buffer);
	if (names->vfio &&
	    count_members(names->vfio, name, (__u32)strtoul(plus + 1, NULL, 16), path) == 1)
		snprintf(buffer, LOCK_NAME_BYTES, "%s%s", path, module);
}

static void name_variable(struct lock_names *names, __u64 lock, char buffer[LOCK_NAME_BYTES])
{
	symbol_variable_name(current_symbols(names), lock, buffer, LOCK_NAME_BYTES);
	name_member_of_variable(names, buffer);
}

bool lock_variable_name(struct lock_names *names, __u64 lock, char buffer[LOCK_NAME_BYTES])
{
	name_variable(names, lock, buffer);
	names->missed |= buffer[0] == '0';
	return buffer[0] != '0';
}

static const struct lock_objects *find_owner(struct lock_names *names,
					     const struct lock_task *tasks, size_t count,
					     __u64 lock, char path[PATH_BYTES])
{
	for (size_t i = 0; i < count; i++) {
		if (find_in_objects(names, &tasks[i].waits, lock, path))
			return &tasks[i].waits;
		if (find_in_objects(names, &tasks[i].physfn, lock, path))
			return &tasks[i].physfn;
		if (find_in_objects(names, &tasks[i].uses, lock, path))
			return &tasks[i].uses;
	}
	return NULL;
}

/*
 * Names
 */

/* A device's own: it is in the objects of who waits, or of who uses it. */
static const char *open_name(const struct lock_wait *wait, const struct lock_task *tasks,
			     size_t count, char buffer[LOCK_NAME_BYTES])
{
	const char *device = "a device";

	for (size_t i = 0; i < count; i++)
		if (tasks[i].open_wait.lock == wait->lock && tasks[i].waits.device[0])
			device = tasks[i].waits.device;
	snprintf(buffer, LOCK_NAME_BYTES, "OPEN(%.*s)", DEVICE_NAME_BYTES, device);
	return buffer;
}

static const char *active_name(const struct lock_wait *wait, const struct lock_task *tasks,
			       size_t count, char buffer[LOCK_NAME_BYTES])
{
	const char *file = "a file";

	for (size_t i = 0; i < count; i++)
		if (tasks[i].active_wait.lock == wait->lock && tasks[i].waits_file[0])
			file = tasks[i].waits_file;
	snprintf(buffer, LOCK_NAME_BYTES, "kn->active of %.*s", FILE_NAME_BYTES, file);
	return buffer;
}

const char *lock_name(struct lock_names *names, const struct lock_wait *wait,
		      const struct lock_task *tasks, size_t count, char buffer[LOCK_NAME_BYTES])
{
	const struct lock_objects *owner;
	char path[PATH_BYTES];

	if (wait->kind == LOCK_OPEN)
		return open_name(wait, tasks, count, buffer);
	if (wait->kind == LOCK_ACTIVE)
		return active_name(wait, tasks, count, buffer);
	owner = find_owner(names, tasks, count, wait->lock, path);
	if (owner)
		snprintf(buffer, LOCK_NAME_BYTES, "%s of %.*s", path, DEVICE_NAME_BYTES,
			 owner->device);
	else
		name_variable(names, wait->lock, buffer);
	names->missed |= buffer[0] == '0';
	return buffer;
}
