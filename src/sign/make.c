/* New pairs, and what is told of them; and their end. */
#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sign/private.h"
#include "sign/secret.h"

static EVP_PKEY *generate(enum key_type type, unsigned bits, struct err *e)
{
	EVP_PKEY *pkey;

	if (type == KEY_RSA && (bits < SIGN_RSA_MIN || bits > KEY_RSA_MAX)) {
		err_set(e, "RSA of %u bits: from %u to %u", bits, SIGN_RSA_MIN, KEY_RSA_MAX);
		return NULL;
	}
	secret_heap();
	pkey = type == KEY_RSA ? EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)bits)
			       : EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	if (!pkey)
		err_set(e, "OpenSSL makes no key");
	ERR_clear_error();
	return pkey;
}

/* ---- the file ---- */

static int write_all(int fd, struct str s)
{
	while (s.n) {
		ssize_t put = write(fd, s.p, s.n);
		if (put < 0 && errno != EINTR)
			return -1;
		s = str_skip(s, put > 0 ? (size_t)put : 0);
	}
	return 0;
}

static struct str dir_of(struct str path)
{
	size_t slash = str_rchr(path, '/');

	if (slash == SIZE_MAX)
		return STR(".");
	return slash ? str_sub(path, 0, slash) : STR("/");
}

static int sync_dir(struct arena *a, const char *path)
{
	int fd = open(arena_cstr(a, dir_of(str_c(path))), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = fd < 0 ? -1 : fsync(fd);

	if (fd >= 0)
		close(fd);
	return rc;
}

/* A name that was there is left alone, also where the file system cannot rename so. */
static int name_it(const char *temporary, const char *path)
{
	if (renameat2(AT_FDCWD, temporary, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	if (link(temporary, path) < 0)
		return -1;
	unlink(temporary);
	return 0;
}

static int fill(int fd, struct str pem, uid_t owner)
{
	if (owner != (uid_t)-1 && owner != geteuid() && fchown(fd, owner, (gid_t)-1) < 0)
		return -1;
	if (fchmod(fd, S_IRUSR) < 0 || write_all(fd, pem) < 0)
		return -1;
	return fsync(fd);
}

static int write_file(struct arena *a, const char *path, struct str pem, uid_t owner, struct err *e)
{
	uint64_t random = 0;
	const char *temporary;
	int fd, rc, why;

	if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
		bug("no random numbers");
	temporary = arena_printf(a, "%s.new-%016llx", path, (unsigned long long)random).p;
	fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR);
	if (fd < 0)
		return err_set(e, "%s: %s", path, strerror(errno));
	rc = fill(fd, pem, owner);
	why = errno;
	if (close(fd) == 0 && rc == 0) {
		rc = name_it(temporary, path);
		why = errno;
	}
	if (rc < 0) {
		unlink(temporary);
		return err_set(e, "%s: %s", path, strerror(why));
	}
	if (sync_dir(a, path) < 0)
		return err_set(e, "%s: %s", path, strerror(errno));
	/* The directory may be new itself; who may not read the one above it has to trust it. */
	(void)sync_dir(a, arena_cstr(a, dir_of(str_c(path))));
	return 0;
}

static int write_pkey(struct arena *a, EVP_PKEY *pkey, const char *path, uid_t owner, struct err *e)
{
	BIO *out = BIO_new(BIO_s_secmem());
	char *p;
	long n;
	int rc;

	if (!out || PEM_write_bio_PKCS8PrivateKey(out, pkey, NULL, NULL, 0, NULL, NULL) <= 0)
		rc = err_set(e, "OpenSSL writes no key");
	else if ((n = BIO_get_mem_data(out, &p)) <= 0)
		rc = err_set(e, "OpenSSL writes an empty key");
	else
		rc = write_file(a, path, str_of(p, (size_t)n), owner, e);
	BIO_free(out);
	ERR_clear_error();
	return rc;
}

int sign_key_make(struct arena *a, enum key_type type, unsigned bits, const char *path, uid_t owner,
		  struct sign_key *key, struct err *e)
{
	EVP_PKEY *pkey;
	int rc;

	if (access(path, F_OK) == 0) /* before the work */
		return err_set(e, "%s: %s", path, strerror(EEXIST));
	pkey = generate(type, bits, e);
	if (!pkey)
		return -1;
	rc = private_describe(a, pkey, key) ? write_pkey(a, pkey, path, owner, e)
					    : err_set(e, "OpenSSL made a key of another type");
	EVP_PKEY_free(pkey);
	return rc;
}

/* ---- its end ---- */

static int overwrite(int fd, struct err *e)
{
	static const char zeros[4096];
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_set(e, "%s", strerror(errno));
	if (!S_ISREG(st.st_mode) || st.st_size > (off_t)SIGN_FILE_MAX)
		return err_set(e, "is no file of a key");
	for (off_t left = st.st_size; left > 0; left -= (off_t)sizeof zeros) {
		size_t n = left < (off_t)sizeof zeros ? (size_t)left : sizeof zeros;
		if (write_all(fd, str_of(zeros, n)) < 0)
			return err_set(e, "%s", strerror(errno));
	}
	return fsync(fd) < 0 ? err_set(e, "%s", strerror(errno)) : 0;
}

static int open_to_wipe(const char *path)
{
	int flags = O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	int fd = open(path, flags);

	if (fd < 0 && errno == EACCES && chmod(path, S_IRUSR | S_IWUSR) == 0)
		fd = open(path, flags);
	return fd;
}

int sign_key_wipe(const char *path, struct err *e)
{
	struct err why;
	struct arena *a;
	int fd = open_to_wipe(path), rc;

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return err_set(e, "%s: %s", path, strerror(errno));
	rc = overwrite(fd, &why);
	close(fd);
	if (rc < 0)
		return err_set(e, "%s: %s", path, why.text);
	if (unlink(path) < 0)
		return err_set(e, "%s: %s", path, strerror(errno));
	a = arena_new(0);
	rc = sync_dir(a, path) < 0 ? err_set(e, "%s: %s", path, strerror(errno)) : 0;
	arena_free(a);
	return rc;
}

struct str sign_key_record(struct arena *a, const struct sign_key *key)
{
	struct str p = base64_encode(a, key->public);

	return arena_printf(a, "v=DKIM1; k=%s; p=%.*s", key->type == KEY_RSA ? "rsa" : "ed25519",
			    STR_ARG(p));
}
