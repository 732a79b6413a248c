/* SPDX-License-Identifier: GPL-2.0-only */
/* zpci_vfio_pci:zpci_io, one event for each request, refused ones too. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM zpci_vfio_pci

#if !defined(ZPCI_IO_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define ZPCI_IO_TRACE_H

#include <linux/pci.h>
#include <linux/tracepoint.h>
#include <linux/vfio_zpci_io.h>

/* The flags are as user space gave them: unknown ones are in a refused request. */
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

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE zpci_io_trace
#include <trace/define_trace.h>
