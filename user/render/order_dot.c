// SPDX-License-Identifier: GPL-2.0-only
#include "dot.h"
#include "order.h"
#include "plain.h"

/* From the lock that is held to the one that is wanted; dashed if there are readers. */
static int write_edge(FILE *output, const struct order_edge *edge)
{
	bool shared = edge->from_mode == ORDER_SHARED || edge->to_mode == ORDER_SHARED;
	char name[WHO_BYTES];
	int error = fputs("\t\"", output) < 0;

	error |= dot_write_quoted(output, edge->from);
	error |= fputs("\" -> \"", output) < 0;
	error |= dot_write_quoted(output, edge->to);
	error |= fputs("\" [label=\"", output) < 0;
	error |= dot_write_quoted(output, edge->scope);
	error |= fputs(": ", output) < 0;
	error |= dot_write_quoted(output, render_who(edge->task.comm, edge->task.tid, name));
	error |= fputs(edge->many_tasks || edge->runs ? " and others\"" : "\"", output) < 0;
	return error | (fputs(shared ? ", style=dashed];\n" : "];\n", output) < 0);
}

int render_order_cycle_dot(FILE *output, const struct order_cycle *cycle)
{
	int error = fprintf(output, "digraph order_%llu {\n\tlabel=\"%s\";\n\tnode [shape=box];\n",
			    (unsigned long long)cycle->id, order_label_name(cycle->label)) < 0;

	for (size_t i = 0; i < cycle->count; i++)
		error |= write_edge(output, cycle->edge[i]);
	error |= fputs("}\n", output) < 0;
	return error ? -1 : 0;
}
