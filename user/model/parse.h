/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers, times and device names as users write them, and times and counts as they read them. */
#ifndef VFIOSCOPE_PARSE_H
#define VFIOSCOPE_PARSE_H

#include <linux/types.h>
#include <stdbool.h>
#include <vfioscope/latency.h>

/*
 * These return 0, or -1 and leave the result alone if the text is not all of what
 * they look for: no sign, no space, no exponent, nothing after it, no overflow.
 */

/*
 * "1.5us", "20ms", "3s", "10m", "1h" into ns; without a unit it is default_unit_ns. What
 * is finer than a nanosecond is refused, so that nothing but zero becomes 0.
 */
int parse_time(const char *text, __u64 default_unit_ns, __u64 *ns);
/* A whole number, decimal or with 0x, from least to most. */
int parse_number(const char *text, __u64 least, __u64 most, __u64 *number);
/* A size in bytes: "512", "64K", "4M", "1G", powers of 1024 in either case. */
int parse_size(const char *text, __u64 *bytes);

/*
 * The name or pattern of devices. A PCI address gets the form that sysfs has: "1:A.0"
 * becomes "0000:01:0a.0". A UUID of a mediated device becomes lower case; "container",
 * "iommufd", "container:15" and "group:15" are names as they are, and so is everything
 * with a * or ? in it, which is a pattern. The BPF programs match those two and no
 * brackets: a pattern with brackets is refused.
 */
int parse_device(const char *text, char name[DEVICE_NAME_BYTES], bool *is_pattern);

/* 1234567 ns as "1.23ms", rounded, at most 6 characters; "-" for 0, which means none. */
#define TIME_TEXT_BYTES 8
const char *format_time(__u64 ns, char buffer[TIME_TEXT_BYTES]);
/* A count in at most 7 characters: "9999999", then "10.0M". */
#define COUNT_TEXT_BYTES 8
const char *format_count(__u64 count, char buffer[COUNT_TEXT_BYTES]);

#endif
