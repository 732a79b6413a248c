/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A compiled policy, as user/model/policy_compile.c makes it and BPF programs read it: one hash
 * map holds all of it, so that one pointer decides which policy is in force. All structs are in the
 * byte order of the machine.
 */
#ifndef VFIOSCOPE_POLICY_H
#define VFIOSCOPE_POLICY_H

#include "latency.h"
#include "types.h"

/* What is done to a device: through VFIO, or around it by the host. */
enum policy_operation {
	POLICY_READ,
	POLICY_WRITE,
	POLICY_IOCTL,
	POLICY_MMAP, /* mprotect too */
	POLICY_OPEN, /* of the device, or of its group's file descriptor */
	POLICY_SYSFS_CONFIG_READ,
	POLICY_SYSFS_CONFIG_WRITE,
	POLICY_SYSFS_RESOURCE, /* BARs and ROM through sysfs: read, write, mmap */
	POLICY_SYSFS_NUMVFS,
	POLICY_SYSFS_RESET,
	POLICY_SYSFS_REMOVE,
	POLICY_SYSFS_UNBIND,
	POLICY_OPERATIONS
};

#define POLICY_FIRST_SYSFS POLICY_SYSFS_CONFIG_READ

/* Which kind of function it is. */
enum policy_class {
	POLICY_PF,
	POLICY_VF,
	POLICY_OTHER,
	POLICY_CLASSES
};

/* How an access comes: the kernel tells what each of a vectored or queued one covers only later. */
enum policy_way {
	POLICY_PLAIN,
	POLICY_VECTORED, /* or queued (io_uring): which of both the kernel does not say */
	POLICY_WAYS
};

enum policy_action {
	POLICY_ALLOW,
	POLICY_DENY,
	POLICY_AUDIT,
};

/* Whether a multiple of its width, a power of two, is where an access begins. */
enum policy_alignment {
	POLICY_ANY_ALIGNMENT,
	POLICY_NATURAL,
	POLICY_MISALIGNED, /* or no power of two */
};

/* The rest of the machine, as far as it matters: bits. */
#define POLICY_WHEN_VF_OPEN 0x01    /* a VF of this PF is open through VFIO */
#define POLICY_WHEN_OTHER_OPEN 0x02 /* another process has the device open */

/* Bits of regions beside those that latency.h numbers: the MSI-X table, wherever it lies. */
#define POLICY_REGION_MSIX REGION_LAST

/* VFIO's ioctls by their number less VFIO_BASE; those of other types are the last. */
#define POLICY_IOCTL_OTHER 63

#define POLICY_WIDTHS 8
#define POLICY_TEXT_BYTES 128
#define POLICY_DRIVER_BYTES 32
#define POLICY_ADDRESS_BYTES 16
#define POLICY_RULE_BYTES 64

/* Numbers of the defaults' counters: behind the rules of any policy. */
#define POLICY_MOST_RULES 4096
#define POLICY_DEFAULT_RULE(class) (POLICY_MOST_RULES + (class))

/* What a record of the map is. */
enum policy_record_kind {
	POLICY_HEADER,
	POLICY_RULE,   /* number: from 1 on */
	POLICY_TEXT,   /* number: from 1 on */
	POLICY_GLOB,   /* number: from 0 on */
	POLICY_COUNTS, /* number: of the rule in its file, or POLICY_DEFAULT_RULE() */
	POLICY_NAME,   /* text; number: of the rule in its file */
	/* Where a list of rules begins that may be about a device. */
	POLICY_BY_ADDRESS,
	POLICY_BY_ID,	  /* number: vendor << 16 | device */
	POLICY_BY_VENDOR, /* number: vendor */
	POLICY_BY_DRIVER,
	POLICY_BY_GROUP, /* number: of the IOMMU group */
	POLICY_GLOBS_OF, /* by address: which globs match */
};

struct policy_key {
	__u32 kind; /* enum policy_record_kind */
	__u32 number;
	char name[POLICY_DRIVER_BYTES]; /* an address or a driver, padded with 0 */
};
ASSERT_LAYOUT(struct policy_key, 8 + POLICY_DRIVER_BYTES);

struct policy_header {
	__u64 generation; /* from 1 on: how many have been put in force since the first */
	__u64 loaded_ns;  /* CLOCK_REALTIME */
	__u32 enforce;	  /* 0: what would be denied is counted and let pass */
	__u32 on_unknown; /* enum policy_action of what cannot be judged */
	__u32 rules;	  /* of the file */
	__u32 entries;	  /* POLICY_RULE records */
	__u32 any_device; /* the list of those that say nothing of a device */
	__u32 globs;
	__u32 operations; /* bits of those that a rule is about */
	__u8 denied_by_default[POLICY_CLASSES];
	__u8 reads_cgroup; /* what has to be found out for the rules */
	__u8 reads_executable;
	__u8 reads_state;
	__u8 reserved[2];
	char name[POLICY_RULE_BYTES];
};

/*
 * A rule of the file, or one of several that it was made into: each list of the file has one member
 * here. Numbers of texts and entries are from 1 on: 0 is none.
 */
struct policy_rule {
	__u64 regions;	    /* bits by number, 0: any */
	__u64 first_offset; /* in the region */
	__u64 last_offset;
	__u64 ioctls;	  /* bits, 0: any */
	__u32 operations; /* bits */
	__u32 number;	  /* in the file, from 0 on: the order */
	__u32 next;	  /* entry of the same list */
	__u32 driver;	  /* text */
	__u32 cgroup;	  /* text: a path, and what is below it */
	__u32 executable; /* text */
	__u32 glob;	  /* number + 1 */
	__u32 group;	  /* with has_group */
	__u32 uid;	  /* with has_uid */
	__u32 events;	  /* a second at most, 0: all */
	__u32 error;	  /* positive errno */
	__u16 vendor;	  /* 0: any */
	__u16 device;	  /* with has_device */
	__u32 widths[POLICY_WIDTHS];
	__u8 width_count;
	__u8 other_widths; /* those that are not listed */
	__u8 alignment;	   /* enum policy_alignment */
	__u8 ways;	   /* bits by enum policy_way, 0: any */
	__u8 classes;	   /* bits by enum policy_class, 0: any */
	__u8 when;	   /* POLICY_WHEN_...: all of them */
	__u8 action;	   /* enum policy_action */
	__u8 has_group;
	__u8 has_uid;
	__u8 has_device;
	__u8 has_range;
	__u8 comm_bytes; /* of comm that count, COMM_BYTES: all, 0: any */
	char comm[COMM_BYTES];
	__u32 reserved;
};

/*
 * A shell pattern over addresses, as a machine with a state for each character of it: the bits of
 * the states that a character of the address leads on from, and the states that stay (a *).
 */
#define POLICY_GLOB_STATES 31
#define POLICY_SYMBOLS 18 /* 0..9, a..f, ':', '.' */
struct policy_glob {
	__u32 symbols[POLICY_SYMBOLS];
	__u32 stars;
	__u32 accepted; /* the state at the end */
	__u32 list;	/* of the rules that it stands for */
	__u32 reserved;
};

#define POLICY_GLOBS_OF_DEVICE 30
struct policy_globs_of {
	__u32 count;
	__u32 overflow; /* more match than there is room for: nothing can be judged */
	__u32 ready;	/* else somebody is just about to fill it in */
	__u32 reserved;
	__u32 lists[POLICY_GLOBS_OF_DEVICE];
};

/* What has come of accesses, by rule. */
struct policy_counts {
	__u64 allowed;
	__u64 denied;
	__u64 would_deny; /* in audit mode */
	__u64 audited;
	__u64 unknown; /* not to be judged: on_unknown decided, counted above too */
	__u64 limited; /* events that the rule's own limit left out */
	__u64 lost;    /* events that found no room */
	__u64 second;  /* that events were counted in, and how many */
	__u64 events;
};

struct policy_value {
	union {
		struct policy_header header;
		struct policy_rule rule;
		struct policy_glob glob;
		struct policy_globs_of globs_of;
		struct policy_counts counts;
		char text[POLICY_TEXT_BYTES];
		__u32 list; /* POLICY_BY_...: the first entry */
		__u64 words[24];
	};
};

ASSERT_LAYOUT(struct policy_header, 16 + 7 * 4 + 8 + 4 + 64);
ASSERT_LAYOUT(struct policy_rule, 32 + 11 * 4 + 4 + 4 * POLICY_WIDTHS + 12 + COMM_BYTES + 4);
ASSERT_LAYOUT(struct policy_glob, 4 * POLICY_SYMBOLS + 16);
ASSERT_LAYOUT(struct policy_globs_of, 16 + 4 * POLICY_GLOBS_OF_DEVICE);
ASSERT_LAYOUT(struct policy_counts, 72);
ASSERT_LAYOUT(struct policy_value, 192);

/* A path. */
struct policy_text {
	char text[POLICY_TEXT_BYTES];
};
ASSERT_LAYOUT(struct policy_text, POLICY_TEXT_BYTES);

/* An access, as the kernel has it by value, and whatever a rule may ask about it. */
struct policy_access {
	__u64 offset; /* in the region */
	__u64 length;
	__u32 operation; /* enum policy_operation */
	__u32 region;	 /* by latency.h's numbers */
	__u32 command;	 /* POLICY_IOCTL_OTHER, or the number less VFIO_BASE */
	__u32 uid;
	__u32 group;
	__u32 when; /* POLICY_WHEN_... */
	__u16 vendor;
	__u16 device;
	__u8 class; /* enum policy_class */
	__u8 way;   /* enum policy_way */
	__u8 has_group;
	__u8 knows_range; /* offset, length and region */
	__u8 in_msix;	  /* part of it is in the MSI-X table */
	__u8 knows_width; /* length is what the device sees at once */
	__u8 by_zpci_io;  /* a request to the region zpci-io, about the BAR that region says */
	__u8 reserved[5];
	char address[POLICY_ADDRESS_BYTES];
	char driver[POLICY_DRIVER_BYTES];
	char comm[COMM_BYTES];
	struct policy_text cgroup;
	struct policy_text executable;
};
ASSERT_LAYOUT(struct policy_access, 16 + 6 * 4 + 4 + 12 + 16 + 32 + 16 + 2 * POLICY_TEXT_BYTES);

/* Places for policies. */
enum policy_slot {
	POLICY_IN_FORCE, /* empty: none is */
	POLICY_ON_TRIAL, /* of the tool's own self-test, for nobody else */
	POLICY_SLOTS
};

enum policy_outcome {
	POLICY_ALLOWED,
	POLICY_DENIED,
	POLICY_WOULD_DENY,
	POLICY_AUDITED,
};

struct policy_decision {
	__u32 outcome; /* enum policy_outcome */
	__u32 error;   /* positive errno of a denial, or of what would be one */
	__u32 rule;    /* number in the file, or POLICY_DEFAULT_RULE() */
	__u32 unknown; /* it could not be judged: on_unknown decided */
};
ASSERT_LAYOUT(struct policy_decision, 16);

#endif
