// SPDX-License-Identifier: GPL-2.0-only
/* Maps the first page of a file for reading and writing; the exit status is the errno. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int file = argc == 2 ? open(argv[1], O_RDWR) : -1;

	if (file < 0) {
		perror(argc == 2 ? argv[1] : "usage: map-file FILE");
		return 255;
	}
	if (mmap(NULL, sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0) ==
	    MAP_FAILED)
		return errno;
	return 0;
}
