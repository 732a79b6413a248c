// SPDX-License-Identifier: GPL-2.0-only
/* The table of operations and what each does: one timed system call a part. */
#define _GNU_SOURCE
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "../../include/uapi/linux/vfio_zpci_io.h"
#include "clock.h"
#include "dump.h"
#include "interrupt.h"
#include "message.h"
#include "ops.h"
#include "uapi.h"
#include "uring.h"
#include "zpci.h"

static void record(struct worker *worker, unsigned int part, uint64_t ns, int err, uint64_t bytes)
{
	worker->last_part = part;
	stats_add(&worker->stats[part], &worker->budget, ns, err, bytes);
}

/* The outcome of a call that should have moved @wanted bytes. */
static int moved(ssize_t ret, size_t wanted)
{
	if (ret < 0)
		return errno;
	return (size_t)ret == wanted ? 0 : ERR_SHORT;
}

static off_t position(const struct worker *worker, const struct step *step)
{
	return worker->device->regions[step->region].offset + step->offset;
}

/* VFIO regions are little-endian whatever the machine is. */
static void keep_value(struct worker *worker, unsigned int width)
{
	struct stats *stats = &worker->stats[0];
	uint64_t raw = 0;

	if (width > sizeof(raw))
		return;
	memcpy(&raw, worker->buffer, width);
	stats->value = le64toh(raw);
	stats->has_value = true;
}

static int run_read(struct worker *worker, const struct step *step, uint64_t nth)
{
	off_t pos = position(worker, step);
	uint64_t start, ns;
	ssize_t ret;
	int err;

	(void)nth;
	start = clock_ns();
	ret = pread(worker->device->fd, worker->buffer, step->width, pos);
	ns = clock_ns() - start;
	err = moved(ret, step->width);
	record(worker, 0, ns, err, ret > 0 ? ret : 0);
	if (!err)
		keep_value(worker, step->width);
	return err;
}

static int run_write(struct worker *worker, const struct step *step, uint64_t nth)
{
	off_t pos = position(worker, step);
	uint64_t start, ns;
	ssize_t ret;
	int err;

	(void)nth;
	start = clock_ns();
	ret = pwrite(worker->device->fd, worker->buffer, step->width, pos);
	ns = clock_ns() - start;
	err = moved(ret, step->width);
	record(worker, 0, ns, err, ret > 0 ? ret : 0);
	return err;
}

static ssize_t move_vector(struct worker *worker, const struct step *step,
			   const struct iovec *segments, off_t pos)
{
	int fd = worker->device->fd;

	switch (step->op->flags & (OP_WRITES | OP_VECTOR2)) {
	case OP_WRITES | OP_VECTOR2:
		return pwritev2(fd, segments, step->segments, pos, 0);
	case OP_VECTOR2:
		return preadv2(fd, segments, step->segments, pos, 0);
	case OP_WRITES:
		return pwritev(fd, segments, step->segments, pos);
	default:
		return preadv(fd, segments, step->segments, pos);
	}
}

static int run_vector(struct worker *worker, const struct step *step, uint64_t nth)
{
	off_t pos = position(worker, step);
	struct iovec segments[MAX_SEGMENTS];
	uint64_t start, ns;
	ssize_t ret;
	int err;

	(void)nth;
	for (unsigned int i = 0; i < step->segments; i++) {
		segments[i].iov_base = worker->buffer + (size_t)i * step->width;
		segments[i].iov_len = step->width;
	}
	start = clock_ns();
	ret = move_vector(worker, step, segments, pos);
	ns = clock_ns() - start;
	err = moved(ret, (size_t)step->width * step->segments);
	record(worker, 0, ns, err, ret > 0 ? ret : 0);
	return err;
}

static int run_uring(struct worker *worker, const struct step *step, uint64_t nth)
{
	bool write = step->op->flags & OP_WRITES;
	off_t pos = position(worker, step);
	uint64_t start, ns;
	ssize_t ret;
	int err;

	(void)nth;
	start = clock_ns();
	ret = uring_transfer(worker->ring, write, worker->device->fd, worker->buffer, step->width,
			     pos);
	ns = clock_ns() - start;
	err = moved(ret, step->width);
	record(worker, 0, ns, err, ret > 0 ? ret : 0);
	if (!err && !write)
		keep_value(worker, step->width);
	return err;
}

/*
 * Requests to the zPCI I/O region
 */

static int do_zpci(struct worker *worker, const struct zpci_request *request)
{
	uint64_t start, ns;
	ssize_t ret;
	int err;

	start = clock_ns();
	ret = zpci_write(worker->device, request, worker->buffer);
	ns = clock_ns() - start;
	err = moved(ret, request->bytes);
	record(worker, 0, ns, err, ret > 0 ? ret : 0);
	return err;
}

static int run_zpci(struct worker *worker, const struct step *step, uint64_t nth)
{
	bool store = step->op->flags & OP_WRITES;
	struct zpci_request request = step->zpci;
	int err;

	(void)nth;
	request.flags = store ? VFIO_ZPCI_IO_FLAG_BLOCKW : VFIO_ZPCI_IO_FLAG_READ;
	request.pcias = step->region;
	request.offset = step->offset;
	request.length = step->width;
	err = do_zpci(worker, &request);
	if (!err && !store)
		keep_value(worker, step->width);
	return err;
}

static int run_zpci_request(struct worker *worker, const struct step *step, uint64_t nth)
{
	struct zpci_request request = step->zpci;
	int err;

	(void)nth;
	request.offset = step->offset;
	err = do_zpci(worker, &request);
	if (!err && request.flags == VFIO_ZPCI_IO_FLAG_READ && request.place == ZPCI_BUFFER)
		keep_value(worker, request.length);
	return err;
}

static int run_zpci_group(struct worker *worker, const struct step *step, uint64_t nth)
{
	uint64_t start, ns, flags = 0;
	int err;

	(void)nth;
	start = clock_ns();
	err = zpci_group_flags(worker->device,
			       step->keys & KEY_LENGTH ? step->zpci.length : ROOM_FOR_CAPS, &flags);
	ns = clock_ns() - start;
	record(worker, 0, ns, err == ENOENT ? 0 : err, 0);
	if (err)
		return err;
	worker->stats[0].value = flags;
	worker->stats[0].has_value = true;
	return 0;
}

/*
 * ioctls: each prepares its argument anew, for the kernel writes into it
 */

static void prepare_ioctl(struct worker *worker, const struct step *step)
{
	union {
		struct vfio_device_info info;
		struct vfio_region_info region;
		struct vfio_irq_info irq;
		struct vfio_pci_hot_reset_info hot_reset;
		struct vfio_device_feature feature;
		struct {
			struct vfio_irq_set set;
			__s32 eventfd;
		} irqs;
	} *arg = (void *)worker->buffer;

	memset(worker->buffer, 0, 256);
	switch (step->cmd) {
	case VFIO_DEVICE_GET_INFO:
		arg->info.argsz = sizeof(arg->info);
		break;
	case VFIO_DEVICE_GET_REGION_INFO:
		arg->region.argsz = sizeof(arg->region);
		arg->region.index = step->index;
		break;
	case VFIO_DEVICE_GET_IRQ_INFO:
		arg->irq.argsz = sizeof(arg->irq);
		arg->irq.index = step->index;
		break;
	case VFIO_DEVICE_SET_IRQS:
		/* "No eventfd, please" for an interrupt that had none: changes nothing. */
		arg->irqs.set.argsz = sizeof(arg->irqs.set) + sizeof(arg->irqs.eventfd);
		arg->irqs.set.flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER;
		arg->irqs.set.index = step->keys & KEY_INDEX ? step->index : VFIO_PCI_REQ_IRQ_INDEX;
		arg->irqs.set.count = 1;
		*(__s32 *)arg->irqs.set.data = -1;
		break;
	case VFIO_DEVICE_GET_PCI_HOT_RESET_INFO:
		/* Room for a few dependent devices; more than fit give ENOSPC. */
		arg->hot_reset.argsz = MAX_WIDTH;
		break;
	case VFIO_DEVICE_FEATURE:
		arg->feature.argsz = sizeof(arg->feature);
		arg->feature.flags = VFIO_DEVICE_FEATURE_PROBE | VFIO_DEVICE_FEATURE_GET |
				     step->index;
		break;
	}
}

static int run_ioctl(struct worker *worker, const struct step *step, uint64_t nth)
{
	uint64_t start, ns;
	int ret, err;

	(void)nth;
	prepare_ioctl(worker, step);
	start = clock_ns();
	ret = ioctl(worker->device->fd, step->cmd, worker->buffer);
	ns = clock_ns() - start;
	err = ret < 0 ? errno : 0;
	record(worker, 0, ns, err, 0);
	return err;
}

static int run_signal(struct worker *worker, const struct step *step, uint64_t nth)
{
	uint64_t start, ns;
	int err;

	(void)nth;
	start = clock_ns();
	err = interrupt_wait(worker->device, step->index, step->ms);
	ns = clock_ns() - start;
	record(worker, 0, ns, err, 0);
	return err;
}

static int run_dump(struct worker *worker, const struct step *step, uint64_t nth)
{
	uint64_t start, ns;
	int err;

	(void)nth;
	start = clock_ns();
	err = dump_config(worker->device, step->width);
	ns = clock_ns() - start;
	record(worker, 0, ns, err, 0);
	return err;
}

static int write_file(const char *path, const char *text)
{
	int file = open(path, O_WRONLY | O_CLOEXEC);
	int err = 0;

	if (file < 0)
		return errno;
	if (write(file, text, strlen(text)) < 0)
		err = errno;
	close(file);
	return err;
}

static int run_file_write(struct worker *worker, const struct step *step, uint64_t nth)
{
	uint64_t start, ns;
	int err;

	(void)nth;
	start = clock_ns();
	err = write_file(step->path, step->text);
	ns = clock_ns() - start;
	record(worker, 0, ns, err, 0);
	return err;
}

static int run_reset(struct worker *worker, const struct step *step, uint64_t nth)
{
	uint64_t start, ns;
	int ret, err;

	(void)step;
	(void)nth;
	start = clock_ns();
	ret = ioctl(worker->device->fd, VFIO_DEVICE_RESET);
	ns = clock_ns() - start;
	err = ret ? errno : 0;
	record(worker, 0, ns, err, 0);
	return err;
}

/*
 * mmap and faults
 */

static void *map_region(struct worker *worker, const struct step *step, uint64_t *ns)
{
	int prot = PROT_READ | PROT_WRITE;
	off_t pos = position(worker, step);
	uint64_t start;
	void *map;

	start = clock_ns();
	map = mmap(NULL, step->pages * sysconf(_SC_PAGESIZE), prot, MAP_SHARED, worker->device->fd,
		   pos);
	*ns = clock_ns() - start;
	return map;
}

static int run_mmap(struct worker *worker, const struct step *step, uint64_t nth)
{
	uint64_t ns;
	void *map = map_region(worker, step, &ns);
	int err = map == MAP_FAILED ? errno : 0;

	(void)nth;
	record(worker, 0, ns, err, 0);
	if (!err)
		munmap(map, step->pages * sysconf(_SC_PAGESIZE));
	return err;
}

/* The mapping outlives the operation: what is decided later about mappings meets it. */
static int run_mprotect(struct worker *worker, const struct step *step, uint64_t nth)
{
	const size_t page = sysconf(_SC_PAGESIZE);
	static _Thread_local void *map;
	uint64_t start;
	int err;

	(void)nth;
	if (!map)
		map = mmap(NULL, page, PROT_READ, MAP_SHARED, worker->device->fd,
			   position(worker, step));
	if (map == MAP_FAILED) {
		err = errno;
		map = NULL;
		return err;
	}
	start = clock_ns();
	err = mprotect(map, page, PROT_READ | PROT_WRITE) ? errno : 0;
	record(worker, 0, clock_ns() - start, err, 0);
	if (!err)
		mprotect(map, page, PROT_READ);
	return err;
}

/* A page that cannot be had is SIGBUS; a plain load of an s390 BAR may be SIGILL. */
static _Thread_local sigjmp_buf touch_jump;
static _Thread_local volatile sig_atomic_t touching;

static void touch_failed(int sig)
{
	if (touching)
		siglongjmp(touch_jump, sig);
	signal(sig, SIG_DFL);
	raise(sig);
}

/* Reads one word of the page; *faults is what the kernel says about it. */
static int touch(const volatile uint32_t *page, uint64_t *ns, long *faults)
{
	struct rusage before, after;
	volatile uint64_t start = 0;
	int sig;

	getrusage(RUSAGE_THREAD, &before);
	sig = sigsetjmp(touch_jump, 1);
	if (!sig) {
		start = clock_ns();
		touching = 1;
		(void)*page;
	}
	*ns = clock_ns() - start;
	touching = 0;
	getrusage(RUSAGE_THREAD, &after);
	*faults = after.ru_minflt + after.ru_majflt - before.ru_minflt - before.ru_majflt;
	/* After SIGILL the page was mapped: the fault itself went well. */
	return sig == SIGBUS ? EFAULT : 0;
}

static int run_fault(struct worker *worker, const struct step *step, uint64_t nth)
{
	const size_t page = sysconf(_SC_PAGESIZE);
	uint64_t ns;
	unsigned char *map = map_region(worker, step, &ns);
	int err = map == MAP_FAILED ? errno : 0;
	long faults;

	(void)nth;
	record(worker, 0, ns, err, 0);
	if (err)
		return err;
	for (unsigned int i = 0; i < step->pages && !err; i++) {
		err = touch((void *)(map + i * page), &ns, &faults);
		/* One fault may have mapped the following pages too. */
		if (faults || err)
			record(worker, 1, ns, err, 0);
	}
	munmap(map, step->pages * page);
	return err;
}

/*
 * DMA mappings
 */

static int map_dma(struct worker *worker, uint64_t iova, uint64_t size, uint64_t *ns)
{
	struct session *session = worker->session;
	struct vfio_iommu_type1_dma_map type1 = {
		.argsz = sizeof(type1),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (uintptr_t)worker->dma_memory,
		.iova = iova,
		.size = size,
	};
	struct iommu_ioas_map ioas = {
		.size = sizeof(ioas),
		.flags = IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_READABLE |
			 IOMMU_IOAS_MAP_WRITEABLE,
		.ioas_id = session->ioas_id,
		.user_va = (uintptr_t)worker->dma_memory,
		.length = size,
		.iova = iova,
	};
	uint64_t start;
	int ret;

	start = clock_ns();
	if (session->use_cdev)
		ret = ioctl(session->iommu_fd, IOMMU_IOAS_MAP, &ioas);
	else
		ret = ioctl(session->iommu_fd, VFIO_IOMMU_MAP_DMA, &type1);
	*ns = clock_ns() - start;
	return ret ? errno : 0;
}

static int unmap_dma(struct worker *worker, uint64_t iova, uint64_t size, uint64_t *ns)
{
	struct session *session = worker->session;
	struct vfio_iommu_type1_dma_unmap type1 = {
		.argsz = sizeof(type1),
		.iova = iova,
		.size = size,
	};
	struct iommu_ioas_unmap ioas = {
		.size = sizeof(ioas),
		.ioas_id = session->ioas_id,
		.iova = iova,
		.length = size,
	};
	uint64_t start;
	int ret;

	start = clock_ns();
	if (session->use_cdev)
		ret = ioctl(session->iommu_fd, IOMMU_IOAS_UNMAP, &ioas);
	else
		ret = ioctl(session->iommu_fd, VFIO_IOMMU_UNMAP_DMA, &type1);
	*ns = clock_ns() - start;
	if (ret)
		return errno;
	/* type1 takes "nothing was mapped there" for a success. */
	return (session->use_cdev ? ioas.length : type1.size) == size ? 0 : ERR_SHORT;
}

static uint64_t next_iova(const struct worker *worker, const struct step *step, uint64_t nth)
{
	if (!(step->keys & KEY_IOVA))
		return worker->arena_start + worker->arena_used;
	return step->iova + worker->arena_stride + nth * step->size;
}

static bool room_for_mapping(struct worker *worker)
{
	size_t room = worker->mappings_room ? worker->mappings_room * 2 : 64;
	struct mapping *more;

	if (worker->nr_mappings < worker->mappings_room)
		return true;
	more = realloc(worker->mappings, room * sizeof(*more));
	if (!more)
		return false;
	worker->mappings = more;
	worker->mappings_room = room;
	return true;
}

static int run_dma_map(struct worker *worker, const struct step *step, uint64_t nth)
{
	struct mapping mapping = {
		.iova = next_iova(worker, step, nth),
		.size = step->size,
		.in_arena = !(step->keys & KEY_IOVA),
	};
	uint64_t ns;
	int err;

	if (!room_for_mapping(worker))
		return ENOMEM;
	err = map_dma(worker, mapping.iova, mapping.size, &ns);
	record(worker, 0, ns, err, 0);
	if (err)
		return err;
	worker->mappings[worker->nr_mappings++] = mapping;
	if (mapping.in_arena)
		worker->arena_used += mapping.size;
	return 0;
}

/* Takes back the newest mapping, or the nth of an explicit I/O address. */
static int run_dma_unmap(struct worker *worker, const struct step *step, uint64_t nth)
{
	struct mapping mapping = { .iova = next_iova(worker, step, nth), .size = step->size };
	size_t found = worker->nr_mappings;
	uint64_t ns;
	int err;

	if (!(step->keys & KEY_IOVA) && found) {
		mapping = worker->mappings[--found];
	} else {
		while (found && worker->mappings[found - 1].iova != mapping.iova)
			found--;
		found = found ? found - 1 : worker->nr_mappings;
	}
	err = unmap_dma(worker, mapping.iova, mapping.size, &ns);
	record(worker, 0, ns, err, 0);
	if (err || found == worker->nr_mappings)
		return err;
	if (worker->mappings[found].in_arena)
		worker->arena_used -= worker->mappings[found].size;
	worker->nr_mappings--;
	memmove(&worker->mappings[found], &worker->mappings[found + 1],
		(worker->nr_mappings - found) * sizeof(*worker->mappings));
	return 0;
}

static int run_dma(struct worker *worker, const struct step *step, uint64_t nth)
{
	uint64_t iova = next_iova(worker, step, 0);
	uint64_t ns;
	int err;

	(void)nth;
	err = map_dma(worker, iova, step->size, &ns);
	record(worker, 0, ns, err, 0);
	if (err)
		return err;
	err = unmap_dma(worker, iova, step->size, &ns);
	record(worker, 1, ns, err, 0);
	return err;
}

/*
 * The device file
 */

static int run_open(struct worker *worker, const struct step *step, uint64_t nth)
{
	struct device *device = worker->device;
	uint64_t start, ns;
	int err;

	(void)step;
	(void)nth;
	/* An earlier attempt, gone over with --keep-going, may have left it closed. */
	if (device->fd >= 0) {
		start = clock_ns();
		close(device->fd);
		ns = clock_ns() - start;
		record(worker, 0, ns, 0, 0);
	}
	start = clock_ns();
	err = device_open_fd(worker->session, device);
	ns = clock_ns() - start;
	record(worker, 1, ns, err, 0);
	if (!err && device->enable_memory && !device_memory_on(device))
		err = EIO;
	return err;
}

#define COMMON KEY_EXPECT
#define ACCESS (KEY_OFFSET | KEY_WIDTH | COMMON)
#define MAPPING (KEY_SIZE | KEY_IOVA | COMMON)

const struct op ops[] = {
	{
		.name = "config-read",
		.parts = { "read" },
		.run = run_read,
		.help = "read configuration space",
		.keys = ACCESS,
		.flags = OP_REGION,
		.region = VFIO_PCI_CONFIG_REGION_INDEX,
	},
	{
		.name = "config-write",
		.parts = { "write" },
		.run = run_write,
		.help = "write configuration space",
		.keys = ACCESS | KEY_VALUE,
		.required = KEY_OFFSET | KEY_VALUE,
		.flags = OP_REGION | OP_WRITES,
		.region = VFIO_PCI_CONFIG_REGION_INDEX,
	},
	{
		.name = "config-dump",
		.parts = { "read" },
		.run = run_dump,
		.help = "print all of configuration space as lspci -F takes it, read width bytes "
			"at a time",
		.keys = KEY_WIDTH | COMMON,
		.flags = OP_REGION,
		.region = VFIO_PCI_CONFIG_REGION_INDEX,
	},
	{
		.name = "bar-read",
		.parts = { "read" },
		.run = run_read,
		.help = "read a BAR",
		.keys = ACCESS | KEY_BAR,
		.flags = OP_REGION,
		.region = -1,
	},
	{
		.name = "bar-write",
		.parts = { "write" },
		.run = run_write,
		.help = "write a BAR",
		.keys = ACCESS | KEY_BAR | KEY_VALUE,
		.required = KEY_OFFSET | KEY_VALUE,
		.flags = OP_REGION | OP_WRITES,
		.region = -1,
	},
	{
		.name = "rom-read",
		.parts = { "read" },
		.run = run_read,
		.help = "read the expansion ROM",
		.keys = ACCESS,
		.flags = OP_REGION,
		.region = VFIO_PCI_ROM_REGION_INDEX,
	},
	{
		.name = "region-read",
		.parts = { "read" },
		.run = run_read,
		.help = "read any region",
		.keys = ACCESS | KEY_REGION,
		.required = KEY_REGION,
		.flags = OP_REGION,
		.region = -1,
	},
	{
		.name = "region-write",
		.parts = { "write" },
		.run = run_write,
		.help = "write any region",
		.keys = ACCESS | KEY_REGION | KEY_VALUE,
		.required = KEY_REGION | KEY_OFFSET | KEY_VALUE,
		.flags = OP_REGION | OP_WRITES,
		.region = -1,
	},
	{
		.name = "readv",
		.parts = { "read" },
		.run = run_vector,
		.help = "preadv(2): one call, the kernel sees a read a segment",
		.keys = ACCESS | KEY_REGION | KEY_SEGMENTS,
		.required = KEY_REGION,
		.flags = OP_REGION,
		.region = -1,
	},
	{
		.name = "writev",
		.parts = { "write" },
		.run = run_vector,
		.help = "pwritev(2): one call, the kernel sees a write a segment",
		.keys = ACCESS | KEY_REGION | KEY_SEGMENTS | KEY_VALUE,
		.required = KEY_REGION | KEY_OFFSET | KEY_VALUE,
		.flags = OP_REGION | OP_WRITES,
		.region = -1,
	},
	{
		.name = "readv2",
		.parts = { "read" },
		.run = run_vector,
		.help = "the same by preadv2(2)",
		.keys = ACCESS | KEY_REGION | KEY_SEGMENTS,
		.required = KEY_REGION,
		.flags = OP_REGION | OP_VECTOR2,
		.region = -1,
	},
	{
		.name = "writev2",
		.parts = { "write" },
		.run = run_vector,
		.help = "the same by pwritev2(2)",
		.keys = ACCESS | KEY_REGION | KEY_SEGMENTS | KEY_VALUE,
		.required = KEY_REGION | KEY_OFFSET | KEY_VALUE,
		.flags = OP_REGION | OP_WRITES | OP_VECTOR2,
		.region = -1,
	},
	{
		.name = "uring-read",
		.parts = { "read" },
		.run = run_uring,
		.help = "a read through io_uring, waited for",
		.keys = ACCESS | KEY_REGION,
		.required = KEY_REGION,
		.flags = OP_REGION | OP_URING,
		.region = -1,
	},
	{
		.name = "uring-write",
		.parts = { "write" },
		.run = run_uring,
		.help = "a write through io_uring, waited for",
		.keys = ACCESS | KEY_REGION | KEY_VALUE,
		.required = KEY_REGION | KEY_OFFSET | KEY_VALUE,
		.flags = OP_REGION | OP_WRITES | OP_URING,
		.region = -1,
	},
	{
		.name = "zpci-load",
		.parts = { "write" },
		.run = run_zpci,
		.help = "load from a BAR by a request to the zPCI I/O region",
		.keys = ACCESS | KEY_BAR | KEY_GADDR,
		.flags = OP_REGION | OP_ZPCI,
		.region = -1,
	},
	{
		.name = "zpci-store",
		.parts = { "write" },
		.run = run_zpci,
		.help = "store a block to a BAR by a request to the zPCI I/O region",
		.keys = KEY_OFFSET | KEY_LENGTH | KEY_BAR | KEY_VALUE | KEY_GADDR | COMMON,
		.required = KEY_OFFSET | KEY_VALUE,
		.flags = OP_REGION | OP_WRITES | OP_ZPCI,
		.region = -1,
	},
	{
		.name = "zpci-request",
		.parts = { "write" },
		.run = run_zpci_request,
		.help = "write part or all of a request to the zPCI I/O region, good or not; does "
			"not enable memory by itself",
		.keys = KEY_OFFSET | KEY_LENGTH | KEY_FLAGS | KEY_GADDR | KEY_PCIAS | KEY_RESERVED |
			KEY_RESERVED2 | KEY_AT | KEY_BYTES | COMMON,
		.flags = OP_ZPCI,
		.region = -1,
	},
	{
		.name = "zpci-group",
		.parts = { "ioctl" },
		.run = run_zpci_group,
		.help = "VFIO_DEVICE_GET_INFO with length bytes of room [1024]: shows the flags of "
			"the zPCI group; ENOENT without",
		.keys = KEY_LENGTH | COMMON,
		.region = -1,
	},
	{
		.name = "ioctl",
		.parts = { "ioctl" },
		.run = run_ioctl,
		.help = "an ioctl of the device; SET_IRQS is one that changes nothing",
		.keys = KEY_CMD | KEY_INDEX | COMMON,
		.required = KEY_CMD,
		.region = -1,
	},
	{
		.name = "signal",
		.parts = { "ioctl" },
		.run = run_signal,
		.help = "wait ms for an interrupt of that index, ETIMEDOUT without: 3 errors, 4 "
			"requests to give the device back",
		.keys = KEY_INDEX | KEY_MS | COMMON,
		.required = KEY_INDEX | KEY_MS,
		.region = -1,
	},
	{
		.name = "reset",
		.parts = { "ioctl" },
		.run = run_reset,
		.help = "VFIO_DEVICE_RESET",
		.keys = COMMON,
		.region = -1,
	},
	{
		.name = "mmap",
		.parts = { "mmap" },
		.run = run_mmap,
		.help = "map pages of a BAR and unmap them, untouched",
		.keys = KEY_BAR | KEY_OFFSET | KEY_PAGES | COMMON,
		.flags = OP_REGION,
		.region = -1,
	},
	{
		.name = "mprotect",
		.parts = { "mprotect" },
		.run = run_mprotect,
		.help = "allow to write to a page of a BAR; the thread maps it for reading the "
			"first time, and keeps it",
		.keys = KEY_BAR | KEY_OFFSET | COMMON,
		.flags = OP_REGION,
		.region = -1,
	},
	{
		.name = "fault",
		.parts = { "mmap", "fault" },
		.run = run_fault,
		.help = "map pages of a BAR and read a word of each: with pages=1 exactly one "
			"fault, with more only those touches that did fault are counted; "
			"refused on s390x without force=1",
		.keys = KEY_BAR | KEY_OFFSET | KEY_PAGES | KEY_FORCE | COMMON,
		.flags = OP_REGION,
		.region = -1,
	},
	{
		.name = "dma-map",
		.parts = { "dma-map" },
		.run = run_dma_map,
		.help = "map memory for DMA, each time at the next I/O address",
		.keys = MAPPING,
		.region = -1,
	},
	{
		.name = "dma-unmap",
		.parts = { "dma-unmap" },
		.run = run_dma_unmap,
		.help = "unmap the newest mapping, or at iova=",
		.keys = MAPPING,
		.region = -1,
	},
	{
		.name = "dma",
		.parts = { "dma-map", "dma-unmap" },
		.run = run_dma,
		.help = "a dma-map and its dma-unmap",
		.keys = MAPPING,
		.region = -1,
	},
	{
		.name = "open",
		.parts = { "release", "open" },
		.run = run_open,
		.help = "close the device and open it again",
		.keys = COMMON,
		.flags = OP_REPLACES_FD,
		.region = -1,
	},
	{
		.name = "file-write",
		.parts = { "file-write" },
		.run = run_file_write,
		.help = "write to any file, while the device is open",
		.keys = KEY_PATH | KEY_TEXT | COMMON,
		.required = KEY_PATH | KEY_TEXT,
		.region = -1,
	},
	{
		.name = "sleep",
		.help = "do nothing; neither counted nor split",
		.keys = KEY_MS,
		.required = KEY_MS,
		.flags = OP_UNCOUNTED,
		.region = -1,
	},
	{
		.name = "barrier",
		.help = "wait until all threads are here",
		.flags = OP_UNCOUNTED,
		.region = -1,
	},
};

const unsigned int nr_ops = sizeof(ops) / sizeof(ops[0]);

bool step_is_open(const struct step *step)
{
	return step->op->flags & OP_REPLACES_FD;
}

bool step_needs_memory(const struct step *step)
{
	return (step->op->flags & OP_REGION) && step->region <= VFIO_PCI_ROM_REGION_INDEX;
}

void step_begin(struct worker *worker, const struct step *step)
{
	size_t len = (size_t)step->width * (step->segments ? step->segments : 1);
	uint64_t value = htole64(step->value);
	/* A wide write repeats the narrowest word that holds the value. */
	size_t word = step->value >> 32 ? 8 : step->value >> 16 ? 4 : step->value >> 8 ? 2 : 1;

	if (!(step->op->flags & OP_WRITES))
		return;
	memset(worker->buffer, 0, len);
	if (len <= sizeof(value)) {
		memcpy(worker->buffer, &value, len);
		return;
	}
	for (size_t i = 0; i < len; i++)
		worker->buffer[i] = ((unsigned char *)&value)[i % word];
}

#define FIRST_IOVA (1ULL << 32) /* usable with Intel's, AMD's, Arm's and IBM's IOMMU */
#define ARENA_ROUND (1ULL << 20)

bool worker_init(struct worker *worker, const struct step *steps, unsigned int nr_steps,
		 unsigned int id)
{
	uint64_t stride = 0, largest = 0, wanted;
	size_t buffer = MAX_WIDTH;
	bool uring = false;

	for (unsigned int i = 0; i < nr_steps; i++) {
		const struct step *step = &steps[i];
		size_t width = (size_t)step->width * (step->segments ? step->segments : 1);

		if (width > buffer)
			buffer = width;
		uring |= step->op->flags & OP_URING;
		if (!(step->op->keys & KEY_SIZE))
			continue;
		if (step->size > largest)
			largest = step->size;
		if (step->op->run == run_dma_map &&
		    !__builtin_mul_overflow(step->size, step->count, &wanted))
			stride += wanted;
	}
	worker->arena_stride = id * ((stride + largest + ARENA_ROUND - 1) & ~(ARENA_ROUND - 1));
	worker->arena_start = FIRST_IOVA + worker->arena_stride;
	buffer = (buffer + MAX_WIDTH - 1) & ~(size_t)(MAX_WIDTH - 1);
	worker->buffer = aligned_alloc(MAX_WIDTH, buffer);
	if (!worker->buffer) {
		message_error("out of memory");
		return false;
	}
	memset(worker->buffer, 0, buffer);
	if (largest) {
		worker->dma_memory = mmap(NULL, largest, PROT_READ | PROT_WRITE,
					  MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
		if (worker->dma_memory == MAP_FAILED) {
			worker->dma_memory = NULL;
			message_error("no memory for DMA mappings of 0x%llx bytes: %s",
				      (unsigned long long)largest, strerror(errno));
			return false;
		}
		worker->dma_memory_size = largest;
	}
	if (uring)
		worker->ring = uring_new();
	signal(SIGBUS, touch_failed);
	signal(SIGILL, touch_failed);
	return !uring || worker->ring;
}

void worker_free(struct worker *worker)
{
	if (worker->dma_memory)
		munmap(worker->dma_memory, worker->dma_memory_size);
	uring_free(worker->ring);
	free(worker->mappings);
	free(worker->buffer);
}
