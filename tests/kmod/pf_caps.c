// SPDX-License-Identifier: GPL-2.0-only
/*
 * For tests: gives a PCI function capabilities that no emulated device has, PASID and PRI, and can
 * take from others of its bus their memory bit or their capabilities. It stands between the kernel
 * and the configuration space of the function's bus, as the kernel's aer_inject does.
 *
 *	insmod pf_caps.ko device=0000:01:00.0 pasid=0x200 pri=0x210 [no_memory=0000:01:10.0]
 *	echo 1 > /sys/bus/pci/devices/0000:01:00.0/remove; echo 1 > /sys/bus/pci/rescan
 *
 * The second line because the kernel looks for capabilities when it finds a device. While
 * parameters/shown is N the capabilities are not there, nor anything that was written to them.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bitops.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>

#define PASID_BYTES	8
#define PRI_BYTES	16

static char *device;
module_param(device, charp, 0444);
MODULE_PARM_DESC(device, "The function that gets capabilities, domain:bus:slot.function");

static unsigned int pasid;
module_param(pasid, uint, 0444);
MODULE_PARM_DESC(pasid, "Where PASID is to be in its configuration space (0: it gets none)");

static unsigned int pri;
module_param(pri, uint, 0444);
MODULE_PARM_DESC(pri, "Where PRI is to be (0: it gets none)");

static unsigned int width = 20;
module_param(width, uint, 0444);
MODULE_PARM_DESC(width, "Bits of a PASID (20)");

static bool shown = true;
module_param(shown, bool, 0644);
MODULE_PARM_DESC(shown, "The capabilities are there (Y)");

static char *no_memory;
module_param(no_memory, charp, 0444);
MODULE_PARM_DESC(no_memory, "A function of the same bus whose memory bit is 0 while it has memory");

static char *bare;
module_param(bare, charp, 0444);
MODULE_PARM_DESC(bare, "A function of the same bus without extended capabilities");

static char *busy;
module_param(busy, charp, 0444);
MODULE_PARM_DESC(busy, "A function of the same bus with a register that no capability tells of");

static unsigned int busy_at;
module_param(busy_at, uint, 0644);
MODULE_PARM_DESC(busy_at, "Where it is; none below 0x100");

/* Configuration space as it is in addition to the function's own. Under lock. */
static DEFINE_RAW_SPINLOCK(lock);
static u8 content[PCI_CFG_SPACE_EXP_SIZE], writable[PCI_CFG_SPACE_EXP_SIZE];
static DECLARE_BITMAP(ours, PCI_CFG_SPACE_EXP_SIZE);

static struct pci_bus *bus;
static struct pci_ops *original, replaced;
static unsigned int devfn;
static int memoryless = -1, without_caps = -1, with_register = -1; /* devfn, or none */

static bool is_ours(unsigned int function, int where, int size)
{
	return READ_ONCE(shown) && function == devfn && where >= 0 &&
	       where + size <= PCI_CFG_SPACE_EXP_SIZE &&
	       find_next_bit(ours, where + size, where) < where + size;
}

static int pf_caps_read(struct pci_bus *on, unsigned int function, int where, int size, u32 *value)
{
	int ret = original->read(on, function, where, size, value);
	unsigned long flags;

	/* A bus below has the same operations, if it was made meanwhile. */
	if (ret || on != bus)
		return ret;
	if (function == memoryless && where == PCI_COMMAND)
		*value &= ~PCI_COMMAND_MEMORY;
	if (function == without_caps && where >= PCI_CFG_SPACE_SIZE)
		*value = 0;
	if (function == with_register && where >= PCI_CFG_SPACE_SIZE &&
	    where / 4 == READ_ONCE(busy_at) / 4)
		*value = 0x5a;
	if (!is_ours(function, where, size))
		return 0;
	raw_spin_lock_irqsave(&lock, flags);
	for (int i = 0; i < size; i++) {
		if (!test_bit(where + i, ours))
			continue;
		*value &= ~(0xffU << i * 8);
		*value |= (u32)content[where + i] << i * 8;
	}
	raw_spin_unlock_irqrestore(&lock, flags);
	return 0;
}

/* An access has 1, 2 or 4 bytes and is aligned: it is to a capability of ours, or to none. */
static int pf_caps_write(struct pci_bus *on, unsigned int function, int where, int size, u32 value)
{
	unsigned long flags;

	if (on != bus)
		return original->write(on, function, where, size, value);
	/* As a VF's does: its memory answers whatever the bit is. */
	if (function == memoryless && where == PCI_COMMAND)
		value |= PCI_COMMAND_MEMORY;
	if (!is_ours(function, where, size))
		return original->write(on, function, where, size, value);
	raw_spin_lock_irqsave(&lock, flags);
	for (int i = 0; i < size; i++) {
		u8 mask = writable[where + i];

		content[where + i] &= ~mask;
		content[where + i] |= (value >> i * 8) & mask;
	}
	raw_spin_unlock_irqrestore(&lock, flags);
	return 0;
}

static void put_bytes(unsigned int where, unsigned int size, u32 value, u32 mask)
{
	for (unsigned int i = 0; i < size; i++) {
		content[where + i] = value >> i * 8;
		writable[where + i] = mask >> i * 8;
		__set_bit(where + i, ours);
	}
}

static u32 header(unsigned int id, unsigned int next)
{
	return id | 1 << 16 | next << 20;
}

/* PCIe 5.0, 7.8.8 */
static void put_pasid(unsigned int next)
{
	put_bytes(pasid, 4, header(PCI_EXT_CAP_ID_PASID, next), 0);
	put_bytes(pasid + PCI_PASID_CAP, 2,
		  PCI_PASID_CAP_EXEC | PCI_PASID_CAP_PRIV | width << 8, 0);
	put_bytes(pasid + PCI_PASID_CTRL, 2, 0,
		  PCI_PASID_CTRL_ENABLE | PCI_PASID_CTRL_EXEC | PCI_PASID_CTRL_PRIV);
}

/* PCIe 5.0, 10.5.2 */
static void put_pri(void)
{
	put_bytes(pri, 4, header(PCI_EXT_CAP_ID_PRI, 0), 0);
	put_bytes(pri + PCI_PRI_CTRL, 2, 0, PCI_PRI_CTRL_ENABLE);
	put_bytes(pri + PCI_PRI_STATUS, 2, PCI_PRI_STATUS_STOPPED | PCI_PRI_STATUS_PASID, 0);
	put_bytes(pri + PCI_PRI_MAX_REQ, 4, 32, 0);
	put_bytes(pri + PCI_PRI_ALLOC_REQ, 4, 0, U32_MAX);
}

/* The end of the chain gets a successor. */
static int put_link(unsigned int first)
{
	unsigned int at = PCI_CFG_SPACE_SIZE;
	u32 value;

	for (int i = 0; i < (PCI_CFG_SPACE_EXP_SIZE - PCI_CFG_SPACE_SIZE) / 8; i++) {
		if (bus->ops->read(bus, devfn, at, 4, &value))
			return -EIO;
		if (!value || value == U32_MAX)
			return -ENODEV;
		if (!PCI_EXT_CAP_NEXT(value)) {
			put_bytes(at, 4, value | first << 20, 0);
			return 0;
		}
		at = PCI_EXT_CAP_NEXT(value);
	}
	return -EIO;
}

static bool is_place(unsigned int where, unsigned int size)
{
	return !where || (where > PCI_CFG_SPACE_SIZE && where % 4 == 0 &&
			  where + size <= PCI_CFG_SPACE_EXP_SIZE);
}

static int parse_function(const char *text, unsigned int *domain, unsigned int *number,
			  unsigned int *function)
{
	unsigned int slot, func;

	if (!text || sscanf(text, "%x:%x:%x.%x", domain, number, &slot, &func) != 4 ||
	    slot > 31 || func > 7)
		return -EINVAL;
	*function = PCI_DEVFN(slot, func);
	return 0;
}

/* Another function of the bus that @device is on. */
static int parse_other(const char *text, unsigned int domain, unsigned int number, int *function)
{
	unsigned int other_domain, other_number, other;

	if (!text)
		return 0;
	if (parse_function(text, &other_domain, &other_number, &other) ||
	    other_domain != domain || other_number != number)
		return -EINVAL;
	*function = other;
	return 0;
}

/* What the kernel itself remembers of a function when it finds it. */
static void remember_caps(u16 pasid_cap, u16 pri_cap)
{
	struct pci_dev *function = pci_get_slot(bus, devfn);

	if (!function)
		return;
#ifdef CONFIG_PCI_PASID
	function->pasid_cap = pasid_cap;
#endif
#ifdef CONFIG_PCI_PRI
	function->pri_cap = pri_cap;
#endif
	pci_dev_put(function);
}

/* From now on, too. */
static void show_memory(void)
{
	u32 command;

	if (!bus->ops->read(bus, memoryless, PCI_COMMAND, 2, &command))
		bus->ops->write(bus, memoryless, PCI_COMMAND, 2, command);
}

static int __init pf_caps_init(void)
{
	unsigned int domain, number;
	int ret;

	if (parse_function(device, &domain, &number, &devfn) || !is_place(pasid, PASID_BYTES) ||
	    !is_place(pri, PRI_BYTES) || width > 20 ||
	    parse_other(no_memory, domain, number, &memoryless) ||
	    parse_other(bare, domain, number, &without_caps) ||
	    parse_other(busy, domain, number, &with_register))
		return -EINVAL;
	bus = pci_find_bus(domain, number);
	if (!bus)
		return -ENODEV;
	if (pasid || pri) {
		ret = put_link(pasid ?: pri);
		if (ret)
			return ret;
	}
	if (pasid)
		put_pasid(pri);
	if (pri)
		put_pri();
	if (pasid || pri)
		remember_caps(pasid, pri);
	get_device(&bus->dev);
	replaced = *bus->ops;
	replaced.read = pf_caps_read;
	replaced.write = pf_caps_write;
	original = bus->ops;
	pci_bus_set_ops(bus, &replaced);
	if (memoryless >= 0)
		show_memory();
	return 0;
}

static void __exit pf_caps_exit(void)
{
	if (pasid || pri)
		remember_caps(0, 0);
	pci_bus_set_ops(bus, original);
	/* Where configuration space is accessed without a lock, somebody may still be in ours. */
	synchronize_rcu_tasks();
	put_device(&bus->dev);
}

module_init(pf_caps_init);
module_exit(pf_caps_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Test only: PASID and PRI for a PCI function that has none");
