/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What <linux/vfio_zpci_io.h> says comes of a request, written from its text and not from the
 * driver's code.
 */
#ifndef ZPCI_MODEL_H
#define ZPCI_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "../../include/uapi/linux/vfio_zpci_io.h"

/* Results that the rules name; which comes first, if several are broken, is left to the driver. */
enum outcome {
	OUTCOME_DONE = 1 << 0,
	OUTCOME_EINVAL = 1 << 1,
	OUTCOME_EPERM = 1 << 2,
	OUTCOME_ENXIO = 1 << 3,
	OUTCOME_EFAULT = 1 << 4,
	OUTCOME_EIO = 1 << 5,
};
#define OUTCOMES 6

/* Bytes of a BAR that are out of reach. */
struct hidden {
	uint64_t start, bytes;
	unsigned int bar;
};

struct zpci_model {
	uint64_t bar_bytes[6]; /* 0: no memory BAR */
	uint8_t holes; /* bit for each BAR where an instruction may find nothing, and fail */
	struct hidden hidden[2];
	unsigned int max; /* hdr.max */
	bool relaxed;
	uint64_t page;
	/* Can memory be read, or written? */
	bool (*reachable)(uint64_t address, unsigned int bytes, bool written);
};

/* A mask of outcomes; at and bytes: where in the region, and how much, is written. */
unsigned int zpci_model_outcomes(const struct zpci_model *model, const struct vfio_zpci_io_req *req,
				 uint64_t at, uint64_t bytes);

/* Of what pwrite(2) gave: 0 or an errno. 0 if the rules do not know it. */
enum outcome zpci_model_outcome(int error);

#endif
