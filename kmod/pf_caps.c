// SPDX-License-Identifier: GPL-2.0-only
/*
 * PASID and PRI of a PF, for its VFs: what its registers say, how many VFs use them, and a look
 * each second whether they are still on, because nobody is told when they are switched off.
 */
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include "vf_caps.h"

const u16 vf_cap_ids[VF_CAPS] = {
	[VF_CAP_PASID] = PCI_EXT_CAP_ID_PASID,
	[VF_CAP_PRI] = PCI_EXT_CAP_ID_PRI,
};

static LIST_HEAD(pf_caps_list);
static DEFINE_MUTEX(pf_caps_list_lock);

/*
 * Registers
 */

static u16 read_word(struct pci_dev *pdev, int where)
{
	u16 value = 0;

	pci_read_config_word(pdev, where, &value);
	return PCI_POSSIBLE_ERROR(value) ? 0 : value;
}

static u32 read_dword(struct pci_dev *pdev, int where)
{
	u32 value = 0;

	pci_read_config_dword(pdev, where, &value);
	return PCI_POSSIBLE_ERROR(value) ? 0 : value;
}

/* PCIe 5.0, 7.8.8. A VF may not have more permissions than its PF has enabled. */
static void read_pasid(struct pci_dev *pdev, u16 at, struct pf_cap_state *state)
{
	const u16 permissions = PCI_PASID_CAP_EXEC | PCI_PASID_CAP_PRIV;
	u16 control = read_word(pdev, at + PCI_PASID_CTRL);
	u16 supported = read_word(pdev, at + PCI_PASID_CAP);

	BUILD_BUG_ON(PCI_PASID_CAP_EXEC != PCI_PASID_CTRL_EXEC ||
		     PCI_PASID_CAP_PRIV != PCI_PASID_CTRL_PRIV);
	state->enabled = control & PCI_PASID_CTRL_ENABLE;
	state->supported = supported & GENMASK(12, 8); /* the width */
	if (state->enabled)
		state->supported |= supported & permissions & control;
}

/*
 * PCIe 5.0, 10.5.2. The PF's allocation is what it and its VFs may have under way together; as
 * long as it is 0, which it is at first, it says nothing.
 */
static void read_pri(struct pci_dev *pdev, u16 at, struct pf_cap_state *state)
{
	u32 allocated = read_dword(pdev, at + PCI_PRI_ALLOC_REQ);

	state->enabled = read_word(pdev, at + PCI_PRI_CTRL) & PCI_PRI_CTRL_ENABLE;
	state->status = read_word(pdev, at + PCI_PRI_STATUS);
	state->capacity = read_dword(pdev, at + PCI_PRI_MAX_REQ);
	if (allocated && allocated < state->capacity)
		state->capacity = allocated;
}

bool pf_cap_read(struct pf_caps *pf, enum vf_cap cap, struct pf_cap_state *state)
{
	u16 at = pf->at[cap];

	memset(state, 0, sizeof(*state));
	if (!at || PCI_EXT_CAP_ID(read_dword(pf->pdev, at)) != vf_cap_ids[cap])
		return false;
	if (cap == VF_CAP_PASID)
		read_pasid(pf->pdev, at, state);
	else
		read_pri(pf->pdev, at, state);
	return true;
}

/*
 * A PF that is being reset gets its registers back afterwards. Until then its configuration space
 * is blocked for user space, and reads as nothing.
 */
enum pf_cap_power pf_cap_power(struct pf_caps *pf, enum vf_cap cap)
{
	struct pf_cap_state state;
	u16 vendor;

	if (pf->pdev->block_cfg_access)
		return PF_CAP_UNKNOWN;
	if (pf_cap_read(pf, cap, &state) && state.enabled)
		return PF_CAP_ON;
	if (pci_read_config_word(pf->pdev, PCI_VENDOR_ID, &vendor) || PCI_POSSIBLE_ERROR(vendor) ||
	    pf->pdev->block_cfg_access)
		return PF_CAP_UNKNOWN;
	return PF_CAP_OFF;
}

/*
 * Users
 */

static void pf_caps_look(struct work_struct *work)
{
	struct pf_caps *pf = container_of(to_delayed_work(work), struct pf_caps, look);
	struct vf_caps *vf;
	int users = 0;

	mutex_lock(&pf->lock);
	list_for_each_entry(vf, &pf->vfs, on_pf)
		vf_caps_look(vf);
	mutex_unlock(&pf->lock);
	for (enum vf_cap cap = 0; cap < VF_CAPS; cap++)
		users += atomic_read(&pf->users[cap]);
	if (users)
		schedule_delayed_work(&pf->look, HZ);
}

int pf_cap_use(struct pf_caps *pf, enum vf_cap cap)
{
	int users = atomic_inc_return(&pf->users[cap]);

	schedule_delayed_work(&pf->look, HZ);
	return users;
}

int pf_cap_unuse(struct pf_caps *pf, enum vf_cap cap)
{
	return atomic_dec_return(&pf->users[cap]);
}

void pf_caps_add_vf(struct pf_caps *pf, struct vf_caps *vf)
{
	mutex_lock(&pf->lock);
	list_add_tail(&vf->on_pf, &pf->vfs);
	mutex_unlock(&pf->lock);
}

void pf_caps_remove_vf(struct pf_caps *pf, struct vf_caps *vf)
{
	mutex_lock(&pf->lock);
	list_del(&vf->on_pf);
	mutex_unlock(&pf->lock);
}

/*
 * PFs
 */

static struct pf_caps *pf_caps_new(struct pci_dev *pdev)
{
	struct pf_caps *pf;
	bool any = false;

	pf = kzalloc(sizeof(*pf), GFP_KERNEL);
	if (!pf)
		return ERR_PTR(-ENOMEM);
	for (enum vf_cap cap = 0; cap < VF_CAPS; cap++) {
		pf->at[cap] = pci_find_ext_capability(pdev, vf_cap_ids[cap]);
		any |= pf->at[cap];
	}
	if (!any) {
		kfree(pf);
		return NULL;
	}
	kref_init(&pf->ref);
	mutex_init(&pf->lock);
	INIT_LIST_HEAD(&pf->vfs);
	INIT_DELAYED_WORK(&pf->look, pf_caps_look);
	pf->pdev = pci_dev_get(pdev);
	list_add(&pf->on_list, &pf_caps_list);
	return pf;
}

struct pf_caps *pf_caps_get(struct pci_dev *pdev)
{
	struct pf_caps *pf;

	mutex_lock(&pf_caps_list_lock);
	list_for_each_entry(pf, &pf_caps_list, on_list) {
		if (pf->pdev == pdev) {
			kref_get(&pf->ref);
			goto unlock;
		}
	}
	pf = pf_caps_new(pdev);
unlock:
	mutex_unlock(&pf_caps_list_lock);
	return pf;
}

static void pf_caps_release(struct kref *ref)
{
	struct pf_caps *pf = container_of(ref, struct pf_caps, ref);

	list_del(&pf->on_list);
	mutex_unlock(&pf_caps_list_lock);
	/* It finds no VF any more, but it may just run. */
	cancel_delayed_work_sync(&pf->look);
	pci_dev_put(pf->pdev);
	kfree(pf);
}

void pf_caps_put(struct pf_caps *pf)
{
	kref_put_mutex(&pf->ref, pf_caps_release, &pf_caps_list_lock);
}
