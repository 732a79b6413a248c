// SPDX-License-Identifier: GPL-2.0-only
#include "parse.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* Value of a digit; the base or more if it is none. Not isxdigit(): locales differ. */
static unsigned int digit_value(char character, unsigned int base)
{
	unsigned int value = base;

	if (character >= '0' && character <= '9')
		value = (unsigned int)(character - '0');
	else if (character >= 'a' && character <= 'f')
		value = (unsigned int)(character - 'a') + 10;
	else if (character >= 'A' && character <= 'F')
		value = (unsigned int)(character - 'A') + 10;
	return value;
}

/* Reads at least one digit, sets *text behind the last one. */
static int read_digits(const char **text, unsigned int base, __u64 *number)
{
	const char *at = *text;
	__u64 sum = 0;

	if (digit_value(*at, base) >= base)
		return -1;
	for (; digit_value(*at, base) < base; at++)
		if (__builtin_mul_overflow(sum, base, &sum) ||
		    __builtin_add_overflow(sum, digit_value(*at, base), &sum))
			return -1;
	*text = at;
	*number = sum;
	return 0;
}

int parse_number(const char *text, __u64 least, __u64 most, __u64 *number)
{
	unsigned int base = 10;
	__u64 value;

	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		base = 16;
		text += 2;
	}
	if (read_digits(&text, base, &value) || *text || value < least || value > most)
		return -1;
	*number = value;
	return 0;
}

struct unit {
	const char *name;
	__u64 size;
};

static const struct unit time_units[] = {
	{ "ns", 1ULL },		{ "us", 1000ULL },	 { "ms", 1000000ULL },
	{ "s", 1000000000ULL }, { "m", 60000000000ULL }, { "h", 3600000000000ULL },
};

/* The size of a unit, or 0 if there is no such unit. */
static __u64 unit_size(const struct unit *units, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(units[i].name, name))
			return units[i].size;
	return 0;
}

/* Adds the decimals of a number of units; -1 for one that is less than 1. */
static int add_decimals(const char *decimals, size_t count, __u64 unit, __u64 *sum)
{
	for (size_t i = 0; i < count; i++) {
		__u64 part = digit_value(decimals[i], 10) * unit;

		if (part % 10 || __builtin_add_overflow(*sum, part / 10, sum))
			return -1;
		unit /= 10;
	}
	return 0;
}

int parse_time(const char *text, __u64 default_unit_ns, __u64 *ns)
{
	const char *decimals;
	size_t count = 0;
	__u64 sum, unit;

	if (read_digits(&text, 10, &sum))
		return -1;
	decimals = text + 1;
	if (*text == '.') {
		count = strspn(decimals, "0123456789");
		if (!count)
			return -1;
		text = decimals + count;
	}
	unit = *text ? unit_size(time_units, COUNT_OF(time_units), text) : default_unit_ns;
	if (!unit || __builtin_mul_overflow(sum, unit, &sum) ||
	    add_decimals(decimals, count, unit, &sum))
		return -1;
	*ns = sum;
	return 0;
}

int parse_size(const char *text, __u64 *bytes)
{
	static const char units[] = "KMGTkmgt";
	unsigned int shift = 0;
	__u64 number;

	if (read_digits(&text, 10, &number))
		return -1;
	if (*text) {
		const char *unit = strchr(units, *text);

		if (!unit || text[1])
			return -1;
		shift = 10 * ((unsigned int)(unit - units) % 4 + 1);
	}
	if (number << shift >> shift != number)
		return -1;
	*bytes = number << shift;
	return 0;
}

/* Reads a hexadecimal number of a few digits, sets *text behind it. */
static int read_field(const char **text, size_t most_digits, __u64 most, unsigned int *field)
{
	const char *start = *text;
	__u64 number;

	if (read_digits(text, 16, &number) || (size_t)(*text - start) > most_digits ||
	    number > most)
		return -1;
	*field = (unsigned int)number;
	return 0;
}

static int read_character(const char **text, char character)
{
	if (**text != character)
		return -1;
	++*text;
	return 0;
}

#define BUS_MOST 0xff
#define SLOT_MOST 0x1f
#define FUNCTION_MOST 7

static int read_domain(const char **text, unsigned int *domain)
{
	const char *first = strchr(*text, ':');

	if (first && strchr(first + 1, ':'))
		return read_field(text, 8, 0xffffffff, domain) ?: read_character(text, ':');
	*domain = 0;
	return 0;
}

static int parse_address(const char *text, char name[DEVICE_NAME_BYTES])
{
	unsigned int domain, bus, slot, function;

	if (read_domain(&text, &domain) || read_field(&text, 2, BUS_MOST, &bus) ||
	    read_character(&text, ':') || read_field(&text, 2, SLOT_MOST, &slot) ||
	    read_character(&text, '.') || read_field(&text, 1, FUNCTION_MOST, &function) || *text)
		return -1;
	snprintf(name, DEVICE_NAME_BYTES, "%04x:%02x:%02x.%u", domain, bus, slot, function);
	return 0;
}

static int parse_uuid(const char *text, char name[DEVICE_NAME_BYTES])
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

	/* With its end: a text of another length differs there. */
	for (size_t i = 0; i < sizeof(form); i++) {
		unsigned int digit = digit_value(text[i], 16);

		if (form[i] == 'x' ? digit >= 16 : text[i] != form[i])
			return -1;
		name[i] = form[i] == 'x' ? "0123456789abcdef"[digit] : form[i];
	}
	return 0;
}

/* Names that bpf/device.bpf.h makes: of a container, a group, an iommufd. */
static bool is_made_name(const char *text)
{
	static const char *const prefixes[] = { "container:", "group:" };
	__u64 number;

	if (!strcmp(text, "container") || !strcmp(text, "iommufd"))
		return true;
	for (size_t i = 0; i < COUNT_OF(prefixes); i++) {
		const char *digits = text + strlen(prefixes[i]);

		if (strncmp(text, prefixes[i], strlen(prefixes[i])) == 0)
			return !read_digits(&digits, 10, &number) && !*digits;
	}
	return false;
}

int parse_device(const char *text, char name[DEVICE_NAME_BYTES], bool *is_pattern)
{
	char parsed[DEVICE_NAME_BYTES];
	bool pattern = strpbrk(text, "*?");

	if (strlen(text) >= DEVICE_NAME_BYTES || strpbrk(text, "[] \t\n"))
		return -1;
	if (pattern || is_made_name(text))
		strcpy(parsed, text);
	else if (parse_address(text, parsed) && parse_uuid(text, parsed))
		return -1;
	strcpy(name, parsed);
	*is_pattern = pattern;
	return 0;
}

/* A unit to show numbers in, up to `most`: above, the next one is used. */
struct shown_unit {
	const char *name;
	__u64 size;
	__u64 most;
};

static const struct shown_unit shown_times[] = {
	{ "ns", 1ULL, 999 },
	{ "us", 1000ULL, 999 },
	{ "ms", 1000000ULL, 999 },
	{ "s", 1000000000ULL, 9999 },
	{ "h", 3600000000000ULL, 99999 },
	{ "y", 31536000000000000ULL, ~0ULL },
};

static const struct shown_unit shown_counts[] = {
	{ "", 1ULL, 9999999 },
	{ "M", 1000000ULL, 999 },
	{ "G", 1000000000ULL, 999 },
	{ "T", 1000000000000ULL, 999 },
	{ "P", 1000000000000000ULL, ~0ULL },
};

/* value / unit * scale to the nearest integer. */
static __u64 divide(__u64 value, __u64 unit, __u64 scale)
{
	return value / unit * scale + (value % unit * scale + unit / 2) / unit;
}

/* Writes the number in a unit, unless it takes more digits than that may have. */
static bool format_in(__u64 value, const struct shown_unit *unit, unsigned int decimals,
		      char *buffer, size_t bytes)
{
	static const unsigned int scales[] = { 1, 10, 100 };
	unsigned int scale = scales[decimals];
	__u64 shown = divide(value, unit->size, scale);

	/* It is compared as rounded: 999.95us are 1.00ms, not 1000us. */
	if (shown > (decimals ? 999 : unit->most))
		return false;
	if (decimals)
		snprintf(buffer, bytes, "%llu.%0*llu%s", shown / scale, (int)decimals,
			 shown % scale, unit->name);
	else
		snprintf(buffer, bytes, "%llu%s", shown, unit->name);
	return true;
}

/* In the smallest unit that fits, with as many decimals as make three digits. */
static void format_shown(__u64 value, const struct shown_unit *unit, char *buffer, size_t bytes)
{
	for (;; unit++)
		for (unsigned int digits = unit->size > 1 ? 3 : 1; digits; digits--)
			if (format_in(value, unit, digits - 1, buffer, bytes))
				return;
}

const char *format_time(__u64 ns, char buffer[TIME_TEXT_BYTES])
{
	if (!ns)
		return strcpy(buffer, "-");
	format_shown(ns, shown_times, buffer, TIME_TEXT_BYTES);
	return buffer;
}

const char *format_count(__u64 count, char buffer[COUNT_TEXT_BYTES])
{
	format_shown(count, shown_counts, buffer, COUNT_TEXT_BYTES);
	return buffer;
}
