// SPDX-License-Identifier: GPL-2.0-only
/* The point at which policy decides about an operation of the zPCI I/O region. */
#include <linux/compiler.h>

#include "zpci_vfio_pci.h"

/*
 * An fmod_ret program replaces the 0: with a negative errno the operation does not happen. All
 * arguments are values: what the program decided on is what is done, whatever another thread
 * writes meanwhile. Six of them, the most that a trampoline passes on every kernel here.
 *
 * It has a file of its own, so that no caller knows what it returns and leaves the call out.
 */
__used noinline __noclone
int security_zpci_io(u64 device, u32 op, u32 pcias, u64 offset, u32 len, u64 gaddr)
{
	return 0;
}
