/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PASID and PRI belong to a PF, and its VFs share them (PCIe 5.0, 9.3.7.11 and 9.3.7.14). A guest
 * that is given a VF looks for them there: vf_caps.c shows it virtual ones, pf_caps.c knows the
 * PF's and who uses them.
 *
 * Locks, outermost first; none of them is taken in a VF's read path but the last:
 *	vfio's dev_set->lock	(the device is opened or closed)
 *	pf_caps_list_lock	which PFs have VFs that show a capability
 *	pf_caps.lock		which VFs these are; on old kernels vfio_pci_core's igate in it,
 *				when a loss is signalled
 *	vf_caps.lock		a VF's virtual registers, a spinlock
 * No lock of the PF's device or driver is taken at all: its configuration space is read.
 */
#ifndef ZPCI_VF_CAPS_H
#define ZPCI_VF_CAPS_H

#include <linux/atomic.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

struct zpci_vfio_device;

enum vf_cap {
	VF_CAP_PASID,
	VF_CAP_PRI,
	VF_CAPS,
	/* A header alone, where an empty chain has to begin. */
	VF_CAP_ANCHOR = VF_CAPS,
	VF_CAP_PLACES
};

/* What happens to a virtual capability; trace event zpci_vf_cap. */
enum vf_cap_action {
	VF_CAP_SHOWN,		/* the VF is opened and has it */
	VF_CAP_ENABLED,		/* by the VF's user */
	VF_CAP_DISABLED,	/* by the VF's user, a reset, or the end of its use */
	VF_CAP_REFUSED,		/* the user wants it, the PF's is off */
	VF_CAP_LOST,		/* the PF's went off in use */
};

/* Of one VF. */
struct vf_caps {
	spinlock_t lock; /* the virtual registers in vconfig, and @enabled */
	/* Where they are in configuration space, 0: not shown. From opening to closing. */
	u16 at[VF_CAP_PLACES];
	/* Under @lock: BIT(VF_CAP_*) whose virtual enable bit is set. */
	unsigned long enabled;
	/* While any is shown, with a reference. */
	struct pf_caps *pf;
	struct list_head on_pf; /* under pf->lock */
	/* Where the administrator wants them: an offset, or VF_CAP_AUTO or VF_CAP_OFF. */
	int place[VF_CAPS];
};

/* Of one PF, as long as a VF shows a capability of it. */
struct pf_caps {
	struct kref ref; /* the last put: under pf_caps_list_lock */
	struct list_head on_list;
	struct pci_dev *pdev; /* with a reference */
	struct mutex lock;
	struct list_head vfs; /* vf_caps.on_pf */
	u16 at[VF_CAPS]; /* 0: it has none */
	atomic_t users[VF_CAPS]; /* VFs with it enabled */
	struct delayed_work look; /* each second while there are users */
};

/* Is a PF's capability on? While it is in reset nobody knows. */
enum pf_cap_power {
	PF_CAP_OFF,
	PF_CAP_ON,
	PF_CAP_UNKNOWN,
};

/* What a PF's registers say. */
struct pf_cap_state {
	bool enabled;
	u16 supported; /* PASID: permissions that are supported and enabled, and the width */
	u16 status; /* PRI */
	u32 capacity; /* PRI: page requests, as many as are allowed now */
};

/* By enum vf_cap. */
extern const u16 vf_cap_ids[VF_CAPS];

/*
 * PF's side, pf_caps.c
 */

/* Finds or makes it. NULL: the PF has none of the capabilities; or an ERR_PTR(). May sleep. */
struct pf_caps *pf_caps_get(struct pci_dev *pdev);
void pf_caps_put(struct pf_caps *pf);
/* False: it has none such (any more). Any context. */
bool pf_cap_read(struct pf_caps *pf, enum vf_cap cap, struct pf_cap_state *state);
/* Any context. */
enum pf_cap_power pf_cap_power(struct pf_caps *pf, enum vf_cap cap);
/* A VF with capabilities is to be looked at while they are enabled. May sleep. */
void pf_caps_add_vf(struct pf_caps *pf, struct vf_caps *vf);
void pf_caps_remove_vf(struct pf_caps *pf, struct vf_caps *vf);
/* Returns the number of users then. Any context. */
int pf_cap_use(struct pf_caps *pf, enum vf_cap cap);
int pf_cap_unuse(struct pf_caps *pf, enum vf_cap cap);

/*
 * VF's side, vf_caps.c
 */

void vf_caps_init(struct zpci_vfio_device *zvdev);
/* Between vfio_pci_core_enable() and vfio_pci_core_finish_enable(). */
int vf_caps_open(struct zpci_vfio_device *zvdev);
/* When nobody uses the device any more, and its vconfig is still there. */
void vf_caps_close(struct zpci_vfio_device *zvdev);
/* As vfio_pci_core_read() and vfio_pci_core_write(). */
ssize_t vf_caps_read(struct zpci_vfio_device *zvdev, char __user *buf, size_t count, loff_t *ppos);
ssize_t vf_caps_write(struct zpci_vfio_device *zvdev, const char __user *buf, size_t count,
		      loff_t *ppos);
/* The device was reset. Whether it is open or not. */
void vf_caps_reset(struct zpci_vfio_device *zvdev);
/* Turns off what the PF has not on any more. May sleep. */
void vf_caps_look(struct vf_caps *vf);

extern const struct attribute_group vf_caps_group;

#endif
