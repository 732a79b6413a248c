/* SPDX-License-Identifier: GPL-2.0-only */
/* Opening VFIO PCI devices, through group and container or through cdev and iommufd. */
#ifndef CLIENT_DEVICE_H
#define CLIENT_DEVICE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define MAX_REGIONS 256

/*
 * The VFIO system calls that the client makes on its own account, that is outside of the
 * operations it was asked for. Reported so that a test can subtract them exactly.
 */
enum setup_call {
	SETUP_OPEN,
	SETUP_RELEASE,
	SETUP_CONFIG_READ,
	SETUP_CONFIG_WRITE,
	SETUP_REGION_INFO,
	SETUP_BIND_IOMMUFD,
	SETUP_ATTACH_IOMMUFD,
	SETUP_GROUP_OPEN,
	SETUP_GROUP_RELEASE,
	SETUP_GROUP_STATUS,
	SETUP_GROUP_SET_CONTAINER,
	SETUP_CONTAINER_OPEN,
	SETUP_CONTAINER_RELEASE,
	SETUP_API_VERSION,
	SETUP_CHECK_EXTENSION,
	SETUP_SET_IOMMU,
	SETUP_IOMMUFD_OPEN,
	SETUP_IOMMUFD_RELEASE,
	SETUP_IOAS_ALLOC,
	SETUP_CALLS
};

extern const char *const setup_call_names[SETUP_CALLS];

struct region {
	bool known;
	uint32_t flags;
	uint64_t offset, size;
	/*
	 * The kernel takes a BAR from the host when it is first used, without a lock: of two
	 * threads that come first, one would get EBUSY.
	 */
	atomic_bool claimed;
};

struct group {
	unsigned int number;
	bool noiommu;
	int fd;
};

struct device {
	char bdf[24];
	int fd;
	struct group *group; /* NULL with cdev */
	char cdev[24];	     /* "vfio0", empty with a group */
	struct region regions[MAX_REGIONS];
	bool has_zpci; /* a zPCI I/O region was found, at @zpci_offset */
	uint64_t zpci_offset;
	bool enable_memory; /* also after the device was closed and opened again */
	/* Held shared by users of @fd, but only when some operation replaces it. */
	pthread_rwlock_t fd_lock;
	pthread_mutex_t claim_lock; /* held by users of a region until it is claimed */
	_Atomic uint64_t setup[SETUP_CALLS];
};

struct session {
	bool use_cdev;
	bool leave_memory; /* do not set the memory bit for BARs */
	const char *vf_token;
	int iommu_fd; /* the container, or the iommufd */
	uint32_t ioas_id;
	struct device *devices;
	unsigned int nr_devices;
	struct group *groups;
	unsigned int nr_groups;
	_Atomic uint64_t setup[SETUP_CALLS]; /* calls that belong to no single device */
};

/* These say what went wrong and return false, or return true. */
bool session_open(struct session *session, const char *const *bdfs, unsigned int nr);
bool device_find_region(struct device *device, unsigned int index);
bool device_memory_on(struct device *device);
/* Returns an errno, says nothing: this is an operation that may be asked for. */
int device_open_fd(struct session *session, struct device *device);
void session_close(struct session *session);

#define REGION_NAME_SIZE 24

/* "config", "bar0", "region9"; @text must hold REGION_NAME_SIZE bytes. */
const char *region_name(unsigned int index, char *text);

#endif
