/* SPDX-License-Identifier: GPL-2.0-only */
/* Rows of a report as the cells of a table whose columns have given widths. */
#ifndef VFIOSCOPE_RENDER_CELLS_H
#define VFIOSCOPE_RENDER_CELLS_H

#include "../model/layout.h"
#include "../model/report.h"

#define CELL_BYTES 128

/* Both fill in a text that is as wide as the column, or narrower at its right end. */
void render_title_cell(char cell[CELL_BYTES], enum layout_column column, unsigned int width,
		       const struct report *report);
void render_cell(char cell[CELL_BYTES], enum layout_column column, unsigned int width,
		 const struct report *report, const struct report_row *row);

/* The column that an order is about; LAYOUT_COLUMNS if it needs none to be understood. */
enum layout_column render_order_column(enum report_order order);

#endif
