// SPDX-License-Identifier: GPL-2.0-only
/*
 * Virtual PASID and PRI capabilities in a VF's configuration space.
 *
 * They are in vfio_pci_core's own copy of configuration space (vconfig), and its map says that
 * their bytes are virtual: the core reads them from there. It would let user space write all of
 * them, so writes are taken here.
 */
#include <linux/bitmap.h>
#include <linux/kstrtox.h>
#include <linux/pci.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include <linux/uaccess.h>
#include <linux/vfio_pci_core.h>

#include "compat.h"
#include "vf_caps.h"
#include "zpci_vfio_pci.h"
#include "zpci_vfio_trace.h"

/* What vfio_pci_core's map of configuration space says of a byte, beside a capability's id. */
#define MAP_NOTHING	0xff
#define MAP_VIRTUAL	0xfe

#define VF_CAP_AUTO	0
#define VF_CAP_OFF	(-1)

/* Where QEMU (11.1) puts a PASID capability of its own: at the end. */
#define QEMU_PASID_AT	(PCI_CFG_SPACE_EXP_SIZE - 8)

/* PCI_EXT_CAP_NEXT() of a header */
#define HEADER_NEXT	GENMASK(31, 20)

#define CONFIG_DWORDS	(PCI_CFG_SPACE_EXP_SIZE / 4)
/* Capabilities that are longer are rare, and a VF's own are known with their lengths. */
#define CAP_BYTES	256

/* In both control registers */
#define CONTROL_ENABLE	BIT(0)

static const char * const vf_cap_names[VF_CAPS] = { "PASID", "PRI" };

static const u16 vf_cap_bytes[VF_CAP_PLACES] = {
	[VF_CAP_PASID] = PCI_EXT_CAP_PASID_SIZEOF,
	[VF_CAP_PRI] = PCI_EXT_CAP_PRI_SIZEOF,
	[VF_CAP_ANCHOR] = 4,
};
static const u16 vf_cap_control[VF_CAPS] = { PCI_PASID_CTRL, PCI_PRI_CTRL };

static bool show_disabled_caps;
module_param(show_disabled_caps, bool, 0644);
MODULE_PARM_DESC(show_disabled_caps,
		 "Show a VF what its PF has switched off too; it cannot be enabled then (N)");

/*
 * What user space is told when a capability goes off that it uses, beside its enable bit
 */

/* Of PASID: in the capability and in the control register, at the same bits of the low byte. */
#define PERMISSIONS (PCI_PASID_CAP_EXEC | PCI_PASID_CAP_PRIV)

enum lost_cap_signal { SIGNAL_NONE, SIGNAL_ERROR, SIGNAL_REQUEST };

static const char * const lost_cap_signals[] = {
	[SIGNAL_NONE] = "none",
	[SIGNAL_ERROR] = "error",
	[SIGNAL_REQUEST] = "request",
};
static int lost_cap_signal;

static int lost_cap_signal_set(const char *value, const struct kernel_param *param)
{
	int signal = sysfs_match_string(lost_cap_signals, value);

	if (signal < 0)
		return signal;
	WRITE_ONCE(lost_cap_signal, signal);
	return 0;
}

static int lost_cap_signal_get(char *buffer, const struct kernel_param *param)
{
	return sysfs_emit(buffer, "%s\n", lost_cap_signals[READ_ONCE(lost_cap_signal)]);
}

static const struct kernel_param_ops lost_cap_signal_ops = {
	.set = lost_cap_signal_set,
	.get = lost_cap_signal_get,
};
module_param_cb(lost_cap_signal, &lost_cap_signal_ops, NULL, 0644);
MODULE_PARM_DESC(lost_cap_signal,
		 "What a VF's user gets when its PF's goes off: error, request or none (none)");

static void signal_loss(struct vfio_pci_core_device *core)
{
	switch (READ_ONCE(lost_cap_signal)) {
	case SIGNAL_ERROR:
		vfio_pci_core_aer_err_detected(core->pdev, pci_channel_io_normal);
		break;
	case SIGNAL_REQUEST:
		/* Not the first of a series: nobody waits for the device. */
		vfio_pci_core_request(&core->vdev, 1);
		break;
	}
}

/*
 * Registers
 */

static struct zpci_vfio_device *to_device(struct vf_caps *vf)
{
	return container_of(vf, struct zpci_vfio_device, vf_caps);
}

static u32 get_header(struct vfio_pci_core_device *core, u16 at)
{
	return get_unaligned_le32(core->vconfig + at);
}

static void put_header(struct vfio_pci_core_device *core, u16 at, u32 header)
{
	put_unaligned_le32(header, core->vconfig + at);
}

static void trace_action(struct vf_caps *vf, enum vf_cap cap, enum vf_cap_action action,
			 int users)
{
	trace_zpci_vf_cap(to_device(vf)->core.pdev, vf->pf->pdev, vf_cap_ids[cap], vf->at[cap],
			  action, users);
}

/* The bits of a byte of a capability that user space can write. */
static u8 writable_bits(const u8 *cap_bytes, enum vf_cap cap, unsigned int byte)
{
	if (cap == VF_CAP_PASID) {
		if (byte == PCI_PASID_CTRL)
			return PCI_PASID_CTRL_ENABLE | (cap_bytes[PCI_PASID_CAP] & PERMISSIONS);
		return 0;
	}
	/* PRI's reset bit does its work at once, and there is none; it always reads as 0. */
	if (byte == PCI_PRI_CTRL)
		return PCI_PRI_CTRL_ENABLE;
	/* The status bits that can be written to be cleared are never set. */
	return byte >= PCI_PRI_ALLOC_REQ ? 0xff : 0;
}

/*
 * PRI has stopped whenever it is not enabled: page requests under way are the device's, and its
 * PF's status counts those of all its VFs.
 */
static void set_stopped(u8 *cap_bytes, bool stopped)
{
	u16 status = get_unaligned_le16(cap_bytes + PCI_PRI_STATUS);

	status &= ~PCI_PRI_STATUS_STOPPED;
	if (stopped)
		status |= PCI_PRI_STATUS_STOPPED;
	put_unaligned_le16(status, cap_bytes + PCI_PRI_STATUS);
}

/* The enable bit was written, or is to be cleared. With vf->lock. */
static void update_enabled(struct vf_caps *vf, enum vf_cap cap, enum vf_cap_action when_off)
{
	u8 *cap_bytes = to_device(vf)->core.vconfig + vf->at[cap];
	bool enabled = cap_bytes[vf_cap_control[cap]] & CONTROL_ENABLE;

	if (enabled == !!(vf->enabled & BIT(cap)))
		return;
	WRITE_ONCE(vf->enabled, vf->enabled ^ BIT(cap));
	if (cap == VF_CAP_PRI)
		set_stopped(cap_bytes, !enabled);
	if (enabled)
		trace_action(vf, cap, VF_CAP_ENABLED, pf_cap_use(vf->pf, cap));
	else
		trace_action(vf, cap, when_off, pf_cap_unuse(vf->pf, cap));
}

/* As after a reset. With vf->lock. */
static void clear_registers(struct vf_caps *vf, enum vf_cap cap)
{
	u8 *cap_bytes = to_device(vf)->core.vconfig + vf->at[cap];

	put_unaligned_le16(0, cap_bytes + vf_cap_control[cap]);
	if (cap == VF_CAP_PRI)
		put_unaligned_le32(0, cap_bytes + PCI_PRI_ALLOC_REQ);
	update_enabled(vf, cap, VF_CAP_DISABLED);
}

void vf_caps_reset(struct zpci_vfio_device *zvdev)
{
	struct vf_caps *vf = &zvdev->vf_caps;

	spin_lock(&vf->lock);
	for (enum vf_cap cap = 0; cap < VF_CAPS; cap++) {
		if (vf->at[cap])
			clear_registers(vf, cap);
	}
	spin_unlock(&vf->lock);
}

static bool lose(struct vf_caps *vf, enum vf_cap cap)
{
	bool lost;

	spin_lock(&vf->lock);
	lost = vf->enabled & BIT(cap);
	if (lost) {
		to_device(vf)->core.vconfig[vf->at[cap] + vf_cap_control[cap]] &= ~CONTROL_ENABLE;
		update_enabled(vf, cap, VF_CAP_LOST);
	}
	spin_unlock(&vf->lock);
	return lost;
}

/* A VF may have no more than its PF has now. What its PF gets later is not for this user. */
static void limit_cap(struct vf_caps *vf, enum vf_cap cap)
{
	u8 *cap_bytes = to_device(vf)->core.vconfig + vf->at[cap];
	struct pf_cap_state state;
	u32 capacity;

	if (!vf->at[cap] || !pf_cap_read(vf->pf, cap, &state) || !state.enabled)
		return;
	spin_lock(&vf->lock);
	if (cap == VF_CAP_PASID) {
		u8 kept = ~PERMISSIONS | state.supported;

		cap_bytes[PCI_PASID_CAP] &= kept;
		cap_bytes[PCI_PASID_CTRL] &= kept;
	} else {
		capacity = get_unaligned_le32(cap_bytes + PCI_PRI_MAX_REQ);
		put_unaligned_le32(min(capacity, state.capacity), cap_bytes + PCI_PRI_MAX_REQ);
	}
	spin_unlock(&vf->lock);
}

void vf_caps_look(struct vf_caps *vf)
{
	struct vfio_pci_core_device *core = &to_device(vf)->core;
	unsigned long enabled = READ_ONCE(vf->enabled);
	unsigned int cap;

	for (cap = 0; cap < VF_CAPS; cap++)
		limit_cap(vf, cap);

	for_each_set_bit(cap, &enabled, VF_CAPS) {
		if (pf_cap_power(vf->pf, cap) != PF_CAP_OFF || !lose(vf, cap))
			continue;
		dev_warn_ratelimited(&core->pdev->dev, "%s of PF %s went off in use\n",
				     vf_cap_names[cap], pci_name(vf->pf->pdev));
		signal_loss(core);
	}
}

/*
 * Access by user space
 */

/* The capability at @pos, or else where the next one begins (@next, at most @end). */
static int find_cap(const struct vf_caps *vf, u64 pos, u64 end, u64 *next)
{
	int found = -ENOENT;

	*next = end;
	for (enum vf_cap cap = 0; cap < VF_CAP_PLACES; cap++) {
		u16 at = vf->at[cap];

		if (!at)
			continue;
		if (pos >= at && pos < at + vf_cap_bytes[cap])
			found = cap;
		else if (at > pos && at < *next)
			*next = at;
	}
	return found;
}

static void write_bytes(struct vf_caps *vf, enum vf_cap cap, unsigned int first, const u8 *bytes,
			unsigned int count)
{
	u8 *cap_bytes = to_device(vf)->core.vconfig + vf->at[cap];
	unsigned int control = vf_cap_control[cap];
	bool wanted = control >= first && control - first < count &&
		      (bytes[control - first] & CONTROL_ENABLE);
	bool refused = wanted && pf_cap_power(vf->pf, cap) != PF_CAP_ON;

	spin_lock(&vf->lock);
	for (unsigned int i = 0; i < count; i++) {
		u8 mask = writable_bits(cap_bytes, cap, first + i);

		if (refused && first + i == control)
			mask &= ~CONTROL_ENABLE;
		cap_bytes[first + i] = (cap_bytes[first + i] & ~mask) | (bytes[i] & mask);
	}
	if (refused)
		trace_action(vf, cap, VF_CAP_REFUSED, atomic_read(&vf->pf->users[cap]));
	update_enabled(vf, cap, VF_CAP_DISABLED);
	spin_unlock(&vf->lock);
}

static ssize_t write_cap(struct vf_caps *vf, enum vf_cap cap, const char __user *buf, size_t count,
			 u64 pos)
{
	unsigned int first = pos - vf->at[cap];
	u8 bytes[PCI_EXT_CAP_PRI_SIZEOF];

	count = min_t(size_t, count, vf_cap_bytes[cap] - first);
	if (copy_from_user(bytes, buf, count))
		return -EFAULT;
	if (cap == VF_CAP_ANCHOR)
		return count; /* read-only, as headers are */
	/* What is off already is lost, before anything is refused. */
	vf_caps_look(vf);
	write_bytes(vf, cap, first, bytes, count);
	return count;
}

ssize_t vf_caps_write(struct zpci_vfio_device *zvdev, const char __user *buf, size_t count,
		      loff_t *ppos)
{
	struct vf_caps *vf = &zvdev->vf_caps;
	u64 pos = *ppos & VFIO_PCI_OFFSET_MASK;
	u64 next, end = pos + count;
	size_t done = 0;

	/* What goes beyond the end is refused as a whole, by the core. */
	if (!vf->pf || end > zvdev->core.pdev->cfg_size)
		return vfio_pci_core_write(&zvdev->core.vdev, buf, count, ppos);
	while (done < count) {
		int cap = find_cap(vf, pos + done, end, &next);
		ssize_t ret;

		if (cap >= 0) {
			ret = write_cap(vf, cap, buf + done, count - done, pos + done);
			if (ret > 0)
				*ppos += ret;
		} else {
			ret = vfio_pci_core_write(&zvdev->core.vdev, buf + done, next - pos - done,
						  ppos);
		}
		if (ret <= 0)
			return ret;
		done += ret;
	}
	return done;
}

/* Reading is the core's; but a PF may have switched off meanwhile what is to be read. */
ssize_t vf_caps_read(struct zpci_vfio_device *zvdev, char __user *buf, size_t count, loff_t *ppos)
{
	u64 pos = *ppos & VFIO_PCI_OFFSET_MASK;

	if (zvdev->vf_caps.pf && pos + count > PCI_CFG_SPACE_SIZE)
		vf_caps_look(&zvdev->vf_caps);
	return vfio_pci_core_read(&zvdev->core.vdev, buf, count, ppos);
}

/*
 * Where they go
 */

static bool range_reads_zero(struct pci_dev *pdev, u16 at, u16 bytes)
{
	for (u16 i = 0; i < bytes; i += 4) {
		u32 value;

		if (pci_read_config_dword(pdev, at + i, &value) || value)
			return false;
	}
	return true;
}

/* No capability that the core knows of, nor one of ours. */
static bool is_unused(struct vfio_pci_core_device *core, int at, u16 bytes)
{
	if (at < PCI_CFG_SPACE_SIZE || at % 4 || at + bytes > core->pdev->cfg_size)
		return false;
	return !memchr_inv(core->pci_config_map + at, MAP_NOTHING, bytes);
}

/* And no register that no capability tells of, as far as its value shows. */
static bool is_free(struct vfio_pci_core_device *core, int at, u16 bytes)
{
	return is_unused(core, at, bytes) && at + bytes <= QEMU_PASID_AT &&
	       range_reads_zero(core->pdev, at, bytes);
}

/*
 * Marks where the capabilities of a function begin, a bit a dword, as its hardware has them: the
 * core leaves out some of a VF's. A chain that goes on for ever ends.
 */
static void mark_starts(struct pci_dev *pdev, unsigned long *starts)
{
	DECLARE_BITMAP(seen, CONFIG_DWORDS) = {};
	u16 at = PCI_CFG_SPACE_SIZE;
	u32 header;

	while (at >= PCI_CFG_SPACE_SIZE && !__test_and_set_bit(at / 4, seen)) {
		if (pci_read_config_dword(pdev, at, &header) || !header)
			break;
		__set_bit(at / 4, starts);
		at = PCI_EXT_CAP_NEXT(header);
	}
}

/* Could a capability that begins at one of these reach into the range? */
static bool is_reached(const unsigned long *starts, int at, u16 bytes)
{
	unsigned int first = max(at + 4 - CAP_BYTES, 0) / 4, end = (at + bytes) / 4;

	return find_next_bit(starts, end, first) < end;
}

/* Those that the core leaves out of the VF's chain; it does not know their lengths either. */
static bool is_reached_by_hidden(struct vfio_pci_core_device *core, int at, u16 bytes)
{
	DECLARE_BITMAP(starts, CONFIG_DWORDS) = {};
	unsigned int start;

	mark_starts(core->pdev, starts);
	for_each_set_bit(start, starts, CONFIG_DWORDS) {
		if (core->pci_config_map[start * 4] != MAP_NOTHING)
			__clear_bit(start, starts);
	}
	return is_reached(starts, at, bytes);
}

/*
 * A place may have registers that read as zero and that no capability tells of. They are not likely
 * where neither the VF nor the PF has a capability that could reach so far, and where the PF's
 * registers read as zero too.
 */
static int find_gap(struct vfio_pci_core_device *core, const struct vf_caps *vf,
		    struct pci_dev *pf, u16 bytes)
{
	DECLARE_BITMAP(starts, CONFIG_DWORDS) = {};

	mark_starts(pf, starts);
	mark_starts(core->pdev, starts);
	for (enum vf_cap cap = 0; cap < VF_CAPS; cap++) {
		if (vf->at[cap])
			__set_bit(vf->at[cap] / 4, starts);
	}
	for (int at = PCI_CFG_SPACE_SIZE; at + bytes <= core->pdev->cfg_size; at += 4) {
		if (!is_reached(starts, at, bytes) && is_free(core, at, bytes) &&
		    range_reads_zero(pf, at, bytes))
			return at;
	}
	return -ENOSPC;
}

/*
 * Where the PF has the capability is the best place: a VF is made like its PF, and VFs must have
 * nothing there.
 */
static int find_place(struct zpci_vfio_device *zvdev, struct pf_caps *pf, enum vf_cap cap)
{
	struct vfio_pci_core_device *core = &zvdev->core;
	int place = READ_ONCE(zvdev->vf_caps.place[cap]);
	u16 bytes = vf_cap_bytes[cap];

	if (place != VF_CAP_AUTO)
		return is_unused(core, place, bytes) ? place : -ENOSPC;
	if (is_free(core, pf->at[cap], bytes) && !is_reached_by_hidden(core, pf->at[cap], bytes))
		return pf->at[cap];
	return find_gap(core, &zvdev->vf_caps, pf->pdev, bytes);
}

/*
 * Puts a capability at the end of the chain. The chain begins at its first place, and if there is
 * nothing, a header without an id goes there, as the core does for a first capability that it
 * hides. It is only as long as the core found, so it ends.
 */
static void link_cap(struct vfio_pci_core_device *core, struct vf_caps *vf, u16 at)
{
	u16 last = PCI_CFG_SPACE_SIZE;

	if (at == last)
		return;
	if (core->pci_config_map[last] == MAP_NOTHING) {
		memset(core->pci_config_map + last, MAP_VIRTUAL, 4);
		put_header(core, last, 0);
		vf->at[VF_CAP_ANCHOR] = last;
	}
	for (int i = 0; i < CONFIG_DWORDS; i++) {
		u16 next = PCI_EXT_CAP_NEXT(get_header(core, last));

		if (next < PCI_CFG_SPACE_SIZE)
			break;
		last = next;
	}
	put_header(core, last, (get_header(core, last) & ~HEADER_NEXT) | (u32)at << 20);
}

static bool has_cap(struct vfio_pci_core_device *core, u16 id)
{
	return memchr(core->pci_config_map + PCI_CFG_SPACE_SIZE, id,
		      core->pdev->cfg_size - PCI_CFG_SPACE_SIZE);
}

static void put_cap(struct zpci_vfio_device *zvdev, enum vf_cap cap, u16 at,
		    const struct pf_cap_state *state)
{
	struct vfio_pci_core_device *core = &zvdev->core;
	u8 *cap_bytes = core->vconfig + at;

	link_cap(core, &zvdev->vf_caps, at);
	memset(core->pci_config_map + at, MAP_VIRTUAL, vf_cap_bytes[cap]);
	memset(cap_bytes, 0, vf_cap_bytes[cap]);
	put_header(core, at, vf_cap_ids[cap] | 1 << 16);
	if (cap == VF_CAP_PASID) {
		put_unaligned_le16(state->supported, cap_bytes + PCI_PASID_CAP);
	} else {
		put_unaligned_le16(state->status & PCI_PRI_STATUS_PASID,
				   cap_bytes + PCI_PRI_STATUS);
		set_stopped(cap_bytes, true);
		put_unaligned_le32(state->capacity, cap_bytes + PCI_PRI_MAX_REQ);
	}
}

/* Shows a capability, if the PF has it and an administrator does not mind. */
static bool add_cap(struct zpci_vfio_device *zvdev, struct pf_caps *pf, enum vf_cap cap)
{
	struct vfio_pci_core_device *core = &zvdev->core;
	struct pf_cap_state state;
	int at;

	if (READ_ONCE(zvdev->vf_caps.place[cap]) == VF_CAP_OFF || has_cap(core, vf_cap_ids[cap]))
		return false;
	if (!pf_cap_read(pf, cap, &state) || (!state.enabled && !READ_ONCE(show_disabled_caps)))
		return false;
	at = find_place(zvdev, pf, cap);
	if (at < 0) {
		pci_warn(core->pdev, "no place for a virtual %s: see virtual_caps\n",
			 vf_cap_names[cap]);
		return false;
	}
	put_cap(zvdev, cap, at, &state);
	zvdev->vf_caps.at[cap] = at;
	return true;
}

/*
 * Opening and closing
 */

void vf_caps_init(struct zpci_vfio_device *zvdev)
{
	spin_lock_init(&zvdev->vf_caps.lock);
}

int vf_caps_open(struct zpci_vfio_device *zvdev)
{
	struct vf_caps *vf = &zvdev->vf_caps;
	struct pci_dev *pdev = zvdev->core.pdev;
	struct pf_caps *pf;
	bool any = false;

	if (!pdev->is_virtfn || pdev->cfg_size < PCI_CFG_SPACE_EXP_SIZE)
		return 0;
	pf = pf_caps_get(pci_physfn(pdev));
	if (IS_ERR_OR_NULL(pf))
		return PTR_ERR_OR_ZERO(pf);
	for (enum vf_cap cap = 0; cap < VF_CAPS; cap++)
		any |= add_cap(zvdev, pf, cap);
	if (!any) {
		pf_caps_put(pf);
		return 0;
	}
	vf->pf = pf;
	for (enum vf_cap cap = 0; cap < VF_CAPS; cap++) {
		if (vf->at[cap])
			trace_action(vf, cap, VF_CAP_SHOWN, atomic_read(&pf->users[cap]));
	}
	pf_caps_add_vf(pf, vf);
	return 0;
}

void vf_caps_close(struct zpci_vfio_device *zvdev)
{
	struct vf_caps *vf = &zvdev->vf_caps;

	if (!vf->pf)
		return;
	vf_caps_reset(zvdev);
	pf_caps_remove_vf(vf->pf, vf);
	/* A reset that comes later finds none. */
	spin_lock(&vf->lock);
	memset(vf->at, 0, sizeof(vf->at));
	spin_unlock(&vf->lock);
	pf_caps_put(vf->pf);
	vf->pf = NULL;
}

/*
 * Where an administrator wants them: /sys/bus/pci/devices/<VF>/virtual_caps, for the next opening
 */

static struct vf_caps *to_vf_caps(struct device *dev)
{
	return &to_zpci_vfio(dev_get_drvdata(dev))->vf_caps;
}

static ssize_t place_show(struct device *dev, enum vf_cap cap, char *buf)
{
	int place = READ_ONCE(to_vf_caps(dev)->place[cap]);

	if (place == VF_CAP_AUTO)
		return sysfs_emit(buf, "auto\n");
	if (place == VF_CAP_OFF)
		return sysfs_emit(buf, "off\n");
	return sysfs_emit(buf, "0x%x\n", place);
}

static ssize_t place_store(struct device *dev, enum vf_cap cap, const char *buf, size_t count)
{
	unsigned int place;
	int ret;

	if (sysfs_streq(buf, "auto")) {
		WRITE_ONCE(to_vf_caps(dev)->place[cap], VF_CAP_AUTO);
		return count;
	}
	if (sysfs_streq(buf, "off")) {
		WRITE_ONCE(to_vf_caps(dev)->place[cap], VF_CAP_OFF);
		return count;
	}
	ret = kstrtouint(buf, 0, &place);
	if (ret)
		return ret;
	if (place < PCI_CFG_SPACE_SIZE || place % 4 ||
	    place > PCI_CFG_SPACE_EXP_SIZE - vf_cap_bytes[cap])
		return -EINVAL;
	WRITE_ONCE(to_vf_caps(dev)->place[cap], place);
	return count;
}

static ssize_t pasid_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return place_show(dev, VF_CAP_PASID, buf);
}

static ssize_t pasid_store(struct device *dev, struct device_attribute *attr, const char *buf,
			   size_t count)
{
	return place_store(dev, VF_CAP_PASID, buf, count);
}
static DEVICE_ATTR_RW(pasid);

static ssize_t pri_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return place_show(dev, VF_CAP_PRI, buf);
}

static ssize_t pri_store(struct device *dev, struct device_attribute *attr, const char *buf,
			 size_t count)
{
	return place_store(dev, VF_CAP_PRI, buf, count);
}
static DEVICE_ATTR_RW(pri);

static struct attribute *vf_caps_attrs[] = {
	&dev_attr_pasid.attr,
	&dev_attr_pri.attr,
	NULL
};

static umode_t vf_caps_visible(struct kobject *kobj, struct attribute *attr, int n)
{
	return to_pci_dev(kobj_to_dev(kobj))->is_virtfn ? attr->mode : 0;
}

const struct attribute_group vf_caps_group = {
	.name		= "virtual_caps",
	.attrs		= vf_caps_attrs,
	.is_visible	= vf_caps_visible,
};
