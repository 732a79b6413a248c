// SPDX-License-Identifier: GPL-2.0-only
/* Reading an operation from the command line: NAME[,key=value...][*COUNT]. */
#define _GNU_SOURCE
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../include/uapi/linux/vfio_zpci_io.h"
#include "message.h"
#include "ops.h"
#include "uapi.h"

static const struct key {
	const char *name;
	unsigned int bit;
	const char *help;
} keys[] = {
	{ "bar", KEY_BAR, "0 to 5 [0]" },
	{ "region", KEY_REGION, "a number, or bar0 to bar5, rom, config, vga" },
	{ "offset", KEY_OFFSET, "byte offset in the region [0]" },
	{ "width", KEY_WIDTH, "bytes, 1 to 4096, odd sizes too [4]" },
	{ "value", KEY_VALUE, "what to write, little-endian, repeated to fill a width over 8" },
	{ "segments", KEY_SEGMENTS, "buffers of width bytes in one call, 1 to 1024 [2]" },
	{ "cmd", KEY_CMD, "an ioctl of the list below, or a number like 0x3b6b" },
	{ "index", KEY_INDEX, "region, interrupt or feature the ioctl asks about [0]" },
	{ "pages", KEY_PAGES, "pages to map, and to touch [1]" },
	{ "size", KEY_SIZE, "bytes of a DMA mapping, whole pages [one page]" },
	{ "iova", KEY_IOVA, "I/O address; the nth mapping lies n sizes behind [4 GiB and up]" },
	{ "ms", KEY_MS, "milliseconds" },
	{ "force", KEY_FORCE, "1: do it although it is refused here" },
	{ "length", KEY_LENGTH, "bytes of a zPCI request [8]; of zpci-store, 1 to 4096 [16]" },
	{ "flags", KEY_FLAGS, "of a zPCI request: 1 load, 2 store [1]" },
	{ "gaddr", KEY_GADDR,
	  "where the data of a zPCI request is: an address, or buffer, unmapped, readonly or cow, "
	  "with an offset: buffer+8 [buffer]; EBADMSG: readonly memory or cow's file was written" },
	{ "pcias", KEY_PCIAS, "PCI address space of a zPCI request, 0 to 255 [0]" },
	{ "reserved", KEY_RESERVED, "of a zPCI request [0]" },
	{ "reserved2", KEY_RESERVED2, "of a zPCI request [0]" },
	{ "at", KEY_AT, "first byte of the region that is written [16]" },
	{ "bytes", KEY_BYTES, "how many are written [32]" },
	{ "path", KEY_PATH, "of a file, up to 79 bytes" },
	{ "text", KEY_TEXT, "what to write to it, up to 79 bytes without a comma or a star" },
	{ "expect", KEY_EXPECT,
	  "the operation must fail with this errno (EINVAL), or be SHORT: "
	  "fewer bytes moved than asked for, which the kernel takes for a success" },
};

#define NR_KEYS (sizeof(keys) / sizeof(keys[0]))

static const struct {
	const char *name;
	unsigned long cmd;
} commands[] = {
	{ "DEVICE_GET_INFO", VFIO_DEVICE_GET_INFO },
	{ "DEVICE_GET_REGION_INFO", VFIO_DEVICE_GET_REGION_INFO },
	{ "DEVICE_GET_IRQ_INFO", VFIO_DEVICE_GET_IRQ_INFO },
	{ "DEVICE_SET_IRQS", VFIO_DEVICE_SET_IRQS },
	{ "DEVICE_GET_PCI_HOT_RESET_INFO", VFIO_DEVICE_GET_PCI_HOT_RESET_INFO },
	{ "DEVICE_FEATURE", VFIO_DEVICE_FEATURE },
};

#define NR_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static bool parse_region(const char *text, unsigned int *region)
{
	char name[REGION_NAME_SIZE];
	uint64_t number;

	for (unsigned int i = 0; i <= VFIO_PCI_VGA_REGION_INDEX; i++) {
		if (!strcmp(text, region_name(i, name))) {
			*region = i;
			return true;
		}
	}
	if (!strncmp(text, "region", 6))
		text += 6;
	if (!parse_number(text, MAX_REGIONS - 1, &number))
		return false;
	*region = number;
	return true;
}

static bool parse_command(const char *text, struct step *step)
{
	uint64_t number;

	for (unsigned int i = 0; i < NR_COMMANDS; i++) {
		if (!strcmp(text, commands[i].name)) {
			step->cmd = commands[i].cmd;
			strcpy(step->cmd_name, text);
			return true;
		}
	}
	if (!parse_number(text, UINT32_MAX, &number))
		return false;
	step->cmd = number;
	snprintf(step->cmd_name, sizeof(step->cmd_name), "0x%lx", step->cmd);
	return true;
}

static bool parse_limited(const char *text, uint64_t least, uint64_t most, unsigned int *value)
{
	uint64_t number;

	if (!parse_number(text, most, &number) || number < least)
		return false;
	*value = number;
	return true;
}

static bool parse_text(const char *text, char *value, size_t size)
{
	return *text && (size_t)snprintf(value, size, "%s", text) < size;
}

static bool parse_value(unsigned int key, const char *text, struct step *step)
{
	unsigned int number;

	switch (key) {
	case KEY_BAR:
		return parse_limited(text, 0, VFIO_PCI_BAR5_REGION_INDEX, &step->region);
	case KEY_REGION:
		return parse_region(text, &step->region);
	case KEY_OFFSET:
		/* A request to the zPCI I/O region has it in a field: any number will do there. */
		return parse_number(text, step->op->flags & OP_ZPCI ? UINT64_MAX : INT64_MAX,
				    &step->offset);
	case KEY_WIDTH:
		return parse_limited(text, 1, MAX_WIDTH, &step->width);
	case KEY_VALUE:
		return parse_number(text, UINT64_MAX, &step->value);
	case KEY_SEGMENTS:
		return parse_limited(text, 1, MAX_SEGMENTS, &step->segments);
	case KEY_CMD:
		return parse_command(text, step);
	case KEY_INDEX:
		return parse_limited(text, 0, UINT16_MAX, &step->index);
	case KEY_PAGES:
		return parse_limited(text, 1, MAX_PAGES, &step->pages);
	case KEY_SIZE:
		return parse_number(text, 1ULL << 40, &step->size) && step->size &&
		       !(step->size % sysconf(_SC_PAGESIZE));
	case KEY_IOVA:
		return parse_number(text, UINT64_MAX, &step->iova);
	case KEY_MS:
		return parse_limited(text, 0, UINT32_MAX, &step->ms);
	case KEY_FORCE:
		if (!parse_limited(text, 0, 1, &number))
			return false;
		step->force = number;
		return true;
	case KEY_LENGTH:
		if (!parse_limited(text, 0, UINT16_MAX, &step->zpci.length))
			return false;
		/* The buffer of an operation that fills it has its width. */
		if (step->op->flags & OP_WRITES)
			step->width = step->zpci.length;
		return !(step->op->flags & OP_WRITES) || (step->width && step->width <= MAX_WIDTH);
	case KEY_FLAGS:
		return parse_number(text, UINT64_MAX, &step->zpci.flags);
	case KEY_GADDR:
		return zpci_parse_gaddr(text, &step->zpci);
	case KEY_PCIAS:
		return parse_limited(text, 0, UINT8_MAX, &step->zpci.pcias);
	case KEY_RESERVED:
		return parse_number(text, UINT32_MAX, &step->zpci.reserved);
	case KEY_RESERVED2:
		return parse_number(text, UINT8_MAX, &step->zpci.reserved2);
	case KEY_AT:
		return parse_limited(text, 0, 512, &step->zpci.at);
	case KEY_BYTES:
		return parse_limited(text, 0, 512, &step->zpci.bytes);
	case KEY_PATH:
		return parse_text(text, step->path, sizeof(step->path));
	case KEY_TEXT:
		return parse_text(text, step->text, sizeof(step->text));
	case KEY_EXPECT:
		step->expect = err_from_name(text);
		return step->expect;
	}
	return false;
}

static bool parse_key(char *text, struct step *step, const char *whole)
{
	char *value = strchr(text, '=');
	unsigned int i;

	if (value)
		*value++ = 0;
	for (i = 0; i < NR_KEYS && strcmp(text, keys[i].name); i++)
		;
	if (i == NR_KEYS || !(step->op->keys & keys[i].bit)) {
		message_error("%s: %s takes no key '%s': see --list", whole, step->op->name, text);
		return false;
	}
	if (step->keys & keys[i].bit) {
		message_error("%s: key '%s' given twice", whole, text);
		return false;
	}
	if (!value || !parse_value(keys[i].bit, value, step)) {
		message_error("%s: bad value for '%s': %s", whole, text, keys[i].help);
		return false;
	}
	step->keys |= keys[i].bit;
	return true;
}

static void set_defaults(struct step *step)
{
	const struct op *op = step->op;

	memset(&step->keys, 0, sizeof(*step) - offsetof(struct step, keys));
	step->count = 1;
	if (op->keys & KEY_WIDTH)
		step->width = 4;
	if (op->flags & OP_ZPCI) {
		step->zpci = zpci_whole;
		step->zpci.flags = VFIO_ZPCI_IO_FLAG_READ;
	}
	/* A block store is of more than 8 bytes on most devices. */
	if (op->keys & KEY_LENGTH && op->flags & OP_WRITES)
		step->width = 16;
	if (op->keys & KEY_SEGMENTS)
		step->segments = 2;
	if (op->keys & KEY_PAGES)
		step->pages = 1;
	if (op->keys & KEY_SIZE)
		step->size = sysconf(_SC_PAGESIZE);
	if (op->region >= 0)
		step->region = op->region;
	if (!strcmp(op->name, "zpci-group"))
		strcpy(step->cmd_name, "DEVICE_GET_INFO");
	if (!strcmp(op->name, "reset"))
		strcpy(step->cmd_name, "DEVICE_RESET");
}

/* What the keys say together. */
static bool check_step(const struct step *step, const char *whole)
{
	unsigned int missing = step->op->required & ~step->keys;

	for (unsigned int i = 0; i < NR_KEYS; i++) {
		if (missing & keys[i].bit) {
			message_error("%s: %s needs %s=: %s", whole, step->op->name, keys[i].name,
				      keys[i].help);
			return false;
		}
	}
	if ((step->keys & KEY_VALUE) && step->width < 8 && step->value >> (8 * step->width)) {
		message_error("%s: the value does not fit %u bytes", whole, step->width);
		return false;
	}
#ifdef __s390x__
	if ((step->op->keys & KEY_FORCE) && !step->force) {
		message_error("%s: s390x kernels refuse to map a BAR, and a load from one is "
			      "SIGILL: use bar-read, or force=1 to try",
			      whole);
		return false;
	}
#endif
	return true;
}

bool step_parse(const char *whole, struct step *step)
{
	char *text = strdup(whole), *rest = text, *word, *count;
	bool good = false;

	if (!text) {
		message_error("out of memory");
		return false;
	}
	count = strrchr(text, '*');
	if (count)
		*count++ = 0;
	word = strsep(&rest, ",");
	step->op = NULL;
	for (unsigned int i = 0; i < nr_ops; i++)
		if (!strcmp(word, ops[i].name))
			step->op = &ops[i];
	if (!step->op) {
		message_error("%s: no such operation: see --list", whole);
		goto out;
	}
	set_defaults(step);
	if (count && !parse_number(count, INT64_MAX, &step->count)) {
		message_error("%s: bad count '%s': a number from 0", whole, count);
		goto out;
	}
	while ((word = strsep(&rest, ",")))
		if (!parse_key(word, step, whole))
			goto out;
	good = check_step(step, whole);
out:
	free(text);
	return good;
}

/* Words of @text below each other from column @indent on, no line over 79 columns. */
static void print_wrapped(FILE *out, const char *text, int indent)
{
	int column = indent;

	while (*text) {
		int len = strcspn(text, " ");

		if (column > indent && column + 1 + len > 79) {
			fprintf(out, "\n%*s", indent, "");
			column = indent;
		} else if (column > indent) {
			fputc(' ', out);
			column++;
		}
		fprintf(out, "%.*s", len, text);
		column += len;
		text += len;
		text += strspn(text, " ");
	}
	fputc('\n', out);
}

void ops_describe(FILE *out)
{
	fprintf(out, "Operations:\n");
	for (unsigned int i = 0; i < nr_ops; i++) {
		char text[512] = "";
		size_t len;

		len = snprintf(text, sizeof(text), "%s", ops[i].help);
		for (unsigned int k = 0; k < NR_KEYS && len < sizeof(text); k++) {
			if (!(ops[i].keys & keys[k].bit) || keys[k].bit == KEY_EXPECT)
				continue;
			len += snprintf(text + len, sizeof(text) - len,
					ops[i].required & keys[k].bit ? " %s=" : " [%s=]",
					keys[k].name);
		}
		fprintf(out, "  %-13s ", ops[i].name);
		print_wrapped(out, text, 16);
	}
	fprintf(out, "\nKeys ([=] above: may be left out):\n");
	for (unsigned int i = 0; i < NR_KEYS; i++) {
		fprintf(out, "  %-13s ", keys[i].name);
		print_wrapped(out, keys[i].help, 16);
	}
	fprintf(out, "\nioctls:\n");
	for (unsigned int i = 0; i < NR_COMMANDS; i++)
		fprintf(out, "  %s\n", commands[i].name);
}

void step_describe(const struct step *step, char *text, size_t size)
{
	char region[REGION_NAME_SIZE];
	size_t len;

	len = snprintf(text, size, "%s", step->op->name);
	if (step->op->flags & OP_REGION)
		len += snprintf(text + len, size - len, " %s offset 0x%llx",
				region_name(step->region, region),
				(unsigned long long)step->offset);
	if (step->width)
		len += snprintf(text + len, size - len, " width %u", step->width);
	if (step->segments)
		len += snprintf(text + len, size - len, " segments %u", step->segments);
	if (step->pages)
		len += snprintf(text + len, size - len, " pages %u", step->pages);
	if (step->keys & KEY_CMD)
		len += snprintf(text + len, size - len, " %s", step->cmd_name);
	if (step->size)
		snprintf(text + len, size - len, " size 0x%llx", (unsigned long long)step->size);
}
