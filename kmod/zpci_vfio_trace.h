/* SPDX-License-Identifier: GPL-2.0-only */
/* What the driver tells of: requests to its region, virtual capabilities. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM zpci_vfio_pci

#if !defined(ZPCI_VFIO_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define ZPCI_VFIO_TRACE_H

#include <linux/pci.h>
#include <linux/tracepoint.h>
#include <linux/vfio_zpci_io.h>

#include "vf_caps.h"

/*
 * One for each request, refused ones too. The flags are as user space gave them: unknown ones are
 * in a refused request.
 */
TRACE_EVENT(zpci_io,
	TP_PROTO(struct pci_dev *pdev, const struct vfio_zpci_io_req *req, int result,
		 u64 duration_ns),
	TP_ARGS(pdev, req, result, duration_ns),
	TP_STRUCT__entry(
		__field(u64, flags)
		__field(u64, offset)
		__field(u64, duration_ns)
		__field(u32, domain)
		__field(int, result)
		__field(u16, len)
		__field(u8, bus)
		__field(u8, devfn)
		__field(u8, pcias)
	),
	TP_fast_assign(
		__entry->flags = req->flags;
		__entry->offset = req->offset;
		__entry->duration_ns = duration_ns;
		__entry->domain = pci_domain_nr(pdev->bus);
		__entry->result = result;
		__entry->len = req->len;
		__entry->bus = pdev->bus->number;
		__entry->devfn = pdev->devfn;
		__entry->pcias = req->pcias;
	),
	TP_printk("device=%04x:%02x:%02x.%d op=%s pcias=%u offset=0x%llx len=%u result=%d "
		  "duration_ns=%llu", __entry->domain, __entry->bus, PCI_SLOT(__entry->devfn),
		  PCI_FUNC(__entry->devfn),
		  __print_symbolic(__entry->flags, { VFIO_ZPCI_IO_FLAG_READ, "load" },
				   { VFIO_ZPCI_IO_FLAG_BLOCKW, "store" }),
		  __entry->pcias, __entry->offset, __entry->len, __entry->result,
		  __entry->duration_ns)
);

TRACE_DEFINE_ENUM(VF_CAP_SHOWN);
TRACE_DEFINE_ENUM(VF_CAP_ENABLED);
TRACE_DEFINE_ENUM(VF_CAP_DISABLED);
TRACE_DEFINE_ENUM(VF_CAP_REFUSED);
TRACE_DEFINE_ENUM(VF_CAP_LOST);

/* @users: VFs of the PF that have the capability enabled after this. */
TRACE_EVENT(zpci_vf_cap,
	TP_PROTO(struct pci_dev *vf, struct pci_dev *pf, u16 cap, u16 offset,
		 enum vf_cap_action action, int users),
	TP_ARGS(vf, pf, cap, offset, action, users),
	TP_STRUCT__entry(
		__string(vf, pci_name(vf))
		__string(pf, pci_name(pf))
		__field(u16, cap)
		__field(u16, offset)
		__field(int, action)
		__field(int, users)
	),
	TP_fast_assign(
		compat_assign_str(vf, pci_name(vf));
		compat_assign_str(pf, pci_name(pf));
		__entry->cap = cap;
		__entry->offset = offset;
		__entry->action = action;
		__entry->users = users;
	),
	TP_printk("device=%s pf=%s cap=%s offset=0x%x action=%s users=%d", __get_str(vf),
		  __get_str(pf),
		  __print_symbolic(__entry->cap, { PCI_EXT_CAP_ID_PASID, "pasid" },
				   { PCI_EXT_CAP_ID_PRI, "pri" }),
		  __entry->offset,
		  __print_symbolic(__entry->action, { VF_CAP_SHOWN, "shown" },
				   { VF_CAP_ENABLED, "enabled" }, { VF_CAP_DISABLED, "disabled" },
				   { VF_CAP_REFUSED, "refused" }, { VF_CAP_LOST, "lost" }),
		  __entry->users)
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE zpci_vfio_trace
#include <trace/define_trace.h>
