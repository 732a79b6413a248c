/* SPDX-License-Identifier: GPL-2.0-only */
/* The programs of one BPF object that hook functions: attached, watched and closed together. */
#ifndef VFIOSCOPE_PROGRAM_SET_H
#define VFIOSCOPE_PROGRAM_SET_H

#include <bpf/libbpf.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

#define PROGRAM_SET_MOST 2304

struct program_set {
	struct bpf_object *object; /* NULL: it is not loaded */
	struct bpf_link *links[PROGRAM_SET_MOST];
	size_t link_count;
	const char *absent[PROGRAM_SET_MOST]; /* programs of object that could not be attached */
	size_t absent_count;
	__u64 missed_before; /* of objects that were closed */
};

/* The section's name begins with @kind: "iter/", "tp_btf/" */
bool program_is(const struct bpf_program *program, const char *kind);

/* Why the first set could not be loaded, by errno: "cannot @what: ...", and what to do. */
void program_set_say_failure(const char *what);

/*
 * Takes the object, which is loaded (NULL: that failed, with errno), and attaches all programs but
 * iterators and those that name no function. Returns 0, or -1 with errno: EOPNOTSUPP if none could
 * be attached.
 */
int program_set_open(struct program_set *set, struct bpf_object *object);

/* Those that could not be attached, once more. */
void program_set_retry(struct program_set *set);

/* Takes a link; NULL, or no room for it: -1 with errno. */
int program_set_add(struct program_set *set, struct bpf_link *link);

/* Runs that the kernel left out, of closed objects, too. */
__u64 program_set_missed(const struct program_set *set);

/* Closes the object, too. */
void program_set_close(struct program_set *set);

#endif
