// SPDX-License-Identifier: GPL-2.0-only
#include "zpci_model.h"

#include <errno.h>
#include <stddef.h>

#define CONFIGURATION_SPACE 15
#define DOUBLEWORD 8

static bool within_page(const struct zpci_model *model, uint64_t address, uint64_t bytes)
{
	return address % model->page + bytes <= model->page;
}

static bool is_strict_store(const struct zpci_model *model, const struct vfio_zpci_io_req *req)
{
	return req->len >= 2 * DOUBLEWORD && req->len % DOUBLEWORD == 0 &&
	       req->offset % DOUBLEWORD == 0 && within_page(model, req->offset, req->len);
}

static bool is_well_formed(const struct zpci_model *model, const struct vfio_zpci_io_req *req)
{
	if (req->reserved || req->reserved2 || !req->len)
		return false;
	if (!model->relaxed &&
	    (req->gaddr % DOUBLEWORD || !within_page(model, req->gaddr, req->len)))
		return false;
	switch (req->flags) {
	case VFIO_ZPCI_IO_FLAG_READ:
		return req->offset % DOUBLEWORD + req->len <= DOUBLEWORD;
	case VFIO_ZPCI_IO_FLAG_BLOCKW:
		return req->len <= model->max && (model->relaxed || is_strict_store(model, req));
	default:
		return false;
	}
}

static bool overlaps(const struct hidden *hidden, const struct vfio_zpci_io_req *req)
{
	return hidden->bytes && hidden->bar == req->pcias &&
	       req->offset < hidden->start + hidden->bytes &&
	       req->offset + req->len > hidden->start;
}

static unsigned int target_outcomes(const struct zpci_model *model,
				    const struct vfio_zpci_io_req *req)
{
	uint64_t size;

	if (req->pcias == CONFIGURATION_SPACE)
		return OUTCOME_EPERM;
	if (req->pcias > 5)
		return OUTCOME_EINVAL;
	size = model->bar_bytes[req->pcias];
	if (req->len > size || req->offset > size - req->len)
		return OUTCOME_ENXIO;
	/* Pending bits can be read. */
	return overlaps(&model->hidden[0], req) || (overlaps(&model->hidden[1], req) &&
						    req->flags != VFIO_ZPCI_IO_FLAG_READ) ?
		       OUTCOME_EPERM :
		       0;
}

unsigned int zpci_model_outcomes(const struct zpci_model *model, const struct vfio_zpci_io_req *req,
				 uint64_t at, uint64_t bytes)
{
	bool load = req->flags == VFIO_ZPCI_IO_FLAG_READ;
	unsigned int outcomes = 0;

	if (at != offsetof(struct vfio_region_zpci_io, req) || bytes != sizeof(*req))
		return OUTCOME_EINVAL;
	if (!is_well_formed(model, req))
		outcomes |= OUTCOME_EINVAL;
	outcomes |= target_outcomes(model, req);
	if (!model->reachable(req->gaddr, req->len, load))
		outcomes |= OUTCOME_EFAULT;
	if (outcomes)
		return outcomes;
	return model->holes >> req->pcias & 1 ? OUTCOME_DONE | OUTCOME_EIO : OUTCOME_DONE;
}

enum outcome zpci_model_outcome(int error)
{
	switch (error) {
	case 0:
		return OUTCOME_DONE;
	case EINVAL:
		return OUTCOME_EINVAL;
	case EPERM:
		return OUTCOME_EPERM;
	case ENXIO:
		return OUTCOME_ENXIO;
	case EFAULT:
		return OUTCOME_EFAULT;
	case EIO:
		return OUTCOME_EIO;
	default:
		return 0;
	}
}
