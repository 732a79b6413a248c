/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory of one thread for requests to point to: pages of all kinds, and what should be in them. */
#ifndef FUZZ_ARENA_H
#define FUZZ_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARENA_GOOD_PAGES 4

struct arena {
	unsigned char *pages;
	unsigned char *copy; /* of the good pages */
	bool has_bar;
};

/* Returns false with errno. */
bool arena_map(struct arena *arena);

/* One page of a BAR of VFIO device fd; whatever happens to its contents is right. */
bool arena_map_bar(struct arena *arena, int fd, uint64_t offset);

/* In the good pages; where, follows from chance. strange: not aligned, across pages. */
uint64_t arena_good_address(const struct arena *arena, uint64_t chance, unsigned int bytes,
			    bool strange);

/* Anywhere: pages of other kinds, their borders, nowhere, the kernel's. */
uint64_t arena_strange_address(const struct arena *arena, uint64_t chance, unsigned int bytes);

/* Of all threads' arenas. Addresses of none are taken for unreachable. */
bool arena_reachable(uint64_t address, unsigned int bytes, bool written);

/* Fills a part of the good pages with other contents. */
void arena_fill(struct arena *arena, uint64_t chance);

/* What is there now is right. */
void arena_accept(struct arena *arena, uint64_t address, unsigned int bytes);

/* Nothing has changed but what was filled or accepted. */
bool arena_is_right(const struct arena *arena);

#endif
