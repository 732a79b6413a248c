// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random graphs, and a reference: a matrix. All ways to arrange some of the classes in a ring, and
 * for each of them all modes.
 */
#include "order_edges.h"
#include "unit.h"

#include <string.h>

#define CLASSES 7
#define NODES 5 /* that edges are added for: the others come by renaming, and as guards */

#define RUNS 3
#define TASKS 3 /* of each run, called the same in all of them */

struct cell {
	bool there;
	unsigned int tasks;  /* a bit for each; the first one: that there are others */
	unsigned int guards; /* a bit for each class */
	unsigned int shared; /* of these: that it was only read once */
};

struct verdict {
	char nodes[CLASSES + 1];
	enum order_label label;
	__u64 id;
};

struct verdicts {
	size_t count;
	struct verdict at[4096];
};

struct world {
	__u64 seed;
	struct order_graph *graph;
	struct cell cell[CLASSES][CLASSES][ORDER_MODES][ORDER_MODES];
	struct verdicts told, present, reported;
	__u64 last_id;
};

static struct world world;
static size_t labels_seen[ORDER_LABELS], labels_fallen;

static struct verdict *find_verdict(struct verdicts *verdicts, const char *nodes)
{
	for (size_t i = 0; i < verdicts->count; i++)
		if (!strcmp(verdicts->at[i].nodes, nodes))
			return &verdicts->at[i];
	return NULL;
}

static struct verdict *add_verdict(struct verdicts *verdicts, const char *nodes)
{
	struct verdict *verdict = &verdicts->at[verdicts->count++];

	assert_true(verdicts->count < COUNT_OF(verdicts->at));
	memset(verdict, 0, sizeof(*verdict));
	strcpy(verdict->nodes, nodes);
	return verdict;
}

static unsigned int bit_of(size_t run, size_t task)
{
	return 2U << (run * TASKS + task);
}

/* One task of each run that they are of, by one name. */
static bool is_one(unsigned int tasks)
{
	size_t names = 0;

	for (size_t task = 0; task < TASKS; task++)
		for (size_t run = 0; run < RUNS; run++)
			if (tasks & bit_of(run, task)) {
				names++;
				break;
			}
	return !(tasks & 1) && names == 1;
}

struct has {
	unsigned int any, alone; /* a bit for each class: held at all, exclusively */
};

static struct has held_by(const struct cell *cell, size_t from, size_t mode)
{
	return (struct has){ cell->guards | 1U << from,
			     (cell->guards & ~cell->shared) | (mode == E) << from };
}

static bool exclude_each_other(struct has one, struct has other)
{
	return one.any & other.any & (one.alone | other.alone);
}

/* @modes: two bits for each edge, what it holds and what it wants. */
static const struct cell *cell_at(const char *nodes, size_t count, size_t modes, size_t place)
{
	size_t from = nodes[place] - 'a', to = nodes[(place + 1) % count] - 'a';

	return &world.cell[from][to][modes >> 2 * place & 1][modes >> (2 * place + 1) & 1];
}

/* With one who waits to write between the reader at @place and the next one. */
static enum order_label judge_writer(const char *nodes, size_t count, size_t modes, size_t place,
				     const struct cell *writer, struct has has)
{
	const struct cell *reader = cell_at(nodes, count, modes, place);
	enum order_label label = ORDER_SUSPECTED;

	if (exclude_each_other(has, held_by(reader, nodes[place] - 'a', modes >> 2 * place & 1)))
		label = ORDER_GUARDED;
	for (size_t i = 0; i < count; i++) {
		static const struct cell empty;

		if (exclude_each_other(has, held_by(&empty, nodes[i] - 'a', modes >> 2 * i & 1)))
			label = ORDER_GUARDED;
	}
	for (size_t i = 0; i < count; i++)
		if (cell_at(nodes, count, modes, i)->tasks == writer->tasks &&
		    is_one(writer->tasks))
			label = ORDER_LOW;
	return label;
}

/* By the writer that makes it gravest. */
static enum order_label judge_reader(const char *nodes, size_t count, size_t modes, size_t place)
{
	size_t class = nodes[(place + 1) % count] - 'a';
	enum order_label gravest = ORDER_NONE;

	for (size_t i = 0; i < CLASSES * ORDER_MODES; i++) {
		const struct cell *writer = &world.cell[i / 2][class][i % 2][E];
		enum order_label label = ORDER_NONE;

		if (writer->there)
			label = judge_writer(nodes, count, modes, place, writer,
					     held_by(writer, i / 2, i % 2));
		if (label > gravest)
			gravest = label;
	}
	return gravest;
}

static enum order_label judge(const char *nodes, size_t count, size_t modes)
{
	unsigned int tasks = cell_at(nodes, count, modes, 0)->tasks, guards = ~0U, read = 0;
	enum order_label label = ORDER_PREDICTED;
	bool same = is_one(tasks);

	for (size_t i = 0; i < count; i++) {
		const struct cell *cell = cell_at(nodes, count, modes, i);

		if (!cell->there)
			return ORDER_NONE;
		same &= cell->tasks == tasks;
		guards &= cell->guards & ~(1U << (nodes[i] - 'a')) & ~(read & cell->shared);
		read |= cell->shared;
	}
	if (count > 1 && same)
		label = ORDER_LOW;
	else if (count > 1 && guards)
		label = ORDER_GUARDED;
	for (size_t i = 0; i < count; i++) {
		enum order_label reader = label;

		if ((modes >> (2 * i + 1) & 1) == S && (modes >> 2 * ((i + 1) % count) & 1) == S)
			reader = judge_reader(nodes, count, modes, i);
		if (reader < label)
			label = reader;
	}
	return label;
}

static bool is_ring(const char *nodes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		bool any = false;

		for (size_t modes = 0; modes < 4; modes++)
			any |= world.cell[nodes[i] - 'a'][nodes[(i + 1) % count] - 'a'][modes >> 1]
					 [modes & 1]
						 .there;
		if (!any)
			return false;
	}
	return true;
}

static void judge_ring(const char *nodes, size_t count)
{
	enum order_label gravest = ORDER_NONE;

	for (size_t modes = 0; is_ring(nodes, count) && modes < 1U << 2 * count; modes++) {
		enum order_label label = judge(nodes, count, modes);

		if (label > gravest)
			gravest = label;
	}
	if (gravest != ORDER_NONE)
		add_verdict(&world.present, nodes)->label = gravest;
}

static void judge_all(char *nodes, size_t count)
{
	if (count)
		judge_ring(nodes, count);
	for (char next = 'a'; next < 'a' + CLASSES; next++) {
		if ((count && next < nodes[0]) || strchr(nodes, next))
			continue;
		nodes[count] = next;
		judge_all(nodes, count + 1);
		nodes[count] = '\0';
	}
}

/* What the graph says */

static void take_verdict(const struct order_cycle *cycle, void *argument)
{
	char nodes[2 * CLASSES + 1], packed[CLASSES + 1] = "";
	struct verdict *verdict;

	(void)argument;
	write_nodes(cycle, nodes);
	for (size_t i = 0; i < cycle->count; i++)
		packed[i] = nodes[2 * i];
	expect_sound(cycle);
	assert_null(find_verdict(&world.reported, packed));
	verdict = add_verdict(&world.reported, packed);
	verdict->label = cycle->label;
	verdict->id = cycle->id;
}

static void compare_report(const struct verdict *present)
{
	struct verdict *known = find_verdict(&world.told, present->nodes);
	const struct verdict *report = find_verdict(&world.reported, present->nodes);

	labels_seen[present->label]++;
	labels_fallen += known && present->label < known->label;
	if (known && present->label <= known->label) {
		assert_null(report);
		return;
	}
	assert_non_null(report);
	assert_int_equal(report->label, present->label);
	if (!known) {
		known = add_verdict(&world.told, present->nodes);
		assert_true(report->id > world.last_id);
		known->id = report->id;
	}
	assert_int_equal(report->id, known->id);
	known->label = report->label;
}

static void compare_with_reference(void)
{
	char nodes[CLASSES + 1] = "";
	size_t count[ORDER_LABELS] = { 0 }, reports = 0;

	world.present.count = world.reported.count = 0;
	assert_int_equal(order_graph_check(world.graph, take_verdict, NULL), CYCLES_ALL);
	judge_all(nodes, 0);
	for (size_t i = 0; i < world.present.count; i++) {
		compare_report(&world.present.at[i]);
		count[world.present.at[i].label]++;
		reports += find_verdict(&world.reported, world.present.at[i].nodes) != NULL;
	}
	assert_int_equal(reports, world.reported.count);
	for (unsigned int label = ORDER_NONE; label < ORDER_LABELS; label++)
		assert_int_equal(order_graph_cycles(world.graph, label), count[label]);
	for (size_t i = 0; i < world.reported.count; i++)
		if (world.reported.at[i].id > world.last_id)
			world.last_id = world.reported.at[i].id;
}

/* What happens */

static void add_to_cell(struct cell *cell, const struct cell *other)
{
	if (!other->there)
		return;
	cell->guards = cell->there ? cell->guards & other->guards : other->guards;
	cell->shared = (cell->shared | other->shared) & cell->guards;
	cell->tasks |= other->tasks;
	cell->there = true;
}

static void add_at_random(size_t runs, size_t tasks, size_t guards, size_t readers)
{
	size_t from = random_number(&world.seed) % NODES, to = random_number(&world.seed) % NODES;
	enum order_mode from_mode = random_number(&world.seed) % 8 < readers ? S : E;
	enum order_mode to_mode = random_number(&world.seed) % 8 < readers ? S : E;
	unsigned int run = (unsigned int)(random_number(&world.seed) % runs);
	__u32 task = random_number(&world.seed) % tasks;
	enum order_mode mode;
	struct cell cell = { .there = true, .tasks = bit_of(run, task) };
	struct order_edge edge = seen((char[]){ (char)('a' + from), 0 }, from_mode,
				      (char[]){ (char)('a' + to), 0 }, to_mode, task);

	edge.source = run;
	edge.many_tasks = random_number(&world.seed) % 16 == 0;
	cell.tasks |= edge.many_tasks;
	for (size_t class = 0; class < CLASSES; class ++) {
		if (random_number(&world.seed) % 8 >= guards)
			continue;
		mode = random_number(&world.seed) % 3 ? E : S;
		cell.guards |= 1U << class;
		cell.shared |= (mode == S) << class;
		edge = guarded_in(edge, (char[]){ (char)('a' + class), 0 }, mode);
	}
	add_edge(world.graph, edge);
	add_to_cell(&world.cell[from][to][from_mode][to_mode], &cell);
}

static void rename_cells(size_t old, size_t new)
{
	static struct cell before[CLASSES][CLASSES][ORDER_MODES][ORDER_MODES];

	memcpy(before, world.cell, sizeof(before));
	memset(world.cell, 0, sizeof(world.cell));
	for (size_t i = 0; i < CLASSES * CLASSES * 4; i++) {
		size_t from = i / 4 / CLASSES, to = i / 4 % CLASSES, held = i / 2 % 2;
		struct cell *cell = &before[from][to][held][i % 2];

		cell->shared |= (cell->shared >> old & 1) << new;
		if (cell->guards & 1U << old)
			cell->guards = (cell->guards & ~(1U << old)) | 1U << new;
		cell->shared &= cell->guards;
		from = from == old ? new : from;
		to = to == old ? new : to;
		add_to_cell(&world.cell[from][to][held][i % 2], cell);
	}
}

/* In a text of its own: from the smallest on. False: a node is there twice. */
static bool rename_text(const char *nodes, char old, char new, char *renamed)
{
	size_t count = strlen(nodes), smallest = 0;
	char text[CLASSES + 1];

	for (size_t i = 0; i < count; i++) {
		text[i] = nodes[i] == old ? new : nodes[i];
		if (text[i] < text[smallest])
			smallest = i;
	}
	for (size_t i = 0; i < count; i++)
		renamed[i] = text[(smallest + i) % count];
	renamed[count] = '\0';
	return strchr(renamed, new) == strrchr(renamed, new);
}

static void rename_told(char old, char new)
{
	static struct verdicts before;

	before = world.told;
	world.told.count = 0;
	for (size_t i = 0; i < before.count; i++) {
		const struct verdict *one = &before.at[i];
		char nodes[CLASSES + 1];
		struct verdict *other;

		if (!rename_text(one->nodes, old, new, nodes))
			continue;
		other = find_verdict(&world.told, nodes);
		if (!other) {
			other = add_verdict(&world.told, nodes);
			other->id = one->id;
		}
		if (one->id < other->id)
			other->id = one->id;
		if (one->label > other->label)
			other->label = one->label;
	}
}

static void rename_at_random(void)
{
	char old[2] = { (char)('a' + random_number(&world.seed) % CLASSES) };
	char new[2] = { (char)('a' + random_number(&world.seed) % CLASSES) };

	if (*old == *new)
		return;
	rename_in(world.graph, old, new);
	rename_cells(*old - 'a', *new - 'a');
	rename_told(*old, *new);
}

static void finds_what_brute_force_finds(void **state)
{
	(void)state;
	world.seed = 1;
	for (size_t round = 0; round < 4001; round++) {
		size_t runs = 1 + random_number(&world.seed) % RUNS;
		size_t tasks = 1 + random_number(&world.seed) % TASKS;
		size_t guards = random_number(&world.seed) % 8;
		size_t readers = random_number(&world.seed) % 8;

		world.graph = order_graph_new();
		assert_non_null(world.graph);
		world.told.count = world.last_id = 0;
		memset(world.cell, 0, sizeof(world.cell));
		for (size_t step = random_number(&world.seed) % 8; step; step--) {
			if (random_number(&world.seed) % 4 == 0)
				rename_at_random();
			else
				for (size_t i = random_number(&world.seed) % 8; i; i--)
					add_at_random(runs, tasks, guards, readers);
			compare_with_reference();
		}
		order_graph_free(world.graph);
	}
	for (unsigned int label = ORDER_LOW; label < ORDER_LABELS; label++)
		assert_true(labels_seen[label] > 500);
	assert_true(labels_fallen > 10);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(finds_what_brute_force_finds),
};

RUN_TESTS(tests)
