/* Files of private keys: who may read them is looked at before they are. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sign/keys.h"
#include "sign/secret.h"

#define CREDENTIAL "credential:"
/* systemd shows who else it lets read a credential (the unit's account) as the group's bits. */
#define MODE_CREDENTIAL (S_IWGRP | S_IXGRP | S_IRWXO)
#define MODE_FILE (S_IRWXG | S_IRWXO)

/* Where the file is; NULL and *fault. */
static const char *resolve(struct arena *a, const char *path, struct str *fault)
{
	struct str name = str_c(path);
	const char *dir = getenv("CREDENTIALS_DIRECTORY");

	if (!str_starts(name, STR(CREDENTIAL)))
		return path;
	name = str_skip(name, sizeof CREDENTIAL - 1);
	if (!name.n || str_chr(name, '/') != SIZE_MAX || name.p[0] == '.')
		*fault = STR("is no name of a credential");
	else if (!dir || !dir[0])
		*fault = STR("is a credential, and the service manager has given none "
			     "($CREDENTIALS_DIRECTORY)");
	else
		return arena_printf(a, "%s/%.*s", dir, STR_ARG(name)).p;
	return NULL;
}

static bool may_use(struct arena *a, int fd, uid_t owner, mode_t others, struct str *fault)
{
	struct stat st;

	*fault = STR_NULL;
	if (fstat(fd, &st) < 0)
		*fault = arena_printf(a, "cannot be looked at: %s", strerror(errno));
	else if (!S_ISREG(st.st_mode))
		*fault = STR("is not a regular file");
	else if (st.st_mode & others)
		*fault = arena_printf(a, "may be used by others (mode %04o): chmod 0400 or 0600 it",
				      (unsigned)(st.st_mode & 07777));
	else if (owner != (uid_t)-1 && st.st_uid != 0 && st.st_uid != owner)
		*fault = arena_printf(a, "belongs to account %u, neither to root nor to %u",
				      (unsigned)st.st_uid, (unsigned)owner);
	else if (st.st_size > (off_t)SIGN_FILE_MAX)
		*fault = arena_printf(a, "is over %u octets", SIGN_FILE_MAX);
	return !fault->n;
}

/* text: room for one octet more than a key file may have, so that one that grows is noticed. */
static bool read_all(struct arena *a, int fd, struct secret *text, struct str *fault)
{
	ssize_t got = 1;

	while (text->n < text->cap && got != 0) {
		got = read(fd, text->p + text->n, text->cap - text->n);
		if (got < 0 && errno != EINTR) {
			*fault = arena_printf(a, "cannot be read: %s", strerror(errno));
			return false;
		}
		text->n += got > 0 ? (size_t)got : 0;
	}
	if (text->n <= SIGN_FILE_MAX)
		return true;
	*fault = arena_printf(a, "is over %u octets", SIGN_FILE_MAX);
	return false;
}

static bool read_key(struct sign_keys *k, struct arena *a, struct sign_file *f, int fd, uid_t owner)
{
	bool credential = str_starts(str_c(f->path), STR(CREDENTIAL));
	struct secret text;
	bool ok;

	if (!may_use(a, fd, owner, credential ? MODE_CREDENTIAL : MODE_FILE, &f->fault))
		return false;
	text = secret_new(SIGN_FILE_MAX + 1);
	ok = read_all(a, fd, &text, &f->fault) &&
	     sign_keys_add(k, a, secret_str(&text), &f->key, &f->fault);
	secret_free(&text);
	return ok;
}

bool sign_keys_load(struct sign_keys *k, struct arena *a, struct sign_file *f, uid_t owner)
{
	const char *path;
	int fd;

	f->known = true;
	f->ok = false;
	f->fault = STR_NULL;
	path = resolve(a, f->path, &f->fault);
	if (!path)
		return false;
	/* a link is followed: what counts is the file at its end. A FIFO must not hang us. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0) {
		f->fault = arena_printf(a, "cannot be opened: %s", strerror(errno));
		return false;
	}
	f->ok = read_key(k, a, f, fd, owner);
	close(fd);
	return f->ok;
}
