/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The orders themselves: locks by number, and an edge from what is held to what is wanted.
 *
 * A lock gets its number when an armed task takes it, and loses it when it is initialised (again):
 * what lies in that memory then is another lock. It loses it, too, when there are too many locks
 * and it was not taken for long.
 */
#ifndef VFIOSCOPE_LOCKORDER_GRAPH_BPF_H
#define VFIOSCOPE_LOCKORDER_GRAPH_BPF_H

#include "lockorder_armed.bpf.h"
#include "sysfs.bpf.h"
#include "vfio_file.bpf.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

struct order_lock {
	__u32 id;
	__u32 kind; /* enum order_kind */
};

/* By address. Locks that are freed stay until there is no room. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, ORDER_LOCKS);
	__type(key, __u64);
	__type(value, struct order_lock);
} order_locks SEC(".maps");

/* Locks that an armed task initialised, by address: what the kernel calls them. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, ORDER_LOCKS);
	__type(key, __u64);
	__type(value, __u64);
} order_names SEC(".maps");

/* User space keeps them: those that were not seen for long go first. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, ORDER_EDGES);
	__type(key, struct order_key);
	__type(value, struct order_seen);
} order_edges SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, ORDER_RING_BYTES);
} order_events SEC(".maps");

static __always_inline void *begin_event(__u32 bytes)
{
	void *event = bpf_ringbuf_reserve(&order_events, bytes, 0);

	if (!event)
		__sync_fetch_and_add(&order_state.events_lost, 1);
	return event;
}

/*
 * Locks
 */

static __always_inline void name_open(char *name, struct vfio_device___vfioscope *vfio)
{
	if (bpf_core_type_exists(struct vfio_device___vfioscope))
		bpf_probe_read_kernel_str(name, ORDER_NAME_BYTES,
					  BPF_CORE_READ(vfio, dev, kobj.name));
}

static __always_inline void name_initialised(char *name, __u64 lock)
{
	__u64 *text = bpf_map_lookup_elem(&order_names, &lock);

	if (text)
		bpf_probe_read_kernel_str(name, ORDER_NAME_BYTES, (void *)*text);
}

static __always_inline void name_lock(char *name, __u64 lock, __u32 kind)
{
	__builtin_memset(name, 0, ORDER_NAME_BYTES);
	if (kind == ORDER_ACTIVE)
		name_file(name, (void *)lock);
	else if (kind == ORDER_OPEN)
		name_open(name, (void *)lock);
	else
		name_initialised(name, lock);
}

/* What the task found first, if another one was quicker. 0: the lock gets no number. */
static __always_inline __u32 known_number(__u64 lock, __u32 kind)
{
	struct order_lock *known = bpf_map_lookup_elem(&order_locks, &lock);

	return known && known->kind == kind ? known->id : 0;
}

/* To delete what is not there takes a lock, to look does not. */
static __always_inline void forget_lock(__u64 lock)
{
	if (bpf_map_lookup_elem(&order_locks, &lock) && !bpf_map_delete_elem(&order_locks, &lock))
		__sync_fetch_and_add(&order_state.locks_removed, 1);
}

/* What was there, and is another kind of lock, is no more. */
static __always_inline void forget_other_kind(__u64 lock, __u32 kind)
{
	struct order_lock *known = bpf_map_lookup_elem(&order_locks, &lock);

	if (known && known->kind != kind)
		forget_lock(lock);
}

/*
 * The number that a lock gets, 0: it gets none, and this is counted. @called: what its name is made
 * of, for a mutex that is a file's: its node.
 */
static __always_inline __u32 number_lock(__u64 lock, __u32 kind, __u64 called)
{
	struct order_lock_event *event = begin_event(sizeof(*event));
	struct order_lock new = { .kind = kind };

	if (!event)
		return 0;
	forget_other_kind(lock, kind);
	if (*(volatile __u32 *)&order_state.last_id < ORDER_IDS)
		new.id = __sync_fetch_and_add(&order_state.last_id, 1) + 1;
	if (!new.id || bpf_map_update_elem(&order_locks, &lock, &new, BPF_NOEXIST)) {
		bpf_ringbuf_discard(event, 0);
		new.id = known_number(lock, kind);
		if (!new.id)
			__sync_fetch_and_add(&order_state.locks_without_room, 1);
		return new.id;
	}
	__sync_fetch_and_add(&order_state.locks_added, 1);
	event->type = ORDER_EVENT_LOCK;
	event->id = new.id;
	event->address = lock;
	event->kind = called ? ORDER_FILE : kind;
	event->modules = *(volatile __u32 *)&order_state.modules;
	name_lock(event->name, called ?: lock, called ? ORDER_ACTIVE : kind);
	bpf_ringbuf_submit(event, 0);
	return new.id;
}

static __always_inline __u32 number_of(__u64 lock, __u32 kind)
{
	return known_number(lock, kind) ?: number_lock(lock, kind, 0);
}

/*
 * Edges
 */

/* Who holds more than so many has its guards among the oldest. */
#define MOST_OUTER 16

/* As struct order_seen has them. */
struct order_guards {
	__u32 guard[ORDER_GUARDS];
	__u32 cut;
	__u32 unknown; /* something is held that there was no number for */
};

#define NO_MORE -1
#define NOT_NOTED -2
#define NO_NUMBER -3

/*
 * What is at @index, as a guard beside @count others, if somebody can be kept out by it; else 0, or
 * one of these. No guard is the one at @from, nor what is let go before the task waits. What is
 * compared here makes no ways that the verifier follows on.
 */
__noinline int order_guard(__u32 index, __u32 from, __u32 count, __u64 released, __u64 bytes)
{
	struct order_armed_task *armed = armed_task();
	struct order_held *held;

	if (!armed || index >= armed->count)
		return NO_MORE;
	held = &HELD(armed, index);
	if (index == from || held->lock - released < bytes)
		return 0;
	if (held->kind == ORDER_ACTIVE)
		return 0;
	/* Who opens the file again has another one. */
	if (held->lock == armed->of_mutex)
		return 0;
	if (!order_is_held(index))
		return 0;
	if (!held->id)
		return NO_NUMBER;
	if (count >= (held->mode == ORDER_SHARED ? ORDER_SHARED_GUARDS : ORDER_GUARDS))
		return NOT_NOTED;
	return held->mode == ORDER_SHARED ? held->id | ORDER_GUARD_SHARED : held->id;
}

/*
 * Locks that are held beside the one at @from, the oldest first. A function of its own: what is
 * found here makes no ways either.
 */
__noinline int order_find_guards(__u32 from, __u64 released, __u64 bytes,
				 struct order_guards *guards)
{
	__u32 count = 0;

	if (!guards)
		return 0;
	for (__u32 i = 0; i < MOST_OUTER; i++) {
		int id = order_guard(i, from, count, released, bytes);

		if (id == NO_MORE)
			return 0;
		if (id == NOT_NOTED)
			guards->cut = 1;
		else if (id == NO_NUMBER)
			guards->unknown = 1;
		else if (id)
			guards->guard[count++ & (ORDER_GUARDS - 1)] = id;
	}
	guards->cut |= order_guard(MOST_OUTER, from, 0, released, bytes) != NO_MORE;
	return 0;
}

/* What is left of the guard @known, if these are held now: 0, or it is read now or was before. */
__noinline __u32 order_guard_left(const struct order_guards *now, __u32 known)
{
	for (__u32 i = 0; now && i < ORDER_GUARDS; i++)
		if (!((now->guard[i] ^ known) & ~ORDER_GUARD_SHARED))
			return now->guard[i] | known;
	return 0;
}

/* Whether all of an order's guards are held now, and those that were not only read are not now. */
__noinline int order_guards_hold(const struct order_seen *seen, const struct order_guards *now)
{
	for (__u32 i = 0; seen && i < ORDER_GUARDS; i++) {
		__u32 known = seen->guard[i];

		if (known && order_guard_left(now, known) != known)
			return false;
	}
	return true;
}

/*
 * From now on they are those that are held this time (@anew, and these are told), or what is left
 * of them by number. False: another processor is at it.
 */
__noinline int order_change_guards(struct order_seen *seen, const struct order_guards *now,
				   __u32 anew)
{
	__u32 changes;

	if (!seen || !now)
		return false;
	changes = *(volatile __u32 *)&seen->changes;
	if (changes & 1 ||
	    __sync_val_compare_and_swap(&seen->changes, changes, changes + 1) != changes)
		return false;
	for (__u32 i = 0; i < ORDER_GUARDS; i++) {
		__u32 known = seen->guard[i];

		seen->guard[i] = anew ? now->guard[i] : known ? order_guard_left(now, known) : 0;
	}
	__sync_fetch_and_add(&seen->changes, 1);
	return true;
}

/* Whether nothing is held now that was not: so what is missing has no other number. */
__noinline int order_guards_are_fewer(const struct order_seen *seen, const struct order_guards *now)
{
	struct order_guards known = {};

	if (!seen || !now)
		return false;
	__builtin_memcpy(known.guard, seen->guard, sizeof(known.guard));
	for (__u32 i = 0; i < ORDER_GUARDS; i++)
		if (now->guard[i] && !order_guard_left(&known, now->guard[i]))
			return false;
	return true;
}

/*
 * Where locks take turns it has to end. Most of them have other names, which is told by then; of
 * one that gets number after number it is not told any more when it is not held: user space finds
 * that in the end, and counts it.
 */
static __always_inline bool change_too_often(struct order_seen *seen,
					     const struct order_guards *now)
{
	__u64 seconds = (bpf_ktime_get_ns() - seen->first_ns) / 1000000000;

	if (seen->changes / 2 < ORDER_CHANGES + seconds || !order_change_guards(seen, now, false))
		return false;
	seen->guards_cut = 1;
	return true;
}

/*
 * User space compares guards by name: what all events have is what there is. What is in @seen are
 * those that were told last, so that each that lacks one is told; @as_seen: none is lacking, of
 * those that they were by so many @changes. An event that is lost is a
 * sighting that is lost, but for what is surely missing: the next one tells.
 */
static __always_inline void tell_edge(const struct order_armed_task *armed,
				      const struct order_key *key, struct order_seen *seen,
				      const struct order_guards *now, bool as_seen, __u32 changes)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct order_edge_event *event = begin_event(sizeof(*event));

	if (!event) {
		seen->told = 0;
		if (!as_seen && order_guards_are_fewer(seen, now))
			order_change_guards(seen, now, false);
		return;
	}
	if (!as_seen)
		order_change_guards(seen, now, true);
	event->type = ORDER_EVENT_EDGE;
	event->key = *key;
	event->scope = armed->scope;
	event->tid = task->pid;
	event->pid = task->tgid;
	__builtin_memcpy(event->comm, task->comm, sizeof(event->comm));
	event->stack_bytes = 0;
	if (!seen->told) {
		event->stack_bytes =
			bpf_get_task_stack(task, event->stack, sizeof(event->stack), 0);
		if (event->stack_bytes < 0)
			__sync_fetch_and_add(&order_state.stacks_failed, 1);
	}
	seen->told = 1;
	event->seen = *seen;
	barrier();
	/* What another processor has made of them is not what is held here. */
	if (!as_seen || *(volatile __u32 *)&seen->changes != changes)
		__builtin_memcpy(event->seen.guard, now->guard, sizeof(event->seen.guard));
	bpf_ringbuf_submit(event, 0);
}

static __always_inline struct order_seen *new_edge(const struct order_key *key,
						   const struct order_guards *guards)
{
	struct order_seen *found;
	struct task_struct *task = bpf_get_current_task_btf();
	struct order_seen seen = {
		.first_ns = bpf_ktime_get_ns(),
		.start_ns = task->start_boottime,
		.tid = task->pid,
		.tasks = 1,
	};

	__builtin_memcpy(seen.guard, guards->guard, sizeof(seen.guard));
	seen.guards_cut = guards->cut;
	if (!bpf_map_update_elem(&order_edges, key, &seen, BPF_NOEXIST))
		__sync_fetch_and_add(&order_state.edges_added, 1);
	found = bpf_map_lookup_elem(&order_edges, key);
	if (!found)
		__sync_fetch_and_add(&order_state.edges_without_room, 1);
	return found;
}

/* Whether it is the first task, seen again. */
static __always_inline bool is_same_task(const struct order_seen *seen)
{
	struct task_struct *task = bpf_get_current_task_btf();

	return seen->tid == (__u32)task->pid && seen->start_ns == task->start_boottime;
}

/*
 * The task held what is at @index (ORDER_HELD: nothing) when it wanted the lock of number @id, and
 * will not hold what lies in the @bytes from @released on.
 */
__noinline int order_add_edge(__u32 index, __u32 id, __u32 mode, __u64 released, __u64 bytes)
{
	struct order_armed_task *armed = armed_task();
	struct order_key key = { .to = id, .to_mode = mode };
	struct order_guards guards = {};
	struct order_seen *seen;
	bool as_seen, changed, news;
	__u32 changes;

	if (!armed)
		return 0;
	if (index < ORDER_HELD) {
		key.from = HELD(armed, index).id;
		key.from_mode = HELD(armed, index).mode;
	}
	order_find_guards(index, released, bytes, &guards);
	/* Whether it is guarded cannot be said. */
	if (guards.unknown) {
		__sync_fetch_and_add(&order_state.held_without_room, 1);
		return 0;
	}
	seen = bpf_map_lookup_elem(&order_edges, &key);
	if (!seen)
		seen = new_edge(&key, &guards);
	if (!seen)
		return 0;
	__sync_fetch_and_add(&seen->count, 1);
	seen->last_ns = bpf_ktime_get_ns();
	if (guards.cut)
		seen->guards_cut = 1;
	changes = *(volatile __u32 *)&seen->changes;
	as_seen = order_guards_hold(seen, &guards);
	/* What they are compared with while they change is neither. */
	changed = changes & 1 || *(volatile __u32 *)&seen->changes != changes;
	as_seen = !changed && (as_seen || change_too_often(seen, &guards));
	news = !as_seen || !seen->told;
	if (seen->tasks == 1 && !is_same_task(seen)) {
		seen->tasks = 2;
		news = true;
	}
	if (news)
		tell_edge(armed, &key, seen, &guards, as_seen, changes);
	return 0;
}

/*
 * These are about armed->wanted: where the verifier knows an argument's type, it is no number.
 */

/* It only keeps others out: nobody waits for it any more. */
static __always_inline bool is_removed(const struct order_held *held)
{
	return held->kind == ORDER_OPEN && held->mode == ORDER_EXCLUSIVE;
}

/*
 * The task may have to wait for it: an edge from what it holds, the youngest; and as long as that
 * was only tried, or is not held by it alone, from the one before. Behind that only from the lock
 * itself, if it is held already: what is between keeps no task from waiting for itself. But not
 * from a device that is in use, whose end may have been missed. What lies in the @bytes from
 * @released on will not be held any more then.
 */
__noinline int order_want(__u32 kind, __u32 mode, __u64 released, __u64 bytes)
{
	struct order_armed_task *armed = armed_task();
	__u32 count = armed ? armed->count : 0, id;
	bool ordered = false;

	if (!armed)
		return 0;
	/* Readers wait for each other behind a writer, whether that holds anything or not. */
	if (!count && (kind != ORDER_RWSEM || mode != ORDER_EXCLUSIVE))
		return 0;
	id = number_of(armed->wanted, kind);
	if (!count)
		return id ? order_add_edge(ORDER_HELD, id, mode, released, bytes) : 0;
	for (__u32 i = 1; id && i <= ORDER_HELD && i <= count; i++) {
		struct order_held *held = &HELD(armed, count - i);

		if (held->lock - released < bytes || !held->id || is_removed(held))
			continue;
		if (ordered && (held->lock != armed->wanted || held->kind == ORDER_OPEN))
			continue;
		if (!order_is_held(count - i)) {
			__sync_fetch_and_add(&order_state.not_owned, 1);
			continue;
		}
		order_add_edge(count - i, id, mode, released, bytes);
		ordered |= !held->tried && held->mode == ORDER_EXCLUSIVE;
	}
	return 0;
}

__noinline int order_hold(__u32 kind, __u32 mode, __u32 tried)
{
	struct order_armed_task *armed = armed_task();

	if (armed && armed->wanted)
		push(armed, armed->wanted, number_of(armed->wanted, kind), kind, mode, tried);
	return 0;
}

/* Of a function that took it, by itself or by calling another one, which told it then. */
__noinline int order_take_once(__u32 kind, __u32 mode)
{
	struct order_armed_task *armed = armed_task();

	if (!armed || find_held(armed, armed->wanted) < ORDER_HELD)
		return 0;
	order_want(kind, mode, 0, 0);
	return order_hold(kind, mode, false);
}

/* Others may read it, too, from now on. */
__noinline int order_downgrade(void)
{
	struct order_armed_task *armed = armed_task();
	__u32 place = armed ? find_held(armed, armed->wanted) : ORDER_HELD;

	if (armed && place < ORDER_HELD)
		HELD(armed, place).mode = ORDER_SHARED;
	return 0;
}

__noinline int order_forget_removed(void)
{
	struct order_armed_task *armed = armed_task();

	if (!armed || !armed->removed)
		return 0;
	pop(armed, armed->removed);
	armed->removed = 0;
	return 0;
}

__noinline int order_release(void)
{
	struct order_armed_task *armed = armed_task();

	if (!armed)
		return 0;
	pop(armed, armed->wanted);
	if (armed->removed && armed->wanted == armed->removed_under)
		order_forget_removed();
	return 0;
}

/*
 * Nobody is within an operation on a device any more, nor comes to be as long as the task holds the
 * mutex at @mutex: it has the device alone.
 */
__noinline int order_hold_removed(__u64 vfio, __u64 mutex)
{
	struct order_armed_task *armed = armed_task();
	__u32 id = known_number(vfio, ORDER_OPEN);

	order_forget_removed();
	if (!armed || !id || find_held(armed, mutex) >= ORDER_HELD)
		return 0;
	armed->removed = vfio;
	armed->removed_under = mutex;
	push(armed, vfio, id, ORDER_OPEN, ORDER_EXCLUSIVE, false);
	return 0;
}

#endif
