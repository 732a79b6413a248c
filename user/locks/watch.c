// SPDX-License-Identifier: GPL-2.0-only
#include "watch.h"

#include "../preemption.h"
#include "../kernel_file.h"
#include "../message.h"
#include "../program_set.h"
#include "locks_fentry.skel.h"
#include "locks_kprobe.skel.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Programs that hook VFIO are loaded with it: its types are there only then. */
enum part_name {
	PART_LOCKS,
	PART_VFIO,
	PARTS,
};

/* What could not be loaded so often is tried again only after so many looks. */
#define FAILURES 4
#define PAUSE 60

struct lock_watch {
	bool kprobes;
	unsigned int failures, pause; /* of VFIO's part */
	struct program_set parts[PARTS];
	__u64 missed_before; /* by parts that are gone */
};

static const char *const shared_maps[] = { ".bss", "lock_waits", "lock_open_waits", "lock_uses" };

static bool vfio_is_there(void)
{
	/* Built in, it shows by the driver that needs it, which has parameters. */
	return !access("/sys/kernel/btf/vfio", F_OK) || !access("/sys/module/vfio_pci", F_OK);
}

/*
 * Loading
 */

static int share_maps(struct bpf_object *object, const struct bpf_object *first)
{
	int error = 0;

	for (size_t i = 0; i < sizeof(shared_maps) / sizeof(shared_maps[0]) && !error; i++)
		error = bpf_map__reuse_fd(bpf_object__find_map_by_name(object, shared_maps[i]),
					  bpf_object__find_map_fd_by_name(first, shared_maps[i]));
	return error;
}

/* Both parts have the iterator: with VFIO's types it tells of devices too. */
static void choose_programs(struct bpf_object *object, enum part_name part)
{
	struct bpf_program *program;

	bpf_object__for_each_program (program, object)
		bpf_program__set_autoload(program, program_is(program, "iter/") ||
							   program_is(program, "tp_btf/") ==
								   (part == PART_LOCKS));
}

/* NULL with errno. */
static struct bpf_object *load_object(const struct lock_watch *watch, enum part_name part)
{
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "vfioscope_locks");
	struct bpf_object *object;
	const void *elf;
	size_t bytes;
	int error = 0;

	elf = watch->kprobes ? locks_kprobe__elf_bytes(&bytes) : locks_fentry__elf_bytes(&bytes);
	object = bpf_object__open_mem(elf, bytes, &options);
	if (!object)
		return NULL;
	choose_programs(object, part);
	if (part != PART_LOCKS)
		error = share_maps(object, watch->parts[PART_LOCKS].object);
	error = error ?: bpf_object__load(object);
	if (!error)
		return object;
	bpf_object__close(object);
	errno = -error;
	return NULL;
}

static void close_part(struct lock_watch *watch, struct program_set *part)
{
	watch->missed_before += program_set_missed(part);
	program_set_close(part);
}

/* Returns -1 with errno. */
static int open_part(struct lock_watch *watch, enum part_name name)
{
	struct program_set *part = &watch->parts[name];

	part->object = load_object(watch, name);
	if (!part->object)
		return -1;
	program_set_attach(part);
	if (part->link_count)
		return 0;
	close_part(watch, part);
	errno = EOPNOTSUPP;
	return -1;
}

void lock_watch_pick_up_modules(struct lock_watch *watch)
{
	struct program_set *part = &watch->parts[PART_VFIO];

	if (!vfio_is_there()) {
		close_part(watch, part);
		watch->failures = watch->pause = 0;
		return;
	}
	if (part->object || (watch->pause && --watch->pause) || !open_part(watch, PART_VFIO))
		return;
	message_debug("VFIO: %s", strerror(errno));
	/* It may only just be loading; or this kernel has no trampolines. */
	if (++watch->failures % FAILURES)
		return;
	if (!watch->kprobes) {
		watch->kprobes = true;
		return;
	}
	watch->pause = PAUSE;
	message_warning("who uses and who removes VFIO devices is not seen: %s", strerror(errno));
}

struct lock_watch *lock_watch_open(void)
{
	struct lock_watch *watch = calloc(1, sizeof(*watch));

	if (!watch) {
		message_error("out of memory");
		return NULL;
	}
	/* Other programs would be skipped at times (preemption.h), or have no trampolines. */
	watch->kprobes = preemption_in_kernel() || !kernel_has_jit();
	if (!open_part(watch, PART_LOCKS)) {
		lock_watch_pick_up_modules(watch);
		return watch;
	}
	if (errno == EPERM || errno == EACCES)
		message_error("cannot load BPF programs: run as root, or with CAP_BPF, CAP_PERFMON "
			      "and CAP_SYS_ADMIN");
	else
		message_error("cannot watch waits for locks: %s: a kernel from 5.19 on is needed, "
			      "with CONFIG_DEBUG_INFO_BTF=y (-v shows what this one says)",
			      strerror(errno));
	lock_watch_close(watch);
	return NULL;
}

void lock_watch_close(struct lock_watch *watch)
{
	if (!watch)
		return;
	for (size_t i = PARTS; i-- > 0;)
		close_part(watch, &watch->parts[i]);
	free(watch);
}

/*
 * Reading
 */

static bool map_has_long_wait(const struct lock_watch *watch, const char *name, __u64 before_ns)
{
	int map = bpf_object__find_map_fd_by_name(watch->parts[PART_LOCKS].object, name);
	struct lock_wait wait;
	__u32 key, *before = NULL;

	/* It begins anew when a key goes away that it was at. */
	for (int i = 0; i < 2 * LOCK_WAITS && !bpf_map_get_next_key(map, before, &key); i++) {
		if (!bpf_map_lookup_elem(map, &key, &wait) && wait.since_ns <= before_ns)
			return true;
		before = &key;
	}
	return false;
}

bool lock_watch_waits_long(const struct lock_watch *watch, __u64 before_ns)
{
	return map_has_long_wait(watch, "lock_waits", before_ns) ||
	       map_has_long_wait(watch, "lock_open_waits", before_ns);
}

/* All that the iterator writes. Returns bytes, or -1 with errno. */
static ssize_t read_all(int file, char **data)
{
	size_t bytes = 0, room = 0;
	ssize_t got = 1;

	*data = NULL;
	while (got > 0) {
		if (bytes == room) {
			char *larger = realloc(*data, room + 65536);

			if (!larger)
				return -1;
			*data = larger;
			room += 65536;
		}
		got = read(file, *data + bytes, room - bytes);
		if (got < 0 && errno == EINTR)
			got = 1;
		else if (got > 0)
			bytes += (size_t)got;
	}
	return got < 0 ? -1 : (ssize_t)bytes;
}

long lock_watch_tasks(const struct lock_watch *watch, struct lock_task **tasks)
{
	const struct program_set *part =
		&watch->parts[watch->parts[PART_VFIO].object ? PART_VFIO : PART_LOCKS];
	const struct bpf_program *program =
		bpf_object__find_program_by_name(part->object, "lock_tasks");
	struct bpf_link *link = bpf_program__attach_iter(program, NULL);
	int file = link ? bpf_iter_create(bpf_link__fd(link)) : -1;
	ssize_t bytes = -1;
	char *data = NULL;

	if (file >= 0) {
		bytes = read_all(file, &data);
		close(file);
	}
	bpf_link__destroy(link);
	*tasks = (struct lock_task *)data;
	if (bytes >= 0)
		return bytes / (ssize_t)sizeof(**tasks);
	free(data);
	*tasks = NULL;
	return -1;
}

struct lock_watch_losses lock_watch_losses(const struct lock_watch *watch)
{
	const struct program_set *vfio = &watch->parts[PART_VFIO];
	struct lock_watch_losses losses = {
		.missed_runs = watch->missed_before,
		.absent = vfio->absent_count,
		.names = vfio->absent,
	};
	struct lock_state state = { 0 };
	const __u32 first = 0;

	bpf_map_lookup_elem(bpf_object__find_map_fd_by_name(watch->parts[PART_LOCKS].object,
							    ".bss"),
			    &first, &state);
	losses.waits_without_room = state.waits_without_room;
	losses.uses_without_room = state.uses_without_room;
	for (size_t i = 0; i < PARTS; i++)
		losses.missed_runs += program_set_missed(&watch->parts[i]);
	return losses;
}
