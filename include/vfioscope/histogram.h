/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The log-linear histogram: which slot a latency falls into, and which
 * latencies a slot stands for. BPF programs and user space include this one
 * definition, so that they cannot disagree.
 *
 * Values 0..31 ns have a slot each; above, every power of two is divided into
 * 32 slots of equal width. A slot is at most 1/32 of its lower end wide, so
 * a percentile taken from it is at most 1/32 off. Slots are closed intervals of
 * integer nanoseconds: the upper end belongs to the slot, as Prometheus wants
 * for "le". The last slot also takes everything above its range (18 minutes).
 */
#ifndef VFIOSCOPE_HISTOGRAM_H
#define VFIOSCOPE_HISTOGRAM_H

#define HISTOGRAM_SUB_BITS 5
#define HISTOGRAM_SUB_SLOTS (1 << HISTOGRAM_SUB_BITS)
#define HISTOGRAM_VALUE_BITS 40
#define HISTOGRAM_SLOTS (HISTOGRAM_SUB_SLOTS * (HISTOGRAM_VALUE_BITS - HISTOGRAM_SUB_BITS + 1))
#define HISTOGRAM_MAX_VALUE ((1ULL << HISTOGRAM_VALUE_BITS) - 1)

/*
 * Position of the highest bit set in a value of at least 1. The BPF target has
 * no instruction for it; five comparisons are the shortest way.
 */
static inline __attribute__((always_inline)) unsigned int
histogram_highest_bit(unsigned long long value)
{
	unsigned int bit = 0;

	if (value >> 32) {
		value >>= 32;
		bit += 32;
	}
	if (value >> 16) {
		value >>= 16;
		bit += 16;
	}
	if (value >> 8) {
		value >>= 8;
		bit += 8;
	}
	if (value >> 4) {
		value >>= 4;
		bit += 4;
	}
	/* What is left has four bits: two packed bits of answer for each. */
	return bit + ((0xffffaa50U >> (value * 2)) & 3);
}

static inline __attribute__((always_inline)) unsigned int histogram_slot(unsigned long long value)
{
	unsigned int shift;

	if (value < HISTOGRAM_SUB_SLOTS)
		return (unsigned int)value;
	if (value > HISTOGRAM_MAX_VALUE)
		return HISTOGRAM_SLOTS - 1;
	shift = histogram_highest_bit(value) - HISTOGRAM_SUB_BITS;
	return (shift << HISTOGRAM_SUB_BITS) + (unsigned int)(value >> shift);
}

/*
 * The same for a value that is likely to have the highest bit of the last one:
 * *shift is what the last call left there, 0 at first. Whatever it is, the
 * answer is right; values above two minutes do not profit.
 */
static inline __attribute__((always_inline)) unsigned long long
histogram_slot_near(unsigned long long value, unsigned int *shift)
{
	unsigned long long near = *shift & 31, slot;
	unsigned long long place = (value >> near) - HISTOGRAM_SUB_SLOTS;

	/* The verifier is to see the comparison as it is: it bounds the slot. */
	asm("" : "+r"(place));
	if (place < HISTOGRAM_SUB_SLOTS)
		return (near << HISTOGRAM_SUB_BITS) + HISTOGRAM_SUB_SLOTS + place;
	slot = histogram_slot(value);
	*shift = slot < HISTOGRAM_SUB_SLOTS ? 0 : (unsigned int)(slot / HISTOGRAM_SUB_SLOTS) - 1;
	return slot;
}

/* Smallest value of a slot, in the unit of the values put in. */
static inline __attribute__((always_inline)) unsigned long long
histogram_slot_low(unsigned int slot)
{
	unsigned int shift;

	if (slot < 2 * HISTOGRAM_SUB_SLOTS)
		return slot;
	shift = slot / HISTOGRAM_SUB_SLOTS - 1;
	return (unsigned long long)(slot - (shift << HISTOGRAM_SUB_BITS)) << shift;
}

/* Largest value of a slot; the last slot's is the largest that is not clamped into it. */
static inline __attribute__((always_inline)) unsigned long long
histogram_slot_high(unsigned int slot)
{
	return histogram_slot_low(slot + 1) - 1;
}

#endif
