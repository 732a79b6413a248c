// SPDX-License-Identifier: GPL-2.0-only
/* Numbers, times, sizes and devices as users write them; times and counts as they read them. */
#include "unit.h"

#include "model/parse.h"

#include <stdio.h>
#include <string.h>

#define US 1000ULL
#define MS 1000000ULL
#define SECOND 1000000000ULL
#define HOUR (3600 * SECOND)
#define LARGEST "18446744073709551615"
#define TOO_LARGE "18446744073709551616"

/* What must be left alone when the text is refused. */
#define UNTOUCHED 0x5555555555555555ULL

/* As long as an argument may get. */
#define HUGE_BYTES 100000

static char *huge_text(char filling)
{
	static char text[HUGE_BYTES];

	memset(text, filling, sizeof(text) - 1);
	return text;
}

struct good_number {
	const char *text;
	__u64 value;
};

/* No number in any of the parsers. */
static const char *const never_numbers[] = {
	"",	 " ",	 "-1",	  "-0",	      "+1",   " 1",    "1 ",	  "1\n",
	"1e9",	 "1E9",	 "0x",	  "0x1g",     "1x",   "abc",   "g",	  "1,000",
	"1_000", "1-2",	 "0b1",	  ".",	      "1..5", "1.5.5", "inf",	  "nan",
	"NaN",	 "0x-1", "0x 1",  "0x0x1",    "\t1",  "--1",   "1.",	  "1.s",
	".5",	 ".5s",	 "1.5e3", "\xc2\xb2", "1,5",  "- 1",   TOO_LARGE, "99999999999999999999999",
};

static void good_numbers(void **state)
{
	static const struct good_number cases[] = {
		{ "0", 0 },
		{ "1", 1 },
		{ "00012", 12 }, /* not octal */
		{ "4294967296", 4294967296 },
		{ LARGEST, ~0ULL },
		{ "0x0", 0 },
		{ "0x1f", 31 },
		{ "0X1F", 31 },
		{ "0xffffffffffffffff", ~0ULL },
		{ "0x00000000000000000000ff", 255 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		__u64 number = UNTOUCHED;

		assert_int_equal(parse_number(cases[i].text, 0, ~0ULL, &number), 0);
		assert_int_equal(number, cases[i].value);
	}
}

static void bad_numbers(void **state)
{
	static const char *const more[] = { "1.5", "1s", "1K", "ff", "0x10000000000000000" };
	__u64 number = UNTOUCHED;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(never_numbers); i++)
		assert_int_equal(parse_number(never_numbers[i], 0, ~0ULL, &number), -1);
	for (size_t i = 0; i < COUNT_OF(more); i++)
		assert_int_equal(parse_number(more[i], 0, ~0ULL, &number), -1);
	assert_int_equal(parse_number(huge_text('9'), 0, ~0ULL, &number), -1);
	assert_int_equal(parse_number(huge_text('x'), 0, ~0ULL, &number), -1);
	assert_int_equal(number, UNTOUCHED);
	/* Long, but nothing wrong with it. */
	assert_int_equal(parse_number(huge_text('0'), 0, ~0ULL, &number), 0);
	assert_int_equal(number, 0);
}

static void numbers_are_in_range(void **state)
{
	__u64 number;

	(void)state;
	assert_int_equal(parse_number("1", 1, 8, &number), 0);
	assert_int_equal(number, 1);
	assert_int_equal(parse_number("8", 1, 8, &number), 0);
	assert_int_equal(number, 8);
	assert_int_equal(parse_number("0", 1, 8, &number), -1);
	assert_int_equal(parse_number("9", 1, 8, &number), -1);
	assert_int_equal(parse_number("0x9", 1, 8, &number), -1);
	assert_int_equal(number, 8);
}

static void good_times(void **state)
{
	static const struct {
		const char *text;
		__u64 default_unit, value;
	} cases[] = {
		{ "0", SECOND, 0 },
		{ "250", 1, 250 },
		{ "250", US, 250 * US },
		{ "3", SECOND, 3 * SECOND },
		{ "0.25", SECOND, 250 * MS },
		{ "1ns", SECOND, 1 },
		{ "1.5us", SECOND, 1500 },
		{ "0.001us", SECOND, 1 },
		{ "20ms", 1, 20 * MS },
		{ "3s", 1, 3 * SECOND },
		{ "0.000000001s", 1, 1 },
		{ "1.000000000000000000000s", 1, SECOND },
		{ "10m", 1, 600 * SECOND },
		{ "1.5h", 1, 5400 * SECOND },
		{ "0.1m", 1, 6 * SECOND },
		{ "5.0ns", 1, 5 },
		{ "007ms", 1, 7 * MS },
		{ LARGEST "ns", 1, ~0ULL },
		{ LARGEST, 1, ~0ULL },
		{ "18446744073709551.615us", 1, ~0ULL },
		{ "18446744073.709551615s", 1, ~0ULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		__u64 ns = UNTOUCHED;

		assert_int_equal(parse_time(cases[i].text, cases[i].default_unit, &ns), 0);
		assert_int_equal(ns, cases[i].value);
	}
}

static void bad_times(void **state)
{
	static const char *const more[] = {
		"ns",
		"s",
		"1 s",
		"1S",
		"1sec",
		"1msm",
		"1s ",
		"1.5x",
		"0x10s",
		"0.5ns",
		"0.4ns",
		"1.0001us",
		"-1s",
		"1us2ns",
		"1.-5s",
		"18446744073709551.616us",
		"18446744073709552us",
		"18446744073.709551616s",
		"5124096h",
		"99999999999999999999ns",
		"0.0000000001s",
	};
	__u64 ns = UNTOUCHED;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(never_numbers); i++)
		assert_int_equal(parse_time(never_numbers[i], 1, &ns), -1);
	for (size_t i = 0; i < COUNT_OF(more); i++)
		assert_int_equal(parse_time(more[i], 1, &ns), -1);
	assert_int_equal(parse_time("1.5", 1, &ns), -1); /* ns */
	assert_int_equal(parse_time(LARGEST, 2, &ns), -1);
	assert_int_equal(parse_time(huge_text('9'), 1, &ns), -1);
	assert_int_equal(parse_time(huge_text('m'), 1, &ns), -1);
	assert_int_equal(ns, UNTOUCHED);
}

static void good_sizes(void **state)
{
	static const struct good_number cases[] = {
		{ "0", 0 },
		{ "512", 512 },
		{ "64K", 64 << 10 },
		{ "64k", 64 << 10 },
		{ "4M", 4 << 20 },
		{ "1m", 1 << 20 },
		{ "3G", 3ULL << 30 },
		{ "2g", 2ULL << 30 },
		{ "16T", 16ULL << 40 },
		{ "1t", 1ULL << 40 },
		{ "0T", 0 },
		{ "16777215T", 16777215ULL << 40 },
		{ LARGEST, ~0ULL },
		{ "18014398509481983K", 18014398509481983ULL << 10 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		__u64 bytes = UNTOUCHED;

		assert_int_equal(parse_size(cases[i].text, &bytes), 0);
		assert_int_equal(bytes, cases[i].value);
	}
}

static void bad_sizes(void **state)
{
	static const char *const more[] = {
		"K",	"64KB", "64KiB", "1.5M", "4 M", "4P", "16777216T", "18014398509481984K",
		"0x10",
	};
	__u64 bytes = UNTOUCHED;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(never_numbers); i++)
		assert_int_equal(parse_size(never_numbers[i], &bytes), -1);
	for (size_t i = 0; i < COUNT_OF(more); i++)
		assert_int_equal(parse_size(more[i], &bytes), -1);
	assert_int_equal(parse_size(huge_text('9'), &bytes), -1);
	assert_int_equal(bytes, UNTOUCHED);
}

static void good_devices(void **state)
{
	static const struct {
		const char *text, *name;
		bool is_pattern;
	} cases[] = {
		{ "0000:01:10.0", "0000:01:10.0", false },
		{ "01:10.0", "0000:01:10.0", false },
		{ "1:10.0", "0000:01:10.0", false },
		{ "1:A.0", "0000:01:0a.0", false },
		{ "0:0.0", "0000:00:00.0", false },
		{ "0:1:2.3", "0000:01:02.3", false },
		{ "0001:FF:1F.7", "0001:ff:1f.7", false },
		{ "10000:E1:0.0", "10000:e1:00.0", false },
		{ "ABCDEF12:00:00.0", "abcdef12:00:00.0", false },
		{ "83B8F4F2-509F-382F-3C1E-E6BFE0FA1001", "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001",
		  false },
		{ "container", "container", false },
		{ "container:15", "container:15", false },
		{ "group:0", "group:0", false },
		{ "iommufd", "iommufd", false },
		{ "*", "*", true },
		{ "0000:01:*", "0000:01:*", true },
		{ "0000:0?:10.*", "0000:0?:10.*", true },
		{ "ARMH*", "ARMH*", true },
		{ "container:*", "container:*", true },
		/* The longest that fits with its end. */
		{ "*23456789012345678901234567890123456789",
		  "*23456789012345678901234567890123456789", true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char name[DEVICE_NAME_BYTES] = "untouched";
		bool is_pattern = !cases[i].is_pattern;

		assert_int_equal(parse_device(cases[i].text, name, &is_pattern), 0);
		assert_string_equal(name, cases[i].name);
		assert_int_equal(is_pattern, cases[i].is_pattern);
	}
}

static void bad_devices(void **state)
{
	static const char *const cases[] = {
		"",
		" ",
		"0",
		"01:10",
		"0000:01:10",
		"01:10.",
		"01:10.8",
		"01:10.0 ",
		" 01:10.0",
		"01:10.00",
		"01:20.0",
		"100:00.0",
		"001:00.0",
		"01:000.0",
		":01:10.0",
		"0000::10.0",
		"0000:01:.0",
		"0000:01:10.0.0",
		"0000:0000:01:10.0",
		"123456789:01:10.0",
		"0x0:01:10.0",
		"g:10.0",
		"-1:10.0",
		"01-10.0",
		"01:10,0",
		"01:10.-1",
		"vfio-pci",
		"iommufd:1",
		"container:",
		"container:x",
		"container:1x",
		"container15",
		"group",
		"group:-1",
		"group:99999999999999999999",
		"83b8f4f2-509f-382f-3c1e-e6bfe0fa100",
		"83b8f4f2-509f-382f-3c1e-e6bfe0fa10011",
		"83b8f4f2-509f-382f-3c1e-e6bfe0fa100g",
		"83b8f4f2x509f-382f-3c1e-e6bfe0fa1001",
		"83b8f4f2-509f-382f-3c1e-e6bfe0fa100-",
		"0000:0[12]:10.0",
		"0000:0[12]:*",
		"* *",
		"*234567890123456789012345678901234567890",
	};
	char name[DEVICE_NAME_BYTES] = "untouched";
	bool is_pattern = true;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_int_equal(parse_device(cases[i], name, &is_pattern), -1);
	assert_int_equal(parse_device(huge_text('0'), name, &is_pattern), -1);
	assert_int_equal(parse_device(huge_text('*'), name, &is_pattern), -1);
	assert_string_equal(name, "untouched");
	assert_true(is_pattern);
}

static void times_are_rounded(void **state)
{
	static const struct {
		__u64 ns;
		const char *text;
	} cases[] = {
		{ 0, "-" },
		{ 1, "1ns" },
		{ 999, "999ns" },
		{ 1000, "1.00us" },
		{ 1004, "1.00us" },
		{ 1005, "1.01us" },
		{ 9994, "9.99us" },
		{ 9995, "10.0us" },
		{ 99949, "99.9us" },
		{ 99950, "100us" },
		{ 999499, "999us" },
		{ 999500, "1.00ms" },
		{ 1234567, "1.23ms" },
		{ 9994999, "9.99ms" },
		{ 9995000, "10.0ms" },
		{ 99949999, "99.9ms" },
		{ 99950000, "100ms" },
		{ 999499999, "999ms" },
		{ 999500000, "1.00s" },
		{ 9994999999, "9.99s" },
		{ 9995000000, "10.0s" },
		{ 99949999999, "99.9s" },
		{ 99950000000, "100s" },
		{ 999499999999, "999s" },
		{ 999500000000, "1000s" },
		{ 9999499999999, "9999s" },
		{ 9999500000000, "2.78h" },
		{ 9 * HOUR + HOUR * 995 / 1000 - 1, "9.99h" },
		{ 9 * HOUR + HOUR * 995 / 1000, "10.0h" },
		{ 99999 * HOUR + HOUR / 2 - 1, "99999h" },
		{ 99999 * HOUR + HOUR / 2, "11.4y" },
		{ ~0ULL, "585y" },
	};
	char buffer[TIME_TEXT_BYTES];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_string_equal(format_time(cases[i].ns, buffer), cases[i].text);
}

/* ns between two digits that could have been shown. */
static __u64 shown_step(const char *text)
{
	const char *point = strchr(text, '.');
	const char *unit = text + strspn(text, "0123456789.");
	__u64 step = HOUR;

	if (!strcmp(unit, "ns"))
		step = 1;
	else if (!strcmp(unit, "us"))
		step = US;
	else if (!strcmp(unit, "ms"))
		step = MS;
	else if (!strcmp(unit, "s"))
		step = SECOND;
	for (point = point ? point + 1 : unit; point < unit; point++)
		step /= 10;
	return step;
}

/* What is shown is the nearest that could be, and short. Returns it. */
static __u64 check_time(__u64 ns)
{
	char buffer[TIME_TEXT_BYTES];
	const char *text = format_time(ns, buffer);
	__u64 shown, step = shown_step(text);
	size_t digits = strspn(text, "0123456789");

	assert_ptr_equal(text, buffer);
	assert_in_range(strlen(text), 3, 6);
	assert_int_equal(parse_time(text, 0, &shown), 0);
	assert_true(shown > ns ? shown - ns <= step / 2 : ns - shown < step - step / 2);
	/* Three digits of it, never none before the point. */
	if (text[digits] == '.')
		assert_int_equal(digits + strspn(text + digits + 1, "0123456789"), 3);
	assert_int_not_equal(text[0], '0');
	return shown;
}

static void every_time_is_the_nearest(void **state)
{
	__u64 random = 1, before = 0;

	(void)state;
	for (__u64 ns = 1; ns < 1100000; ns++) {
		__u64 shown = check_time(ns);

		assert_true(shown >= before);
		before = shown;
	}
	/* Up to what is shown in years. */
	for (int i = 0; i < 200000; i++)
		check_time(1 + random_number(&random) % (random_magnitude(&random, 58) + 1));
}

static void no_time_is_long(void **state)
{
	char buffer[TIME_TEXT_BYTES];
	__u64 random = 2;

	(void)state;
	for (unsigned int bit = 0; bit < 64; bit++) {
		assert_true(strlen(format_time(1ULL << bit, buffer)) <= 6);
		assert_true(strlen(format_time((1ULL << bit) - 1, buffer)) <= 6);
	}
	for (int i = 0; i < 200000; i++)
		assert_true(strlen(format_time(random_magnitude(&random, 64), buffer)) <= 6);
}

static void counts_are_rounded(void **state)
{
	static const struct {
		__u64 count;
		const char *text;
	} cases[] = {
		{ 0, "0" },
		{ 7, "7" },
		{ 1234567, "1234567" },
		{ 9999999, "9999999" },
		{ 10000000, "10.0M" },
		{ 10049999, "10.0M" },
		{ 10050000, "10.1M" },
		{ 12345678, "12.3M" },
		{ 99949999, "99.9M" },
		{ 99950000, "100M" },
		{ 999499999, "999M" },
		{ 999500000, "1.00G" },
		{ 9994999999, "9.99G" },
		{ 9995000000, "10.0G" },
		{ 999499999999, "999G" },
		{ 999500000000, "1.00T" },
		{ 999500000000000, "1.00P" },
		{ 999499999999999999, "999P" },
		{ 999500000000000000, "1000P" },
		{ ~0ULL, "18447P" },
	};
	char buffer[COUNT_TEXT_BYTES];
	__u64 random = 3;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_string_equal(format_count(cases[i].count, buffer), cases[i].text);
	for (int i = 0; i < 200000; i++)
		assert_in_range(strlen(format_count(random_magnitude(&random, 64), buffer)), 1, 7);
}

/* All that is shown as it is. */
static void small_counts_are_exact(void **state)
{
	char buffer[COUNT_TEXT_BYTES], number[24];

	(void)state;
	for (__u64 count = 0; count <= 9999999; count += count < 20000 ? 1 : 997) {
		snprintf(number, sizeof(number), "%llu", count);
		assert_string_equal(format_count(count, buffer), number);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(good_numbers),
	cmocka_unit_test(bad_numbers),
	cmocka_unit_test(numbers_are_in_range),
	cmocka_unit_test(good_times),
	cmocka_unit_test(bad_times),
	cmocka_unit_test(good_sizes),
	cmocka_unit_test(bad_sizes),
	cmocka_unit_test(good_devices),
	cmocka_unit_test(bad_devices),
	cmocka_unit_test(times_are_rounded),
	cmocka_unit_test(every_time_is_the_nearest),
	cmocka_unit_test(no_time_is_long),
	cmocka_unit_test(counts_are_rounded),
	cmocka_unit_test(small_counts_are_exact),
};

RUN_TESTS(tests)
