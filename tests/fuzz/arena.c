// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "arena.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Kinds of pages, in the order in which they lie; each other one is none. */
enum {
	PAGE_GOOD = 1,
	PAGE_READONLY = PAGE_GOOD + ARENA_GOOD_PAGES + 1,
	PAGE_NO_FILE = PAGE_READONLY + 2, /* of a file that ends before: SIGBUS */
	PAGE_BAR = PAGE_NO_FILE + 2,
	PAGES = PAGE_BAR + 2,
};

#define MAX_ARENAS 64
#define GOOD_BYTES (ARENA_GOOD_PAGES * page)

static uint64_t page;
static const struct arena *arenas[MAX_ARENAS];
static size_t arena_count;

static unsigned char *good(const struct arena *arena)
{
	return arena->pages + PAGE_GOOD * page;
}

static bool map_page(const struct arena *arena, unsigned int first, unsigned int count,
		     int protection, int flags, int fd, uint64_t offset)
{
	return mmap(arena->pages + first * page, count * page, protection, flags | MAP_FIXED, fd,
		    (off_t)offset) != MAP_FAILED;
}

bool arena_map(struct arena *arena)
{
	int file = memfd_create("ends", MFD_CLOEXEC);
	bool done;

	page = (uint64_t)sysconf(_SC_PAGESIZE);
	arena->copy = calloc(ARENA_GOOD_PAGES, page);
	arena->pages = mmap(NULL, PAGES * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	done = file >= 0 && arena->copy && arena->pages != MAP_FAILED && arena_count < MAX_ARENAS &&
	       map_page(arena, PAGE_GOOD, ARENA_GOOD_PAGES, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) &&
	       map_page(arena, PAGE_READONLY, 1, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) &&
	       map_page(arena, PAGE_NO_FILE, 1, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	if (done)
		arenas[arena_count++] = arena;
	if (file >= 0)
		close(file);
	return done;
}

bool arena_map_bar(struct arena *arena, int fd, uint64_t offset)
{
	arena->has_bar =
		map_page(arena, PAGE_BAR, 1, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);
	return arena->has_bar;
}

uint64_t arena_good_address(const struct arena *arena, uint64_t chance, unsigned int bytes,
			    bool strange)
{
	uint64_t at;

	if (strange)
		at = chance % (GOOD_BYTES - bytes + 1);
	else if (bytes > page)
		at = 0;
	else
		at = chance % ARENA_GOOD_PAGES * page +
		     (chance >> 8) % ((page - bytes) / 8 + 1) * 8;
	return (uint64_t)(uintptr_t)good(arena) + at;
}

uint64_t arena_strange_address(const struct arena *arena, uint64_t chance, unsigned int bytes)
{
	uint64_t start = (uint64_t)(uintptr_t)arena->pages, place = chance >> 8;
	const uint64_t nowhere[] = { 0,
				     8,
				     page - 8,
				     1ULL << 47,
				     1ULL << 63,
				     0xffff888000001000,
				     0xffffffff81000000,
				     -(uint64_t)bytes,
				     -(uint64_t)bytes - 8,
				     UINT64_MAX,
				     UINT64_MAX - 7 };

	switch (chance % 4) {
	case 0:
		return nowhere[place % (sizeof(nowhere) / sizeof(nowhere[0]))];
	case 1: /* about a border */
		return start + (1 + place % (PAGES - 1)) * page - (place >> 8) % 32;
	case 2: /* aligned, anywhere */
		return start + place % (PAGES * page) / 8 * 8;
	default:
		return start + place % (PAGES * page);
	}
}

static bool page_is(const struct arena *arena, uint64_t index, bool written)
{
	return (index >= PAGE_GOOD && index < PAGE_GOOD + ARENA_GOOD_PAGES) ||
	       (index == PAGE_BAR && arena->has_bar) || (index == PAGE_READONLY && !written);
}

static bool reachable_in(const struct arena *arena, uint64_t address, unsigned int bytes,
			 bool written)
{
	uint64_t start = (uint64_t)(uintptr_t)arena->pages, at = address - start;

	if (address < start || at >= PAGES * page || bytes > PAGES * page - at)
		return false;
	for (uint64_t i = at / page; i <= (at + bytes - 1) / page; i++)
		if (!page_is(arena, i, written))
			return false;
	return true;
}

bool arena_reachable(uint64_t address, unsigned int bytes, bool written)
{
	for (size_t i = 0; i < arena_count; i++)
		if (!bytes || reachable_in(arenas[i], address, bytes, written))
			return true;
	return false;
}

void arena_fill(struct arena *arena, uint64_t chance)
{
	uint64_t at = chance % (GOOD_BYTES / 8) * 8;

	memcpy(good(arena) + at, &chance, sizeof(chance));
	memcpy(arena->copy + at, &chance, sizeof(chance));
}

void arena_accept(struct arena *arena, uint64_t address, unsigned int bytes)
{
	uint64_t at = address - (uint64_t)(uintptr_t)good(arena);

	if (at < GOOD_BYTES && bytes <= GOOD_BYTES - at)
		memcpy(arena->copy + at, good(arena) + at, bytes);
}

bool arena_is_right(const struct arena *arena)
{
	return !memcmp(good(arena), arena->copy, GOOD_BYTES);
}
