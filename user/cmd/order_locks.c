// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "order_locks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct order_locks {
	struct lock_names *names;
	struct order_watch *watch;
	order_renamed renamed;
	void *argument;
	struct named_lock *lock; /* by number */
	size_t count, room;
	struct lock_objects *device;
	size_t device_count, device_room;
};

struct order_locks *order_locks_new(struct lock_names *names, order_renamed renamed, void *argument)
{
	struct order_locks *locks = calloc(1, sizeof(*locks));

	if (locks)
		*locks = (struct order_locks){
			.names = names,
			.renamed = renamed,
			.argument = argument,
		};
	return locks;
}

void order_locks_free(struct order_locks *locks)
{
	if (!locks)
		return;
	free(locks->lock);
	free(locks->device);
	free(locks);
}

void order_locks_watch(struct order_locks *locks, struct order_watch *watch)
{
	locks->watch = watch;
}

/* Room for one more: the array, or NULL when memory is out. */
static void *grow(void *array, size_t *room, size_t count, size_t bytes)
{
	void *larger;

	if (count < *room)
		return array;
	larger = reallocarray(array, *room ? 2 * *room : 64, bytes);
	if (larger)
		*room = *room ? 2 * *room : 64;
	return larger;
}

/*
 * Names
 */

static bool name_member(const struct order_locks *locks, struct named_lock *lock)
{
	for (size_t i = locks->device_count; i-- > 0;)
		if (lock_member_name(locks->names, &locks->device[i], lock->address, lock->class))
			return true;
	return false;
}

/* Classes that are addresses have the number, too: memory is used again. */
static void name_address(struct named_lock *lock)
{
	snprintf(lock->class, sizeof(lock->class), "%s at 0x%llx#%u",
		 lock->given[0]		   ? lock->given :
		 lock->kind == ORDER_MUTEX ? "mutex" :
					     "rw_semaphore",
		 (unsigned long long)lock->address, lock->id);
}

/*
 * Where a module's variable was another one's may be by the time that names are read. @modules: how
 * many had come and gone when the lock was seen.
 */
static bool name_variable(const struct order_locks *locks, struct named_lock *lock, __u32 modules)
{
	return lock_variable_name(locks->names, lock->address, lock->class) &&
	       (!strchr(lock->class, '[') || order_watch_modules(locks->watch) == modules);
}

static void name_lock(const struct order_locks *locks, struct named_lock *lock, __u32 modules)
{
	lock->is_named = true;
	if (lock->kind == ORDER_OPEN)
		snprintf(lock->class, sizeof(lock->class), "OPEN(%s)", lock->given);
	else if (lock->kind == ORDER_ACTIVE)
		snprintf(lock->class, sizeof(lock->class), "kn->active of %s", lock->given);
	else if (lock->kind == ORDER_FILE)
		snprintf(lock->class, sizeof(lock->class), "of->mutex of %s", lock->given);
	else
		lock->is_named = name_member(locks, lock) || name_variable(locks, lock, modules);
	if (!lock->is_named)
		name_address(lock);
}

static void rename_lock(struct order_locks *locks, const struct lock_objects *device,
			struct named_lock *lock, bool as_guard)
{
	char class[ORDER_CLASS_BYTES];

	if (!lock->gets_name)
		return;
	lock_member_name(locks->names, device, lock->address, class);
	locks->renamed(lock->class, class, as_guard, locks->argument);
	if (as_guard)
		return;
	memcpy(lock->class, class, sizeof(class));
	lock->is_named = true;
	lock->gets_name = false;
}

/*
 * A device has become known: what had an address only may be its member. Whether it still is, is
 * asked once: it may go meanwhile, and has one name as a guard and as a lock.
 */
static void name_again(struct order_locks *locks, const struct lock_objects *device)
{
	char class[ORDER_CLASS_BYTES];

	for (size_t i = 0; i < locks->count; i++) {
		struct named_lock *lock = &locks->lock[i];

		lock->gets_name = !lock->is_named &&
				  lock_member_name(locks->names, device, lock->address, class) &&
				  order_watch_is_current(locks->watch, lock->address, lock->id);
	}
	for (size_t i = 0; i < locks->count; i++)
		rename_lock(locks, device, &locks->lock[i], true);
	for (size_t i = 0; i < locks->count; i++)
		rename_lock(locks, device, &locks->lock[i], false);
}

/*
 * Locks
 */

/* Where it is, or else belongs: most often at the end, as numbers are given out one by one. */
static size_t place_of(const struct order_locks *locks, __u32 id)
{
	size_t first = 0, end = locks->count;

	while (first < end) {
		size_t middle = first + (end - first) / 2;

		if (locks->lock[middle].id < id)
			first = middle + 1;
		else
			end = middle;
	}
	return first;
}

const struct named_lock *order_locks_find(const struct order_locks *locks, __u32 id)
{
	size_t place = place_of(locks, id);

	return place < locks->count && locks->lock[place].id == id ? &locks->lock[place] : NULL;
}

int order_locks_add(struct order_locks *locks, const struct order_lock_event *event)
{
	size_t place = place_of(locks, event->id);
	struct named_lock *lock = grow(locks->lock, &locks->room, locks->count, sizeof(*lock));

	if (!lock)
		return -1;
	locks->lock = lock;
	lock += place;
	memmove(lock + 1, lock, (locks->count++ - place) * sizeof(*lock));
	*lock = (struct named_lock){
		.id = event->id,
		.kind = event->kind,
		.address = event->address,
	};
	memcpy(lock->given, event->name, sizeof(lock->given) - 1);
	name_lock(locks, lock, event->modules);
	return 0;
}

size_t order_locks_count(const struct order_locks *locks)
{
	return locks->count;
}

void order_locks_find_stale(struct order_locks *locks)
{
	for (size_t i = 0; i < locks->count; i++) {
		struct named_lock *lock = &locks->lock[i];

		if (!order_watch_is_current(locks->watch, lock->address, lock->id))
			lock->stale++;
	}
}

bool order_lock_is_stale(const struct named_lock *lock)
{
	return lock->stale > 1;
}

void order_locks_forget_stale(struct order_locks *locks)
{
	size_t kept = 0;

	for (size_t i = 0; i < locks->count; i++)
		if (!order_lock_is_stale(&locks->lock[i]))
			locks->lock[kept++] = locks->lock[i];
	locks->count = kept;
}

/*
 * Devices
 */

/* Of each device there is one: NULL if there is no room. */
static struct lock_objects *place_of_device(struct order_locks *locks,
					    const struct lock_objects *objects)
{
	struct lock_objects *device = locks->device;

	for (size_t i = 0; i < locks->device_count; i++, device++)
		if (objects->pci ? device->pci == objects->pci : device->vfio == objects->vfio)
			return device;
	device = grow(locks->device, &locks->device_room, locks->device_count, sizeof(*device));
	if (!device)
		return NULL;
	locks->device = device;
	device += locks->device_count++;
	memset(device, 0, sizeof(*device));
	return device;
}

/* What a device is told of again need not be all that it has: only one of its parts was met. */
static void merge_device(struct lock_objects *device, const struct lock_objects *objects)
{
	const struct lock_objects known = *device;

	*device = *objects;
	device->pci = objects->pci ?: known.pci;
	device->zdev = objects->zdev ?: known.zdev;
	if (objects->vfio)
		return;
	device->vfio = known.vfio;
	device->core = known.core;
	device->dev_set = known.dev_set;
	device->group = known.group;
}

int order_locks_add_device(struct order_locks *locks, const struct lock_objects *objects)
{
	struct lock_objects *device = place_of_device(locks, objects);

	if (!device)
		return -1;
	merge_device(device, objects);
	name_again(locks, device);
	return 0;
}

/* What lies there next is not the device's. */
static void forget_object(struct order_locks *locks, __u64 address)
{
	size_t kept = 0;

	for (size_t i = 0; i < locks->device_count; i++) {
		struct lock_objects device = locks->device[i];

		if (device.pci == address)
			device = (struct lock_objects){ 0 };
		if (device.vfio == address)
			device.vfio = device.core = device.dev_set = device.group = 0;
		if (device.pci || device.vfio)
			locks->device[kept++] = device;
	}
	locks->device_count = kept;
}

static void forget_module(struct order_locks *locks, __u64 address, __u64 bytes)
{
	for (size_t i = 0; i < locks->count; i++)
		if (locks->lock[i].address - address < bytes)
			order_watch_forget(locks->watch, locks->lock[i].address);
}

void order_locks_forget(struct order_locks *locks, const struct order_gone_event *event)
{
	if (event->bytes)
		forget_module(locks, event->address, event->bytes);
	else
		forget_object(locks, event->address);
}
