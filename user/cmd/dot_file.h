/* SPDX-License-Identifier: GPL-2.0-only */
/* --dot FILE: one graph after the other, beside the report, which does not end if this fails. */
#ifndef VFIOSCOPE_DOT_FILE_H
#define VFIOSCOPE_DOT_FILE_H

#include <stdbool.h>
#include <stdio.h>

struct run;

struct dot_file {
	const char *path; /* NULL: none is wanted */
	FILE *file;	  /* NULL, too, if it cannot be written any more */
	int descriptor;	  /* of file */
	bool is_new;	  /* it was made, and has not begun */
	int failed;
};

/*
 * Leaves in the file what is there. That nobody reads a pipe any more is an error like others.
 * @run: whose signals are heeded, or NULL. 0, or -1 after an error message.
 */
int dot_file_open(struct dot_file *dot, const char *path, struct run *run);

/*
 * That it is not @path too ("-": standard input), which @option gives; NULL is none. 0, or -1 after
 * an error message.
 */
int dot_file_is_other(struct dot_file *dot, const char *option, const char *path);

/* Empties it: all else is ready. 0, or -1 after an error message. */
int dot_file_begin(struct dot_file *dot);

/* A graph was written; @error: that failed. The first error is told, and no more is written. */
void dot_file_wrote(struct dot_file *dot, int error);

/* What has not begun is not left behind. 0, or -1: it lacks something, and that was told. */
int dot_file_close(struct dot_file *dot);

#endif
