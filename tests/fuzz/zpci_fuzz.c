// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests to the zPCI I/O region, good ones and broken ones, from several threads. Each result is
 * compared with what the ABI says, and so are the memory and the part of a BAR that belong to the
 * thread: byte by byte with a copy of its own. The BAR has to keep what is written to it.
 */
#define _GNU_SOURCE
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <linux/pci_regs.h>
#include <linux/vfio.h>

#include "../client/device.h"
#include "../client/message.h"
#include "../client/zpci.h"
#include "arena.h"
#include "zpci_model.h"

#define WINDOW 16384UL /* bytes of the BAR for each thread */
#define MAX_THREADS 32
#define CHECK_EVERY 997 /* requests between two looks at all of a window */
#define ROUNDS 101	/* blocks of all threads in one place */
#define REQ_AT offsetof(struct vfio_region_zpci_io, req)
#define REQ_BYTES sizeof(struct vfio_zpci_io_req)

struct fuzz {
	const char *bdf;
	unsigned int bar, threads;
	uint64_t seed, requests; /* of each thread */
	double seconds;
	struct session session;
	struct device *device;
	struct zpci_model model;
	bool swaps; /* see find_swaps() */
	pthread_barrier_t barrier;
	atomic_bool failed;
};

struct worker {
	struct fuzz *fuzz;
	unsigned int index;
	uint64_t state, window; /* window: where its part of the BAR begins */
	uint64_t nth, done, by_outcome[OUTCOMES];
	unsigned char expected[WINDOW];
	struct arena arena;
};

/* What is written in one go: a request, or something like one. */
struct attempt {
	struct vfio_zpci_io_req req;
	uint64_t at, bytes;
	unsigned int outcomes;
};

static struct fuzz fuzz = { .threads = 8, .seed = 1, .requests = 10007 };

/* --- chance -------------------------------------------------------------------------------- */

/* splitmix64 (Steele, Lea, Flood 2014): any seed will do, also of the next thread. */
static uint64_t next_random(struct worker *worker)
{
	uint64_t value = worker->state += 0x9e3779b97f4a7c15;

	value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9;
	value = (value ^ value >> 27) * 0x94d049bb133111eb;
	return value ^ value >> 31;
}

static uint64_t below(struct worker *worker, uint64_t limit)
{
	return next_random(worker) % limit;
}

static uint64_t one_of(struct worker *worker, const uint64_t *values, size_t count)
{
	return values[below(worker, count)];
}

#define ONE_OF(worker, ...)                                                                        \
	one_of(worker, (const uint64_t[]){ __VA_ARGS__ },                                          \
	       sizeof((const uint64_t[]){ __VA_ARGS__ }) / sizeof(uint64_t))

/* --- attempts ------------------------------------------------------------------------------ */

static void choose_load(struct worker *worker, struct vfio_zpci_io_req *req)
{
	unsigned int first = below(worker, 8);

	req->flags = VFIO_ZPCI_IO_FLAG_READ;
	req->len = 1 + below(worker, 8 - first);
	req->offset = worker->window + below(worker, WINDOW / 8) * 8 + first;
}

static void choose_store(struct worker *worker, struct vfio_zpci_io_req *req)
{
	const struct zpci_model *model = &worker->fuzz->model;
	unsigned int most = below(worker, 4) ? 128 : model->max, step = model->relaxed ? 1 : 8;
	uint64_t place;

	if (most > model->max)
		most = model->max;
	req->flags = VFIO_ZPCI_IO_FLAG_BLOCKW;
	req->len = model->relaxed ? 1 + below(worker, most) : 16 + below(worker, most / 8 - 1) * 8;
	place = below(worker, (WINDOW - req->len) / step + 1) * step;
	if (!model->relaxed && place % model->page + req->len > model->page)
		place -= place % model->page;
	req->offset = worker->window + place;
}

/* A request that can be done. */
static void choose_good(struct worker *worker, struct attempt *attempt)
{
	struct vfio_zpci_io_req *req = &attempt->req;

	memset(attempt, 0, sizeof(*attempt));
	attempt->at = REQ_AT;
	attempt->bytes = REQ_BYTES;
	req->pcias = worker->fuzz->bar;
	if (below(worker, 2))
		choose_load(worker, req);
	else
		choose_store(worker, req);
	req->gaddr = arena_good_address(&worker->arena, next_random(worker), req->len,
					worker->fuzz->model.relaxed);
}

/* At the MSI-X table or the pending bits, or just before or behind them. */
static void aim_at_hidden(struct worker *worker, struct vfio_zpci_io_req *req)
{
	const struct hidden *hidden = &worker->fuzz->model.hidden[below(worker, 2)];

	req->pcias = hidden->bar;
	req->offset = hidden->start +
		      ONE_OF(worker, -8ULL, 0, 8, hidden->bytes - 8, hidden->bytes) +
		      req->offset % 8;
}

/* Breaks one thing, or makes it merely strange. */
static void mutate(struct worker *worker, struct attempt *attempt)
{
	struct vfio_zpci_io_req *req = &attempt->req;
	uint64_t size = worker->fuzz->model.bar_bytes[worker->fuzz->bar];

	switch (below(worker, 11)) {
	case 0:
		req->flags = ONE_OF(worker, 0, 1, 2, 3, 4, 1ULL << 32, 1ULL << 63 | 1, UINT64_MAX);
		break;
	case 1:
		req->gaddr = arena_strange_address(&worker->arena, next_random(worker), req->len);
		break;
	case 2:
		req->offset = ONE_OF(worker, size, size - 1, size - 8, size - req->len, 1ULL << 32,
				     1ULL << 40, 1ULL << 48, UINT64_MAX, UINT64_MAX - 7,
				     -(uint64_t)req->len, 0);
		break;
	case 3:
		req->offset += ONE_OF(worker, 1, 2, 4, 7, 4088, -1ULL);
		break;
	case 4:
		req->len = ONE_OF(worker, 0, 1, 4, 7, 8, 9, 12, 15, 16, 20, 4088, 4095, 4096, 4097,
				  4104, 8192, 65528, 65535);
		break;
	case 5:
		req->pcias = ONE_OF(worker, 0, 1, 2, 3, 4, 5, 6, 7, 14, 15, 16, 127, 128, 255);
		break;
	case 6:
		req->reserved = ONE_OF(worker, 1, 0x80000000, UINT32_MAX);
		break;
	case 7:
		req->reserved2 = ONE_OF(worker, 1, 128, 255);
		break;
	case 8:
		aim_at_hidden(worker, req);
		break;
	case 9:
		attempt->at = ONE_OF(worker, 0, 8, 15, 17, 24, 40, 47, 48, 56);
		break;
	default:
		attempt->bytes = ONE_OF(worker, 1, 8, 15, 16, 24, 31, 33, 40, 48);
	}
}

static bool in_window(const struct worker *worker, const struct vfio_zpci_io_req *req)
{
	return req->pcias == worker->fuzz->bar && req->offset >= worker->window &&
	       req->offset + req->len <= worker->window + WINDOW;
}

static void choose(struct worker *worker, struct attempt *attempt)
{
	do {
		choose_good(worker, attempt);
		for (uint64_t i = below(worker, 4); i; i--)
			mutate(worker, attempt);
		attempt->outcomes = zpci_model_outcomes(&worker->fuzz->model, &attempt->req,
							attempt->at, attempt->bytes);
		/* What is not the thread's own it may look at. */
	} while (attempt->outcomes & OUTCOME_DONE && !in_window(worker, &attempt->req) &&
		 attempt->req.flags != VFIO_ZPCI_IO_FLAG_READ);
}

/* --- attempts are made, and looked at --------------------------------------------------------- */

static bool wrong(struct worker *worker, const struct attempt *attempt, const char *what)
{
	const struct vfio_zpci_io_req *req = &attempt->req;

	if (!atomic_exchange(&worker->fuzz->failed, true))
		message_error("seed %llu, thread %u, request %llu (flags %#llx gaddr %#llx offset "
			      "%#llx len %u pcias %u reserved %u %u, at %llu, %llu bytes): %s",
			      (unsigned long long)worker->fuzz->seed, worker->index,
			      (unsigned long long)worker->nth, (unsigned long long)req->flags,
			      (unsigned long long)req->gaddr, (unsigned long long)req->offset,
			      req->len, req->pcias, req->reserved, req->reserved2,
			      (unsigned long long)attempt->at, (unsigned long long)attempt->bytes,
			      what);
	return false;
}

static bool read_bar(const struct fuzz *run, uint64_t offset, void *data, size_t bytes)
{
	const struct region *region = &run->device->regions[run->bar];

	return pread(run->device->fd, data, bytes, region->offset + offset) == (ssize_t)bytes;
}

/* Up to a page of the thread's part of the BAR. */
static bool keeps_expected(const struct worker *worker, uint64_t at, size_t bytes)
{
	unsigned char data[4096];

	return read_bar(worker->fuzz, worker->window + at, data, bytes) &&
	       !memcmp(data, worker->expected + at, bytes);
}

/* All of its part of the BAR is as it should be. */
static bool window_is_right(struct worker *worker, const struct attempt *attempt)
{
	for (uint64_t at = 0; at < WINDOW; at += 4096)
		if (!keeps_expected(worker, at, 4096))
			return wrong(worker, attempt, "the BAR is not what it should be");
	return true;
}

/* A doubleword within the block that was just stored. */
static bool is_stored(struct worker *worker, const struct attempt *attempt)
{
	uint64_t place = attempt->req.offset - worker->window + below(worker, attempt->req.len);

	return keeps_expected(worker, place - place % 8, 8) ||
	       wrong(worker, attempt, "the block is not in the BAR");
}

/* As the BAR region reads it. */
static void copy_as_stored(const struct fuzz *run, unsigned char *to, const unsigned char *from,
			   unsigned int bytes)
{
	for (unsigned int i = 0; i < bytes; i++)
		to[i] = from[run->swaps ? i ^ 7 : i];
}

static bool is_done_right(struct worker *worker, const struct attempt *attempt)
{
	const struct vfio_zpci_io_req *req = &attempt->req;
	unsigned char *expected = worker->expected + (req->offset - worker->window);

	if (req->flags == VFIO_ZPCI_IO_FLAG_BLOCKW) {
		copy_as_stored(worker->fuzz, expected, (const void *)(uintptr_t)req->gaddr,
			       req->len);
		return is_stored(worker, attempt);
	}
	if (in_window(worker, req) &&
	    memcmp((const void *)(uintptr_t)req->gaddr, expected, req->len))
		return wrong(worker, attempt, "the load is not what is in the BAR");
	arena_accept(&worker->arena, req->gaddr, req->len);
	return true;
}

/* The request is in the middle of other bytes that belong to the call if it is too long. */
static int make(const struct worker *worker, const struct attempt *attempt)
{
	unsigned char image[128] = {};
	const struct device *device = worker->fuzz->device;
	ssize_t written;

	memcpy(image, &attempt->req, sizeof(attempt->req));
	written = pwrite(device->fd, image, attempt->bytes, device->zpci_offset + attempt->at);
	if (written < 0)
		return errno;
	return written == (ssize_t)attempt->bytes ? 0 : ERR_SHORT;
}

/* Stores a block behind all windows, in the place that is for all threads. */
static struct attempt block_for_all(const struct fuzz *run, uint64_t gaddr, unsigned int bytes)
{
	return (struct attempt){
		.req = { .flags = VFIO_ZPCI_IO_FLAG_BLOCKW,
			 .gaddr = gaddr,
			 .offset = run->threads * WINDOW,
			 .len = bytes,
			 .pcias = run->bar },
		.at = REQ_AT,
		.bytes = REQ_BYTES,
	};
}

/*
 * QEMU's PCISTB, where QEMU runs on a little-endian machine, has the bytes of each doubleword the
 * wrong way round; real machines have not.
 */
static void find_swaps(struct worker *worker)
{
	const unsigned char bytes[16] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };
	unsigned char stored[16] = {};
	struct fuzz *run = worker->fuzz;
	struct attempt attempt = block_for_all(run, (uint64_t)(uintptr_t)bytes, sizeof(bytes));

	if (make(worker, &attempt) || !read_bar(run, attempt.req.offset, stored, sizeof(stored)))
		wrong(worker, &attempt, "the first block cannot be stored, or not read");
	run->swaps = stored[0] == bytes[7];
}

static bool try_one(struct worker *worker)
{
	struct attempt attempt;
	enum outcome outcome;
	char what[96];
	int error;

	choose(worker, &attempt);
	arena_fill(&worker->arena, next_random(worker));
	error = make(worker, &attempt);
	outcome = zpci_model_outcome(error);
	if (!(outcome & attempt.outcomes)) {
		snprintf(what, sizeof(what), "%s, allowed: %#x", error ? err_name(error) : "done",
			 attempt.outcomes);
		return wrong(worker, &attempt, what);
	}
	worker->by_outcome[__builtin_ctz(outcome)]++;
	if (!error && !is_done_right(worker, &attempt))
		return false;
	if (!arena_is_right(&worker->arena))
		return wrong(worker, &attempt, "memory changed that had to stay as it was");
	return worker->nth % CHECK_EVERY || window_is_right(worker, &attempt);
}

/* --- blocks of several threads in one place ----------------------------------------------- */

/* The block at the end of all windows is of one thread, whole. */
static bool block_is_whole(const struct fuzz *run, uint64_t offset, unsigned int bytes)
{
	uint64_t data[4096 / 8];

	if (!read_bar(run, offset, data, bytes))
		return false;
	for (unsigned int i = 1; i < bytes / 8; i++)
		if (data[i] != data[0])
			return false;
	return true;
}

static void store_together(struct worker *worker)
{
	struct fuzz *run = worker->fuzz;
	unsigned int bytes = run->model.max & ~7U;
	struct attempt attempt =
		block_for_all(run, arena_good_address(&worker->arena, 0, bytes, false), bytes);

	memset((void *)(uintptr_t)attempt.req.gaddr, (int)worker->index + 1, bytes);
	arena_accept(&worker->arena, attempt.req.gaddr, bytes);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		pthread_barrier_wait(&run->barrier);
		if (make(worker, &attempt))
			wrong(worker, &attempt, "a block of many threads was not stored");
		pthread_barrier_wait(&run->barrier);
		if (!worker->index && !block_is_whole(run, attempt.req.offset, bytes))
			wrong(worker, &attempt, "the blocks of two threads are mixed");
	}
}

/* --- threads ---------------------------------------------------------------------------------- */

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void *work(void *argument)
{
	struct worker *worker = argument;
	struct fuzz *run = worker->fuzz;
	double end = now() + run->seconds;
	const struct attempt none = {};

	if (!worker->index)
		find_swaps(worker); /* the others wait for this one in what follows */
	store_together(worker);
	for (uint64_t at = 0; at < WINDOW; at += 4096)
		if (!read_bar(run, worker->window + at, worker->expected + at, 4096))
			wrong(worker, &none, "the BAR cannot be read");
	while (!run->failed &&
	       (run->seconds > 0 ? worker->nth % 64 || now() < end : worker->nth < run->requests)) {
		worker->nth++;
		if (!try_one(worker))
			break;
	}
	if (!run->failed)
		window_is_right(worker, &none);
	return NULL;
}

/* Behind the windows: the page for all, then a page of each thread, to be mapped if it can be. */
static bool prepare(struct fuzz *run, struct worker *worker, unsigned int index)
{
	uint64_t page = run->threads * WINDOW + (index + 1) * run->model.page;
	const struct region *region = &run->device->regions[run->bar];

	worker->fuzz = run;
	worker->index = index;
	worker->state = run->seed * MAX_THREADS + index;
	worker->window = index * WINDOW;
	if (arena_map(&worker->arena) &&
	    (!(region->flags & VFIO_REGION_INFO_FLAG_MMAP) ||
	     arena_map_bar(&worker->arena, run->device->fd, region->offset + page)))
		return true;
	message_error("cannot map memory, or BAR %u: %s", run->bar, err_text(errno));
	return false;
}

static bool start(struct fuzz *run, struct worker *workers)
{
	pthread_t threads[MAX_THREADS];

	pthread_barrier_init(&run->barrier, NULL, run->threads);
	for (unsigned int i = 0; i < run->threads; i++)
		if (!prepare(run, &workers[i], i))
			return false;
	for (unsigned int i = 0; i < run->threads; i++)
		if (pthread_create(&threads[i], NULL, work, &workers[i])) {
			message_error("cannot create %u threads", run->threads);
			exit(EXIT_FAILED);
		}
	for (unsigned int i = 0; i < run->threads; i++)
		pthread_join(threads[i], NULL);
	return !run->failed;
}

static void report(const struct fuzz *run, const struct worker *workers)
{
	static const char *const names[OUTCOMES] = { "done",  "EINVAL", "EPERM",
						     "ENXIO", "EFAULT", "EIO" };
	uint64_t requests = 0;

	for (unsigned int i = 0; i < run->threads; i++)
		requests += workers[i].nth;
	printf("{\"type\":\"fuzz\",\"schema\":1,\"device\":\"%s\",\"seed\":%llu,\"threads\":%u,"
	       "\"relaxed\":%s,\"requests\":%llu",
	       run->device->bdf, (unsigned long long)run->seed, run->threads,
	       run->model.relaxed ? "true" : "false", (unsigned long long)requests);
	for (size_t outcome = 0; outcome < OUTCOMES; outcome++) {
		uint64_t count = 0;

		for (unsigned int i = 0; i < run->threads; i++)
			count += workers[i].by_outcome[outcome];
		printf(",\"%s\":%llu", names[outcome], (unsigned long long)count);
	}
	printf("}\n");
}

/* --- the device ------------------------------------------------------------------------------- */

static uint32_t config(const struct fuzz *run, unsigned int offset, unsigned int bytes)
{
	const struct region *region = &run->device->regions[VFIO_PCI_CONFIG_REGION_INDEX];
	unsigned char data[4] = {};

	if (pread(run->device->fd, data, bytes, region->offset + offset) != (ssize_t)bytes)
		return 0;
	return data[0] | data[1] << 8 | data[2] << 16 | (uint32_t)data[3] << 24;
}

static void find_hidden(struct fuzz *run)
{
	unsigned int at = config(run, PCI_CAPABILITY_LIST, 1), vectors;
	uint32_t table, pending;

	while (at && config(run, at, 1) != PCI_CAP_ID_MSIX)
		at = config(run, at + PCI_CAP_LIST_NEXT, 1);
	if (!at)
		return;
	vectors = (config(run, at + PCI_MSIX_FLAGS, 2) & PCI_MSIX_FLAGS_QSIZE) + 1;
	table = config(run, at + PCI_MSIX_TABLE, 4);
	pending = config(run, at + PCI_MSIX_PBA, 4);
	run->model.hidden[0] =
		(struct hidden){ table & ~7U, (uint64_t)vectors * PCI_MSIX_ENTRY_SIZE, table & 7 };
	run->model.hidden[1] =
		(struct hidden){ pending & ~7U, (uint64_t)(vectors + 63) / 64 * 8, pending & 7 };
}

static bool find_bars(struct fuzz *run)
{
	for (unsigned int i = 0; i < 6; i++) {
		if (!device_find_region(run->device, i))
			return false;
		if (!(config(run, PCI_BASE_ADDRESS_0 + i * 4, 4) & PCI_BASE_ADDRESS_SPACE_IO))
			run->model.bar_bytes[i] = run->device->regions[i].size;
	}
	if (run->model.bar_bytes[run->bar] >=
	    run->threads * WINDOW + (run->threads + 1) * run->model.page)
		return true;
	message_error("%s: BAR %u is too small for %u threads: it has %llu bytes", run->device->bdf,
		      run->bar, run->threads, (unsigned long long)run->model.bar_bytes[run->bar]);
	return false;
}

static bool open_device(struct fuzz *run)
{
	struct vfio_zpci_io_hdr hdr;

	if (!session_open(&run->session, &run->bdf, 1))
		return false;
	run->device = &run->session.devices[0];
	run->model.page = (uint64_t)sysconf(_SC_PAGESIZE);
	if (!device_find_region(run->device, VFIO_PCI_CONFIG_REGION_INDEX) ||
	    !device_memory_on(run->device) || !zpci_find(run->device) || !find_bars(run))
		return false;
	if (pread(run->device->fd, &hdr, sizeof(hdr), run->device->zpci_offset) != sizeof(hdr)) {
		message_error("%s: the region cannot be read: %s", run->device->bdf,
			      err_text(errno));
		return false;
	}
	run->model.max = hdr.max;
	run->model.relaxed = hdr.flags & VFIO_ZPCI_IO_HDR_FLAG_RELAXED;
	run->model.reachable = arena_reachable;
#ifdef __s390x__
	run->model.holes = ~(1U << run->bar);
#endif
	find_hidden(run);
	return true;
}

/* --- the command line ------------------------------------------------------------------------- */

static const struct argp_option options[] = {
	{ .name = "device", .key = 'd', .arg = "BDF", .doc = "A device bound to zpci-vfio-pci" },
	{ .name = "bar", .key = 'b', .arg = "N", .doc = "A BAR that keeps what is written [0]" },
	{ .name = "threads", .key = 't', .arg = "N", .doc = "[8]" },
	{ .name = "requests", .key = 'n', .arg = "N", .doc = "For each thread [10007]" },
	{ .name = "seconds", .key = 's', .arg = "SEC", .doc = "Go on for so long instead" },
	{ .name = "seed", .key = 'r', .arg = "N", .doc = "What is tried follows from it [1]" },
	{}
};

static uint64_t number(const char *text, uint64_t least, uint64_t most,
		       const struct argp_state *state)
{
	uint64_t value = 0;

	if (!parse_number(text, most, &value) || value < least)
		argp_error(state, "'%s' is no number from %llu to %llu", text,
			   (unsigned long long)least, (unsigned long long)most);
	return value;
}

static error_t parse(int key, char *text, struct argp_state *state)
{
	switch (key) {
	case 'd':
		fuzz.bdf = text;
		return 0;
	case 'b':
		fuzz.bar = number(text, 0, 5, state);
		return 0;
	case 't':
		fuzz.threads = number(text, 1, MAX_THREADS, state);
		return 0;
	case 'n':
		fuzz.requests = number(text, 0, UINT32_MAX, state);
		return 0;
	case 's':
		fuzz.seconds = (double)number(text, 0, UINT32_MAX, state);
		return 0;
	case 'r':
		fuzz.seed = number(text, 0, UINT32_MAX, state);
		return 0;
	case ARGP_KEY_END:
		if (!fuzz.bdf)
			argp_error(state, "which device? (-d)");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int main(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.doc = "Sends good and broken requests to the zPCI I/O region of a device, and "
		       "compares what comes of each with the ABI.",
	};
	struct worker *workers;
	bool right = false;

	argp_err_exit_status = EXIT_USAGE;
	if (argp_parse(&argp, argc, argv, 0, NULL, NULL))
		return EXIT_USAGE;
	workers = calloc(fuzz.threads, sizeof(*workers));
	if (workers && open_device(&fuzz)) {
		right = start(&fuzz, workers);
		report(&fuzz, workers);
		session_close(&fuzz.session);
	}
	free(workers);
	return right ? EXIT_SUCCESS : EXIT_FAILED;
}
